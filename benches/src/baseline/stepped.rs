//! A baseline driven by hand, on the thread of whoever calls.

use timely::worker::Worker;

use super::index::Settle;
use super::{Hosted, worker};
use crate::workload::Change;

/// How many facts are fed between two steps while loading, so that queues stay short.
const SLICE: usize = 1 << 16;

/// A worker and its dataflow; nothing runs unless a method is called.
pub struct Stepped<H: Hosted> {
    worker: Worker,
    hosted: H,
    epoch: u64,
}

impl<H: Hosted> Stepped<H> {
    /// Builds a dataflow on a new worker without peers.
    pub fn new(build: impl FnOnce(&mut Worker) -> H) -> Stepped<H> {
        let mut worker = worker();
        let hosted = build(&mut worker);
        Stepped {
            worker,
            hosted,
            epoch: 0,
        }
    }

    /// Takes in the first facts. Nothing is published before the end, so rows need not wait
    /// for their epoch; afterwards changes settle as they did before.
    pub fn load(&mut self, facts: impl IntoIterator<Item = H::Fact>, afterwards: Settle) {
        self.hosted.ledger().borrow_mut().settle(Settle::AsTheyCome);
        for (nth, fact) in facts.into_iter().enumerate() {
            self.hosted.feed(Change::insert(fact));
            if nth % SLICE == SLICE - 1 {
                self.worker.step();
            }
        }
        self.close_epoch();
        self.hosted.ledger().borrow_mut().settle(afterwards);
    }

    /// Takes in a change set and returns when it is visible; says at which epoch.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = Change<H::Fact>>) -> u64 {
        for change in changes {
            self.hosted.feed(change);
        }
        self.close_epoch()
    }

    /// Closes the present epoch and steps until it is visible.
    fn close_epoch(&mut self) -> u64 {
        let epoch = self.epoch;
        self.epoch += 1;
        self.hosted.advance(self.epoch);
        while self.hosted.ledger().borrow().visible() <= epoch {
            self.worker.step();
        }
        epoch
    }

    /// The dataflow.
    pub fn hosted(&self) -> &H {
        &self.hosted
    }

    /// The dataflow, to feed it by hand.
    pub fn hosted_mut(&mut self) -> &mut H {
        &mut self.hosted
    }

    /// The worker, to step it by hand.
    pub fn worker(&mut self) -> &mut Worker {
        &mut self.worker
    }
}
