//! On-demand evaluation over rows in memory.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "the world can ask more than the policies need; a test that cannot be read fails"
)]

mod budgets;
mod context;
mod demand;
mod negation;
mod policies;
mod queries;
mod recursion;
mod text;
mod wildcards;
mod world;
