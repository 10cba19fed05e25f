//! The operators of a plan on one worker, with their inputs and what comes out.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::AsCollection;
use differential_dataflow::input::{Input, InputSession};
use differential_dataflow::operators::iterate::VecVariable;
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;
use timely::dataflow::operators::vec::Partition;
use timely::dataflow::operators::{Concatenate, Probe, probe};
use timely::order::Product;
use timely::worker::Worker;

use crate::faults::{Fault, has};
use crate::plan::{Component, Flow, Plan};

use super::Outgrown;
use super::census::Census;
use super::outlet::{Outlet, Taker};
use super::render::{Readable, Rows};
use super::row::Row;
use super::strand::{Inner, Strand};
use super::words::Words;

/// The number of the one row of no words.
const UNIT: u32 = 0;

/// A worker's share of a dataflow; rows have `N` words.
pub(super) struct Graph<const N: usize> {
    /// All facts, each with the number of its part among those that take facts: one input,
    /// since every input is one more frontier to follow at every epoch.
    input: InputSession<u64, (u32, Row<N>), i64>,
    /// By part.
    numbers: FxHashMap<PartId, u32>,
    probe: probe::Handle<u64>,
    outlets: Vec<Rc<RefCell<Outlet<N>>>>,
    census: Arc<Census>,
    epoch: u64,
}

