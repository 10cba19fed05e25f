//! HOT PATH: rows that wait to go to their entries.
//!
//! Neighbours of one entry and one change of multiplicity make a *run*. The runs of an entry
//! may lie far apart, as those of a person do who sees a few issues in each of many
//! repositories: worked off together they cost one look at the entry.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::value::{Sym, TypeIx};

use super::layout::Layout;

/// Ids that wait at most, and runs of them: some thirty megabytes.
const IDS: usize = 1 << 21;
const RUNS: usize = 1 << 19;
/// Room that is kept for the next epoch.
const ROOM: usize = 1 << 14;

/// A change of the number of derivations.
#[derive(Clone, Copy)]
pub(super) struct Delta {
    pub(super) id: u32,
    pub(super) diff: i64,
}

/// Changes of rows, in runs.
#[derive(Default)]
pub(super) struct Backlog {
    runs: Vec<Run>,
    /// Of each run: columns, then the type.
    keys: Vec<u32>,
    ids: Vec<u32>,
    /// Hashes of entries with their runs, while they are put in order.
    order: Vec<(u64, u32)>,
    /// Those of one entry, worked off together.
    deltas: Vec<Delta>,
}

struct Run {
    relation: u32,
    /// Where the key begins, and how many words it has.
    key: u32,
    stride: u32,
    /// Where the ids begin, and how many they are.
    from: u32,
    len: u32,
    diff: i64,
}

impl Run {
    fn key<'k>(&self, keys: &'k [u32]) -> &'k [u32] {
        &keys[self.key as usize..][..self.stride as usize]
    }

    /// Equal for all runs of an entry, and seldom for those of two.
    fn entry(&self, keys: &[u32]) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write_u32(self.relation);
        for &word in self.key(keys) {
            hasher.write_u32(word);
        }
        hasher.finish()
    }
}

impl Backlog {
    /// Whether it is time to work it off.
    pub(super) fn is_full(&self) -> bool {
        self.ids.len() >= IDS || self.runs.len() >= RUNS
    }

    /// Adds a change to the newest run, if it belongs there.
    pub(super) fn extend(
        &mut self,
        relation: usize,
        layout: &Layout,
        row: &[Sym],
        ty: TypeIx,
        (id, diff): (u32, i64),
    ) -> bool {
        let Some(run) = self.runs.last_mut() else {
            return false;
        };
        let same = run.relation as usize == relation
            && run.diff == diff
            && layout.is_key(run.key(&self.keys), row, ty);
        if same {
            run.len += 1;
            self.ids.push(id);
        }
        same
    }

    /// Begins a run with a change.
    pub(super) fn begin(
        &mut self,
        relation: usize,
        key: impl Iterator<Item = u32>,
        (id, diff): (u32, i64),
    ) {
        let start = self.keys.len();
        self.keys.extend(key);
        self.runs.push(Run {
            relation: relation as u32,
            key: start as u32,
            stride: (self.keys.len() - start) as u32,
            from: self.ids.len() as u32,
            len: 1,
            diff,
        });
        self.ids.push(id);
    }

    /// Hands over all changes, those of an entry together, by ascending id, each id once (where
    /// two entries have one hash, together as far as they lie beside each other); leaves none.
    pub(super) fn each_entry(&mut self, mut take: impl FnMut(usize, &[u32], &[Delta])) {
        let Backlog {
            runs,
            keys,
            ids,
            order,
            deltas,
        } = self;
        order.extend((0..).zip(&*runs).map(|(at, run)| (run.entry(keys), at)));
        // Of one entry the first comes first: ids that ascended as they came still do.
        order.sort_unstable();
        let run = |at: u32| &runs[at as usize];
        let one = |a: &Run, b: &Run| a.relation == b.relation && a.key(keys) == b.key(keys);
        for entry in order.chunk_by(|a, b| a.0 == b.0 && one(run(a.1), run(b.1))) {
            deltas.clear();
            for &(_, at) in entry {
                let Run {
                    from, len, diff, ..
                } = *run(at);
                let ids = &ids[from as usize..][..len as usize];
                deltas.extend(ids.iter().map(|&id| Delta { id, diff }));
            }
            if !deltas.is_sorted_by(|a, b| a.id < b.id) {
                consolidate(deltas);
            }
            let first = run(entry[0].1);
            take(first.relation as usize, first.key(keys), deltas);
        }
        order.clear();
        order.shrink_to(ROOM);
        runs.clear();
        keys.clear();
        ids.clear();
        runs.shrink_to(ROOM);
        keys.shrink_to(ROOM);
        ids.shrink_to(ROOM);
        deltas.shrink_to(ROOM);
    }
}

/// Sums changes of the same id.
fn consolidate(deltas: &mut Vec<Delta>) {
    deltas.sort_unstable_by_key(|d| d.id);
    deltas.dedup_by(|next, kept| {
        let same = next.id == kept.id;
        if same {
            kept.diff += next.diff;
        }
        same
    });
    deltas.retain(|d| d.diff != 0);
}
