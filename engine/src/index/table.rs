//! HOT PATH: from a key to its entry, for many readers and a writer.
//!
//! A table is cut into shards by the key's hash, each a hash table behind a lock that is
//! held to look at one entry or to change one. An entry keeps its place while it holds
//! anything that a reader may see; a place given to a new entry shows nothing to readers
//! of older epochs. So a reader may gather places first and look at them one by one.

use std::hash::Hasher;
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crossbeam_utils::CachePadded;
use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::value::{Sym, TypeIx};

use super::entry::Entry;
use super::layout::Layout;

/// Enough that a reader seldom meets the writer's shard.
const SHARDS: usize = 32;
/// Bits of a hash that hashbrown uses neither for a place nor, being high, for a tag.
const SHARD_SHIFT: u32 = 20;

pub(super) struct Table {
    pub(super) layout: Layout,
    shards: Box<[CachePadded<RwLock<Shard>>]>,
    /// Types that the set's column has ever had.
    types: RwLock<Vec<TypeIx>>,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    shard: u32,
    slot: u32,
}

#[derive(Default)]
pub(super) struct Shard {
    /// Slots by key.
    slots: HashTable<u32>,
    /// By slot, `stride` words each.
    keys: Vec<u32>,
    entries: Vec<Entry>,
    /// Slots without a key.
    free: Vec<u32>,
    groups: Groups,
}

/// Entries whose keys begin alike, if the layout wants them.
#[derive(Default)]
struct Groups {
    members: HashTable<Vec<u32>>,
    /// By slot: its index among the members of its group.
    indexes: Vec<u32>,
}

/// Hashes of a key without its type: which shard, where in it, and the group's. A reader
/// learns the type of what it asks about from memory; hashing need not wait for that.
#[derive(Clone, Copy)]
struct Hashes {
    shard: usize,
    key: u64,
    group: u64,
}

impl Table {
    pub(super) fn new(layout: &Layout) -> Table {
        // Without columns in the key there is one entry for each type.
        let shards = if layout.stride() == 1 { 1 } else { SHARDS };
        Table {
            layout: layout.clone(),
            shards: (0..shards).map(|_| CachePadded::default()).collect(),
            types: RwLock::default(),
        }
    }

    /// Looks at the entry of a key.
    pub(super) fn find<R>(
        &self,
        words: &(impl Iterator<Item = u32> + Clone),
        look: impl FnOnce(&Entry) -> R,
    ) -> Option<R> {
        let hashes = self.hashes(words.clone());
        let shard = self.shard(hashes.shard);
        let slot = shard.find(self.layout.stride(), hashes.key, words)?;
        Some(look(&shard.entries[slot as usize]))
    }

    /// Places of the entries whose keys begin like the row's.
    pub(super) fn group(&self, row: &[Sym]) -> Vec<At> {
        let words = self.group_words(row);
        let hashes = self.hashes(words.clone());
        let shard = self.shard(hashes.shard);
        let members = shard.group(self.layout.stride(), hashes.group, &words);
        members.map_or_else(Vec::new, |slots| {
            let at = |&slot| At {
                shard: hashes.shard as u32,
                slot,
            };
            slots.iter().map(at).collect()
        })
    }

    /// How many entries have keys that begin like the row's.
    pub(super) fn group_len(&self, row: &[Sym]) -> usize {
        let words = self.group_words(row);
        let hashes = self.hashes(words.clone());
        let shard = self.shard(hashes.shard);
        let members = shard.group(self.layout.stride(), hashes.group, &words);
        members.map_or(0, Vec::len)
    }

    /// Places that may have entries.
    pub(super) fn places(&self) -> impl Iterator<Item = At> {
        (0..self.shards.len()).flat_map(|shard| {
            let slots = self.shard(shard).entries.len() as u32;
            (0..slots).map(move |slot| At {
                shard: shard as u32,
                slot,
            })
        })
    }

