//! Drafts to core rules: alternatives multiplied out, equality solved, negated groups
//! made predicates of their own.

use rustc_hash::FxHashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::core::{Atom, CompareOp, Literal, Origin, PredicateId, Rule};
use crate::ir::{TypeId, TypeSet, TypeTable, Value};
use crate::limits::Limits;
use crate::source::Span;

use super::branch::{Branch, Conjunct, branches, count, width};
use super::formula::{Draft, DraftLiteral, DraftTerm, Formula, Var};
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
    /// Where each of its negated atoms was written, `not` included.
    pub(crate) negations: Vec<Span>,
}

/// Lowers one draft after the other into [`Lowerer::rules`].
pub(super) struct Lowerer<'a> {
    pub(super) types: &'a TypeTable,
    pub(super) predicates: &'a mut Predicates,
    pub(super) limits: &'a Limits,
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) rules: Vec<Lowered>,
    pub(super) groups: usize,
    /// Conditions of all rules after multiplication.
    pub(super) expanded: usize,
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
    /// With the place of its `not`.
    Negative(PredicateId, Vec<FlatTerm>, Span),
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
        if !self.fits(draft, &draft.body) {
            return;
        }
        let alternatives = count(&draft.body);
        self.expanded += alternatives * width(&draft.body);
        if self.rules.len() + alternatives > self.limits.rules
            || self.expanded / 8 > self.limits.expansion
        {
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
        let integer = self.types.only(TypeId::INTEGER);
        for conjunct in branch {
            let Conjunct::Literal(literal) = conjunct else {
                continue;
            };
            match literal {
                DraftLiteral::HasType(v, types, span) => {
                    scope
                        .unifier
                        .restrict(*v, types, self.types, *span)
                        .map_err(|c| scope.named(c))?;
                }
                DraftLiteral::Compare(CompareOp::Eq, a, b, span)
                | DraftLiteral::Member(a, b, span) => {
                    let timed = match (a, b) {
                        (DraftTerm::Now(_), other) | (other, DraftTerm::Now(_)) => Some(other),
                        _ => None,
                    };
                    let solved = match timed {
                        Some(DraftTerm::Variable(v, _)) => {
                            scope.unifier.restrict(*v, &integer, self.types, *span)
                        }
                        Some(DraftTerm::Value(value, _)) if value.ty() != TypeId::INTEGER => {
                            Err(Clash {
                                span: *span,
                                message: format!(
                                    "the current time is an Integer, {} is {}",
                                    value.show(self.types),
                                    with_article(&self.types.get(value.ty()).name)
                                ),
                                variable: None,
                                types: true,
                                member: false,
                            })
                        }
                        Some(_) => Ok(()),
                        None => scope.unifier.equate(a, b, self.types, *span),
                    };
                    let member = matches!(literal, DraftLiteral::Member(..));
                    solved.map_err(|c| Clash {
                        member,
                        ..scope.named(c)
                    })?;
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
                            .restrict(*v, &integer, self.types, *span)
                            .map_err(|c| scope.named(c))?;
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
                with_article(&self.types.get(value.ty()).name),
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
                    with_article(&self.types.show(&types)),
                )
            }
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::E040,
                operand.span(),
                format!("`{}` needs integers; {what} is {ty}", op.as_str()),
            )
            .label(ty)
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
                Flat::Negative(p, args, _) => Literal::Negative(numbering.atom(*p, args)),
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
            negations: conjunction
                .body
                .iter()
                .filter_map(|flat| match flat {
                    Flat::Negative(_, _, span) => Some(*span),
                    Flat::Positive(..) | Flat::Compare(..) => None,
                })
                .collect(),
        });
    }

    /// Whether multiplying the formula out stays within limits; reports E071 and E075.
    pub(super) fn fits(&mut self, draft: &Draft, formula: &Formula) -> bool {
        let (alternatives, conditions) = (count(formula), width(formula));
        let limits = self.limits;
        let expansion = alternatives.saturating_mul(conditions);
        if alternatives <= limits.rules_per_rule
            && conditions <= limits.conditions
            && expansion <= limits.expansion
        {
            return true;
        }
        let Some(span) = draft.span else { return false };
        self.diagnostics.push(if alternatives <= limits.rules_per_rule && conditions > limits.conditions {
            Diagnostic::new(
                Code::E075,
                span,
                format!(
                    "this rule has {conditions} conditions at once, the limit is {}",
                    limits.conditions
                ),
            )
            .label("too many conditions")
            .help("give some of them a predicate of their own and use that")
        } else {
            let shown = if alternatives == usize::MAX {
                "astronomically many".to_string()
            } else {
                alternatives.to_string()
            };
            let of = format!("this rule has {shown} alternatives");
            let message = if alternatives > limits.rules_per_rule {
                format!("{of}, the limit is {}", limits.rules_per_rule)
            } else {
                format!(
                    "{of} of up to {conditions} conditions, {expansion} in all; the limit is {}",
                    limits.expansion
                )
            };
            Diagnostic::new(Code::E071, span, message)
                .label("multiplied out from its `or`s and `in`s")
                .help("give the alternatives a predicate of their own and use that")
        });
        false
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

/// `a User`, `an Integer`
fn with_article(ty: &str) -> String {
    let vowel = ty.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    let article = if vowel { "an" } else { "a" };
    format!("{article} {ty}")
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

    /// A clash about a parameter of the head, if one equals the variable it was found at,
    /// and with the variable's name in its message.
    fn named(&self, clash: Clash) -> Clash {
        let Some(found) = clash.variable else {
            return clash;
        };
        let root = self.unifier.root(found);
        let head = self.draft.head.iter().filter_map(DraftTerm::variable);
        let variable = { head }
            .find(|&v| self.unifier.root(v) == root)
            .unwrap_or(found);
        let name = &self.draft.variables[variable].name;
        Clash {
            message: format!("`{name}` {}", clash.message),
            variable: Some(variable),
            ..clash
        }
    }

    pub(super) fn is_bound(&self, v: Var) -> bool {
        match self.unifier.solved(v) {
            Solved::Class(c) => self.bound.contains(&c),
            Solved::Value(_) => true,
        }
    }
}
