//! `not e`: a negated atom where `e` is one, a comparison turned round where that says
//! the same, otherwise the negation of a predicate made for the group.

use crate::diag::{Code, Diagnostic};
use crate::ir::TypeId;
use crate::ir::core::{CompareOp, Origin};
use crate::source::{Span, Text};

use super::branch::branches;
use super::formula::{Draft, Formula, Var};
use super::lower::{Conjunction, Dead, Flat, FlatTerm, Lowerer, Scope};
use super::solve::Solved;

impl Lowerer<'_> {
    /// Appends what `not formula` comes to.
    pub(super) fn negation(
        &mut self,
        formula: &Formula,
        span: Span,
        scope: &Scope<'_>,
        out: &mut Conjunction,
    ) -> Result<(), Dead> {
        if !self.fits(scope.draft, formula) {
            return Err(None);
        }
        let mut within = vec![0; scope.total.len()];
        let mut first = vec![None; scope.total.len()];
        formula.variables(&mut |v, s| {
            within[v] += 1;
            first[v].get_or_insert(s);
        });
        let shared = |v: Var| within[v] > 0 && scope.total[v] > within[v];
        let mut unbound = false;
        for (v, place) in first.iter().enumerate() {
            if shared(v) && !scope.is_bound(v) {
                self.unbound(scope.draft, v, place.unwrap_or(span), span);
                unbound = true;
            }
        }
        if unbound {
            return Err(None);
        }
        for branch in branches(formula) {
            let mut inner = Scope {
                draft: scope.draft,
                index: scope.index,
                total: scope.total,
                unifier: scope.unifier.clone(),
                bound: scope.bound.clone(),
            };
            let conjunction = match self.conjunction(&branch, &mut inner) {
                Ok(conjunction) => conjunction,
                Err(None) if self.diagnostics.has_errors() => return Err(None),
                // What can never hold is denied for free.
                Err(_) => continue,
            };
            let shared: Vec<Var> = (0..within.len()).filter(|&v| shared(v)).collect();
            self.negated_branch(&shared, span, scope, &inner, &conjunction, out)?;
        }
        Ok(())
    }

    fn negated_branch(
        &mut self,
        shared: &[Var],
        span: Span,
        scope: &Scope<'_>,
        inner: &Scope<'_>,
        conjunction: &Conjunction,
        out: &mut Conjunction,
    ) -> Result<(), Dead> {
        // The outer classes that the inside can see, once each.
        let mut classes: Vec<Var> = Vec::new();
        for &v in shared {
            if let Solved::Class(c) = scope.unifier.solved(v)
                && !classes.contains(&c)
            {
                classes.push(c);
            }
        }
        let narrowed = |c: &Var| {
            inner.unifier.solved(*c) != Solved::Class(*c)
                || inner.unifier.types(*c) != scope.unifier.types(*c)
        };
        let changed: Vec<Var> = classes.iter().copied().filter(narrowed).collect();
        match (&conjunction.body[..], &changed[..]) {
            // Nothing left to deny: `not true`.
            ([], []) => return Err(None),
            ([Flat::Positive(predicate, args)], []) if !repeats_inner(args, &classes) => {
                let args = args.iter().map(|t| outward(t, &classes, inner)).collect();
                out.body.push(Flat::Negative(*predicate, args, span));
                return Ok(());
            }
            // `not x = y` and `not x = "a"`, the only equality inside.
            ([], [one]) if inner.unifier.types(*one).within(scope.unifier.types(*one)) => {
                let other = match inner.unifier.solved(*one) {
                    Solved::Value(value) => Some(FlatTerm::Value(value)),
                    Solved::Class(c) if c != *one && classes.contains(&c) => {
                        Some(FlatTerm::Class(c))
                    }
                    Solved::Class(_) => None,
                };
                if let Some(other) = other {
                    out.body
                        .push(Flat::Compare(CompareOp::Ne, FlatTerm::Class(*one), other));
                    return Ok(());
                }
            }
            // `not a < b` between integers.
            ([Flat::Compare(op, a, b)], [])
                if self.is_integer(a, &classes, scope) && self.is_integer(b, &classes, scope) =>
            {
                let opposite = match op {
                    CompareOp::Lt => Some(CompareOp::Ge),
                    CompareOp::Le => Some(CompareOp::Gt),
                    CompareOp::Gt => Some(CompareOp::Le),
                    CompareOp::Ge => Some(CompareOp::Lt),
                    CompareOp::Eq | CompareOp::Ne => None,
                };
                if let Some(op) = opposite {
                    out.body.push(Flat::Compare(op, a.clone(), b.clone()));
                    return Ok(());
                }
            }
            _ => {}
        }
        // Only classes that the inside mentions or narrows need to be handed over.
        let used: Vec<Var> = classes
            .into_iter()
            .filter(|c| {
                changed.contains(c)
                    || conjunction
                        .body
                        .iter()
                        .any(|f| f.mentions(inner.unifier.root(*c)))
            })
            .collect();
        let name: Text = format!("not {}", self.groups).into();
        self.groups += 1;
        let predicate = self.predicates.intern(&name, used.len());
        let head: Vec<FlatTerm> = used.iter().map(|&c| inner.flat_class(c)).collect();
        self.emit(
            inner,
            Origin::Group,
            Some(span),
            predicate,
            &head,
            conjunction,
        );
        out.body.push(Flat::Negative(
            predicate,
            used.into_iter().map(FlatTerm::Class).collect(),
            span,
        ));
        Ok(())
    }

    /// Whether the operand is certainly an integer bound outside the negation.
    fn is_integer(&self, term: &FlatTerm, shared: &[Var], scope: &Scope<'_>) -> bool {
        match term {
            FlatTerm::Now => true,
            FlatTerm::Value(v) => v.ty() == TypeId::INTEGER,
            FlatTerm::Class(c) => {
                shared.contains(c) && *scope.unifier.types(*c) == self.types.only(TypeId::INTEGER)
            }
            FlatTerm::Inner(..) | FlatTerm::Time(_) => false,
        }
    }

    fn unbound(&mut self, draft: &Draft, v: Var, span: Span, not: Span) {
        let name = &draft.variables[v].name;
        let in_head = draft.head.iter().any(|t| t.variable() == Some(v));
        let found = Diagnostic::new(
            Code::E041,
            span,
            format!("`{name}` under `not` is not bound by a positive condition"),
        )
        .label(if in_head {
            "any value at all would have to be tried"
        } else {
            "not bound in this branch"
        });
        let found = if span == not {
            found
        } else {
            found.also(not, "negated here")
        };
        self.diagnostics.push(found.help(format!(
            "add a positive condition that binds `{name}`, for example a role or a fact; a type alone does not"
        )));
    }
}

/// An inner term as the outer conjunction sees it.
fn outward(term: &FlatTerm, shared: &[Var], inner: &Scope<'_>) -> FlatTerm {
    match term {
        FlatTerm::Class(c) if !shared.contains(c) => {
            FlatTerm::Inner(*c, inner.unifier.types(*c).clone())
        }
        other => other.clone(),
    }
}

/// Whether a variable of the inside alone stands in two places of the atom.
fn repeats_inner(args: &[FlatTerm], shared: &[Var]) -> bool {
    let inner = |t: &FlatTerm| matches!(t, FlatTerm::Class(c) if !shared.contains(c));
    args.iter()
        .enumerate()
        .any(|(i, t)| inner(t) && args[..i].contains(t))
}

impl Flat {
    fn mentions(&self, class: Var) -> bool {
        let is = |t: &FlatTerm| *t == FlatTerm::Class(class);
        match self {
            Flat::Positive(_, args) | Flat::Negative(_, args, _) => args.iter().any(is),
            Flat::Compare(_, a, b) => is(a) || is(b),
        }
    }
}
