//! How recursion is evaluated, and what a closure may cost (design D6).
//!
//! A closure holds pairs of nodes. Where many holders sit on one long chain that is the
//! square of its length, while the rule as written carries no more than the rows it has in
//! the end. So whoever runs a plan counts the pairs, and where they outgrow what the closure
//! rests on, goes on with a plan that evaluates those recursions as they are written.

use floe_frontend::ir::part::PartId;

use super::groups::Groups;

/// How one recursion of the program is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recursion {
    /// By closures, joined afterwards with what is carried along.
    Separated,
    /// As it is written.
    AsWritten(AsWritten),
}

impl Recursion {
    /// Whether it would be separated if its closure were smaller.
    #[must_use]
    pub fn is_over_budget(&self) -> bool {
        *self == Recursion::AsWritten(AsWritten::OverBudget)
    }
}

/// Why a recursion is evaluated as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsWritten {
    /// The pass is switched off.
    Asked,
    /// Its closure has outgrown its budget.
    OverBudget,
    /// Several parts read each other.
    Mutual,
    /// Its rows carry conditions or stand for every value of a type.
    Conditions,
    /// A rule reads it more than once.
    NotLinear,
    /// A rule moves columns in a way that cannot be closed without the others.
    Entangled,
    /// Every column is moved: nothing rides along.
    NothingRides,
}

impl AsWritten {
    /// The reason in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AsWritten::Asked => "asked for",
            AsWritten::OverBudget => "its closure has outgrown its budget",
            AsWritten::Mutual => "several relations read each other",
            AsWritten::Conditions => "its rows carry conditions or wildcards",
            AsWritten::NotLinear => "a rule reads it more than once",
            AsWritten::Entangled => "a rule moves columns that cannot be closed on their own",
            AsWritten::NothingRides => "nothing rides along",
        }
    }
}

/// What the closures of separated recursion may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosureBudget {
    /// Pairs that any closure may have.
    pub floor: u64,
    /// Pairs beyond them for every edge and for every row that it is joined with.
    pub per_row: u64,
}

impl ClosureBudget {
    /// Room for hierarchies that are several levels deep on average, and for any small one.
    pub const DEFAULT: ClosureBudget = ClosureBudget {
        floor: 1 << 20,
        per_row: 4,
    };

    /// Whether so many pairs are too many for a closure that rests on so many rows.
    #[must_use]
    pub fn is_exceeded(&self, pairs: i64, rows: i64) -> bool {
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let room = count(rows).saturating_mul(self.per_row);
        count(pairs) > self.floor.saturating_add(room)
    }
}

impl Default for ClosureBudget {
    fn default() -> ClosureBudget {
        ClosureBudget::DEFAULT
    }
}

/// A closure, and what its size is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The part that holds its pairs.
    pub pairs: PartId,
    /// Parts whose rows it rests on: its edges, and the bases that it is joined with.
    pub rests_on: Vec<PartId>,
    /// Parts of the program whose recursion it serves.
    pub serves: Vec<PartId>,
}

/// The recursions of a program when the pass does not run.
pub(super) fn none_separated(groups: &Groups) -> Vec<(Vec<PartId>, Recursion)> {
    let recursive = groups.order.iter().filter(|group| group.recursive);
    let asked = Recursion::AsWritten(AsWritten::Asked);
    recursive
        .map(|group| (group.parts.clone(), asked))
        .collect()
}
