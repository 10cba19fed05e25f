//! What is measured, and how it is shown.

mod clock;
mod latency;
mod memory;
mod number;
pub mod runs;
mod table;

pub use clock::{Clock, Span};
pub use latency::Latency;
pub use memory::Memory;
pub use number::{median, short};
pub use runs::Figures;
pub use table::Table;
