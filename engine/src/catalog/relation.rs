//! The stored facts of one name and number of arguments.

use std::hash::Hasher;
use std::sync::OnceLock;

use floe_frontend::source::Text;
use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::postings::{Chains, Postings, SPARSE};
use super::rows::Rows;
use crate::faults::{Fault, has};
use crate::value::{Sym, Symbols, TypeIx};

/// Below this, reading every row is as good as any list.
const SHORT: u32 = 64;

/// A set of rows with its indexes.
///
/// The index of an argument is made when a pattern first binds that argument and kept
/// from then on: loading builds none, and an environment that never reads by its third
/// argument pays nothing for it.
pub(super) struct Relation {
    pub(super) name: Text,
    pub(super) rows: Rows,
    by_row: HashTable<Place>,
    postings: Vec<OnceLock<Postings>>,
}

/// Where a row is, with its hash: a table grows without looking at any row.
struct Place {
    hash: u32,
    row: u32,
}

/// What a pattern asks of one argument.
#[derive(Clone, Debug)]
pub(super) enum Bound {
    Any,
    Type(TypeIx),
    Sym(Sym),
    /// One of these, which are of different types.
    Syms(Vec<Sym>),
}

impl Bound {
    pub(super) fn admits(&self, sym: Sym, symbols: &Symbols) -> bool {
        match self {
            Bound::Any => true,
            Bound::Type(ty) => symbols.type_of(sym) == *ty || has(Fault::DeletionOfTypeDeletesAll),
            Bound::Sym(wanted) => sym == *wanted,
            Bound::Syms(wanted) => wanted.contains(&sym),
        }
    }
}

impl Relation {
    pub(super) fn new(name: Text, arity: usize) -> Relation {
        Relation {
            name,
            rows: Rows::new(arity),
            by_row: HashTable::new(),
            postings: (0..arity).map(|_| OnceLock::new()).collect(),
        }
    }

    pub(super) fn arity(&self) -> usize {
        self.rows.arity()
    }

    pub(super) fn find(&self, row: &[Sym]) -> Option<u32> {
        let hash = hash_row(row);
        let is = |p: &Place| p.hash == hash && self.rows.get(p.row) == row;
        self.by_row.find(spread(hash), is).map(|p| p.row)
    }

    /// Whether the row is new.
    pub(super) fn insert(&mut self, row: &[Sym], symbols: &Symbols) -> bool {
        if self.find(row).is_some() {
            return false;
        }
        let place = Place {
            hash: hash_row(row),
            row: self.rows.len(),
        };
        self.by_row
            .insert_unique(spread(place.hash), place, |p| spread(p.hash));
        self.rows.push(row);
        for (postings, &sym) in self.postings.iter_mut().zip(row) {
            if let Some(postings) = postings.get_mut() {
                postings.push(sym, symbols.type_of(sym));
            }
        }
        true
    }

    /// Makes room for so many more rows.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.by_row.reserve(rows, |p| spread(p.hash));
    }

    /// Rows, one after the other and each once, where there are none yet.
    pub(super) fn fill(&mut self, all: &[Sym]) {
        self.rows.fill(all);
        self.reserve(self.rows.len() as usize);
        for (row, args) in (0..).zip(all.chunks_exact(self.arity())) {
            let place = Place {
                hash: hash_row(args),
                row,
            };
            self.by_row
                .insert_unique(spread(place.hash), place, |p| spread(p.hash));
        }
    }

    /// Removes the row at this place; the last one takes the place.
    pub(super) fn swap_remove(&mut self, at: u32, symbols: &Symbols) {
        let last = self.rows.len() - 1;
        let rows = &self.rows;
        let hash = |row: u32| spread(hash_row(rows.get(row)));
        if let Ok(place) = self.by_row.find_entry(hash(at), |p| p.row == at) {
            place.remove();
        }
        if at != last
            && let Some(place) = self.by_row.find_mut(hash(last), |p| p.row == last)
        {
            place.row = at;
        }
        for (i, postings) in self.postings.iter_mut().enumerate() {
            if let Some(postings) = postings.get_mut() {
                let (sym, moved) = (rows.get(at)[i], rows.get(last)[i]);
                postings.unlink(at, sym, symbols.type_of(sym));
                postings.swap_remove(at, moved, symbols.type_of(moved));
            }
        }
        self.rows.swap_remove(at);
        if self.by_row.len() < self.by_row.capacity() / SPARSE {
            let room = self.by_row.len() * 2;
            self.by_row.shrink_to(room, |p| spread(p.hash));
        }
    }

    /// Rows that may satisfy `bounds`, one per argument from the first on (arguments
    /// without one are free): no more than the shortest list of any bound argument has.
    /// Whether they do is [`Relation::satisfies`].
    pub(super) fn candidates(&self, bounds: &[Bound], symbols: &Symbols) -> Candidates<'_> {
        let everything = Candidates::All(0..self.rows.len());
        if self.rows.len() <= SHORT {
            return everything;
        }
        let mut exact = [Sym(0); super::MAX_ARITY];
        let mut known = 0;
        for (to, bound) in exact.iter_mut().zip(bounds) {
            if let Bound::Sym(sym) = bound {
                *to = *sym;
                known += 1;
            }
        }
        if known == self.arity() {
            return Candidates::One(self.find(&exact[..known]));
        }
        let mut shortest = (self.rows.len(), everything);
        // Symbols before types: a type's rows are seldom few.
        let by_type = |b: &Bound| matches!(b, Bound::Type(_));
        for types in [false, true] {
            let bounded = bounds.iter().enumerate();
            for (i, bound) in bounded.filter(|(_, b)| by_type(b) == types) {
                if shortest.0 <= SHORT || matches!(bound, Bound::Any) {
                    continue;
                }
                let postings = self.postings[i].get_or_init(|| self.index(i, symbols));
                let typed = |&sym: &Sym| (sym, symbols.type_of(sym));
                let (rows, found) = match bound {
                    Bound::Any => continue,
                    Bound::Type(ty) => (postings.rows_of_type(*ty), postings.of_type(*ty)),
                    Bound::Sym(sym) => {
                        let (sym, ty) = typed(sym);
                        (postings.rows_of(sym, ty), postings.of([(sym, ty)]))
                    }
                    Bound::Syms(syms) => (
                        syms.iter()
                            .map(typed)
                            .map(|(sym, ty)| postings.rows_of(sym, ty))
                            .sum(),
                        postings.of(syms.iter().map(typed)),
                    ),
                };
                if rows < shortest.0 {
                    shortest = (rows, Candidates::Some(found));
                }
            }
        }
        shortest.1
    }

    /// Whether a row satisfies all bounds.
    pub(super) fn satisfies(&self, row: u32, bounds: &[Bound], symbols: &Symbols) -> bool {
        self.rows
            .get(row)
            .iter()
            .zip(bounds)
            .all(|(&sym, bound)| bound.admits(sym, symbols))
    }

    pub(super) fn bytes(&self) -> u64 {
        let postings: u64 = self
            .postings
            .iter()
            .filter_map(OnceLock::get)
            .map(Postings::bytes)
            .sum();
        self.rows.bytes() + self.by_row.allocation_size() as u64 + postings
    }

    fn index(&self, argument: usize, symbols: &Symbols) -> Postings {
        let mut postings = Postings::default();
        for row in 0..self.rows.len() {
            let sym = self.rows.get(row)[argument];
            postings.push(sym, symbols.type_of(sym));
        }
        postings
    }
}

