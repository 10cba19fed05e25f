//! Derivations that have gone and never came.

use std::collections::BTreeMap;
use std::fmt;

use floe_frontend::ir::part::PartId;

use crate::value::Sym;

/// A row had a negative number of derivations at the end of an epoch. What feeds the index
/// is wrong, and so may be everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negative {
    /// The part.
    pub part: PartId,
    /// The row.
    pub row: Vec<Sym>,
    /// Its number of derivations.
    pub count: i64,
}

impl fmt::Display for Negative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Negative { part, row, count } = self;
        write!(f, "row {row:?} of part {} has {count} derivations", part.0)
    }
}

impl std::error::Error for Negative {}

/// Negative counts inside an epoch, by relation and row.
#[derive(Default)]
pub(super) struct Owed(BTreeMap<(usize, Vec<Sym>), i64>);

impl Owed {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes out what a row owes: a negative count, or 0.
    pub(super) fn take(&mut self, relation: usize, row: &[Sym]) -> i64 {
        self.0.remove(&(relation, row.to_vec())).unwrap_or(0)
    }

    /// Notes a negative count.
    pub(super) fn put(&mut self, relation: usize, row: Vec<Sym>, count: i64) {
        self.0.insert((relation, row), count);
    }

    /// The first row that owes.
    pub(super) fn first(&self) -> Option<(usize, &[Sym], i64)> {
        let ((relation, row), &count) = self.0.first_key_value()?;
        Some((*relation, row, count))
    }
}
