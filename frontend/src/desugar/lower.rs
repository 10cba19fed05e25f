//! Drafts to core rules: alternatives multiplied out, equality solved, negated groups
//! made predicates of their own.

use rustc_hash::FxHashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::core::{Atom, CompareOp, Literal, Origin, PredicateId, Rule};
use crate::ir::{TypeId, TypeSet, TypeTable, Value};
use crate::limits::Limits;
use crate::source::Span;

use super::branch::{Branch, Conjunct, branches, count};
use super::formula::{Draft, DraftLiteral, DraftTerm, Var};
use super::numbering::Numbering;
use super::scope::Predicates;
use super::solve::{Clash, Solved, Unifier};

/// A core rule with what only diagnostics need.
#[derive(Debug)]
pub(crate) struct Lowered {
    pub(crate) rule: Rule,
    /// Index of the draft it comes from.
    pub(crate) draft: usize,
    /// Where each of its variables was first written.
    pub(crate) spans: Vec<Option<Span>>,
    /// Which of its variables were written as `_`.
    pub(crate) anonymous: Vec<bool>,
}

/// Lowers one draft after the other into [`Lowerer::rules`].
pub(super) struct Lowerer<'a> {
    pub(super) types: &'a TypeTable,
    pub(super) predicates: &'a mut Predicates,
    pub(super) limits: &'a Limits,
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) rules: Vec<Lowered>,
    pub(super) groups: usize,
    pub(super) overflow: bool,
}

/// A conjunction under way.
pub(super) struct Scope<'d> {
    pub(super) draft: &'d Draft,
    pub(super) index: usize,
    /// Occurrences of each variable in the whole draft.
    pub(super) total: &'d [u32],
    pub(super) unifier: Unifier,
    /// Classes bound by a positive atom, a constant or the time, enclosing levels included.
    pub(super) bound: FxHashSet<Var>,
}

/// A conjunction without connectives and equalities; terms still name draft classes.
#[derive(Default)]
pub(super) struct Conjunction {
    pub(super) body: Vec<Flat>,
}

pub(super) enum Flat {
    Positive(PredicateId, Vec<FlatTerm>),
    Negative(PredicateId, Vec<FlatTerm>),
    Compare(CompareOp, FlatTerm, FlatTerm),
}

/// A term over draft classes, or over fresh variables of this conjunction.
#[derive(Clone, PartialEq)]
pub(super) enum FlatTerm {
    Class(Var),
    /// Existential inside one negated atom: its draft variable and types.
    Inner(Var, TypeSet),
    /// Stands for the time as an argument of an atom.
    Time(usize),
    Value(Value),
    Now,
}

/// A conjunction that cannot hold; the reason, unless it was written as `false`.
pub(super) type Dead = Option<Clash>;

