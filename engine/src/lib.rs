//! Program and facts in, answers out.
//!
//! [`Engine`] is where they meet: begin there.
//!
//! * [`value`]: symbols, one per distinct value, numbered densely inside their type.
//! * [`catalog`]: which facts a policy can use, the facts themselves, and changes to them.
//! * [`plan`]: which relations are kept true, and by which joins.
//! * [`dataflow`]: a plan kept true by differential-dataflow.
//! * [`index`]: which derived rows hold, at the published epoch; read while it is written.
//! * [`store`]: what outlives the process.
//! * [`goal`]: answers derived when asked, from facts and from what is kept.

#![warn(clippy::pedantic)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::missing_panics_doc,
    clippy::module_name_repetitions,
    reason = "sizes are bounded by Limits; the rest is style we do not share"
)]

mod engine;

pub mod catalog;
pub mod dataflow;
pub mod faults;
pub mod goal;
pub mod index;
pub mod plan;
pub mod store;
pub mod value;

pub use engine::{
    Applied, ApplyError, Asking, Audit, Binding, Call, Config, Difference, Engine, Fact, Ids,
    Listed, Memory, Names, Observer, OpenError, PolicyError, Progress, ReadBack, Snapshot, Sorted,
    Stats, Swapped, Term, Unanswered, trial,
};
