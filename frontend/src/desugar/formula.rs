//! A rule between syntax and core: names resolved, sugar expanded, still with `and`,
//! `or`, `not` and spans.

use crate::ir::core::{CompareOp, Origin, PredicateId};
use crate::ir::{TypeSet, Value};
use crate::source::{Span, Text};

/// Index into [`Draft::variables`].
pub(crate) type Var = usize;

/// A rule on its way to core rules.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) origin: Origin,
    pub(crate) span: Option<Span>,
    pub(crate) variables: Vec<DraftVariable>,
    pub(crate) predicate: PredicateId,
    pub(crate) head: Vec<DraftTerm>,
    pub(crate) body: Formula,
}

/// A variable with what the rule as a whole says of it.
#[derive(Clone, Debug)]
pub(crate) struct DraftVariable {
    pub(crate) name: Text,
    /// First occurrence; `None` for variables the expansion makes up.
    pub(crate) span: Option<Span>,
    /// From an annotation in the head, else every type.
    pub(crate) types: TypeSet,
    /// Occurrences in the rule; those that only restrict its type count too.
    pub(crate) uses: u32,
    /// Written as `_`.
    pub(crate) anonymous: bool,
}

/// A term with its place.
#[derive(Clone, Debug)]
pub(crate) enum DraftTerm {
    Variable(Var, Span),
    Value(Value, Span),
    Now(Span),
}

impl DraftTerm {
    pub(crate) fn span(&self) -> Span {
        match self {
            DraftTerm::Variable(_, s) | DraftTerm::Value(_, s) | DraftTerm::Now(s) => *s,
        }
    }

    pub(crate) fn variable(&self) -> Option<Var> {
        match self {
            DraftTerm::Variable(v, _) => Some(*v),
            _ => None,
        }
    }
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) enum Formula {
    And(Vec<Formula>),
    Or(Vec<Formula>),
    Not(Box<Formula>, Span),
    Literal(DraftLiteral),
    /// Nothing to satisfy.
    True,
    /// Never satisfied.
    False,
}

/// A condition without connectives.
#[derive(Clone, Debug)]
pub(crate) enum DraftLiteral {
    Atom(PredicateId, Vec<DraftTerm>, Span),
    Compare(CompareOp, DraftTerm, DraftTerm, Span),
    /// An equality out of an `in` list: other elements may do where this one cannot.
    Member(DraftTerm, DraftTerm, Span),
    HasType(Var, TypeSet, Span),
}

impl DraftLiteral {
    /// Calls `seen` with each occurrence of a variable.
    pub(crate) fn variables(&self, seen: &mut impl FnMut(Var, Span)) {
        let mut term = |t: &DraftTerm| {
            if let DraftTerm::Variable(v, s) = t {
                seen(*v, *s);
            }
        };
        match self {
            DraftLiteral::Atom(_, args, _) => args.iter().for_each(term),
            DraftLiteral::Compare(_, a, b, _) | DraftLiteral::Member(a, b, _) => {
                term(a);
                term(b);
            }
            DraftLiteral::HasType(v, _, s) => seen(*v, *s),
        }
    }
}

impl Formula {
    /// Calls `seen` with each occurrence of a variable, those under `not` included.
    pub(crate) fn variables(&self, seen: &mut impl FnMut(Var, Span)) {
        match self {
            Formula::And(parts) | Formula::Or(parts) => {
                for part in parts {
                    part.variables(seen);
                }
            }
            Formula::Not(inner, _) => inner.variables(seen),
            Formula::Literal(l) => l.variables(seen),
            Formula::True | Formula::False => {}
        }
    }
}
