//! Symbols as columns of integers, hash table included, and back without hashing anything.
//!
//! What is read back is trusted: whoever keeps an image vouches that it is what was made
//! here. Lengths that do not fit together are noticed all the same.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::interner::Interner;
use super::symbols::{Symbols, halves};
use super::table::Table;
use super::{Limits, Ordinal, Sym, TypeIx};

/// Every symbol given out up to some moment.
pub(crate) struct Image<C32, C64> {
    /// The key of the hash, secret as the seed of any hash that strangers feed.
    pub(crate) key: C64,
    /// Slots of the table's shards, one after the other.
    pub(crate) slots: C64,
    /// How many each shard has.
    pub(crate) shards: C32,
    /// By symbol: its place and its text, a word each.
    pub(crate) entries: C64,
    /// Texts and numbers.
    pub(crate) words: C64,
    /// By type, that of names first: how many symbols it has.
    pub(crate) members: C32,
    /// Those symbols, type after type.
    pub(crate) ordinals: C32,
}

impl Symbols {
    /// An image of this moment; others go on meanwhile.
    pub(crate) fn image(&self) -> Image<Vec<u32>, Vec<u64>> {
        let len = self.len();
        let mut entries = Vec::with_capacity(2 * len as usize);
        self.entries.each(len, |entry| {
            entries.push(entry.place.load(Ordering::Relaxed));
            entries.push(entry.text.load(Ordering::Relaxed));
        });
        // Texts lie in the order of their symbols.
        let end = entries.last().map_or(0, |text| {
            let (word, bytes) = halves(*text);
            word + bytes.div_ceil(8)
        });
        let mut words = Vec::with_capacity(end as usize);
        self.words
            .each(end, |word| words.push(word.load(Ordering::Relaxed)));
        let (mut members, mut ordinals) = (Vec::new(), Vec::new());
        for ty in 0..=self.types() {
            let before = ordinals.len();
            let first = u32::from(TypeIx(ty) == TypeIx::NAME);
            for ordinal in first..first + self.count(TypeIx(ty)) {
                match self.at(TypeIx(ty), Ordinal(ordinal)) {
                    Some(sym) if sym.0 < len => ordinals.push(sym.0),
                    _ => break,
                }
            }
            members.push((ordinals.len() - before) as u32);
        }
        let (shards, slots) = self.table.image(len);
        Image {
            key: self.key.to_vec(),
            slots,
            shards,
            entries,
            words,
            members,
            ordinals,
        }
    }
}

