//! The rows of one part: a table by key, and perhaps a second one the other way round.

use std::sync::atomic::{AtomicU64, Ordering};

use floe_frontend::ir::part::PartId;

use crate::value::{Ordinal, Sym, Symbols, TypeIx};

use super::layout::{Layout, PartShape};
use super::table::Table;

pub(super) struct Relation {
    pub(super) part: PartId,
    pub(super) width: usize,
    pub(super) forward: Table,
    pub(super) reverse: Option<Table>,
    /// Rows at the published epoch.
    rows: AtomicU64,
}

impl Relation {
    pub(super) fn new(part: PartId, shape: &PartShape) -> Relation {
        Relation {
            part,
            width: shape.width(),
            forward: Table::new(&shape.forward),
            reverse: shape.reverse.as_ref().map(Table::new),
            rows: AtomicU64::new(0),
        }
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        std::iter::once(&self.forward).chain(&self.reverse)
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    pub(super) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }
}

impl Layout {
    /// The type and id that a row has in its entry. Its symbols are all of the environment.
    pub(super) fn member(&self, row: &[Sym], symbols: &Symbols) -> (TypeIx, u32) {
        match self.set() {
            None => (NO_TYPE, 0),
            Some(column) => {
                let (ty, ordinal) = symbols.place(row[column]);
                (ty, ordinal.0)
            }
        }
    }

    /// Completes a row from its key (columns, then the type).
    pub(super) fn fill(&self, row: &mut [Sym], key: &[u32]) -> TypeIx {
        for (&column, &word) in self.key().iter().zip(key) {
            row[column] = Sym(word);
        }
        TypeIx(key[self.key().len()])
    }
}

/// Stands for the type where a layout has no set.
pub(super) const NO_TYPE: TypeIx = TypeIx(u32::MAX);

/// The symbol of a member of an entry.
pub(super) fn symbol(symbols: &Symbols, ty: TypeIx, ordinal: Ordinal) -> Sym {
    symbols
        .at(ty, ordinal)
        .expect("the index holds symbols of its environment")
}