    /// Looks at a place: the key (its columns, then the type) and the entry.
    pub(super) fn look<R>(&self, at: At, look: impl FnOnce(&[u32], &Entry) -> R) -> R {
        let shard = self.shard(at.shard as usize);
        look(
            shard.key(self.layout.stride(), at.slot),
            &shard.entries[at.slot as usize],
        )
    }

    /// Types that the set's column has.
    pub(super) fn types(&self) -> RwLockReadGuard<'_, Vec<TypeIx>> {
        self.types.read().expect(UNPOISONED)
    }

    /// Hands every shard to a census.
    pub(super) fn each_shard(&self, mut look: impl FnMut(&Shard)) {
        for shard in 0..self.shards.len() {
            look(&self.shard(shard));
        }
    }

    fn group_words<'a>(&'a self, row: &'a [Sym]) -> impl Iterator<Item = u32> + Clone + 'a {
        self.layout.group().iter().map(|&column| row[column].0)
    }

    fn hashes(&self, words: impl Iterator<Item = u32>) -> Hashes {
        let grouped = self.layout.group().len();
        let columns = self.layout.key().len();
        let mut hasher = FxHasher::default();
        let mut group = 0;
        for (i, word) in words.take(columns).enumerate() {
            hasher.write_u32(word);
            if i + 1 == grouped {
                group = hasher.finish();
            }
        }
        let key = hasher.finish();
        let shard = if grouped == 0 { key } else { group };
        Hashes {
            shard: (shard >> SHARD_SHIFT) as usize % self.shards.len(),
            key,
            group,
        }
    }

    fn shard(&self, at: usize) -> RwLockReadGuard<'_, Shard> {
        self.shards[at].read().expect(UNPOISONED)
    }

    fn shard_mut(&self, at: usize) -> RwLockWriteGuard<'_, Shard> {
        self.shards[at].write().expect(UNPOISONED)
    }
}

const UNPOISONED: &str = "no thread panics while it holds a lock of the index";

// For the writer.
impl Table {
    /// Changes the entry of a key, making it if need be.
    pub(super) fn edit<R>(&self, key: &[u32], change: impl FnOnce(&mut Entry) -> R) -> (At, R) {
        let stride = self.layout.stride();
        let hashes = self.hashes(key.iter().copied());
        let mut shard = self.shard_mut(hashes.shard);
        let found = shard.find(stride, hashes.key, &key.iter().copied());
        let slot = found.unwrap_or_else(|| {
            self.note_type(TypeIx(key[stride - 1]));
            shard.enter(&self.layout, hashes, key)
        });
        let at = At {
            shard: hashes.shard as u32,
            slot,
        };
        (at, self.change(&mut shard, slot, change))
    }

    /// Changes the entry at a place.
    pub(super) fn revisit<R>(&self, at: At, change: impl FnOnce(&mut Entry) -> R) -> R {
        let mut shard = self.shard_mut(at.shard as usize);
        self.change(&mut shard, at.slot, change)
    }

    fn change<R>(&self, shard: &mut Shard, slot: u32, change: impl FnOnce(&mut Entry) -> R) -> R {
        let entry = &mut shard.entries[slot as usize];
        let result = change(entry);
        if entry.is_idle() {
            let key = shard.key(self.layout.stride(), slot).iter().copied();
            let hashes = self.hashes(key);
            shard.leave(&self.layout, hashes, slot);
        }
        result
    }

    fn note_type(&self, ty: TypeIx) {
        if !self.types().contains(&ty) {
            self.types.write().expect(UNPOISONED).push(ty);
        }
    }

    /// Gives back room to grow.
    pub(super) fn compact(&self) {
        for at in 0..self.shards.len() {
            let mut shard = self.shard_mut(at);
            for entry in &mut shard.entries {
                entry.compact();
            }
            shard.keys.shrink_to_fit();
            shard.entries.shrink_to_fit();
            shard.groups.indexes.shrink_to_fit();
        }
    }
}

impl Shard {
    fn key(&self, stride: usize, slot: u32) -> &[u32] {
        key(&self.keys, stride, slot)
    }