impl Lowerer<'_> {
    pub(super) fn draft(&mut self, index: usize, draft: &Draft) {
        let alternatives = count(&draft.body);
        if alternatives > self.limits.rules_per_rule {
            self.too_many(draft, alternatives);
            return;
        }
        if self.rules.len() + alternatives > self.limits.rules {
            self.too_many_overall(draft);
            return;
        }
        let mut total = vec![0; draft.variables.len()];
        draft
            .head
            .iter()
            .filter_map(DraftTerm::variable)
            .for_each(|v| total[v] += 1);
        draft.body.variables(&mut |v, _| total[v] += 1);

        let mut clashes: Vec<Clash> = Vec::new();
        let mut alive = 0;
        let list = branches(&draft.body);
        for branch in &list {
            let mut scope = Scope {
                draft,
                index,
                total: &total,
                unifier: Unifier::new(draft.variables.iter().map(|v| v.types.clone())),
                bound: FxHashSet::default(),
            };
            match self.conjunction(branch, &mut scope) {
                Ok(conjunction) => {
                    alive += 1;
                    self.finish(&scope, conjunction);
                }
                Err(Some(clash)) => clashes.push(clash),
                Err(None) => {}
            }
        }
        self.report(draft, clashes, alive == 0);
    }

    fn report(&mut self, draft: &Draft, clashes: Vec<Clash>, none_left: bool) {
        let mut seen = FxHashSet::default();
        for clash in clashes {
            // With other alternatives left, only clashing types are worth a word.
            if !none_left && (clash.member || !clash.types) || !seen.insert(clash.span) {
                continue;
            }
            let in_head = clash
                .variable
                .is_some_and(|v| draft.head.iter().any(|t| t.variable() == Some(v)));
            let found = if none_left && clash.types && in_head {
                Diagnostic::new(Code::E043, clash.span, clash.message)
                    .label("no value satisfies this and the rest of the rule")
            } else {
                Diagnostic::new(
                    Code::W005,
                    clash.span,
                    format!("this condition can never hold: {}", clash.message),
                )
                .label("never true together with the rest")
            };
            self.diagnostics.push(found);
        }
    }

    /// Solves equalities, then collects what remains of a branch.
    pub(super) fn conjunction(
        &mut self,
        branch: &Branch<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<Conjunction, Dead> {
        self.solve(branch, scope)?;
        let mut out = Conjunction::default();
        let mut times = 0;
        for conjunct in branch {
            let Conjunct::Literal(literal) = conjunct else {
                continue;
            };
            match literal {
                DraftLiteral::Atom(predicate, args, _) => {
                    let mut flat = Vec::with_capacity(args.len());
                    for arg in args {
                        let mut t = scope.flat(arg);
                        if t == FlatTerm::Now {
                            // Atoms carry no time: a fresh variable equal to it does.
                            t = FlatTerm::Time(times);
                            times += 1;
                            out.body
                                .push(Flat::Compare(CompareOp::Eq, t.clone(), FlatTerm::Now));
                        }
                        if let FlatTerm::Class(c) = t {
                            scope.bound.insert(c);
                        }
                        flat.push(t);
                    }
                    out.body.push(Flat::Positive(*predicate, flat));
                }
                DraftLiteral::Compare(CompareOp::Eq, a, b, _) | DraftLiteral::Member(a, b, _) => {
                    // The time is all that solving has left over.
                    let (a, b) = (scope.flat(a), scope.flat(b));
                    let other = match (a, b) {
                        (FlatTerm::Now, FlatTerm::Now) => continue,
                        (FlatTerm::Now, other) | (other, FlatTerm::Now) => other,
                        _ => continue,
                    };
                    if let FlatTerm::Class(c) = other {
                        scope.bound.insert(c);
                    }
                    out.body
                        .push(Flat::Compare(CompareOp::Eq, other, FlatTerm::Now));
                }
                DraftLiteral::Compare(op, a, b, span) => {
                    let (a, b) = (scope.flat(a), scope.flat(b));
                    match self.fold(*op, &a, &b, scope) {
                        Some(true) => {}
                        Some(false) => {
                            return Err(Some(Clash {
                                span: *span,
                                message: format!("`{}` is never true here", op.as_str()),
                                variable: None,
                                types: false,
                                member: false,
                            }));
                        }
                        None => out.body.push(Flat::Compare(*op, a, b)),
                    }
                }
                DraftLiteral::HasType(..) => {}
            }
        }
        // Negations last: what they share is bound by then, wherever they were written.
        for conjunct in branch {
            if let Conjunct::Not(inner, span) = conjunct {
                self.negation(inner, *span, scope, &mut out)?;
            }
        }
        Ok(out)
    }

    /// Equalities and type tests of a branch.
    fn solve(&mut self, branch: &Branch<'_>, scope: &mut Scope<'_>) -> Result<(), Dead> {
        let draft = scope.draft;
        let names = |v: Var| draft.variables[v].name.to_string();
        let integer = self.types.only(TypeId::INTEGER);
        for conjunct in branch {
            let Conjunct::Literal(literal) = conjunct else {
                continue;
            };
            match literal {
                DraftLiteral::HasType(v, types, span) => {
                    scope
                        .unifier
                        .restrict(*v, types, self.types, &names(*v), *span)?;
                }
                DraftLiteral::Compare(CompareOp::Eq, a, b, span)
                | DraftLiteral::Member(a, b, span) => {
                    let timed = match (a, b) {
                        (DraftTerm::Now(_), other) | (other, DraftTerm::Now(_)) => Some(other),
                        _ => None,
                    };
                    let solved = match timed {
                        Some(DraftTerm::Variable(v, _)) => {
                            scope
                                .unifier
                                .restrict(*v, &integer, self.types, &names(*v), *span)
                        }
                        Some(_) => Ok(()),
                        None => scope.unifier.equate(a, b, self.types, &names, *span),
                    };
                    let member = matches!(literal, DraftLiteral::Member(..));
                    solved.map_err(|c| Some(Clash { member, ..c }))?;
                }
                DraftLiteral::Atom(..) | DraftLiteral::Compare(..) => {}
            }
        }
        for conjunct in branch {
            if let Conjunct::Literal(DraftLiteral::Compare(op, a, b, span)) = conjunct
                && !matches!(op, CompareOp::Eq | CompareOp::Ne)
            {
                for operand in [a, b] {
                    self.needs_integer(*op, operand, *span, scope)?;
                    if let DraftTerm::Variable(v, _) = operand {
                        scope
                            .unifier
                            .restrict(*v, &integer, self.types, &names(*v), *span)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// E040.
    fn needs_integer(
        &mut self,
        op: CompareOp,
        operand: &DraftTerm,
        span: Span,
        scope: &Scope<'_>,
    ) -> Result<(), Dead> {
        let (what, ty) = match operand {
            DraftTerm::Now(_) => return Ok(()),
            DraftTerm::Value(value, _) if value.ty() == TypeId::INTEGER => return Ok(()),
            DraftTerm::Value(value, _) => (
                value.show(self.types).to_string(),
                self.types.get(value.ty()).name.to_string(),
            ),
            DraftTerm::Variable(v, _) => {
                let types = match scope.unifier.solved(*v) {
                    Solved::Value(value) => self.types.only(value.ty()),
                    Solved::Class(root) => scope.unifier.types(root).clone(),
                };
                if types.has(TypeId::INTEGER) {
                    return Ok(());
                }
                (
                    format!("`{}`", scope.draft.variables[*v].name),
                    self.types.show(&types),
                )
            }
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::E040,
                operand.span(),
                format!("`{}` needs integers; {what} is a {ty}", op.as_str()),
            )
            .label(format!("a {ty}"))
            .also(span, "in this comparison"),
        );
        Err(None)
    }

    /// Comparisons that are decided already.
    fn fold(&self, op: CompareOp, a: &FlatTerm, b: &FlatTerm, scope: &Scope<'_>) -> Option<bool> {
        if a == b && !matches!(a, FlatTerm::Inner(..)) {
            return match op {
                // For integers; anything else has been refused or restricted by now.
                CompareOp::Ne | CompareOp::Lt | CompareOp::Gt => Some(false),
                CompareOp::Eq | CompareOp::Le | CompareOp::Ge => Some(true),
            };
        }
        if let (FlatTerm::Value(a), FlatTerm::Value(b)) = (a, b) {
            return Some(compare(op, a, b));
        }
        if op == CompareOp::Ne {
            let types = |t: &FlatTerm| match t {
                FlatTerm::Class(c) => scope.unifier.types(*c).clone(),
                FlatTerm::Inner(_, types) => types.clone(),
                FlatTerm::Value(v) => self.types.only(v.ty()),
                FlatTerm::Time(_) | FlatTerm::Now => self.types.only(TypeId::INTEGER),
            };
            if !types(a).meets(&types(b)) {
                return Some(true);
            }
        }
        None
    }

    /// Emits the core rule of a finished branch.
    fn finish(&mut self, scope: &Scope<'_>, conjunction: Conjunction) {
        let draft = scope.draft;
        let mut times = usize::MAX;
        let mut conjunction = conjunction;
        let head: Vec<FlatTerm> = draft
            .head
            .iter()
            .map(|t| match scope.flat(t) {
                FlatTerm::Now => {
                    let time = FlatTerm::Time(times);
                    times -= 1;
                    let equal = Flat::Compare(CompareOp::Eq, time.clone(), FlatTerm::Now);
                    conjunction.body.push(equal);
                    time
                }
                other => other,
            })
            .collect();
        self.emit(
            scope,
            draft.origin,
            draft.span,
            draft.predicate,
            &head,
            &conjunction,
        );
    }

    pub(super) fn emit(
        &mut self,
        scope: &Scope<'_>,
        origin: Origin,
        span: Option<Span>,
        predicate: PredicateId,
        head: &[FlatTerm],
        conjunction: &Conjunction,
    ) {
        let mut numbering = Numbering::new(scope, self.types);
        let head = Atom {
            predicate,
            args: head.iter().map(|t| numbering.term(t)).collect(),
        };
        let body = conjunction
            .body
            .iter()
            .map(|flat| match flat {
                Flat::Positive(p, args) => Literal::Positive(numbering.atom(*p, args)),
                Flat::Negative(p, args) => Literal::Negative(numbering.atom(*p, args)),
                Flat::Compare(op, a, b) => {
                    Literal::Compare(*op, numbering.term(a), numbering.term(b))
                }
            })
            .collect();
        self.rules.push(Lowered {
            rule: Rule {
                origin,
                span,
                variables: numbering.variables,
                head,
                body,
            },
            draft: scope.index,
            spans: numbering.spans,
            anonymous: numbering.anonymous,
        });
    }

    pub(super) fn too_many(&mut self, draft: &Draft, alternatives: usize) {
        let Some(span) = draft.span else { return };
        let shown = if alternatives == usize::MAX {
            "astronomically many".to_string()
        } else {
            alternatives.to_string()
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::E071,
                span,
                format!(
                    "this rule has {shown} alternatives, the limit is {}",
                    self.limits.rules_per_rule
                ),
            )
            .label("multiplied out from its `or`s and `in`s")
            .help("give the alternatives a predicate of their own and use that"),
        );
    }

    fn too_many_overall(&mut self, draft: &Draft) {
        if std::mem::replace(&mut self.overflow, true) {
            return;
        }
        let Some(span) = draft.span else { return };
        self.diagnostics.push(
            Diagnostic::new(
                Code::E071,
                span,
                format!(
                    "the policy has too many rules after expansion, the limit is {}",
                    self.limits.rules
                ),
            )
            .label("the limit is reached here"),
        );
    }
}

/// The truth of a comparison between two constants (spec 5.4).
pub(crate) fn compare(op: CompareOp, a: &Value, b: &Value) -> bool {
    match op {
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        _ => match (a, b) {
            (Value::Integer(a), Value::Integer(b)) => match op {
                CompareOp::Lt => a < b,
                CompareOp::Le => a <= b,
                CompareOp::Gt => a > b,
                _ => a >= b,
            },
            _ => false,
        },
    }
}

impl Scope<'_> {
    pub(super) fn flat(&self, term: &DraftTerm) -> FlatTerm {
        match term {
            DraftTerm::Variable(v, _) => self.flat_class(*v),
            DraftTerm::Value(value, _) => FlatTerm::Value(value.clone()),
            DraftTerm::Now(_) => FlatTerm::Now,
        }
    }

    pub(super) fn flat_class(&self, v: Var) -> FlatTerm {
        match self.unifier.solved(v) {
            Solved::Class(c) => FlatTerm::Class(c),
            Solved::Value(value) => FlatTerm::Value(value),
        }
    }

    pub(super) fn is_bound(&self, v: Var) -> bool {
        match self.unifier.solved(v) {
            Solved::Class(c) => self.bound.contains(&c),
            Solved::Value(_) => true,
        }
    }
}
