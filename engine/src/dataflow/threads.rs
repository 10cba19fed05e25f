//! A dataflow on several workers, a thread each, that exchange rows by hash.
//!
//! Facts are dealt to the workers in turn; where they belong is timely's matter. Between
//! epochs every worker sleeps on its channel.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use floe_frontend::ir::part::PartId;
use timely::communication::WorkerGuards;

use crate::plan::Plan;
use crate::value::Sym;

use super::census::Census;
use super::graph::Graph;
use super::outlet::Taker;
use super::row::Row;
use super::words::Words;
use super::{Dataflow, Deltas, Outgrown, hand_over};

/// Facts and their changes on the way to one worker; then the epoch is closed.
type Batch<const N: usize> = Vec<(PartId, Row<N>, i64)>;

/// Changes of multiplicity of rows, by part.
type Changes<const N: usize> = Vec<(PartId, Row<N>, i64)>;

/// See [`Dataflow`]; rows have `N` words.
pub(super) struct Threads<const N: usize> {
    batches: Vec<Batch<N>>,
    /// Whose turn it is to get a fact.
    next: usize,
    senders: Vec<Sender<Batch<N>>>,
    changes: Receiver<Result<Changes<N>, Outgrown>>,
    widths: Vec<usize>,
    deltas: Deltas,
    /// Waits for the threads when dropped, so it comes last.
    _workers: WorkerGuards<()>,
}

impl<const N: usize> Threads<N> {
    pub(super) fn new(
        plan: &Plan,
        outputs: &[PartId],
        words: &Arc<dyn Words>,
        workers: usize,
        deltas: Deltas,
    ) -> Result<Threads<N>, String> {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            (0..workers).map(|_| crossbeam_channel::unbounded()).unzip();
        let receivers: Mutex<Vec<Option<Receiver<Batch<N>>>>> =
            Mutex::new(receivers.into_iter().map(Some).collect());
        let (report, changes) = crossbeam_channel::unbounded();
        let widths = plan.widths.clone();
        let (plan, words, outputs) = (plan.clone(), Arc::clone(words), outputs.to_vec());
        let census = Census::new(&plan);
        let config = timely::Config::process(workers);
        let guards = timely::execute(config, move |worker| {
            let changes: Rc<RefCell<Changes<N>>> = Rc::default();
            let gathered = Rc::clone(&changes);
            let taker: Taker<N> = Rc::new(RefCell::new(move |part, row: &Row<N>, diff| {
                gathered.borrow_mut().push((part, *row, diff));
            }));
            let mut graph = Graph::<N>::new(worker, &plan, &outputs, &words, &taker, &census);
            let mut receivers = receivers.lock().unwrap_or_else(PoisonError::into_inner);
            let batches = receivers[worker.index()].take();
            drop(receivers);
            for batch in batches.into_iter().flatten() {
                for (part, row, diff) in batch {
                    graph.update(part, row, diff);
                }
                let closed = graph.close(worker);
                let ended = closed.is_err();
                if report.send(closed.map(|()| changes.take())).is_err() || ended {
                    break;
                }
            }
            // What is under way is of no use to anybody, and others may have left already.
            for dataflow in worker.installed_dataflows() {
                worker.drop_dataflow(dataflow);
            }
        })?;
        Ok(Threads {
            batches: vec![Vec::new(); workers],
            next: 0,
            senders,
            changes,
            widths,
            deltas,
            _workers: guards,
        })
    }
}

impl<const N: usize> Dataflow for Threads<N> {
    fn update(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.batches[self.next].push((part, Row::of(row), diff));
        self.next = (self.next + 1) % self.batches.len();
    }

    fn close(&mut self) -> Result<(), Outgrown> {
        for (sender, batch) in self.senders.iter().zip(&mut self.batches) {
            let sent = sender.send(std::mem::take(batch));
            sent.expect("workers live as long as their dataflow");
        }
        let mut symbols = Vec::with_capacity(N);
        let mut outcome = Ok(());
        for _ in &self.senders {
            let changes = self.changes.recv();
            match changes.expect("workers live as long as their dataflow") {
                Ok(changes) => {
                    for (part, row, diff) in changes {
                        hand_over(part, &row, &self.widths, &mut symbols);
                        (self.deltas)(part, &symbols, diff);
                    }
                }
                Err(outgrown) => outcome = Err(outgrown),
            }
        }
        outcome
    }
}

impl<const N: usize> Drop for Threads<N> {
    fn drop(&mut self) {
        self.senders.clear();
    }
}
