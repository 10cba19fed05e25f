//! HOT PATH: one key's set, as it was at each epoch still read.
//!
//! A set change of an epoch not yet published, or newer than one still read, is *pending*:
//! readers apply to the settled set what they may see. Counts are of the newest change,
//! published or not; only the writer looks at them.

use super::counts::Counts;
use super::set::Set;
use crate::faults::{Fault, has};

/// The most changes settled under one hold of a shard's lock.
pub(super) const SLICE: usize = 1024;

#[derive(Default)]
pub(super) struct Entry {
    settled: Set,
    pending: Option<Box<Pending>>,
    /// Derivations beyond the first; nearly always none.
    extra: Option<Box<Counts>>,
}

/// Emptied pending lists with their room, for entries that will need one.
#[derive(Default)]
#[allow(clippy::vec_box, reason = "entries hold them boxed, to be small")]
pub(super) struct Spare(Vec<Box<Pending>>);

/// Lists kept for later, and the most room one of them may have.
const SPARE_LISTS: usize = 4096;
const SPARE_ROOM: usize = 128;

#[derive(Default)]
struct Pending {
    /// At older epochs there is nothing: an entry that begins with an epoch is filled in
    /// place, without a change for each id.
    born: u64,
    /// Of the oldest and the newest change, the birth included.
    oldest: u64,
    newest: u64,
    /// By id, then in the order they came, which is that of epochs.
    changes: Vec<Change>,
}

#[derive(Clone, Copy)]
struct Change {
    epoch: u64,
    id: u32,
    on: bool,
}

/// What settling left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// No pending change.
    Nothing,
    /// Changes that may be settled now.
    More,
    /// Changes of this epoch or later ones, which someone may not yet see.
    Since(u64),
}

// What readers ask.
impl Entry {
    /// Whether the id is on at an epoch.
    pub(super) fn contains(&self, id: u32, epoch: u64) -> bool {
        match &self.pending {
            None => self.settled.has(id),
            Some(pending) if epoch < pending.born && !has(Fault::NewEntriesSeenTooEarly) => false,
            Some(pending) => pending
                .at(id, epoch)
                .unwrap_or_else(|| self.settled.has(id)),
        }
    }

    /// What is on at an epoch.
    pub(super) fn set(&self, epoch: u64) -> Set {
        if self.pending.as_ref().is_some_and(|p| epoch < p.born) {
            return Set::default();
        }
        let mut set = self.settled.clone();
        if let Some(pending) = &self.pending
            && pending.oldest <= epoch
        {
            if pending.newest <= epoch {
                set.edit(last_words(&pending.changes));
            } else {
                for change in pending.changes.iter().filter(|c| c.epoch <= epoch) {
                    change.apply(&mut set);
                }
            }
        }
        set
    }
}

impl Spare {
    fn keep(&mut self, list: Box<Pending>) {
        if self.0.len() < SPARE_LISTS && list.changes.capacity() <= SPARE_ROOM {
            self.0.push(list);
        }
    }
}

impl Pending {
    /// What the newest change not after this epoch made of the id.
    fn at(&self, id: u32, epoch: u64) -> Option<bool> {
        let epoch = epoch.saturating_add(u64::from(has(Fault::PendingSeenTooEarly)));
        if self.oldest > epoch {
            return None;
        }
        let after = self
            .changes
            .partition_point(|c| (c.id, c.epoch) <= (id, epoch));
        let change = self.changes[..after].last()?;
        (change.id == id).then_some(change.on)
    }
}

impl Change {
    fn apply(self, set: &mut Set) {
        if self.on {
            set.insert(self.id);
        } else {
            set.remove(self.id);
        }
    }
}

/// The newest change of each id; changes come by id, then by epoch.
fn last_words(changes: &[Change]) -> impl Iterator<Item = (u32, bool)> + Clone {
    changes.iter().enumerate().filter_map(|(i, change)| {
        let is_last = changes.get(i + 1).is_none_or(|next| next.id != change.id);
        is_last.then_some((change.id, change.on))
    })
}

// What the writer does.
impl Entry {
    /// Whether the id is on after everything that came.
    pub(super) fn now(&self, id: u32) -> bool {
        self.contains(id, u64::MAX)
    }

    /// A bound above every id that is on after everything that came.
    pub(super) fn end(&self) -> u64 {
        let newest = self.pending.as_ref().and_then(|p| p.changes.last());
        self.settled
            .end()
            .max(newest.map_or(0, |c| u64::from(c.id) + 1))
    }

