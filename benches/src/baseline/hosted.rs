//! A dataflow on a worker, as whoever drives it sees it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::communication::allocator::thread::Thread;
use timely::worker::Worker;

use super::index::Ledger;
use crate::workload::Change;

/// A dataflow with its inputs and its index.
pub trait Hosted: 'static {
    /// What its inputs take.
    type Fact: Copy + Send + 'static;

    /// Hands a change to the input it belongs to, in the present epoch.
    fn feed(&mut self, change: Change<Self::Fact>);

    /// Closes every epoch below `epoch` in every input and sends what is buffered.
    fn advance(&mut self, epoch: u64);

    /// The index behind the dataflow.
    fn ledger(&self) -> &Rc<RefCell<Ledger>>;
}

/// A worker without peers, for the thread that calls this.
#[must_use]
pub fn worker() -> Worker {
    Worker::new(
        // Whoever drives the worker decides when to spin; its own spinning sees no commands.
        WorkerConfig::default().idle_spin(std::time::Duration::ZERO),
        Allocator::Thread(Thread::default()),
        Some(Instant::now()),
    )
}
