//! The writer's half: giving out symbols.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::symbols::{Symbols, halves, packed};
use super::{Datum, Limits, Ordinal, Sym, TypeIx};

/// The only way to new symbols; an environment has one, its sequencer's.
///
/// Only what has been accepted is interned: symbols are never taken back.
pub struct Interner {
    symbols: Arc<Symbols>,
}

/// A write needs more symbols, or more room for their text, than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfSymbols {
    /// How many an environment may have.
    pub limit: u32,
}

impl fmt::Display for OutOfSymbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the environment has no room for more distinct values (limit {})",
            self.limit
        )
    }
}

impl std::error::Error for OutOfSymbols {}

impl Interner {
    /// Symbols of a new environment: the primitive types and nothing else.
    #[must_use]
    pub fn new(limits: Limits) -> Interner {
        let mut interner = Interner {
            symbols: Arc::new(Symbols::new(limits)),
        };
        // The names' own type comes before any name, and has none.
        let names = interner.symbols.types.slot(TypeIx::NAME.0);
        names.len.store(1, Ordering::Relaxed);
        for name in ["String", "Integer", "Boolean"] {
            let hash = interner.symbols.hash(TypeIx::NAME, Datum::Text(name));
            interner.enter(hash, TypeIx::NAME, Datum::Text(name));
        }
        interner
    }

    /// The writer of these symbols, which has no other.
    pub(super) fn of(symbols: Arc<Symbols>) -> Interner {
        Interner { symbols }
    }

    /// Makes room for so many more symbols, so that the table need not grow on the way.
    pub(crate) fn reserve(&mut self, symbols: u32) {
        self.symbols.table.reserve(symbols);
    }

    /// The readers' half.
    #[must_use]
    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.symbols
    }

    /// The symbol of a value, new or not.
    ///
    /// # Errors
    /// There is no room for a new one; nothing has changed.
    pub fn intern(&mut self, ty: TypeIx, datum: Datum<'_>) -> Result<Sym, OutOfSymbols> {
        let hash = self.symbols.hash(ty, datum);
        if let Some(sym) = self.symbols.find_hashed(hash, ty, datum) {
            return Ok(sym);
        }
        self.symbols.room(1, words(datum))?;
        Ok(self.enter(hash, ty, datum))
    }

    /// The type of this name, new or not.
    ///
    /// # Errors
    /// There is no room for a new one; nothing has changed.
    pub fn intern_type(&mut self, name: &str) -> Result<TypeIx, OutOfSymbols> {
        let sym = self.intern(TypeIx::NAME, Datum::Text(name))?;
        Ok(TypeIx(self.symbols.ordinal(sym).0))
    }

    fn enter(&mut self, hash: u64, ty: TypeIx, datum: Datum<'_>) -> Sym {
        let symbols = &*self.symbols;
        let sym = Sym(symbols.len.load(Ordering::Relaxed));
        let word = symbols.words_len.load(Ordering::Relaxed);
        let bytes = match datum {
            Datum::Integer(number) => {
                symbols
                    .words
                    .slot(word)
                    .store(number.cast_unsigned(), Ordering::Relaxed);
                size_of::<i64>()
            }
            Datum::Text(text) => {
                for (at, w) in (word..).zip(packed(text)) {
                    symbols.words.slot(at).store(w, Ordering::Relaxed);
                }
                text.len()
            }
        };
        let members = symbols.types.slot(ty.0);
        let ordinal = Ordinal(members.len.load(Ordering::Relaxed));
        let entry = symbols.entries.slot(sym.0);
        let join = |high: u32, low: u32| (u64::from(high) << 32) | u64::from(low);
        entry.place.store(join(ty.0, ordinal.0), Ordering::Relaxed);
        entry
            .text
            .store(join(word, bytes as u32), Ordering::Relaxed);
        debug_assert_eq!(
            halves(entry.place.load(Ordering::Relaxed)),
            (ty.0, ordinal.0)
        );

        symbols
            .words_len
            .store(word + words(datum), Ordering::Relaxed);
        symbols
            .text_bytes
            .fetch_add(bytes as u64, Ordering::Relaxed);
        // From here on it can be found, so everything about it stands above.
        members
            .by_ordinal
            .slot(ordinal.0)
            .store(sym.0 + 1, Ordering::Release);
        members.len.store(ordinal.0 + 1, Ordering::Release);
        symbols.table.insert(hash, sym);
        symbols.len.store(sym.0 + 1, Ordering::Release);
        sym
    }
}

impl Symbols {
    /// Whether so many more symbols fit, with so many words of text.
    pub(crate) fn room(&self, symbols: u32, words: u32) -> Result<(), OutOfSymbols> {
        let limit = self.limits.symbols.min(Sym::FIRST_LOCAL.0);
        let fits = self.len().checked_add(symbols).is_some_and(|n| n <= limit);
        let fits = fits
            && self
                .words_len
                .load(Ordering::Relaxed)
                .checked_add(words)
                .is_some();
        if fits {
            Ok(())
        } else {
            Err(OutOfSymbols { limit })
        }
    }
}

/// Words that the text of a value takes.
pub(crate) fn words(datum: Datum<'_>) -> u32 {
    match datum {
        Datum::Integer(_) => 1,
        Datum::Text(text) => u32::try_from(text.len().div_ceil(8)).unwrap_or(u32::MAX),
    }
}
