//! The store against a disk that loses, tears, reorders, refuses and lies.
//!
//! `IMAGES=10000 cargo test -p floe-engine --release --test store` tries so many power
//! losses; `FLIPS=200000` so many bits; `OPERATIONS=2000` makes the script longer in which
//! every single access fails once. Defaults take seconds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod damage;
mod disk;
mod failing;
mod files;
mod fixtures;
mod power;
mod roundtrip;
mod script;

/// How much of something, unless the command says otherwise.
fn amount(name: &str, default: usize) -> usize {
    let said = std::env::var(name).ok();
    said.map_or(default, |n| n.parse().expect("a number"))
}

/// A small deterministic source of chance (splitmix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}
