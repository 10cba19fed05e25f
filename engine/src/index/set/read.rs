//! HOT PATH: looking into a set.

use crate::value::Ordinal;

use super::{Form, Set};

impl Set {
    /// Whether the ordinal is in it.
    #[must_use]
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.has(ordinal.0)
    }

    pub(in crate::index) fn has(&self, id: u32) -> bool {
        match &self.0 {
            Form::Few { len, ids } => ids[..usize::from(*len)].contains(&id),
            Form::List { len, ids } => ids[..*len as usize].binary_search(&id).is_ok(),
            Form::Window { first, words, .. } => {
                let word = (id >> 6).wrapping_sub(*first) as usize;
                words
                    .get(word)
                    .is_some_and(|bits| bits >> (id & 63) & 1 != 0)
            }
            Form::Bitmap { bits, .. } => bits.contains(id),
        }
    }

    /// A bound above every id: this one and those behind it are not in the set.
    pub(in crate::index) fn end(&self) -> u64 {
        let after = |last: u32| u64::from(last) + 1;
        match &self.0 {
            Form::Few { len, ids } => ids[..usize::from(*len)].last().map_or(0, |&l| after(l)),
            Form::List { len, ids } => ids[..*len as usize].last().map_or(0, |&l| after(l)),
            Form::Window { first, words, .. } => (u64::from(*first) + words.len() as u64) << 6,
            Form::Bitmap { bits, .. } => bits.max().map_or(0, after),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Form::Few { len, .. } => u64::from(*len),
            Form::List { len, .. } => u64::from(*len),
            Form::Window { count, .. } => u64::from(*count),
            Form::Bitmap { count, .. } => u64::from(*count),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ordinals, ascending.
    #[must_use]
    pub fn iter(&self) -> Ordinals<'_> {
        Ordinals(match &self.0 {
            Form::Few { len, ids } => Way::Ids(ids[..usize::from(*len)].iter()),
            Form::List { len, ids } => Way::Ids(ids[..*len as usize].iter()),
            Form::Window { first, words, .. } => Way::Window {
                bits: 0,
                at: first.wrapping_sub(1),
                words: words.iter(),
            },
            Form::Bitmap { bits, .. } => Way::Bitmap(bits.iter()),
        })
    }
}

impl<'s> IntoIterator for &'s Set {
    type Item = Ordinal;
    type IntoIter = Ordinals<'s>;

    fn into_iter(self) -> Ordinals<'s> {
        self.iter()
    }
}

/// The ordinals of a [`Set`], ascending.
pub struct Ordinals<'s>(Way<'s>);

enum Way<'s> {
    Ids(std::slice::Iter<'s, u32>),
    Window {
        /// What is left of the present word, whose number is `at`.
        bits: u64,
        at: u32,
        words: std::slice::Iter<'s, u64>,
    },
    Bitmap(roaring::bitmap::Iter<'s>),
}

impl Iterator for Ordinals<'_> {
    type Item = Ordinal;

    fn next(&mut self) -> Option<Ordinal> {
        match &mut self.0 {
            Way::Ids(ids) => ids.next().copied().map(Ordinal),
            Way::Window { bits, at, words } => {
                while *bits == 0 {
                    *bits = *words.next()?;
                    *at = at.wrapping_add(1);
                }
                let bit = bits.trailing_zeros();
                *bits &= *bits - 1;
                Some(Ordinal(*at << 6 | bit))
            }
            Way::Bitmap(ids) => ids.next().map(Ordinal),
        }
    }

    fn fold<B, F: FnMut(B, Ordinal) -> B>(self, begin: B, mut f: F) -> B {
        match self.0 {
            Way::Ids(ids) => ids.fold(begin, |b, id| f(b, Ordinal(*id))),
            Way::Window {
                mut bits,
                mut at,
                mut words,
            } => {
                let mut b = begin;
                loop {
                    while bits != 0 {
                        b = f(b, Ordinal(at << 6 | bits.trailing_zeros()));
                        bits &= bits - 1;
                    }
                    let Some(word) = words.next() else {
                        return b;
                    };
                    // It begins before the first.
                    at = at.wrapping_add(1);
                    bits = *word;
                }
            }
            Way::Bitmap(ids) => ids.fold(begin, |b, id| f(b, Ordinal(id))),
        }
    }
}