impl<const N: usize> Graph<N> {
    /// Builds it; all workers must build their dataflows in the same order. What comes out
    /// on this one goes to `taker`; all of them share the census.
    pub(super) fn new(
        worker: &mut Worker,
        plan: &Plan,
        outputs: &[PartId],
        words: &Arc<dyn Words>,
        taker: &Taker<N>,
        census: &Arc<Census>,
    ) -> Graph<N> {
        let first = worker.index() == 0;
        let probe = probe::Handle::new();
        let mut numbers = FxHashMap::default();
        let mut outlets = Vec::new();
        let input = worker.dataflow::<u64, _, _>(|scope| {
            let needed = plan.needed(outputs);
            let parts = plan.feeds.iter().zip(&needed);
            for facts in parts.filter_map(|(feed, needed)| feed.filter(|_| *needed)) {
                let next = numbers.len() as u32 + 1;
                let before = numbers.insert(facts, next);
                assert!(before.is_none(), "facts enter one part");
            }
            let (mut input, facts) = scope.new_collection::<(u32, Row<N>), i64>();
            if first {
                input.update((UNIT, Row::EMPTY), 1);
            }
            let route = |((number, row), time, diff)| (u64::from(number), (row, time, diff));
            let routed = facts.inner.partition(numbers.len() as u64 + 1, route);
            let mut fed: Vec<Option<Rows<'_, u64, N>>> = routed
                .into_iter()
                .map(|rows| Some(rows.as_collection()))
                .collect();
            let unit = fed[UNIT as usize].take().expect("no part has its number");
            let inner = Inner::of(plan, &needed);
            let mut readable = Readable {
                parts: FxHashMap::default(),
                words: Arc::clone(words),
                widths: Rc::new(plan.widths.clone()),
                unit,
                shared: plan.shares.then(RefCell::default),
                made: RefCell::default(),
                strands: Rc::new(Cell::new(0)),
            };
            for component in &plan.components {
                let mut base: Vec<(PartId, Option<Rows<'_, u64, N>>)> = Vec::new();
                for &part in component.parts.iter().filter(|p| needed[p.0 as usize]) {
                    let facts = plan.feeds[part.0 as usize];
                    let rows = facts.and_then(|facts| fed[numbers[&facts] as usize].take());
                    base.push((part, rows));
                }
                if base.is_empty() {
                    continue;
                }
                if component.recursive {
                    recursive(plan, component, base, &mut readable);
                    continue;
                }
                for (part, rows) in base {
                    let mut strands: Vec<_> =
                        rows.map(|r| readable.strand(r)).into_iter().collect();
                    for flow in flows_of(plan, component, part) {
                        let taker = inner.leaves(flow).then_some(taker);
                        readable.flow(flow, taker, &mut strands);
                    }
                    readable.parts.insert(part, strands);
                }
            }
            census.count(&readable.parts);
            let mut leaving: Vec<Strand<'_, u64, N>> = Vec::new();
            for &part in outputs {
                for strand in readable.parts.get(&part).into_iter().flatten() {
                    let known = leaving.iter().position(|s| s.id == strand.id);
                    let at = known.unwrap_or_else(|| {
                        leaving.push(strand.clone().leaving(taker));
                        leaving.len() - 1
                    });
                    if let Some(outlet) = &leaving[at].outlet {
                        outlet.borrow_mut().parts.push(part);
                    }
                }
            }
            let complete = leaving.into_iter().map(|strand| {
                outlets.extend(strand.outlet);
                strand.rows.inner
            });
            let complete: Vec<_> = complete.collect();
            scope.concatenate(complete).probe_with(&probe);
            input
        });
        Graph {
            input,
            numbers,
            probe,
            outlets,
            census: Arc::clone(census),
            epoch: 0,
        }
    }

    /// Changes the multiplicity of a fact in the present epoch; it may be given to any
    /// worker.
    pub(super) fn update(&mut self, part: PartId, row: Row<N>, diff: i64) {
        if diff < 0 && row.0[0] % 4 == 1 && has(Fault::RetractionLost) {
            return;
        }
        if let Some(&number) = self.numbers.get(&part) {
            self.input.update((number, row), diff);
        }
    }

    /// Closes the present epoch and steps until it is complete on all workers and what has
    /// come out on this one is handed over.
    ///
    /// # Errors
    /// A closure is larger than it may be.
    pub(super) fn close(&mut self, worker: &mut Worker) -> Result<(), Outgrown> {
        self.epoch += 1;
        self.input.advance_to(self.epoch);
        self.input.flush();
        while self.probe.less_than(&self.epoch) {
            worker.step();
            self.census.check()?;
        }
        for outlet in &self.outlets {
            outlet.borrow_mut().flush();
        }
        Ok(())
    }
}

/// The flows of a component that make a part.
fn flows_of<'p>(
    plan: &'p Plan,
    component: &Component,
    part: PartId,
) -> impl Iterator<Item = &'p Flow> {
    let flows = plan.flows[component.flows.clone()].iter();
    flows.filter(move |f| f.head == part)
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
        let mut inside = Readable {
            parts: FxHashMap::default(),
            words: Arc::clone(&readable.words),
            widths: Rc::clone(&readable.widths),
            unit: readable.unit.clone().enter(inner),
            shared: plan.shares.then(RefCell::default),
            made: RefCell::default(),
            strands: Rc::clone(&readable.strands),
        };
        for flow in &plan.flows[component.flows.clone()] {
            for part in flow.reads().filter(|p| !component.parts.contains(p)) {
                if !inside.parts.contains_key(&part) {
                    let rows = readable.part(part).enter(inner);
                    let strand = inside.strand(rows);
                    inside.parts.insert(part, vec![strand]);
                }
            }
        }
        let mut variables = Vec::new();
        for (part, rows) in base {
            let (variable, collection) = VecVariable::new(inner, Product::new(0, 1));
            let strand = inside.strand(collection);
            inside.parts.insert(part, vec![strand]);
            variables.push((part, variable, rows.map(|rows| rows.enter(inner))));
        }
        let mut finished = Vec::new();
        for (part, variable, rows) in variables {
            let mut strands: Vec<_> = rows.map(|r| inside.strand(r)).into_iter().collect();
            for flow in flows_of(plan, component, part) {
                inside.flow(flow, None, &mut strands);
            }
            let all = inside.united(strands).distinct_core::<i64>();
            variable.set(all.clone());
            finished.push((part, all.leave(outer)));
        }
        finished
    });
    for (part, rows) in finished {
        let strand = readable.strand(rows);
        readable.parts.insert(part, vec![strand]);
    }
}
