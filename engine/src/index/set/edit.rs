//! Inserting, removing, uniting: where forms change.

use std::sync::Arc;

use roaring::RoaringBitmap;

use super::{FEW, Form, LIST, Set, WINDOW_WORDS, fits_list, fits_window};

/// The least room of a list.
const SHORT: usize = 8;
/// Changes are merged with what is held if that is at most so many times as long.
const MERGED: usize = 8;

impl Set {
    /// Adds an id; false if it was there.
    pub(in crate::index) fn insert(&mut self, id: u32) -> bool {
        match &mut self.0 {
            Form::Few { len, ids } => {
                let held = usize::from(*len);
                let at = ids[..held].partition_point(|&have| have < id);
                if at < held && ids[at] == id {
                    return false;
                }
                if held < FEW {
                    ids.copy_within(at..held, at + 1);
                    ids[at] = id;
                    *len += 1;
                } else {
                    let mut all = [0; FEW + 1];
                    all[..at].copy_from_slice(&ids[..at]);
                    all[at] = id;
                    all[at + 1..].copy_from_slice(&ids[at..]);
                    self.0 = Form::of(&all);
                }
                true
            }
            Form::List { len, ids } => {
                let held = *len as usize;
                let Err(at) = ids[..held].binary_search(&id) else {
                    return false;
                };
                if held == ids.len() {
                    let first = id.min(ids[0]);
                    let last = id.max(ids[held - 1]);
                    if fits_window(held + 1, first, last) || !fits_list(held + 1, first, last) {
                        let mut all = ids.to_vec();
                        all.insert(at, id);
                        self.0 = Form::of(&all);
                        return true;
                    }
                    resize(ids, held + (held / 2).max(SHORT));
                }
                ids.copy_within(at..held, at + 1);
                ids[at] = id;
                *len += 1;
                true
            }
            Form::Window {
                count,
                first,
                words,
            } => {
                let word = id >> 6;
                let inside = (word.wrapping_sub(*first) as usize) < words.len();
                if !inside && !widen(first, words, word, usize::from(*count) + 1) {
                    let mut all: Vec<u32> = self.iter().map(|o| o.0).collect();
                    all.insert(all.partition_point(|&have| have < id), id);
                    self.0 = Form::of(&all);
                    return true;
                }
                let bits = &mut words[(word - *first) as usize];
                let bit = 1 << (id & 63);
                let new = *bits & bit == 0;
                *bits |= bit;
                *count += u16::from(new);
                new
            }
            Form::Bitmap { count, bits } => {
                let new = Arc::make_mut(bits).insert(id);
                *count += u32::from(new);
                new
            }
        }
    }

    /// Takes an id away; false if it was not there.
    ///
    /// A form is left for a smaller one well below the size at which it was taken, so
    /// that a set at the border does not go to and fro.
    pub(in crate::index) fn remove(&mut self, id: u32) -> bool {
        match &mut self.0 {
            Form::Few { len, ids } => {
                let held = usize::from(*len);
                let Some(at) = ids[..held].iter().position(|&have| have == id) else {
                    return false;
                };
                ids.copy_within(at + 1..held, at);
                *len -= 1;
                true
            }
            Form::List { len, ids } => {
                let held = *len as usize;
                let Ok(at) = ids[..held].binary_search(&id) else {
                    return false;
                };
                ids.copy_within(at + 1..held, at);
                *len -= 1;
                let held = held - 1;
                if held <= FEW / 2 {
                    self.0 = Form::of(&ids[..held]);
                } else if held * 4 <= ids.len() && ids.len() > SHORT {
                    resize(ids, held * 2);
                }
                true
            }
            Form::Window {
                count,
                first,
                words,
            } => {
                let word = (id >> 6).wrapping_sub(*first) as usize;
                let bit = 1 << (id & 63);
                let Some(bits) = words.get_mut(word).filter(|bits| **bits & bit != 0) else {
                    return false;
                };
                *bits &= !bit;
                *count -= 1;
                self.shrink();
                true
            }
            Form::Bitmap { count, bits } => {
                // Not there, or shared: look before copying.
                if !bits.contains(id) {
                    return false;
                }
                Arc::make_mut(bits).remove(id);
                *count -= 1;
                if *count as usize <= LIST / 2 {
                    self.rebuild();
                }
                true
            }
        }
    }

