//! From a hash to symbols: open addressing over atomics, in shards.
//!
//! A slot is the upper half of a hash beside a symbol, so a probe touches the symbol's
//! text only where half a hash agrees, and growth moves slots without looking at any
//! text. The one writer stores into slots where readers are, and exchanges a finished larger
//! array for one that is full. So nobody waits, and readers write to nothing that they share:
//! even to count them at a lock would cost more than a lookup.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use arc_swap::ArcSwap;

use super::Sym;

/// Few enough to cost a small environment nothing, enough that growing one is short
/// (16,000 symbols of a million).
const SHARDS: usize = 64;
const SMALLEST: usize = 8;

pub(super) struct Table {
    shards: Box<[Shard]>,
}

#[derive(Default)]
struct Shard {
    /// Zero is empty, else `upper half of hash : symbol + 1`. Length zero or a power of
    /// two; at least one slot in four is empty.
    slots: ArcSwap<Box<[AtomicU64]>>,
    /// Slots in use; the writer's.
    used: AtomicU32,
}

impl Table {
    pub(super) fn new() -> Table {
        Table {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
        }
    }

    /// The symbol with this hash for which `is` holds.
    pub(super) fn find(&self, hash: u64, is: impl Fn(Sym) -> bool) -> Option<Sym> {
        let slots = self.shard(hash).slots.load();
        let tag = hash >> 32;
        for slot in probe(&slots, tag) {
            // Pairs with the store in `put`: what was written about the symbol is seen.
            match slot.load(Ordering::Acquire) {
                0 => return None,
                found if found >> 32 == tag => {
                    let sym = Sym(found as u32 - 1);
                    if is(sym) {
                        return Some(sym);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Enters a symbol that is not there. One thread only; everything readers will want
    /// to know of the symbol has been written.
    pub(super) fn insert(&self, hash: u64, sym: Sym) {
        let shard = self.shard(hash);
        let used = shard.used.load(Ordering::Relaxed) as usize + 1;
        let slots = shard.slots.load();
        if has_room(slots.len(), used) {
            put(&slots, entry(hash, sym));
        } else {
            let larger = moved(&slots, (slots.len() * 2).max(SMALLEST));
            put(&larger, entry(hash, sym));
            shard.slots.store(Arc::new(larger));
        }
        shard.used.store(used as u32, Ordering::Relaxed);
    }

    /// Makes room for so many more symbols.
    pub(super) fn reserve(&self, symbols: u32) {
        // Hashes spread evenly, but not exactly so.
        let each = symbols as usize / SHARDS * 9 / 8;
        for shard in &self.shards {
            let used = shard.used.load(Ordering::Relaxed) as usize;
            let slots = shard.slots.load();
            let length = length_for(used + each);
            if length > slots.len() {
                shard.slots.store(Arc::new(moved(&slots, length)));
            }
        }
    }

    /// How many slots each shard has, and all of them, with the symbols below this one and
    /// no others: what came later may stand in the way of what came before.
    pub(super) fn image(&self, below: u32) -> (Vec<u32>, Vec<u64>) {
        let (mut counts, mut all) = (Vec::with_capacity(SHARDS), Vec::new());
        for shard in &self.shards {
            let slots = shard.slots.load();
            let slots = slots.iter().map(|slot| slot.load(Ordering::Acquire));
            // An entry is one more than its symbol.
            let kept = slots.filter(|slot| *slot != 0 && *slot as u32 <= below);
            let kept: Vec<u64> = kept.collect();
            let fresh = empty(length_for(kept.len()));
            for slot in kept {
                put(&fresh, slot);
            }
            counts.push(fresh.len() as u32);
            all.extend(fresh.iter().map(|slot| slot.load(Ordering::Relaxed)));
        }
        (counts, all)
    }

    /// The table of an image; `None` if it is none.
    pub(super) fn of_image(counts: &[u32], mut all: &[u64]) -> Option<Table> {
        if counts.len() != SHARDS {
            return None;
        }
        let mut shards = Vec::with_capacity(SHARDS);
        for count in counts {
            let (slots, rest) = all.split_at_checked(*count as usize)?;
            all = rest;
            let used = slots.iter().filter(|slot| **slot != 0).count();
            let sound = slots.is_empty() || slots.len().is_power_of_two();
            if !sound || !(used == 0 || has_room(slots.len(), used)) {
                return None;
            }
            shards.push(Shard {
                slots: ArcSwap::from_pointee(
                    slots.iter().map(|slot| AtomicU64::new(*slot)).collect(),
                ),
                used: AtomicU32::new(used as u32),
            });
        }
        all.is_empty().then(|| Table {
            shards: shards.into_boxed_slice(),
        })
    }

    /// Bytes of all slots.
    pub(super) fn bytes(&self) -> u64 {
        let slots = |s: &Shard| s.slots.load().len();
        let all: usize = self.shards.iter().map(slots).sum();
        (all * size_of::<AtomicU64>() + size_of_val(&*self.shards)) as u64
    }

    fn shard(&self, hash: u64) -> &Shard {
        &self.shards[hash as usize % SHARDS]
    }
}

/// Whether so many entries leave one slot in four empty.
fn has_room(slots: usize, used: usize) -> bool {
    used * 4 <= slots * 3
}

/// The fewest slots that have room for so many entries.
fn length_for(used: usize) -> usize {
    match used {
        0 => 0,
        used => (used * 4).div_ceil(3).next_power_of_two().max(SMALLEST),
    }
}

fn empty(length: usize) -> Box<[AtomicU64]> {
    (0..length).map(|_| AtomicU64::new(0)).collect()
}

/// The same entries in more slots.
fn moved(slots: &[AtomicU64], length: usize) -> Box<[AtomicU64]> {
    let larger = empty(length);
    for slot in slots {
        let slot = slot.load(Ordering::Relaxed);
        if slot != 0 {
            put(&larger, slot);
        }
    }
    larger
}

fn entry(hash: u64, sym: Sym) -> u64 {
    (hash >> 32 << 32) | u64::from(sym.0 + 1)
}

fn put(slots: &[AtomicU64], entry: u64) {
    for slot in probe(slots, entry >> 32) {
        if slot.load(Ordering::Relaxed) == 0 {
            slot.store(entry, Ordering::Release);
            return;
        }
    }
}

/// Every slot once, beginning where the tag says.
fn probe(slots: &[AtomicU64], tag: u64) -> impl Iterator<Item = &AtomicU64> {
    let mask = slots.len().wrapping_sub(1);
    (0..slots.len()).map(move |i| &slots[(tag as usize).wrapping_add(i) & mask])
}

#[cfg(test)]
mod tests {
    use super::{Sym, Table};

    #[test]
    fn symbols_of_equal_hash_are_told_apart() {
        let table = Table::new();
        for i in 0..1000 {
            assert_eq!(table.find(u64::from(i % 3), |s| s.0 == i), None);
            table.insert(u64::from(i % 3), Sym(i));
        }
        for i in 0..1000 {
            assert_eq!(table.find(u64::from(i % 3), |s| s.0 == i), Some(Sym(i)));
            assert_eq!(table.find(u64::from((i + 1) % 3), |s| s.0 == i), None);
        }
    }
}
