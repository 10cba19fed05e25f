//! Plans: a view of a part with given places bound, as steps over batches of bindings.
//!
//! A *batch* is a flat vector of rows of one width. The first two words of a row are no
//! symbols: [`STUCK`], why the row may not hold (0: it does), and [`OWNER`], the input it
//! is derived for. Steps keep, extend or drop rows.

use std::sync::Arc;

use floe_frontend::ir::TypeSet;
use floe_frontend::ir::core::CompareOp;
use floe_frontend::ir::part::PartId;

use super::clause::{Guard, View};
use crate::value::{Sym, TypeIx};

/// Column of a batch: the code of a condition that cannot be judged, or 0.
pub(super) const STUCK: usize = 0;
/// Column of a batch: the input a row is derived for.
pub(super) const OWNER: usize = 1;
/// Columns before the first symbol.
pub(super) const HEADER: usize = 2;

/// Stands for every value, in answers at an unbound column.
pub(super) const WILD: Sym = Sym(u32::MAX);

/// Index into the plans of a [`super::Goals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PlanId(pub(super) u32);

/// What a plan computes: places of a view that are given, and those that are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Adorned {
    pub(super) part: PartId,
    pub(super) view: View,
    pub(super) bound: Box<[u16]>,
    pub(super) wanted: Box<[u16]>,
}

/// Where a step takes a symbol from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A column of the batch.
    Column(u16),
    Sym(Sym),
    Now,
    /// None: every value will do.
    Wild,
}

/// How to answer one kind of call.
#[derive(Debug)]
pub(super) struct Plan {
    /// When its work is done relative to others: nothing of a lower stratum may be left.
    pub(super) stratum: u32,
    /// Symbols of an input.
    pub(super) inputs: usize,
    /// Symbols of an answer.
    pub(super) outputs: usize,
    /// Facts of the part itself.
    pub(super) facts: Option<Reading>,
    pub(super) rules: Vec<RulePlan>,
    /// How many of the steps are calls; they are numbered.
    pub(super) calls: usize,
}

/// How rows of a part are read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) part: PartId,
    /// Symbols of a row.
    pub(super) width: usize,
    /// Columns that the key gives, in its order.
    pub(super) bound: Box<[u16]>,
    /// Columns of the output.
    pub(super) outputs: Box<[u16]>,
}

#[derive(Debug)]
pub(super) struct RulePlan {
    /// Whether stored facts alone can fire it.
    pub(super) live: bool,
    pub(super) entry: Entry,
    pub(super) steps: Vec<Step>,
    /// One per output.
    pub(super) head: Box<[Operand]>,
}

/// From an input to the first batch.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Columns of the input that must be equal.
    pub(super) equal: Vec<(u16, u16)>,
    /// Columns that must be this symbol.
    pub(super) fixed: Vec<(u16, Operand)>,
    /// Columns that go into the batch.
    pub(super) take: Vec<u16>,
}

#[derive(Debug)]
pub(super) enum Step {
    Compare(CompareOp, Operand, Operand),
    HasType(Operand, TypeSet),
    IsExactly(Operand, TypeIx),
    /// Appends the time.
    Time,
    Join(Join),
    Without(Antijoin),
    /// Nothing can judge what the code says.
    Unlistable(u32),
}

/// Who knows the rows that a step asks for.
#[derive(Debug)]
pub(super) struct Callee {
    /// How to read it where it need not be derived.
    pub(super) reading: Reading,
    /// The call otherwise; `None` for parts without rules.
    pub(super) call: Option<Call>,
    /// Whether stored facts alone can make it non-empty.
    pub(super) live: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) plan: PlanId,
    pub(super) stratum: u32,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Number among the calls of the calling plan.
    pub(super) number: u16,
    /// Whether the callee can be read instead if it is maintained.
    pub(super) readable: bool,
}

/// Every row with every match.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) callee: Callee,
    pub(super) key: Box<[Operand]>,
    /// Columns of the batch that go on.
    pub(super) keep: Box<[u16]>,
    /// Outputs that go on behind them.
    pub(super) take: Box<[u16]>,
    pub(super) filter: Filter,
    /// Whether equal rows may come out.
    pub(super) duplicates: bool,
    /// Whether it only proposes bindings that a later step judges.
    pub(super) proposes: bool,
}

/// What outputs must be like.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// Equal to each other.
    pub(super) same: Vec<(u16, u16)>,
    /// Every value (`true`) or one (`false`).
    pub(super) wild: Vec<(u16, bool)>,
}

/// Rows without a match.
#[derive(Debug)]
pub(super) struct Antijoin {
    pub(super) callee: Callee,
    pub(super) key: Box<[Operand]>,
    /// There is no match unless all of these hold.
    pub(super) guards: Vec<(Operand, Guard)>,
    pub(super) filter: Filter,
}

impl Join {
    /// Width of the rows that come out.
    pub(super) fn width(&self) -> usize {
        HEADER + self.keep.len() + self.take.len()
    }
}

impl Filter {
    /// Whether an answer passes; `at` says which symbol of it an output is.
    pub(super) fn passes(&self, answer: impl Fn(u16) -> Sym) -> bool {
        self.same.iter().all(|&(a, b)| answer(a) == answer(b))
            && self
                .wild
                .iter()
                .all(|&(a, wild)| (answer(a) == WILD) == wild)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.same.is_empty() && self.wild.is_empty()
    }
}

/// A plan, shared by all requests.
pub(super) type SharedPlan = Arc<Plan>;
