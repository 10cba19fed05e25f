//! The dataflow a person would write for a world, with exact types: what Floe has to match.
//!
//! A baseline is built on a worker ([`Hosted`]) and driven in one of two ways: stepped by hand
//! on the caller's thread ([`Stepped`]), or by a thread of its own that sleeps when nothing is
//! to be done ([`Parked`]). Either way every change set is one epoch, and a change set is done
//! when its epoch is visible in the index.

#[cfg(test)]
mod answered;
pub mod flat;
pub mod folders;

mod hosted;
pub mod index;
mod parked;
mod sink;
mod stepped;

pub use hosted::{Hosted, worker};
pub use parked::Parked;
pub use sink::{Inlet, settle_into};
pub use stepped::Stepped;
