//! The dataflow: a plan kept true by differential-dataflow.
//!
//! Owns: inputs, operators, the worker that runs them, and the rows that come out. This is
//! the only room that names timely and differential. It knows nothing of questions, and of
//! symbols only what conditions ask ([`Words`]).
//!
//! Facts enter as sets of rows per part; what comes out are changes of multiplicity of the
//! rows of the parts asked for, by epoch, consolidated.

mod filter;
mod render;
mod row;
mod stepped;
mod words;

use std::sync::Arc;

use floe_frontend::ir::part::PartId;

use crate::plan::Plan;
use crate::value::Sym;

pub use words::{PolicyWords, Words};

/// A running dataflow, driven by its owner's thread.
///
/// Epochs are consecutive numbers from 0; facts belong to the epoch not yet closed.
pub trait Dataflow {
    /// Changes the multiplicity of a fact of this part by `diff`; facts must stay a set.
    fn update(&mut self, part: PartId, row: &[Sym], diff: i64);

    /// Closes the present epoch, runs until it is complete, and hands over what changed:
    /// part, row, change of multiplicity; each row once, no zeros.
    fn close(&mut self, each: &mut dyn FnMut(PartId, &[Sym], i64));
}

/// Words of a row in nearly every policy.
const NARROW: usize = 4;

/// Words of the widest row that a plan may ask for ([`crate::plan::WIDEST`]).
const WIDE: usize = crate::plan::WIDEST;

/// Starts the dataflow of a plan; `outputs` are the parts whose rows are wanted.
#[must_use]
pub fn start(plan: &Plan, outputs: &[PartId], words: &Arc<dyn Words>) -> Box<dyn Dataflow> {
    if plan.widest <= NARROW {
        Box::new(stepped::Stepped::<NARROW>::new(plan, outputs, words))
    } else {
        Box::new(stepped::Stepped::<WIDE>::new(plan, outputs, words))
    }
}
