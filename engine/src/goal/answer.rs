//! What comes back: values, wildcards, and reasons for no answer.

use std::fmt;

use floe_frontend::ir::TypeSet;
use floe_frontend::ir::core::RuleId;
use floe_frontend::source::Text;

use super::Exceeded;
use crate::value::Sym;

/// What a variable of a question may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// Every value of these types (spec 5.6.2).
    Every(TypeSet),
    /// This value.
    Value(Sym),
}

/// The values of one variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Whether every value of the type is one.
    pub every: bool,
    /// Those that are for a reason of their own, ascending; a wildcard does not hide them
    /// (spec 5.6.4).
    pub values: Vec<Sym>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CannotAnswer {
    /// Something has to be enumerated that nothing but a comparison, a negation or the
    /// time limits (spec 5.6.3).
    CannotList {
        /// The variable's name in the rule that has the condition.
        variable: Text,
        /// That rule.
        rule: RuleId,
    },
    /// Two variables of the question (by number) must be equal and are free otherwise.
    Linked {
        /// The one.
        first: usize,
        /// The other.
        second: usize,
    },
    /// The request has used up its budget.
    Exceeded(Exceeded),
}

impl fmt::Display for CannotAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotAnswer::CannotList { variable, rule } => write!(
                f,
                "cannot list: variable `{variable}` of rule {} has no set of possible values",
                rule.0
            ),
            CannotAnswer::Linked { first, second } => write!(
                f,
                "cannot list: variables {first} and {second} must be equal and have no set of possible values"
            ),
            CannotAnswer::Exceeded(what) => what.fmt(f),
        }
    }
}

impl std::error::Error for CannotAnswer {}
