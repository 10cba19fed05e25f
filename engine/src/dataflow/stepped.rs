//! A dataflow on a worker without peers, stepped by whoever closes an epoch.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use floe_frontend::ir::part::PartId;
use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::communication::allocator::thread::Thread;
use timely::logging::{TimelyEvent, TimelyEventBuilder};
use timely::worker::Worker;

use crate::plan::Plan;
use crate::value::Sym;

use super::census::Census;
use super::graph::Graph;
use super::outlet::Taker;
use super::row::Row;
use super::words::Words;
use super::{Dataflow, Deltas, Outgrown, hand_over};

/// See [`Dataflow`]; rows have `N` words.
pub(super) struct Stepped<const N: usize> {
    worker: Worker,
    graph: Graph<N>,
}

impl<const N: usize> Stepped<N> {
    /// `rows` counts what operators hand to each other, if it is wanted.
    pub(super) fn new(
        plan: &Plan,
        outputs: &[PartId],
        words: &Arc<dyn Words>,
        rows: Option<&Arc<AtomicU64>>,
        mut deltas: Deltas,
    ) -> Stepped<N> {
        let config = WorkerConfig::default().idle_spin(Duration::ZERO);
        let allocator = Allocator::Thread(Thread::default());
        let mut worker = Worker::new(config, allocator, Some(Instant::now()));
        if let Some(rows) = rows {
            count(&worker, Arc::clone(rows));
        }
        let (widths, mut symbols) = (plan.widths.clone(), Vec::with_capacity(N));
        let taker: Taker<N> = Rc::new(RefCell::new(move |part, row: &Row<N>, diff| {
            hand_over(part, row, &widths, &mut symbols);
            deltas(part, &symbols, diff);
        }));
        Stepped {
            graph: Graph::new(
                &mut worker,
                plan,
                outputs,
                words,
                &taker,
                &Census::new(plan),
            ),
            worker,
        }
    }
}

/// Counts the rows of every message between operators of the worker.
fn count(worker: &Worker, rows: Arc<AtomicU64>) {
    let Some(mut logs) = worker.log_register() else {
        return;
    };
    logs.insert::<TimelyEventBuilder, _>("timely", move |_, events| {
        for (_, event) in events.iter().flatten() {
            if let TimelyEvent::Messages(message) = event
                && message.is_send
            {
                let sent = u64::try_from(message.record_count).unwrap_or(0);
                rows.fetch_add(sent, Ordering::Relaxed);
            }
        }
    });
}

impl<const N: usize> Dataflow for Stepped<N> {
    fn update(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.graph.update(part, Row::of(row), diff);
    }

    fn close(&mut self) -> Result<(), Outgrown> {
        self.graph.close(&mut self.worker)
    }
}
