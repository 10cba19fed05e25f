//! Rows with their number of derivations: a bit for the first, a count for the others.

use rustc_hash::FxHashMap;

use super::{Ids, Row};

/// How often each row is derived, kept so that the usual single derivation costs one bit.
///
/// Changes may come in any order: within an epoch a derivation may go before it has come. Such
/// a row is *owed* until it comes; when an epoch is complete nothing may be owed.
#[derive(Debug, Default)]
pub struct Counting {
    entries: Vec<Entry>,
    owed: i64,
}

impl Counting {
    /// Adds `diff` derivations of a row.
    pub fn add(&mut self, (slot, id): Row, diff: i64) {
        let slot = slot as usize;
        if slot >= self.entries.len() {
            self.entries.resize_with(slot + 1, Entry::default);
        }
        self.owed += self.entries[slot].add(id, diff);
    }

    /// How many derivations have gone that have not come.
    #[must_use]
    pub fn owed(&self) -> i64 {
        self.owed
    }

    /// The ids that hold in a slot.
    #[must_use]
    pub fn ids(&self, slot: u32) -> Option<&Ids> {
        self.entries.get(slot as usize).map(|entry| &entry.ids)
    }

    /// How many rows hold.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.entries.iter().map(|entry| entry.ids.len()).sum()
    }
}

/// One slot: the ids that hold, and what does not fit a bit.
#[derive(Debug, Default)]
struct Entry {
    ids: Ids,
    /// Derivations beyond the first, or owed ones; most slots have neither and no table.
    beside: Option<Box<FxHashMap<u32, i32>>>,
}

impl Entry {
    /// Adds derivations; says by how much more derivations are owed.
    fn add(&mut self, id: u32, diff: i64) -> i64 {
        if self.beside.is_none() {
            // Nearly every change: the first derivation comes, or the only one goes.
            match diff {
                1 if self.ids.insert(id) => return 0,
                -1 if self.ids.remove(id) => return 0,
                _ => {}
            }
        }
        self.recount(id, diff)
    }

    #[cold]
    fn recount(&mut self, id: u32, diff: i64) -> i64 {
        let mut beside = self.beside.take().unwrap_or_default();
        let before = i64::from(self.ids.contains(id))
            + i64::from(beside.get(&id).copied().unwrap_or_default());
        let after = before + diff;
        if after > 0 {
            self.ids.insert(id);
        } else {
            self.ids.remove(id);
        }
        let rest = after - i64::from(after > 0);
        if rest == 0 {
            beside.remove(&id);
        } else {
            let rest = i32::try_from(rest).expect("a row has fewer than 2^31 derivations");
            beside.insert(id, rest);
        }
        self.beside = (!beside.is_empty()).then_some(beside);
        after.min(0).abs() - before.min(0).abs()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workload::SplitMix;

    #[test]
    fn counts_agree_with_a_table_of_counts() {
        let mut random = SplitMix::new(11);
        let mut index = Counting::default();
        let mut model: BTreeMap<Row, i64> = BTreeMap::new();
        for _ in 0..50_000 {
            let row = (random.below(4), random.below(60));
            let diff = i64::from(random.below(5)) - 2;
            index.add(row, diff);
            *model.entry(row).or_default() += diff;
            let owed: i64 = model.values().map(|&count| count.min(0).abs()).sum();
            assert_eq!(index.owed(), owed);
        }
        for slot in 0..4 {
            let holds: Vec<u32> = model
                .iter()
                .filter(|&(&(s, _), &count)| s == slot && count > 0)
                .map(|(&(_, id), _)| id)
                .collect();
            assert_eq!(index.ids(slot).map(Ids::to_vec), Some(holds));
        }
    }

    #[test]
    fn a_slot_without_second_derivations_has_no_table() {
        let mut index = Counting::default();
        index.add((0, 7), 1);
        index.add((0, 7), 1);
        assert!(index.entries[0].beside.is_some());
        index.add((0, 7), -1);
        assert!(index.entries[0].beside.is_none());
        assert_eq!(index.ids(0).map(Ids::to_vec), Some(vec![7]));
    }
}
