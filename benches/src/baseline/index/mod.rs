//! Where derived rows end up: bitmaps that count, published epoch by epoch.
//!
//! Owns which rows hold, and how often each is derived. Knows nothing of dataflow: it is given
//! rows with an epoch and a change of multiplicity, and told when an epoch is complete.

mod counting;
mod ids;
mod ledger;

pub use counting::Counting;
pub use ids::Ids;
pub use ledger::{Ledger, Settle};

/// A derived row: the slot (an actor, an action and a type, numbered densely) and the id in it.
pub type Row = (u32, u32);
