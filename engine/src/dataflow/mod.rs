//! The dataflow: a plan kept true by differential-dataflow.
//!
//! Owns: inputs, operators, the worker that runs them, and the rows that come out. This is
//! the only room that names timely and differential. It knows nothing of questions, and of
//! symbols only what conditions ask ([`Words`]).
//!
//! Facts enter as sets of rows per part; what comes out are changes of multiplicity of the
//! rows of the parts asked for, by epoch.

mod census;
mod filter;
mod graph;
mod outlet;
mod passing;
mod render;
mod row;
mod stepped;
mod strand;
mod threads;
mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use floe_frontend::ir::part::PartId;

use crate::plan::Plan;
use crate::value::Sym;

use passing::Passing;
pub use words::{PolicyWords, Words};

/// A running dataflow, driven by its owner's thread.
///
/// Epochs are consecutive numbers from 0; facts belong to the epoch not yet closed.
pub trait Dataflow {
    /// Changes the multiplicity of a fact of this part by `diff`; facts must stay a set.
    fn update(&mut self, part: PartId, row: &[Sym], diff: i64);

    /// Closes the present epoch, runs until it is complete, and hands over what changed.
    ///
    /// # Errors
    /// A closure has become larger than the plan allows. What was handed over is worth
    /// nothing then, and the dataflow of no more use.
    fn close(&mut self) -> Result<(), Outgrown>;
}

/// Closures that have become larger than they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgrown {
    /// Indexes into [`Plan::closures`], ascending.
    pub closures: Vec<usize>,
}

/// Takes what changes: part, row, change of multiplicity, on the thread that closes the
/// epoch and before that is done. A row may come several times, its disappearance before its
/// appearance; what counts is the sum.
pub type Deltas = Box<dyn FnMut(PartId, &[Sym], i64)>;

/// Words of a row in nearly every policy.
const NARROW: usize = 2;

/// Words of a row in nearly every other.
const MIDDLE: usize = 4;

/// Words of the widest row that a plan may ask for ([`crate::plan::WIDEST`]).
const WIDE: usize = crate::plan::WIDEST;

/// Starts the dataflow of a plan; `outputs` are the parts whose rows are wanted, which go to
/// `deltas`. One worker runs on the thread of whoever closes an epoch, more of them on their own.
///
/// # Errors
/// The workers' threads could not be started.
pub fn start(
    plan: &Plan,
    outputs: &[PartId],
    words: &Arc<dyn Words>,
    workers: usize,
    deltas: Deltas,
) -> Result<Box<dyn Dataflow>, String> {
    start_as_wide_as_need_be(plan, outputs, words, workers, None, deltas)
}

/// The same on the caller's thread, with a count of the rows that operators hand to each
/// other: what a change costs, whatever the machine.
#[must_use]
#[allow(clippy::missing_panics_doc, reason = "only threads fail to start")]
pub fn start_counting(
    plan: &Plan,
    outputs: &[PartId],
    words: &Arc<dyn Words>,
    rows: &Arc<AtomicU64>,
    deltas: Deltas,
) -> Box<dyn Dataflow> {
    let started = start_as_wide_as_need_be(plan, outputs, words, 1, Some(rows), deltas);
    started.expect("one worker has no thread of its own that could not be started")
}

fn start_as_wide_as_need_be(
    plan: &Plan,
    outputs: &[PartId],
    words: &Arc<dyn Words>,
    workers: usize,
    rows: Option<&Arc<AtomicU64>>,
    deltas: Deltas,
) -> Result<Box<dyn Dataflow>, String> {
    Passing::around(plan, outputs, deltas, |outputs, deltas| {
        let start = match plan.widest(outputs) {
            width if width <= NARROW => start_with::<NARROW>,
            width if width <= MIDDLE => start_with::<MIDDLE>,
            _ => start_with::<WIDE>,
        };
        start(plan, outputs, words, workers, rows, deltas)
    })
}

fn start_with<const N: usize>(
    plan: &Plan,
    outputs: &[PartId],
    words: &Arc<dyn Words>,
    workers: usize,
    rows: Option<&Arc<AtomicU64>>,
    deltas: Deltas,
) -> Result<Box<dyn Dataflow>, String> {
    Ok(match workers {
        0 | 1 => Box::new(stepped::Stepped::<N>::new(
            plan, outputs, words, rows, deltas,
        )),
        _ => Box::new(threads::Threads::<N>::new(
            plan, outputs, words, workers, deltas,
        )?),
    })
}

/// A row without the words it does not use.
fn hand_over<const N: usize>(
    part: PartId,
    row: &row::Row<N>,
    widths: &[usize],
    symbols: &mut Vec<Sym>,
) {
    symbols.clear();
    symbols.extend(row.0[..widths[part.0 as usize]].iter().map(|&w| Sym(w)));
}
