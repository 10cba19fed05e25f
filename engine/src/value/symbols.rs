//! The readers' half: looking up symbols, and what they stand for.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use siphasher::sip::SipHasher13;

use super::order::Orders;
use super::segmented::Segmented;
use super::table::Table;
use super::written::Spelling;
use super::{Datum, Limits, Ordinal, Sym, TypeIx};

/// Every symbol of an environment; shared by all its threads.
///
/// No method waits for the writer. A symbol got from here, or over any channel from a
/// thread that got it from here, can be asked about at once.
pub struct Symbols {
    pub(super) table: Table,
    /// By symbol.
    pub(super) entries: Segmented<Entry>,
    /// Texts of all symbols, eight bytes a word, each from a word of its own on; the
    /// number itself for integers.
    pub(super) words: Segmented<AtomicU64>,
    /// By type.
    pub(super) types: Segmented<Members>,
    /// Symbols given out.
    pub(super) len: AtomicU32,
    /// Words in use.
    pub(super) words_len: AtomicU32,
    /// Text of symbols, in bytes.
    pub(super) text_bytes: AtomicU64,
    pub(super) limits: Limits,
    /// Of types that have been listed.
    pub(super) orders: Orders,
    /// Random: ids are often chosen by strangers, who must not be able to choose colliding
    /// ones. Nothing depends on the order it makes.
    pub(super) key: [u64; 2],
}

/// What is known of a symbol. Written before the symbol can be found, never changed.
#[derive(Default)]
pub(super) struct Entry {
    /// `type : ordinal`
    pub(super) place: AtomicU64,
    /// `first word : bytes`
    pub(super) text: AtomicU64,
}

/// Symbols of one type by ordinal, plus one; zero is none.
pub(super) struct Members {
    pub(super) by_ordinal: Segmented<AtomicU32>,
    pub(super) len: AtomicU32,
}

impl Default for Members {
    fn default() -> Members {
        Members {
            by_ordinal: Segmented::new(),
            len: AtomicU32::new(0),
        }
    }
}

