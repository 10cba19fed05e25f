//! Core rules: the policy without its sugar.
//!
//! Shorthand is expanded, `or` and `in` are multiplied out, names are resolved, equality
//! is solved, every variable carries the types it admits. A rule is a head, positive and
//! negated atoms, and comparisons; it is not specialised, and a wildcard (spec 5.6) is
//! simply a head variable that no positive atom mentions. This level is the meaning of
//! the policy: the reference evaluator reads nothing else.

use crate::source::{Span, Text};
pub use crate::syntax::ast::CompareOp;

use super::types::TypeSet;
use super::value::Value;

/// Index into [`Core::predicates`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PredicateId(pub u32);

/// Index into [`Core::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// Index into [`Rule::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u32);

/// A predicate: name and number of arguments (spec 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Predicate {
    /// Its name. Predicates made for a negated group start with `not ` and cannot be
    /// written by anyone.
    pub name: Text,
    /// Number of arguments.
    pub arity: usize,
}

impl Predicate {
    /// Whether the compiler made it for a negated group: never stored, never asked for.
    #[must_use]
    pub fn is_auxiliary(&self) -> bool {
        self.name.starts_with("not ")
    }
}

/// Every predicate and rule of a policy.
#[derive(Clone, Debug, Default)]
pub struct Core {
    /// Predicates in order of first mention.
    pub predicates: Vec<Predicate>,
    /// Rules in source order, then injected ones.
    pub rules: Vec<Rule>,
}

impl Core {
    /// The predicate of this name and arity, if the policy mentions it.
    #[must_use]
    pub fn find(&self, name: &str, arity: usize) -> Option<PredicateId> {
        self.predicates
            .iter()
            .position(|p| p.arity == arity && *p.name == *name)
            .map(|i| PredicateId(i as u32))
    }

    /// The predicate with this id.
    #[must_use]
    pub fn predicate(&self, id: PredicateId) -> &Predicate {
        &self.predicates[id.0 as usize]
    }

    /// The rule with this id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.0 as usize]
    }
}

/// How a rule came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A full rule.
    Written,
    /// A shorthand rule of a block.
    Shorthand,
    /// One of the two `allow` rules of spec 7.1; it has no place in the source.
    Injected,
    /// The inside of a negated group; the span is the group's.
    Group,
}

impl Origin {
    /// The word used in printed programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Written => "written",
            Origin::Shorthand => "shorthand",
            Origin::Injected => "injected",
            Origin::Group => "group",
        }
    }
}

/// One conjunctive rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// How it came about.
    pub origin: Origin,
    /// The rule as written; `None` for injected rules.
    pub span: Option<Span>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// What holds.
    pub head: Atom,
    /// When: all of these.
    pub body: Vec<Literal>,
}

impl Rule {
    /// The variable with this id.
    #[must_use]
    pub fn variable(&self, id: VariableId) -> &Variable {
        &self.variables[id.0 as usize]
    }
}

/// A variable of a rule.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, unique within the rule.
    pub name: Text,
    /// A value bound to it must be of one of these types. Part of the rule's meaning.
    pub types: TypeSet,
}

/// An argument or operand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// A variable of the rule.
    Variable(VariableId),
    /// A constant.
    Value(Value),
    /// `@current_unix_time`; in comparisons only, atoms never carry it.
    Now,
}

impl Term {
    /// The variable, if it is one.
    #[must_use]
    pub fn variable(&self) -> Option<VariableId> {
        match self {
            Term::Variable(v) => Some(*v),
            _ => None,
        }
    }
}

/// A predicate applied to terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atom {
    /// The predicate.
    pub predicate: PredicateId,
    /// As many as its arity.
    pub args: Vec<Term>,
}

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    /// The atom holds.
    Positive(Atom),
    /// No tuple of the predicate matches. A variable that occurs in this atom alone is
    /// existential inside the negation; any other is bound by a positive atom or stands
    /// in the head (only a group's rule leaves it unbound there).
    Negative(Atom),
    /// A comparison. `=` remains only between a variable or constant and
    /// [`Term::Now`]; every other equality has been solved by substitution. Ordering on
    /// values that are not both integers is false (spec 5.4).
    Compare(CompareOp, Term, Term),
}
