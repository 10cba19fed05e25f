//! Which shapes a fact of one predicate has: a conjunction of bitmaps.
//!
//! A predicate's signatures and the parts its facts belong to are one bit each. A
//! position sorts values into classes that no signature and no part tells apart, mostly
//! by type, by value where the policy names constants; a class is the bits of everything
//! that admits it there. What a fact fits is the conjunction over its arguments: a few
//! words, however many shapes overlap.

use floe_frontend::ir::part::{Column, PartId};
use floe_frontend::ir::{Entry, TypeId, TypeSet};
use rustc_hash::FxHashMap;

use super::MAX_ARITY;
use crate::value::Sym;

/// What one signature or part asks of one argument.
pub(super) enum Test<'p> {
    /// This very value.
    Exactly(Sym),
    /// A value of these types, none of those listed.
    Types(&'p TypeSet, Vec<Sym>),
}

impl<'p> Test<'p> {
    /// What an entry of a signature asks. `sym` knows every constant of the policy.
    pub(super) fn of_entry(
        entry: &'p Entry,
        sym: impl Fn(&floe_frontend::ir::Value) -> Sym,
    ) -> Test<'p> {
        match entry {
            Entry::Exactly(text) => {
                Test::Exactly(sym(&floe_frontend::ir::Value::String(text.clone())))
            }
            Entry::Types(types) => Test::Types(types, Vec::new()),
        }
    }

    /// What a column of a part asks; facts have no part with unbound columns.
    pub(super) fn of_column(
        column: &'p Column,
        sym: impl Fn(&floe_frontend::ir::Value) -> Sym,
    ) -> Option<Test<'p>> {
        match column {
            Column::Constant(value) => Some(Test::Exactly(sym(value))),
            Column::Stored(types, except) => {
                Some(Test::Types(types, except.iter().map(sym).collect()))
            }
            Column::Every(_) => None,
        }
    }
}

/// A fact's place in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Whether it may be stored.
    pub(super) stored: bool,
    /// Whether it counts in a request's context, as an answer of some rule.
    pub(super) context: bool,
    /// The part that holds facts like it.
    pub(super) part: Option<PartId>,
}

/// The shapes of one predicate.
pub(super) struct Shapes {
    /// Of a class: signatures of stored facts, of context facts, parts; each begins at a
    /// word of its own.
    context_from: usize,
    parts_from: usize,
    words: usize,
    parts: Vec<PartId>,
    positions: Vec<Position>,
}

struct Position {
    /// First word of the class, by [`TypeId`].
    by_type: Vec<u32>,
    /// First word of the class, for constants.
    by_value: FxHashMap<Sym, u32>,
    bits: Vec<u64>,
}

