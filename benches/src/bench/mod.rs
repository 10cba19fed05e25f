//! What `floe bench` measures: any world, on whatever can take facts and answer questions.
//!
//! * [`Target`]: what is measured. [`InProcess`] is the engine in this process; the binary adds
//!   a server over HTTP.
//! * [`measure`]: one world at one scale, once, in a process of its own.
//! * [`by_hand()`]: the same on dataflows that someone has written.
//! * [`floor`]: what the machine can do at best, to compare figures from different machines.
//! * [`Report`]: figures of several repetitions, as a table, JSON, or a page with plots.
//! * [`export`]: a world as files that others can use.

mod by_hand;
pub mod export;
pub mod floor;
mod html;
mod in_process;
mod measure;
mod pace;
mod report;
mod svg;
mod target;

pub use by_hand::{BY_HAND, by_hand};
pub use in_process::InProcess;
pub use measure::{Effort, Start, asking, blast, measure};
pub use report::{Distribution, Figure, Machine, Measured, Report, Row};
pub use target::{Failure, Grants, Target};
