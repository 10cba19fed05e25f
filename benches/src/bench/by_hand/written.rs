//! The measurements that need dataflows written by hand.

use std::sync::Arc;
use std::time::Instant;

use super::super::pace::Spans;
use super::{Effort, Failure, Measured};
use crate::baseline::flat::{Emission, FlatFlow};
use crate::baseline::folders::{FolderFlow, Recursion};
use crate::baseline::index::Settle;
use crate::baseline::{Hosted, Stepped};
use crate::measure::Memory;
use crate::workload::Change;
use crate::workload::flat::Flat;
use crate::workload::folders::Folders;

/// Updates in a set of the stream.
const SET: usize = 500;
/// How the index takes rows in.
const SETTLE: Settle = Settle::Held;

pub(super) fn flat(facts: u32, effort: &Effort) -> Result<Measured, Failure> {
    let world = Flat::at(facts);
    let flow = |worker: &mut _| FlatFlow::build(worker, Emission::Plain, SETTLE, Arc::default());
    let updates = world.moves().map(|change| vec![change]);
    run(Stepped::new(flow), world.rows(), updates, effort)
}

pub(super) fn folders(facts: u32, effort: &Effort) -> Result<Measured, Failure> {
    let world = Folders::at(facts);
    let flow =
        |worker: &mut _| FolderFlow::build(worker, Recursion::Separated, SETTLE, Arc::default());
    let singles = world.shares().zip(world.new_documents()).zip(world.moves());
    let updates = singles
        .flat_map(|((share, document), moves)| [vec![share], vec![document], moves.to_vec()]);
    run(Stepped::new(flow), world.rows(), updates, effort)
}

fn run<H: Hosted>(
    mut stepped: Stepped<H>,
    facts: impl Iterator<Item = H::Fact>,
    mut updates: impl Iterator<Item = Vec<Change<H::Fact>>>,
    effort: &Effort,
) -> Result<Measured, Failure> {
    let mut measured = Measured::default();
    let before = Memory::now().resident;
    let mut count = 0_u64;
    let begin = Instant::now();
    stepped.load(facts.inspect(|_| count += 1), SETTLE);
    let seconds = begin.elapsed().as_secs_f64();
    measured.put("facts", "", count as f64);
    measured.put("load", "facts/s", count as f64 / seconds);
    let memory = Memory::now().resident.saturating_sub(before) as f64;
    measured.put("memory per fact", "bytes", memory / count as f64);
    let rows = stepped.hosted().ledger().borrow().index().rows();
    measured.put("grants", "", rows as f64);
    measured.put("memory per grant", "bytes", memory / rows as f64);

    let mut spans = Spans::new()?;
    let begin = Instant::now();
    while begin.elapsed() < effort.each {
        let update = updates.next().unwrap_or_default();
        let since = Instant::now();
        stepped.apply(update);
        spans.record(since.elapsed());
    }
    spans.put("change visible", &mut measured);

    let before = stepped.hosted().ledger().borrow().deltas();
    let mut changes = 0;
    let begin = Instant::now();
    while begin.elapsed() < effort.each {
        let set: Vec<_> = updates.by_ref().take(SET).flatten().collect();
        changes += set.len();
        stepped.apply(set);
    }
    let seconds = begin.elapsed().as_secs_f64();
    let deltas = stepped.hosted().ledger().borrow().deltas() - before;
    measured.put("stream", "facts/s", changes as f64 / seconds);
    measured.put("stream, grants", "deltas/s", deltas as f64 / seconds);
    Ok(measured)
}
