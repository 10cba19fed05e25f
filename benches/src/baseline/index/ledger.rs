//! Changes of multiplicity, held until their epoch is complete, then applied and published.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Counting, Row};

/// When changes reach the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// At once, in the order they come. Readers may see half an epoch.
    AsTheyCome,
    /// When their epoch is complete, in the order they came.
    Held,
    /// When their epoch is complete, sorted and summed by row.
    Consolidated,
}

/// A counting index, and what is not yet in it.
#[derive(Debug)]
pub struct Ledger {
    index: Counting,
    settle: Settle,
    /// Changes by epoch, ascending; rarely more than one epoch.
    held: VecDeque<(u64, Vec<(Row, i64)>)>,
    /// Every epoch below this one is complete, applied and visible.
    visible: Arc<AtomicU64>,
    deltas: u64,
    spare: Vec<(Row, i64)>,
}

impl Ledger {
    /// An empty index whose epochs are published through `visible`.
    #[must_use]
    pub fn new(settle: Settle, visible: Arc<AtomicU64>) -> Ledger {
        Ledger {
            index: Counting::default(),
            settle,
            held: VecDeque::new(),
            visible,
            deltas: 0,
            spare: Vec::new(),
        }
    }

    /// From now on changes settle this way. Nothing may be held.
    pub fn settle(&mut self, settle: Settle) {
        assert!(self.held.is_empty(), "an epoch is half collected");
        self.settle = settle;
    }

    /// Takes changes in; they may belong to several epochs and come in any order.
    pub fn take(&mut self, changes: impl IntoIterator<Item = (Row, u64, i64)>) {
        let mut changes = changes.into_iter();
        if self.settle == Settle::AsTheyCome {
            for (row, _, diff) in changes {
                self.index.add(row, diff);
                self.deltas += 1;
            }
            return;
        }
        // Neighbours belong to the same epoch nearly always: look the epoch up once for each run.
        let Some((row, mut epoch, diff)) = changes.next() else {
            return;
        };
        let mut held = self.of(epoch);
        held.push((row, diff));
        for (row, at, diff) in changes {
            if at != epoch {
                epoch = at;
                held = self.of(epoch);
            }
            held.push((row, diff));
        }
    }

    /// Takes one change in.
    pub fn take_one(&mut self, row: Row, epoch: u64, diff: i64) {
        self.take(Some((row, epoch, diff)));
    }

    /// Every epoch below `frontier` is complete: applies and publishes them.
    pub fn complete(&mut self, frontier: u64) {
        if self.visible.load(Ordering::Relaxed) >= frontier {
            return;
        }
        while self
            .held
            .front()
            .is_some_and(|&(epoch, _)| epoch < frontier)
        {
            let Some((_, mut changes)) = self.held.pop_front() else {
                break;
            };
            if self.settle == Settle::Consolidated {
                consolidate(&mut changes);
            }
            self.deltas += changes.len() as u64;
            for (row, diff) in changes.drain(..) {
                self.index.add(row, diff);
            }
            // Keep one buffer, but not the one a load may have swollen.
            if changes.capacity() <= 1 << 20 {
                self.spare = changes;
            }
        }
        assert_eq!(self.index.owed(), 0, "derivations went that never came");
        self.visible.store(frontier, Ordering::Release);
    }

    /// Every epoch below this one is visible.
    #[must_use]
    pub fn visible(&self) -> u64 {
        self.visible.load(Ordering::Relaxed)
    }

    /// The index as of the last published epoch, unless changes settle as they come.
    #[must_use]
    pub fn index(&self) -> &Counting {
        &self.index
    }

    /// How many changes have been applied.
    #[must_use]
    pub fn deltas(&self) -> u64 {
        self.deltas
    }

    fn of(&mut self, epoch: u64) -> &mut Vec<(Row, i64)> {
        let at = match self.held.binary_search_by_key(&epoch, |&(at, _)| at) {
            Ok(at) => at,
            Err(at) => {
                self.held
                    .insert(at, (epoch, std::mem::take(&mut self.spare)));
                at
            }
        };
        &mut self.held[at].1
    }
}

/// Sorts by row and sums; rows whose changes cancel vanish.
fn consolidate(changes: &mut Vec<(Row, i64)>) {
    changes.sort_unstable_by_key(|&((slot, id), _)| u64::from(slot) << 32 | u64::from(id));
    changes.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    changes.retain(|&(_, diff)| diff != 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::index::Ids;

    #[test]
    fn an_epoch_is_visible_as_a_whole_whatever_its_order() {
        for settle in [Settle::Held, Settle::Consolidated] {
            let visible = Arc::new(AtomicU64::new(0));
            let mut ledger = Ledger::new(settle, Arc::clone(&visible));
            ledger.take([((0, 5), 1, 1), ((0, 4), 0, 1), ((0, 4), 1, -1)]);
            ledger.take([((0, 6), 1, -1), ((0, 6), 1, 1)]);
            assert!(ledger.index().ids(0).is_none());
            ledger.complete(1);
            assert_eq!(visible.load(Ordering::Relaxed), 1);
            assert_eq!(ledger.index().ids(0).map(Ids::to_vec), Some(vec![4]));
            ledger.complete(2);
            assert_eq!(ledger.index().ids(0).map(Ids::to_vec), Some(vec![5]));
        }
    }

    #[test]
    #[should_panic(expected = "never came")]
    fn what_goes_without_having_come_is_noticed() {
        let mut ledger = Ledger::new(Settle::Held, Arc::default());
        ledger.take([((0, 5), 0, -1)]);
        ledger.complete(1);
    }
}
