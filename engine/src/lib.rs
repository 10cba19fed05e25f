//! Program and facts in, answers out.
//!
//! The rooms stand and are tested one by one; the engine that joins them (sequencer,
//! epochs, questions over maintained and derived relations, policy swap) is not there yet.
//!
//! * [`value`]: symbols, one per distinct value, numbered densely inside their type.
//! * [`catalog`]: which facts a policy can use, the facts themselves, and changes to them.
//! * [`plan`]: which relations are kept true, and by which joins.
//! * [`dataflow`]: a plan kept true by differential-dataflow.
//! * [`index`]: which derived rows hold, at the published epoch; read while it is written.
//! * [`goal`]: answers derived when asked, from facts and from what is kept.

#![warn(clippy::pedantic)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::missing_panics_doc,
    clippy::module_name_repetitions,
    reason = "sizes are bounded by Limits; the rest is style we do not share"
)]

pub mod catalog;
pub mod dataflow;
pub mod goal;
pub mod index;
pub mod plan;
pub mod value;