impl Interner {
    /// The symbols of an image; `None` if they are more than there may be, or no image.
    pub(crate) fn of_image(limits: Limits, image: &Image<&[u32], &[u64]>) -> Option<Interner> {
        let key = <[u64; 2]>::try_from(image.key).ok()?;
        let table = Table::of_image(image.shards, image.slots)?;
        let (entries, rest) = image.entries.as_chunks::<2>();
        let len = u32::try_from(entries.len()).ok()?;
        let counted: u64 = image.members.iter().map(|n| u64::from(*n)).sum();
        let complete = rest.is_empty()
            && counted == u64::from(len)
            && counted == image.ordinals.len() as u64
            && image.ordinals.iter().all(|sym| *sym < len);
        let symbols = Symbols::with(limits, key, table);
        if !complete || len > symbols.limits.symbols.min(Sym::FIRST_LOCAL.0) {
            return None;
        }
        let mut next = entries.iter();
        let mut text_bytes = 0;
        symbols.entries.fill(len, |entry| {
            let [place, text] = next.next().copied().unwrap_or_default();
            text_bytes += u64::from(halves(text).1);
            entry.place.store(place, Ordering::Relaxed);
            entry.text.store(text, Ordering::Relaxed);
        });
        let words = u32::try_from(image.words.len()).ok()?;
        let mut next = image.words.iter();
        symbols.words.fill(words, |word| {
            word.store(next.next().copied().unwrap_or_default(), Ordering::Relaxed);
        });
        let mut next = image.ordinals.iter();
        for (ty, count) in (0..).zip(image.members) {
            let members = symbols.types.slot(ty);
            let first = u32::from(TypeIx(ty) == TypeIx::NAME);
            if first == 1 {
                // Type number 0 has no name.
                members.by_ordinal.slot(0);
            }
            let mut skip = first;
            members.by_ordinal.fill(first + count, |at| {
                if skip > 0 {
                    skip -= 1;
                } else {
                    at.store(next.next().map_or(0, |sym| sym + 1), Ordering::Relaxed);
                }
            });
            members.len.store(first + count, Ordering::Release);
        }
        symbols.words_len.store(words, Ordering::Relaxed);
        symbols.text_bytes.store(text_bytes, Ordering::Relaxed);
        symbols.len.store(len, Ordering::Release);
        Some(Interner::of(Arc::new(symbols)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::Datum;

    fn read_back(image: &Image<Vec<u32>, Vec<u64>>, limits: Limits) -> Option<Interner> {
        let image = Image {
            key: &*image.key,
            slots: &*image.slots,
            shards: &*image.shards,
            entries: &*image.entries,
            words: &*image.words,
            members: &*image.members,
            ordinals: &*image.ordinals,
        };
        Interner::of_image(limits, &image)
    }

    proptest! {
        #[test]
        fn symbols_are_what_they_were_and_go_on(
            texts in prop::collection::vec("[a-zé]{0,20}", 0..300),
            numbers in prop::collection::vec(any::<i64>(), 0..300),
            more in prop::collection::vec("[a-zé]{0,20}", 0..50),
        ) {
            let mut before = Interner::new(Limits::default());
            let user = before.intern_type("User").unwrap();
            for text in &texts {
                before.intern(user, Datum::Text(text)).unwrap();
                before.intern(TypeIx::STRING, Datum::Text(text)).unwrap();
            }
            for number in &numbers {
                before.intern(TypeIx::INTEGER, Datum::Integer(*number)).unwrap();
            }
            let image = before.symbols().image();
            let mut after = read_back(&image, Limits::default()).unwrap();
            prop_assert_eq!(after.symbols().len(), before.symbols().len());
            prop_assert_eq!(after.symbols().text_bytes(), before.symbols().text_bytes());
            let document = after.intern_type("Document").unwrap();
            prop_assert_eq!(before.intern_type("Document").unwrap(), document);
            for text in texts.iter().chain(&more) {
                for ty in [user, TypeIx::STRING, document] {
                    let was = before.intern(ty, Datum::Text(text)).unwrap();
                    let is = after.intern(ty, Datum::Text(text)).unwrap();
                    prop_assert_eq!(was, is);
                    prop_assert_eq!(after.symbols().id(is), &**text);
                    prop_assert_eq!(before.symbols().ordinal(was), after.symbols().ordinal(is));
                    prop_assert_eq!(after.symbols().at(ty, after.symbols().ordinal(is)), Some(is));
                }
            }
            for number in &numbers {
                let found = after.symbols().find(TypeIx::INTEGER, Datum::Integer(*number));
                prop_assert_eq!(found, before.symbols().find(TypeIx::INTEGER, Datum::Integer(*number)));
                prop_assert!(found.is_some());
            }
        }
    }

    #[test]
    fn an_image_may_be_of_an_earlier_moment_and_must_be_whole() {
        let mut interner = Interner::new(Limits::default());
        for n in 0..10_000 {
            let id = n.to_string();
            interner.intern(TypeIx::STRING, Datum::Text(&id)).unwrap();
        }
        let (shards, slots) = interner.symbols().table.image(100);
        let table = Table::of_image(&shards, &slots).unwrap();
        for n in 0..10_000 {
            let id = n.to_string();
            let hash = interner.symbols().hash(TypeIx::STRING, Datum::Text(&id));
            let found = table.find(hash, |sym| interner.symbols().id(sym) == id);
            assert_eq!(found.is_some(), found.is_some_and(|sym| sym.0 < 100));
            assert_eq!(found.is_some(), n < 97, "three names of types come first");
        }
        let image = interner.symbols().image();
        let few = Limits {
            symbols: 9_999,
            ..Limits::default()
        };
        assert!(read_back(&image, few).is_none());
        let mut less = interner.symbols().image();
        less.ordinals.pop();
        assert!(read_back(&less, Limits::default()).is_none());
        let mut less = interner.symbols().image();
        less.slots.pop();
        assert!(read_back(&less, Limits::default()).is_none());
    }
}
