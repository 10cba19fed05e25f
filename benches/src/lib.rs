//! What Floe is measured with: worlds of facts, and the dataflow a person would write for them.
//!
//! * [`workload`]: worlds by seed, streamed in constant memory, each with its policy, its
//!   facts, an endless stream of updates, and questions whose answers are known.
//! * `baseline`: the same worlds on differential dataflow by hand, with exact tuple types,
//!   ending in a counting bitmap index. This is what Floe's compiled dataflow has to match. With
//!   the feature `by-hand` alone.
//! * [`floe`]: the same worlds as Floe takes them.
//! * [`mod@bench`]: what `floe bench` measures, on any target, and its reports.
//! * [`measure`]: memory of the process, percentiles, tables.

#[cfg(feature = "by-hand")]
pub mod baseline;
pub mod bench;
pub mod floe;
pub mod measure;
pub mod workload;
