//! Sets of tuples of one width, each with a number: 0, 1, 2 ... in order of arrival.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

use crate::value::Sym;

/// Up to this many tuples are searched one by one.
const SHORT: usize = 8;

/// What a cleared set keeps room for.
const SPARE: usize = 4096;

#[derive(Default)]
pub(super) struct Tuples {
    width: usize,
    len: usize,
    words: Vec<Sym>,
    /// Numbers, once there are more than a few.
    table: HashTable<u32>,
}

fn hash(tuple: &[Sym]) -> u64 {
    let mut hasher = FxHasher::default();
    for sym in tuple {
        hasher.write_u32(sym.0);
    }
    hasher.finish()
}

impl Tuples {
    pub(super) fn reset(&mut self, width: usize) {
        self.width = width;
        self.len = 0;
        if self.words.capacity() > SPARE {
            self.words = Vec::new();
        }
        self.words.clear();
        if self.table.capacity() > SPARE {
            self.table = HashTable::new();
        }
        self.table.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, number: u32) -> &[Sym] {
        let at = number as usize * self.width;
        &self.words[at..at + self.width]
    }

    /// Adds a tuple that the caller knows to be new. The set must be filled in this way
    /// from the first tuple on.
    pub(super) fn push(&mut self, tuple: &[Sym]) -> u32 {
        self.words.extend_from_slice(tuple);
        self.len += 1;
        self.len as u32 - 1
    }

    /// Leaves each of the rows in `rows` once.
    pub(super) fn distinct(&mut self, rows: &mut Vec<Sym>, width: usize) {
        self.reset(width);
        for row in rows.chunks_exact(width) {
            self.intern(row);
        }
        std::mem::swap(rows, &mut self.words);
    }

    /// The number of a tuple, and whether it is new.
    pub(super) fn intern(&mut self, tuple: &[Sym]) -> (u32, bool) {
        debug_assert_eq!(tuple.len(), self.width);
        let (words, width) = (&self.words, self.width);
        let at = |n: u32| &words[n as usize * width..(n as usize + 1) * width];
        if self.len <= SHORT {
            if let Some(known) = (0..self.len as u32).find(|n| at(*n) == tuple) {
                return (known, false);
            }
            if self.len == SHORT {
                for n in 0..self.len as u32 {
                    self.table.insert_unique(hash(at(n)), n, |n| hash(at(*n)));
                }
                self.table
                    .insert_unique(hash(tuple), self.len as u32, |n| hash(at(*n)));
            }
        } else {
            let hashed = hash(tuple);
            if let Some(known) = self.table.find(hashed, |n| at(*n) == tuple) {
                return (*known, false);
            }
            self.table
                .insert_unique(hashed, self.len as u32, |n| hash(at(*n)));
        }
        self.words.extend_from_slice(tuple);
        self.len += 1;
        (self.len as u32 - 1, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tuple_has_one_number_whatever_the_size() {
        let mut tuples = Tuples::default();
        for width in [0, 1, 3] {
            tuples.reset(width);
            let tuple = |i: u32| vec![Sym(i); width];
            for i in 0..100_u32 {
                let expected = if width == 0 { 0 } else { i };
                assert_eq!(tuples.intern(&tuple(i)), (expected, width > 0 || i == 0));
                for j in 0..i {
                    assert!(!tuples.intern(&tuple(j)).1);
                }
            }
            assert_eq!(tuples.len(), if width == 0 { 1 } else { 100 });
        }
    }
}