/// Places of rows.
pub(super) enum Candidates<'r> {
    All(std::ops::Range<u32>),
    One(Option<u32>),
    Some(Chains<'r>),
}

impl Iterator for Candidates<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Candidates::All(rows) => rows.next(),
            Candidates::One(row) => row.take(),
            Candidates::Some(chains) => chains.next(),
        }
    }
}

pub(super) fn hash_row(row: &[Sym]) -> u32 {
    let mut hasher = FxHasher::default();
    for sym in row {
        hasher.write_u32(sym.0);
    }
    (hasher.finish() >> 32) as u32
}

/// The tables want their bits from both ends of a word.
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Bound, Relation, SHORT};
    use crate::value::{Datum, Interner, Limits, Sym, TypeIx};

    /// Symbols of three types, few of some and many of others.
    fn symbols() -> (Interner, Vec<(Sym, TypeIx)>) {
        let mut interner = Interner::new(Limits::default());
        let mut all = Vec::new();
        for (name, count) in [("Few", 3), ("Some", 30), ("Many", 300)] {
            let ty = interner.intern_type(name).unwrap();
            for i in 0..count {
                let sym = interner.intern(ty, Datum::Text(&i.to_string())).unwrap();
                all.push((sym, ty));
            }
        }
        (interner, all)
    }

    proptest! {
        #[test]
        fn no_pattern_reads_more_than_its_shortest_list(
            rows in prop::collection::vec(prop::array::uniform3(0..333_usize), 0..600),
            gone in prop::collection::vec(any::<prop::sample::Index>(), 0..300),
            questions in prop::collection::vec(prop::array::uniform3((0..4_u8, 0..333_usize)), 20),
        ) {
            let (interner, all) = symbols();
            let symbols = interner.symbols();
            let mut relation = Relation::new("r".into(), 3);
            for row in rows {
                relation.insert(&row.map(|i| all[i].0), symbols);
            }
            for round in 0..2 {
                for question in questions.iter().skip(round * 10).take(10) {
                    let bounds = question.map(|(kind, i)| match kind {
                        0 => Bound::Any,
                        1 => Bound::Type(all[i].1),
                        2 => Bound::Sym(all[i].0),
                        _ => Bound::Syms(vec![all[i].0, all[0].0]),
                    });
                    let alone = |argument: usize| {
                        let mut only = [const { Bound::Any }; 3];
                        only[argument] = bounds[argument].clone();
                        (0..relation.rows.len())
                            .filter(|&r| relation.satisfies(r, &only, symbols))
                            .count()
                    };
                    let shortest = (0..3).map(alone).min().unwrap_or(0).max(SHORT as usize);
                    let read: Vec<u32> = relation.candidates(&bounds, symbols).collect();
                    prop_assert!(read.len() <= shortest, "{} > {shortest}", read.len());
                    let answers = (0..relation.rows.len())
                        .filter(|&r| relation.satisfies(r, &bounds, symbols));
                    for row in answers {
                        prop_assert!(read.contains(&row));
                    }
                }
                for at in &gone {
                    if relation.rows.len() > 0 {
                        relation.swap_remove(at.index(relation.rows.len() as usize) as u32, symbols);
                    }
                }
            }
        }
    }
}
