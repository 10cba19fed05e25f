//! The operators of a plan on one worker, with their inputs and what comes out.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::input::{Input, InputSession};
use differential_dataflow::lattice::Lattice;
use differential_dataflow::operators::iterate::VecVariable;
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;
use timely::dataflow::operators::probe;
use timely::order::Product;
use timely::progress::Timestamp;
use timely::worker::Worker;

use crate::faults::{Fault, has};
use crate::plan::{Component, Plan};

use super::render::{Readable, Rows};
use super::row::Row;
use super::words::Words;

/// Changes of multiplicity of rows, by part.
pub(super) type Changes<const N: usize> = Vec<((u32, Row<N>), i64)>;

/// Room for changes that is kept between steps.
const ROOM: usize = 1 << 16;

/// A worker's share of a dataflow; rows have `N` words.
pub(super) struct Graph<const N: usize> {
    inputs: FxHashMap<PartId, InputSession<u64, Row<N>, i64>>,
    unit: InputSession<u64, Row<N>, i64>,
    probe: probe::Handle<u64>,
    /// What came out and has not been handed over.
    sink: Rc<RefCell<Changes<N>>>,
    epoch: u64,
}

impl<const N: usize> Graph<N> {
    /// Builds it; all workers must build their dataflows in the same order.
    pub(super) fn new(
        worker: &mut Worker,
        plan: &Plan,
        outputs: &[PartId],
        words: &Arc<dyn Words>,
    ) -> Graph<N> {
        let first = worker.index() == 0;
        let sink: Rc<RefCell<Changes<N>>> = Rc::default();
        let probe = probe::Handle::new();
        let mut inputs = FxHashMap::default();
        let unit = worker.dataflow::<u64, _, _>(|scope| {
            let (mut unit_in, unit) = scope.new_collection::<Row<N>, i64>();
            if first {
                unit_in.update(Row::EMPTY, 1);
            }
            let mut readable = Readable {
                parts: FxHashMap::default(),
                words: Arc::clone(words),
                widths: Rc::new(plan.widths.clone()),
                unit,
                shared: plan.shares.then(RefCell::default),
            };
            let needed = plan.needed(outputs);
            for component in &plan.components {
                let mut base: Vec<(PartId, Option<Rows<'_, u64, N>>)> = Vec::new();
                for &part in component.parts.iter().filter(|p| needed[p.0 as usize]) {
                    let rows = plan.feeds[part.0 as usize].map(|facts| {
                        let (session, rows) = scope.new_collection::<Row<N>, i64>();
                        inputs.insert(facts, session);
                        rows
                    });
                    base.push((part, rows));
                }
                if base.is_empty() {
                    continue;
                }
                if component.recursive {
                    recursive(plan, component, base, &mut readable);
                } else {
                    for (part, rows) in base {
                        let flows = plan.flows[component.flows.clone()].iter();
                        let made = flows.filter(|f| f.head == part).map(|f| readable.flow(f));
                        let all = united(rows.into_iter().chain(made), &readable.unit);
                        readable.parts.insert(part, all);
                    }
                }
            }
            for &part in outputs {
                let Some(rows) = readable.parts.get(&part) else {
                    continue;
                };
                let sink = Rc::clone(&sink);
                rows.clone()
                    .inspect_batch(move |_, batch| {
                        let mut sink = sink.borrow_mut();
                        sink.extend(batch.iter().map(|(row, _, diff)| ((part.0, *row), *diff)));
                    })
                    .probe_with(&probe);
            }
            unit_in
        });
        Graph {
            inputs,
            unit,
            probe,
            sink,
            epoch: 0,
        }
    }

    /// Changes the multiplicity of a fact in the present epoch; it may be given to any
    /// worker.
    pub(super) fn update(&mut self, part: PartId, row: Row<N>, diff: i64) {
        if diff < 0 && row.0[0] % 4 == 1 && has(Fault::RetractionLost) {
            return;
        }
        if let Some(input) = self.inputs.get_mut(&part) {
            input.update(row, diff);
        }
    }

    /// Closes the present epoch and steps until it is complete on all workers, handing over
    /// what comes out on this one.
    pub(super) fn close(&mut self, worker: &mut Worker, each: &mut dyn FnMut(u32, &Row<N>, i64)) {
        self.epoch += 1;
        for input in self.inputs.values_mut().chain([&mut self.unit]) {
            input.advance_to(self.epoch);
            input.flush();
        }
        let mut changes = Changes::new();
        while self.probe.less_than(&self.epoch) {
            worker.step();
            std::mem::swap(&mut changes, &mut self.sink.borrow_mut());
            for ((part, row), diff) in changes.drain(..) {
                each(part, &row, diff);
            }
            changes.shrink_to(ROOM);
        }
        debug_assert!(
            self.sink.borrow().is_empty(),
            "steps end when all is handed over"
        );
    }
}

/// A component whose parts read each other: a loop in which each part is a set.
fn recursive<'s, const N: usize>(
    plan: &Plan,
    component: &Component,
    base: Vec<(PartId, Option<Rows<'s, u64, N>>)>,
    readable: &mut Readable<'s, u64, N>,
) {
    let outer = readable.unit.inner.scope();
    let finished = outer.scoped::<Product<u64, u64>, _, _>("Component", |inner| {
        let mut parts = FxHashMap::default();
        for flow in &plan.flows[component.flows.clone()] {
            for part in flow.reads().filter(|p| !component.parts.contains(p)) {
                let rows = &readable.parts[&part];
                parts
                    .entry(part)
                    .or_insert_with(|| rows.clone().enter(inner));
            }
        }
        let mut variables = Vec::new();
        for (part, rows) in base {
            let (variable, collection) = VecVariable::new(inner, Product::new(0, 1));
            parts.insert(part, collection);
            variables.push((part, variable, rows.map(|rows| rows.enter(inner))));
        }
        let inside = Readable {
            parts,
            words: Arc::clone(&readable.words),
            widths: Rc::clone(&readable.widths),
            unit: readable.unit.clone().enter(inner),
            shared: plan.shares.then(RefCell::default),
        };
        let mut finished = Vec::new();
        for (part, variable, rows) in variables {
            let flows = plan.flows[component.flows.clone()].iter();
            let made = flows.filter(|f| f.head == part).map(|f| inside.flow(f));
            let all = united(rows.into_iter().chain(made), &inside.unit).distinct_core::<i64>();
            variable.set(all.clone());
            finished.push((part, all.leave(outer)));
        }
        finished
    });
    readable.parts.extend(finished);
}

/// All rows of several collections; without any, none.
fn united<'s, T: Timestamp + Lattice + Ord, const N: usize>(
    mut collections: impl Iterator<Item = Rows<'s, T, N>>,
    unit: &Rows<'s, T, N>,
) -> Rows<'s, T, N> {
    match collections.next() {
        Some(first) => first.concatenate(collections),
        None => unit.clone().filter(|_| false),
    }
}