    fn find(
        &self,
        stride: usize,
        hash: u64,
        words: &(impl Iterator<Item = u32> + Clone),
    ) -> Option<u32> {
        let same = |&slot: &u32| {
            let have = self.key(stride, slot).iter().copied();
            have.eq(words.clone())
        };
        self.slots.find(hash, same).copied()
    }

    fn group(
        &self,
        stride: usize,
        hash: u64,
        words: &(impl Iterator<Item = u32> + Clone),
    ) -> Option<&Vec<u32>> {
        self.groups.members.find(hash, |slots| {
            let mut have = self.key(stride, slots[0]).iter();
            words.clone().all(|word| have.next() == Some(&word))
        })
    }

    /// Makes an entry that is not there.
    fn enter(&mut self, layout: &Layout, hashes: Hashes, words: &[u32]) -> u32 {
        let stride = layout.stride();
        let slot = if let Some(slot) = self.free.pop() {
            self.keys[slot as usize * stride..][..stride].copy_from_slice(words);
            slot
        } else {
            self.entries.push(Entry::default());
            self.keys.extend_from_slice(words);
            (self.entries.len() - 1) as u32
        };
        let keys = &self.keys;
        let rehash = |&slot: &u32| hash(&key(keys, stride, slot)[..stride - 1]);
        self.slots.insert_unique(hashes.key, slot, rehash);
        if !layout.group().is_empty() {
            self.groups
                .enter(keys, stride, layout.group().len(), hashes.group, slot);
        }
        slot
    }

    /// Removes an entry that holds nothing.
    fn leave(&mut self, layout: &Layout, hashes: Hashes, slot: u32) {
        // A place looked at again may have lost its key before.
        let Ok(found) = self.slots.find_entry(hashes.key, |&have| have == slot) else {
            return;
        };
        found.remove();
        if !layout.group().is_empty() {
            self.groups.leave(hashes.group, slot);
        }
        self.free.push(slot);
    }

    /// Hands every entry to a census.
    pub(super) fn each_entry(&self, mut look: impl FnMut(&Entry)) {
        for &slot in &self.slots {
            look(&self.entries[slot as usize]);
        }
    }

    /// Bytes of keys and entries, without what entries own.
    pub(super) fn bytes(&self) -> u64 {
        let groups: usize = self.groups.members.iter().map(|m| m.capacity() * 4).sum();
        let bytes = self.slots.allocation_size()
            + self.keys.capacity() * size_of::<u32>()
            + self.entries.capacity() * size_of::<Entry>()
            + self.free.capacity() * size_of::<u32>()
            + self.groups.members.allocation_size()
            + self.groups.indexes.capacity() * size_of::<u32>()
            + groups;
        bytes as u64
    }
}

impl Groups {
    fn enter(&mut self, keys: &[u32], stride: usize, width: usize, hash_: u64, slot: u32) {
        let begins = |slot: u32| &key(keys, stride, slot)[..width];
        let wanted = begins(slot);
        if slot as usize >= self.indexes.len() {
            self.indexes.resize(slot as usize + 1, 0);
        }
        let found = self.members.find_mut(hash_, |m| begins(m[0]) == wanted);
        if let Some(members) = found {
            self.indexes[slot as usize] = members.len() as u32;
            members.push(slot);
        } else {
            self.indexes[slot as usize] = 0;
            self.members
                .insert_unique(hash_, vec![slot], |m| hash(begins(m[0])));
        }
    }

    fn leave(&mut self, hash: u64, slot: u32) {
        let index = self.indexes[slot as usize] as usize;
        let found = self
            .members
            .find_entry(hash, |m| m.get(index) == Some(&slot));
        let Ok(mut found) = found else { return };
        let members = found.get_mut();
        members.swap_remove(index);
        if let Some(&moved) = members.get(index) {
            self.indexes[moved as usize] = index as u32;
        } else if members.is_empty() {
            found.remove();
        }
    }
}

fn key(keys: &[u32], stride: usize, slot: u32) -> &[u32] {
    &keys[slot as usize * stride..][..stride]
}

fn hash(words: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    for &word in words {
        hasher.write_u32(word);
    }
    hasher.finish()
}
