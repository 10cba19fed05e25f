//! A dataflow on a worker without peers, stepped by whoever closes an epoch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use floe_frontend::ir::part::PartId;
use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::communication::allocator::thread::Thread;
use timely::worker::Worker;

use crate::plan::Plan;
use crate::value::Sym;

use super::graph::Graph;
use super::row::Row;
use super::words::Words;
use super::{Dataflow, hand_over};

/// See [`Dataflow`]; rows have `N` words.
pub(super) struct Stepped<const N: usize> {
    worker: Worker,
    graph: Graph<N>,
    widths: Vec<usize>,
}

impl<const N: usize> Stepped<N> {
    pub(super) fn new(plan: &Plan, outputs: &[PartId], words: &Arc<dyn Words>) -> Stepped<N> {
        let config = WorkerConfig::default().idle_spin(Duration::ZERO);
        let allocator = Allocator::Thread(Thread::default());
        let mut worker = Worker::new(config, allocator, Some(Instant::now()));
        Stepped {
            graph: Graph::new(&mut worker, plan, outputs, words),
            worker,
            widths: plan.widths.clone(),
        }
    }
}

impl<const N: usize> Dataflow for Stepped<N> {
    fn update(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.graph.update(part, Row::of(row), diff);
    }

    fn close(&mut self, each: &mut dyn FnMut(PartId, &[Sym], i64)) {
        let (widths, mut symbols) = (&self.widths, Vec::with_capacity(N));
        self.graph.close(&mut self.worker, &mut |part, row, diff| {
            hand_over(part, row, widths, &mut symbols);
            each(PartId(part), &symbols, diff);
        });
    }
}