    /// Derivations of an id beyond the first.
    pub(super) fn extra(&self, id: u32) -> i64 {
        self.extra.as_ref().map_or(0, |extra| extra.get(id))
    }

    /// Replaces the number of derivations beyond the first, which was `old`.
    pub(super) fn set_extra(&mut self, id: u32, old: i64, new: i64) {
        if old == new {
            return;
        }
        let extra = self.extra.get_or_insert_default();
        extra.set(id, old, new);
        if new < old {
            extra.trim();
            if extra.is_empty() {
                self.extra = None;
            }
        }
    }

    /// Turns ids, ascending, on or off for everyone; for when nobody reads yet.
    pub(super) fn put(&mut self, ids: &[(u32, bool)]) {
        self.settled.edit(ids.iter().copied());
    }

    /// Turns ids, ascending, on or off from an epoch on, which is no older than any before.
    /// True if nothing was pending.
    pub(super) fn suspend(&mut self, ids: &[(u32, bool)], epoch: u64, spare: &mut Spare) -> bool {
        let fresh = self.pending.is_none();
        let is_empty = self.settled.is_empty();
        let pending = self.pending.get_or_insert_with(|| {
            let mut list = spare.0.pop().unwrap_or_default();
            list.born = if is_empty { epoch } else { 0 };
            list.oldest = epoch;
            list
        });
        if pending.born == epoch {
            pending.newest = epoch;
            self.put(ids);
            return fresh;
        }
        pending.newest = epoch;
        let changes = &mut pending.changes;
        let ascends = match (changes.last(), ids.first()) {
            (Some(last), Some(&(id, _))) => last.id < id,
            _ => true,
        };
        changes.extend(ids.iter().map(|&(id, on)| Change { epoch, id, on }));
        if !ascends {
            // Two ascending runs: merged in one pass, in the order they came.
            changes.sort_by_key(|c| c.id);
        }
        fresh
    }

    /// The epoch of the oldest pending change.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.pending.as_ref().map(|pending| pending.oldest)
    }

    /// Settles changes up to an epoch, before which nobody reads: all of them, or some if
    /// they are very many.
    pub(super) fn settle(&mut self, bound: u64, spare: &mut Spare) -> Left {
        let Some(pending) = &mut self.pending else {
            return Left::Nothing;
        };
        if pending.oldest > bound {
            return Left::Since(pending.oldest);
        }
        let changes = &mut pending.changes;
        if pending.newest <= bound {
            // From the end, and never half of what happened to one id.
            let mut from = changes.len().saturating_sub(SLICE);
            while from > 0 && changes[from - 1].id == changes[from].id {
                from -= 1;
            }
            self.settled.edit(last_words(&changes[from..]));
            changes.truncate(from);
            if !changes.is_empty() {
                return Left::More;
            }
            if let Some(list) = self.pending.take() {
                spare.keep(list);
            }
            return Left::Nothing;
        }
        let mut oldest = u64::MAX;
        changes.retain(|&change| {
            let stays = change.epoch > bound;
            if stays {
                oldest = oldest.min(change.epoch);
            } else {
                change.apply(&mut self.settled);
            }
            stays
        });
        pending.born = 0;
        pending.oldest = oldest;
        Left::Since(oldest)
    }

    /// Whether nothing is or was on for anyone.
    pub(super) fn is_idle(&self) -> bool {
        self.settled.is_empty() && self.pending.is_none() && self.extra.is_none()
    }

    /// Gives back room to grow.
    pub(super) fn compact(&mut self) {
        self.settled.compact();
        if let Some(extra) = &mut self.extra {
            extra.compact();
        }
    }

    /// Rows on, rows derived more than once, changes pending.
    pub(super) fn census(&self) -> (u64, u64, u64) {
        (
            self.settled.len(),
            self.extra.as_ref().map_or(0, |extra| extra.rows()),
            self.pending.as_ref().map_or(0, |p| p.changes.len() as u64),
        )
    }

    /// Bytes of what it owns: sets, counts, pending changes.
    pub(super) fn bytes(&self) -> [u64; 3] {
        let pending = self.pending.as_ref().map_or(0, |p| {
            size_of::<Pending>() + p.changes.capacity() * size_of::<Change>()
        });
        [
            self.settled.bytes(),
            self.extra.as_ref().map_or(0, |extra| extra.bytes()),
            pending as u64,
        ]
    }
}