    /// Adds and takes away many ids at once; they ascend, each comes once.
    ///
    /// What is long enough beside what is held is merged in one pass: inserting it id by
    /// id would move the same words over and over.
    pub(in crate::index) fn edit(&mut self, changes: impl Iterator<Item = (u32, bool)> + Clone) {
        let many = changes.clone().count();
        if many < SHORT && !matches!(self.0, Form::Few { .. }) {
            return self.edit_each(changes);
        }
        let one_by_one = match &mut self.0 {
            Form::Few { len, .. } => many + usize::from(*len) <= FEW,
            Form::List { len, .. } => many * MERGED < *len as usize,
            Form::Window {
                count,
                first,
                words,
            } => {
                let (low, len) = (*first, words.len());
                let inside = |id: u32| ((id >> 6).wrapping_sub(low) as usize) < len;
                if changes.clone().all(|(id, on)| inside(id) || !on) {
                    for (id, on) in changes.filter(|&(id, _)| inside(id)) {
                        let word = &mut words[((id >> 6) - low) as usize];
                        let bit = 1 << (id & 63);
                        let held = *word & bit != 0;
                        if on != held {
                            *word ^= bit;
                            *count = if on { *count + 1 } else { *count - 1 };
                        }
                    }
                    self.shrink();
                    return;
                }
                many * MERGED < usize::from(*count)
            }
            Form::Bitmap { count, bits } => {
                // Container by container instead of id by id.
                let ascending = |wanted: bool| {
                    let ids = changes.clone().filter(move |&(_, on)| on == wanted);
                    RoaringBitmap::from_sorted_iter(ids.map(|(id, _)| id)).expect("the ids ascend")
                };
                let bits = Arc::make_mut(bits);
                *bits |= ascending(true);
                *bits -= ascending(false);
                *count = bits.len() as u32;
                if *count as usize <= LIST / 2 {
                    self.rebuild();
                }
                return;
            }
        };
        if one_by_one {
            return self.edit_each(changes);
        }
        let mut ids = Vec::with_capacity(self.len() as usize + many);
        let mut held = self.iter().map(|o| o.0).peekable();
        for (id, on) in changes {
            while let Some(before) = held.next_if(|&h| h < id) {
                ids.push(before);
            }
            held.next_if_eq(&id);
            if on {
                ids.push(id);
            }
        }
        ids.extend(held);
        self.0 = Form::of(&ids);
    }

    fn edit_each(&mut self, changes: impl Iterator<Item = (u32, bool)>) {
        for (id, on) in changes {
            if on {
                self.insert(id);
            } else {
                self.remove(id);
            }
        }
    }

    /// Leaves a window that has become too empty.
    fn shrink(&mut self) {
        if let Form::Window { count, words, .. } = &self.0 {
            let left = usize::from(*count);
            if left <= FEW / 2 || words.len() > 2 * left + 2 {
                self.rebuild();
            }
        }
    }

    /// Adds what the other has.
    pub fn unite(&mut self, other: &Set) {
        if let (Form::Bitmap { count, bits }, Form::Bitmap { bits: more, .. }) =
            (&mut self.0, &other.0)
        {
            *Arc::make_mut(bits) |= &**more;
            *count = bits.len() as u32;
            return;
        }
        if self.len() < other.len() {
            let few = std::mem::replace(self, other.clone());
            for ordinal in &few {
                self.insert(ordinal.0);
            }
        } else {
            for ordinal in other {
                self.insert(ordinal.0);
            }
        }
    }

    /// Takes the form it would have if it were made anew, without room to grow.
    pub(in crate::index) fn compact(&mut self) {
        match &mut self.0 {
            Form::Few { .. } => {}
            Form::Bitmap { count, bits } => {
                let (Some(first), Some(last)) = (bits.min(), bits.max()) else {
                    return self.rebuild();
                };
                let held = *count as usize;
                if fits_window(held, first, last) || fits_list(held, first, last) {
                    self.rebuild();
                }
            }
            Form::Window { .. } | Form::List { .. } => {
                let full = matches!(&self.0, Form::List { len, ids } if *len as usize == ids.len());
                if !full {
                    self.rebuild();
                }
            }
        }
    }

    fn rebuild(&mut self) {
        let ids: Vec<u32> = self.iter().map(|o| o.0).collect();
        self.0 = Form::of(&ids);
    }

    /// Bytes beside the set itself.
    pub(in crate::index) fn bytes(&self) -> u64 {
        match &self.0 {
            Form::Few { .. } => 0,
            Form::List { ids, .. } => size_of_val(&**ids) as u64,
            Form::Window { words, .. } => size_of_val(&**words) as u64,
            Form::Bitmap { bits, .. } => bitmap_bytes(bits),
        }
    }
}

/// Makes a window reach to this word, if it is then still worth its size.
fn widen(first: &mut u32, words: &mut Box<[u64]>, word: u32, ids: usize) -> bool {
    let low = word.min(*first);
    let high = word.max(*first + (words.len() - 1) as u32);
    let wanted = (high - low) as usize + 1;
    if wanted > WINDOW_WORDS || wanted > ids {
        return false;
    }
    let mut wider = std::mem::take(words).into_vec();
    let before = (*first - low) as usize;
    wider.reserve_exact(wanted - wider.len());
    if before > 0 {
        wider.splice(0..0, std::iter::repeat_n(0, before));
    }
    wider.resize(wanted, 0);
    *first = low;
    *words = wider.into();
    true
}

fn resize(ids: &mut Box<[u32]>, room: usize) {
    let mut list = std::mem::take(ids).into_vec();
    if room > list.len() {
        list.reserve_exact(room - list.len());
    }
    list.resize(room, 0);
    *ids = list.into();
}

fn bitmap_bytes(bits: &RoaringBitmap) -> u64 {
    /// What `roaring` keeps for each container beside its ids.
    const CONTAINER: u64 = 40;
    let statistics = bits.statistics();
    u64::from(statistics.n_containers) * CONTAINER
        + statistics.n_bytes_array_containers
        + statistics.n_bytes_bitset_containers
        + statistics.n_bytes_run_containers
        + size_of::<RoaringBitmap>() as u64
}
