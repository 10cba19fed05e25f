//! The worlds that someone has written a dataflow for: what Floe's compiler has to match.

#[cfg(feature = "by-hand")]
mod written;

use super::{Effort, Failure, Measured};

/// The worlds that are written by hand; none in a build without the feature `by-hand`.
pub const BY_HAND: &[&str] = if cfg!(feature = "by-hand") {
    &["flat", "folders"]
} else {
    &[]
};

/// Measures load, memory, single updates and the stream of one of [`BY_HAND`] on the
/// hand-written dataflow, on one thread: no text, no symbols, no facts kept, no questions.
///
/// # Errors
/// Nobody has written one for this world, or this build is without them.
pub fn by_hand(name: &str, facts: u32, effort: &Effort) -> Result<Measured, Failure> {
    match name {
        #[cfg(feature = "by-hand")]
        "flat" => written::flat(facts, effort),
        #[cfg(feature = "by-hand")]
        "folders" => written::folders(facts, effort),
        _ => {
            _ = (facts, effort);
            Err(Failure(format!("{name} by hand is not in this build")))
        }
    }
}
