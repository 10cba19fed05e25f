//! Parts: the program cut into small relations, in strata.
//!
//! A *part* holds those tuples of one predicate that agree in their constants, type
//! classes and unbound columns (its *shape*). Splits are complete: a stored fact belongs
//! to exactly one part, a wildcard stays one row. A column that nothing in a rule binds
//! is not stored: it stands for every value of its types. What such a rule still demands
//! of unbound columns or of the request's time is the part's *residue*: it is evaluated
//! where the columns become bound. Integers and other values that only the residue needs
//! ride along as *hidden* columns.
//!
//! A fact in a request's context that fits no part can still be the answer to a question
//! about its own predicate: that is so for predicates which no rule reads.

use std::sync::Arc;

use crate::source::Text;

use super::core::{CompareOp, PredicateId, RuleId};
use super::types::TypeSet;
use super::value::Value;

/// Index into [`Strata::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId(pub u32);

/// The specialised program.
#[derive(Clone, Debug, Default)]
pub struct Strata {
    /// Every part that can hold anything, in order of strata.
    pub parts: Vec<Part>,
    /// Every rule, in order of strata.
    pub rules: Vec<PartRule>,
    /// What to evaluate one after the other: bodies mention earlier strata or their own,
    /// negations and residues earlier ones only.
    pub strata: Vec<Stratum>,
}

/// Parts that depend on each other, and their rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    /// Range of [`Strata::parts`].
    pub parts: std::ops::Range<u32>,
    /// Range of [`Strata::rules`].
    pub rules: std::ops::Range<u32>,
    /// Whether a rule's body mentions a part of this very stratum.
    pub recursive: bool,
}

/// Where the facts of a part come from, rules aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    /// Rules only.
    Rules,
    /// Facts in a request's context have this shape, stored ones cannot.
    Context,
    /// Facts of this shape may be stored (and stand in a context).
    Stored,
}

/// Whether a part can be kept as a set of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It is a set of rows with a residue.
    Rows,
    /// Its residue would grow without bound through recursion, or it reads such a part:
    /// its rules can only be evaluated for a request, with the conditions in the body.
    Demand,
}

/// One relation of the specialised program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The predicate.
    pub predicate: PredicateId,
    /// One column per argument.
    pub columns: Vec<Column>,
    /// Types of the columns behind the arguments.
    pub hidden: Vec<TypeSet>,
    /// Names of variables that nothing binds, ever; a condition that mentions one is an
    /// error at run time that names it.
    pub open: Vec<Text>,
    /// What a row still has to satisfy.
    pub residue: Vec<Condition>,
    /// Facts.
    pub feed: Feed,
    /// Rows or on demand only.
    pub mode: Mode,
    /// Whether stored facts can make it non-empty; else only context facts can.
    pub live: bool,
}

/// One argument of a part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// Always this constant; not stored.
    Constant(Value),
    /// A value of these types other than the constants listed (ascending); stored.
    Stored(TypeSet, Arc<[Value]>),
    /// Every value of these types; not stored.
    Every(TypeSet),
}

/// A condition of a residue. Those on stored columns alone mention the time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// A comparison. `=` links two unbound columns, or one to the time.
    Compare(CompareOp, Slot, Slot),
    /// No row of the part matches; `None` for an argument that may be anything.
    Absent(PartId, Vec<Option<Slot>>),
}

/// What a condition of a residue mentions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// The argument at this position, stored or not.
    Argument(u32),
    /// The hidden column with this index.
    Hidden(u32),
    /// The open variable with this index.
    Open(u32),
    /// A constant.
    Value(Value),
    /// The request's time.
    Now,
}

/// A rule over parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRule {
    /// The core rule it comes from, and through it the policy line.
    pub core: RuleId,
    /// Its variables.
    pub variables: Vec<PartVariable>,
    /// What holds. Arguments at unbound columns are variables that no positive atom binds.
    pub head: PartAtom,
    /// When: positive atoms first.
    pub body: Vec<PartLiteral>,
}

/// A variable of a [`PartRule`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartVariable {
    /// The name in the core rule, or of a hidden column.
    pub name: Text,
    /// Types it can have here. Not a condition: rows bring no others.
    pub types: TypeSet,
}

/// A term of a [`PartRule`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartTerm {
    /// Index into the rule's variables.
    Variable(u32),
    /// A constant.
    Value(Value),
    /// The request's time; in conditions of [`Mode::Demand`] rules only.
    Now,
}

/// A part applied to terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartAtom {
    /// The part.
    pub part: PartId,
    /// One term per argument of the predicate; at a [`Column::Constant`] the constant
    /// (in negated atoms: what must equal it).
    pub args: Vec<PartTerm>,
    /// One term per hidden column.
    pub hidden: Vec<PartTerm>,
}

/// A condition of a [`PartRule`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartLiteral {
    /// A row matches. Terms at unbound columns take part in no join; the part's residue
    /// has become literals of this rule, or is in the head's.
    Positive(PartAtom),
    /// No row matches whose residue holds; an unbound column matches every value of its
    /// types. Variables found nowhere else are existential inside.
    Negative(PartAtom),
    /// A comparison.
    Compare(CompareOp, PartTerm, PartTerm),
    /// The value is of one of these types.
    HasType(PartTerm, TypeSet),
}

impl Strata {
    /// The part with this id.
    #[must_use]
    pub fn part(&self, id: PartId) -> &Part {
        &self.parts[id.0 as usize]
    }
}

impl Part {
    /// Whether the answer depends on the request's time.
    #[must_use]
    pub fn reads_time(&self, strata: &Strata) -> bool {
        self.residue.iter().any(|c| match c {
            Condition::Compare(_, a, b) => *a == Slot::Now || *b == Slot::Now,
            Condition::Absent(part, args) => {
                args.contains(&Some(Slot::Now)) || strata.part(*part).reads_time(strata)
            }
        })
    }

    /// Positions of the arguments that are stored, in order.
    pub fn stored(&self) -> impl Iterator<Item = usize> + '_ {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, c)| matches!(c, Column::Stored(..)))
            .map(|(i, _)| i)
    }
}
