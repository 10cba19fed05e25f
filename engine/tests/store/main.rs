//! The store against a disk that loses, tears, reorders, refuses and lies.
//!
//! `IMAGES=10000 cargo test -p floe-engine --release --test store` tries so many power
//! losses; `FLIPS=200000` so many bits; `OPERATIONS=2000` makes the script longer in which
//! every single access fails once. Defaults take seconds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod chance;
mod damage;
mod directory;
mod disk;
mod failing;
mod files;
mod fixtures;
mod power;
mod replaced;
mod roundtrip;
mod script;
mod superfluous;
mod tamper;

use chance::Dice;

/// How much of something, unless the command says otherwise.
fn amount(name: &str, default: usize) -> usize {
    let said = std::env::var(name).ok();
    said.map_or(default, |n| n.parse().expect("a number"))
}
