//! HOT PATH: where rows of the parts asked for leave the dataflow.

use std::cell::RefCell;
use std::rc::Rc;

use floe_frontend::ir::part::PartId;

use super::row::Row;

/// Takes the changes of multiplicity that come out on a worker: part, row, change.
pub(super) type Taker<const N: usize> = Rc<RefCell<dyn FnMut(PartId, &Row<N>, i64)>>;

/// Rows gathered before they are handed over: neighbours of one part go together, and stay
/// in the processor's cache on the way.
const ROOM: usize = 1024;

/// Rows of one strand on their way to whoever takes them, once for every part that has the
/// strand.
pub(super) struct Outlet<const N: usize> {
    pub(super) parts: Vec<PartId>,
    rows: Vec<(Row<N>, i64)>,
    taker: Taker<N>,
}

impl<const N: usize> Outlet<N> {
    pub(super) fn new(taker: Taker<N>) -> Rc<RefCell<Outlet<N>>> {
        Rc::new(RefCell::new(Outlet {
            parts: Vec::new(),
            rows: Vec::new(),
            taker,
        }))
    }

    pub(super) fn push(&mut self, row: Row<N>, diff: i64) {
        self.rows.push((row, diff));
        if self.rows.len() == ROOM {
            self.flush();
        }
    }

    /// Hands over what has been gathered.
    pub(super) fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let mut take = self.taker.borrow_mut();
        for &part in &self.parts {
            for (row, diff) in &self.rows {
                take(part, row, *diff);
            }
        }
        self.rows.clear();
    }
}