impl Shapes {
    /// Shapes of a predicate. Of each signature and part, one test per argument.
    pub(super) fn new(
        arity: usize,
        types: usize,
        type_of: impl Fn(Sym) -> TypeId,
        stored: &[Vec<Test<'_>>],
        context: &[Vec<Test<'_>>],
        parts: &[(PartId, Vec<Test<'_>>)],
    ) -> Shapes {
        debug_assert!((1..=MAX_ARITY).contains(&arity));
        let context_from = stored.len().div_ceil(64);
        let parts_from = context_from + context.len().div_ceil(64);
        let words = parts_from + parts.len().div_ceil(64);
        let numbered = |first: usize| first * 64..;
        let tests: Vec<(usize, &[Test<'_>])> = numbered(0)
            .zip(stored.iter().map(|t| &t[..]))
            .chain(numbered(context_from).zip(context.iter().map(|t| &t[..])))
            .chain(numbered(parts_from).zip(parts.iter().map(|(_, t)| &t[..])))
            .collect();
        let positions = (0..arity)
            .map(|i| {
                let column: Vec<(usize, &Test<'_>)> =
                    tests.iter().map(|&(bit, t)| (bit, &t[i])).collect();
                Position::new(words, types, &type_of, &column)
            })
            .collect();
        Shapes {
            context_from,
            parts_from,
            words,
            parts: parts.iter().map(|&(part, _)| part).collect(),
            positions,
        }
    }

    /// What a fact fits whose arguments are these: types, and symbols as far as they have
    /// any (what has no symbol is no constant of the policy).
    pub(super) fn fit(&self, args: impl Iterator<Item = (TypeId, Option<Sym>)>) -> Fit {
        let mut classes: [&[u64]; MAX_ARITY] = [&[]; MAX_ARITY];
        for ((class, position), (ty, sym)) in classes.iter_mut().zip(&self.positions).zip(args) {
            let first = position.class(ty, sym) as usize;
            *class = &position.bits[first..first + self.words];
        }
        let classes = &classes[..self.positions.len()];
        let both = |word: usize| {
            classes
                .iter()
                .fold(u64::MAX, |bits, class| bits & class[word])
        };
        let any = |mut words: std::ops::Range<usize>| words.any(|w| both(w) != 0);
        debug_assert!(
            (self.parts_from..self.words)
                .map(|w| both(w).count_ones())
                .sum::<u32>()
                <= 1,
            "the parts of a predicate are disjoint"
        );
        let part = (self.parts_from..self.words).find_map(|w| {
            let bits = both(w);
            (bits != 0)
                .then(|| self.parts[(w - self.parts_from) * 64 + bits.trailing_zeros() as usize])
        });
        Fit {
            stored: any(0..self.context_from),
            context: any(self.context_from..self.parts_from),
            part,
        }
    }
}

impl Position {
    fn new(
        words: usize,
        types: usize,
        type_of: &impl Fn(Sym) -> TypeId,
        tests: &[(usize, &Test<'_>)],
    ) -> Position {
        // Per constant, what admits it beyond its type, and what refuses it in spite of it.
        let mut constants: FxHashMap<Sym, (Vec<usize>, Vec<usize>)> = FxHashMap::default();
        for &(bit, test) in tests {
            match test {
                Test::Exactly(sym) => constants.entry(*sym).or_default().0.push(bit),
                Test::Types(_, except) => {
                    for sym in except {
                        constants.entry(*sym).or_default().1.push(bit);
                    }
                }
            }
        }
        let mut classes = Classes {
            bits: Vec::new(),
            known: FxHashMap::default(),
        };
        let of_type: Vec<Vec<u64>> = (0..types)
            .map(|ty| {
                let mut class = vec![0_u64; words];
                for &(bit, test) in tests {
                    if matches!(test, Test::Types(set, _) if set.has(TypeId(ty as u32))) {
                        class[bit / 64] |= 1 << (bit % 64);
                    }
                }
                class
            })
            .collect();
        let by_value = constants
            .into_iter()
            .map(|(sym, (admit, refuse))| {
                let mut class = of_type[type_of(sym).0 as usize].clone();
                for bit in admit {
                    class[bit / 64] |= 1 << (bit % 64);
                }
                for bit in refuse {
                    class[bit / 64] &= !(1 << (bit % 64));
                }
                (sym, classes.place(class))
            })
            .collect();
        Position {
            by_value,
            by_type: of_type.into_iter().map(|c| classes.place(c)).collect(),
            bits: classes.bits,
        }
    }

    fn class(&self, ty: TypeId, sym: Option<Sym>) -> u32 {
        if let Some(sym) = sym
            && !self.by_value.is_empty()
            && let Some(&class) = self.by_value.get(&sym)
        {
            return class;
        }
        self.by_type[ty.0 as usize]
    }
}

/// Classes without repetition.
struct Classes {
    bits: Vec<u64>,
    known: FxHashMap<Vec<u64>, u32>,
}

impl Classes {
    fn place(&mut self, class: Vec<u64>) -> u32 {
        *self.known.entry(class).or_insert_with_key(|class| {
            let first = self.bits.len() as u32;
            self.bits.extend_from_slice(class);
            first
        })
    }
}