pub(super) fn halves(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

impl Symbols {
    pub(super) fn new(limits: Limits) -> Symbols {
        let random = RandomState::new();
        let key = [0, 1].map(|half: u64| random.hash_one(half));
        Symbols::with(limits, key, Table::new())
    }

    pub(super) fn with(limits: Limits, key: [u64; 2], table: Table) -> Symbols {
        Symbols {
            table,
            entries: Segmented::new(),
            words: Segmented::new(),
            types: Segmented::new(),
            len: AtomicU32::new(0),
            words_len: AtomicU32::new(0),
            text_bytes: AtomicU64::new(0),
            limits,
            orders: Orders::default(),
            key,
        }
    }

    /// The symbol of a value, if it has one. An id that is none of its type's, a word
    /// as an integer for instance, has none.
    #[must_use]
    pub fn lookup(&self, ty: TypeIx, id: &str) -> Option<Sym> {
        self.find(ty, Datum::new(ty, id).ok()?)
    }

    /// The symbol of a value in canonical form, if it has one.
    #[must_use]
    pub fn find(&self, ty: TypeIx, datum: Datum<'_>) -> Option<Sym> {
        self.find_hashed(self.hash(ty, datum), ty, datum)
    }

    /// Symbols with this id, one for each type that has it.
    #[must_use]
    pub fn lookup_any_type(&self, id: &str) -> Vec<Sym> {
        (1..=self.count(TypeIx::NAME))
            .filter_map(|t| self.lookup(TypeIx(t), id))
            .collect()
    }

    /// The type of this name, if a policy or a stored fact has named it.
    #[must_use]
    pub fn lookup_type(&self, name: &str) -> Option<TypeIx> {
        let sym = self.find(TypeIx::NAME, Datum::Text(name))?;
        Some(TypeIx(self.ordinal(sym).0))
    }

    /// The type of a symbol.
    #[must_use]
    pub fn type_of(&self, sym: Sym) -> TypeIx {
        TypeIx(halves(self.entry(sym).place.load(Ordering::Relaxed)).0)
    }

    /// The place of a symbol inside its type.
    #[must_use]
    pub fn ordinal(&self, sym: Sym) -> Ordinal {
        Ordinal(halves(self.entry(sym).place.load(Ordering::Relaxed)).1)
    }

    /// The type of a symbol and its place inside it.
    #[must_use]
    pub fn place(&self, sym: Sym) -> (TypeIx, Ordinal) {
        let (ty, ordinal) = halves(self.entry(sym).place.load(Ordering::Relaxed));
        (TypeIx(ty), Ordinal(ordinal))
    }

    /// The symbol at a place inside a type.
    #[must_use]
    pub fn at(&self, ty: TypeIx, ordinal: Ordinal) -> Option<Sym> {
        let members = self.types.get(ty.0)?;
        // Pairs with the store in `Interner::enter`.
        let sym = members.by_ordinal.get(ordinal.0)?.load(Ordering::Acquire);
        sym.checked_sub(1).map(Sym)
    }

    /// The number of an integer; `None` for symbols of other types.
    #[must_use]
    pub fn integer(&self, sym: Sym) -> Option<i64> {
        let entry = self.entry(sym);
        if halves(entry.place.load(Ordering::Relaxed)).0 != TypeIx::INTEGER.0 {
            return None;
        }
        let (word, _) = halves(entry.text.load(Ordering::Relaxed));
        Some(self.words.get(word)?.load(Ordering::Relaxed).cast_signed())
    }

    /// Hands the id of a symbol to `reader`.
    pub fn read<R>(&self, sym: Sym, reader: impl FnOnce(&str) -> R) -> R {
        if let Some(number) = self.integer(sym) {
            return reader(&number.to_string());
        }
        let (mut word, bytes) = halves(self.entry(sym).text.load(Ordering::Relaxed));
        let bytes = bytes as usize;
        // The limit of HTTP; longer ids are rare.
        let mut short = [0_u8; 512];
        let mut long = Vec::new();
        let buffer = if bytes <= short.len() {
            &mut short[..]
        } else {
            long.resize(bytes.next_multiple_of(8), 0);
            &mut long[..]
        };
        let mut chunks = buffer[..bytes.next_multiple_of(8)].chunks_exact_mut(8);
        while chunks.len() > 0 {
            let run = self.words.run(word);
            for (from, to) in run.iter().zip(&mut chunks) {
                to.copy_from_slice(&from.load(Ordering::Relaxed).to_le_bytes());
            }
            word = word.wrapping_add(run.len() as u32);
        }
        reader(str::from_utf8(&buffer[..bytes]).expect("symbols are made of text"))
    }

    /// Says how ids stand in lists ([`Symbols::sorted`]); only the first to say so is heard.
    pub fn spell(&self, spelling: Spelling) {
        self.orders.spell(spelling);
    }

    /// The id of a symbol.
    #[must_use]
    pub fn id(&self, sym: Sym) -> String {
        self.read(sym, str::to_owned)
    }

    /// The name of a type.
    #[must_use]
    pub fn type_name(&self, ty: TypeIx) -> String {
        self.at(TypeIx::NAME, Ordinal(ty.0))
            .map_or_else(String::new, |name| self.id(name))
    }

    /// How many types have been named, the primitives included; they are numbered from 1.
    #[must_use]
    pub fn types(&self) -> u32 {
        self.count(TypeIx::NAME)
    }

    /// How many symbols a type has.
    #[must_use]
    pub fn count(&self, ty: TypeIx) -> u32 {
        let first = u32::from(ty == TypeIx::NAME);
        let members = self.types.get(ty.0);
        members.map_or(0, |m| m.len.load(Ordering::Acquire).saturating_sub(first))
    }

    /// How many symbols there are, names of types included.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// Whether there are none; never so, since the primitives have names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ceilings these symbols live under.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Bytes in use, the texts included.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let len = u64::from(self.len());
        let words = u64::from(self.words_len.load(Ordering::Relaxed));
        let ordinals: u64 = (0..=self.types())
            .map(|t| Segmented::<AtomicU32>::bytes(u64::from(self.count(TypeIx(t)))))
            .sum();
        self.table.bytes()
            + Segmented::<Entry>::bytes(len)
            + Segmented::<AtomicU64>::bytes(words)
            + Segmented::<Members>::bytes(u64::from(self.types()) + 1)
            + ordinals
            + self.orders.bytes()
    }

    /// Bytes of all ids, as counted by whoever wrote them.
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        self.text_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn hash(&self, ty: TypeIx, datum: Datum<'_>) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key[0], self.key[1]);
        match datum {
            Datum::Text(text) => (ty, text).hash(&mut hasher),
            Datum::Integer(number) => (ty, number).hash(&mut hasher),
        }
        hasher.finish()
    }

    pub(super) fn find_hashed(&self, hash: u64, ty: TypeIx, datum: Datum<'_>) -> Option<Sym> {
        self.table.find(hash, |sym| self.is(sym, ty, datum))
    }

    /// Whether the symbol is this very value.
    pub(super) fn is(&self, sym: Sym, ty: TypeIx, datum: Datum<'_>) -> bool {
        let entry = self.entry(sym);
        if halves(entry.place.load(Ordering::Relaxed)).0 != ty.0 {
            return false;
        }
        let (mut word, bytes) = halves(entry.text.load(Ordering::Relaxed));
        match datum {
            Datum::Integer(number) => self
                .words
                .get(word)
                .is_some_and(|w| w.load(Ordering::Relaxed) == number.cast_unsigned()),
            Datum::Text(text) => {
                if text.len() != bytes as usize {
                    return false;
                }
                let mut wanted = packed(text);
                while wanted.len() > 0 {
                    let run = self.words.run(word);
                    let same =
                        |(have, want): (&AtomicU64, u64)| have.load(Ordering::Relaxed) == want;
                    if !run.iter().zip(&mut wanted).all(same) {
                        return false;
                    }
                    word = word.wrapping_add(run.len() as u32);
                }
                true
            }
        }
    }

    fn entry(&self, sym: Sym) -> &Entry {
        self.entries
            .get(sym.0)
            .expect("a symbol belongs to the environment that gave it out")
    }
}

/// Text as words, the last one filled up with zeros.
pub(super) fn packed(text: &str) -> impl ExactSizeIterator<Item = u64> {
    text.as_bytes().chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    })
}
