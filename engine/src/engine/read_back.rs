//! What is served, held against what is on disk.
//!
//! Facts in memory and records on disk are made of the same change sets by two ways. Here
//! the second is gone once more, from the snapshot through the log, and the facts at its
//! end are compared with those that answer, both as of one epoch; changes go on meanwhile.

use rustc_hash::FxHashSet;

use super::audit::Difference;
use super::{Engine, Shared};
use crate::catalog::{Cursor, FactSet, FactSnapshot, RelationIx};
use crate::store::StoreError;
use crate::value::{Sym, Symbols};

/// What a comparison with the disk has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadBack {
    /// The epoch of both sides.
    pub epoch: u64,
    /// Facts that both have.
    pub facts: u64,
    /// Facts that one of both has.
    pub differences: u64,
    /// One of them: *kept* if it is served, else on disk.
    pub example: Option<Difference>,
    /// The versions of the policy in force and of that on disk, if they differ.
    pub policies: Option<(u64, u64)>,
}

/// Facts handed over at a time.
const SLICE: u32 = 4096;

impl Engine {
    /// Reads everything back that is on disk, holds it against its checksums, and compares it
    /// with the facts that are served; `None` for an environment without a store. Takes as
    /// long as a start without cache, and as much memory as the facts; no snapshot is
    /// written meanwhile.
    ///
    /// # Errors
    /// It cannot be read, or is not what was written.
    pub fn read_back(&self) -> Result<Option<ReadBack>, StoreError> {
        self.shared.read_back()
    }
}

impl Shared {
    fn read_back(&self) -> Result<Option<ReadBack>, StoreError> {
        let Some(durable) = &self.durable else {
            return Ok(None);
        };
        let unmoved = durable.journal.unmoved();
        let (served, epoch, version) = {
            let sequencer = self.lock();
            let (facts, _) = self.facts.snapshot();
            (facts, sequencer.epoch, sequencer.version)
        };
        durable.journal.wait(epoch).map_err(StoreError::Broken)?;
        let mut found = None;
        unmoved.read_back(epoch, &self.config.limits, &mut |on_disk, facts| {
            found = Some(ReadBack {
                epoch,
                policies: (on_disk != version).then_some((version, on_disk)),
                ..compare(&served, &self.symbols, facts)
            });
        })?;
        // An epoch that does not change facts or policy has a record too.
        let missing = || format!("epoch {epoch} is served and not on disk");
        found
            .map(Some)
            .ok_or_else(|| StoreError::Broken(missing().into()))
    }
}

fn compare(served: &FactSnapshot, symbols: &Symbols, stored: &FactSet) -> ReadBack {
    let mut found = ReadBack::default();
    let known = |name: &str, arity| stored.relation(name, arity);
    let relations: Vec<(&str, Option<RelationIx>)> = served
        .predicates()
        .map(|(_, name, arity)| (&**name, known(name, arity)))
        .collect();
    let mut translation = Translation::new(symbols, stored.symbols());
    each(served, |relation, row| {
        let (name, on_disk) = relations[relation];
        let there = on_disk.filter(|relation| {
            let row = translation.row(row);
            row.is_some_and(|row| stored.contains(*relation, row))
        });
        if there.is_some() {
            found.facts += 1;
        } else {
            found.differences += 1;
            let shown = || difference(name, row, symbols, true);
            found.example.get_or_insert_with(shown);
        }
    });
    let missing = stored.len() - found.facts;
    found.differences += missing;
    if missing > 0 && found.example.is_none() {
        found.example = not_served(served, &relations, &mut translation, stored);
    }
    found
}

/// One fact that is on disk and not served.
fn not_served(
    served: &FactSnapshot,
    relations: &[(&str, Option<RelationIx>)],
    translation: &mut Translation<'_>,
    stored: &FactSet,
) -> Option<Difference> {
    let mut both: FxHashSet<(RelationIx, Vec<Sym>)> = FxHashSet::default();
    each(served, |relation, row| {
        if let (Some(relation), Some(row)) = (relations[relation].1, translation.row(row)) {
            both.insert((relation, row.to_vec()));
        }
    });
    let all = stored.snapshot();
    let mut only = None;
    each(&all, |relation, row| {
        let relation = RelationIx(relation as u32);
        if only.is_none() && !both.contains(&(relation, row.to_vec())) {
            let (name, _) = stored.predicate(relation);
            only = Some(difference(name, row, stored.symbols(), false));
        }
    });
    only
}

fn each(facts: &FactSnapshot, mut found: impl FnMut(usize, &[Sym])) {
    let mut cursor = Cursor::default();
    loop {
        let mut any = false;
        for fact in facts.slice(&mut cursor, SLICE) {
            any = true;
            found(fact.relation.0 as usize, fact.row);
        }
        if !any {
            return;
        }
    }
}

fn difference(name: &str, row: &[Sym], symbols: &Symbols, kept: bool) -> Difference {
    let text = |sym: &Sym| (symbols.type_name(symbols.type_of(*sym)), symbols.id(*sym));
    Difference {
        predicate: name.to_owned(),
        row: row.iter().map(text).collect(),
        kept,
    }
}

/// Symbols of one table as those of another, by their texts.
struct Translation<'s> {
    from: &'s Symbols,
    to: &'s Symbols,
    /// By symbol.
    known: Vec<Known>,
    row: Vec<Sym>,
}

/// What a symbol is in the other table.
#[derive(Clone, Copy)]
enum Known {
    /// Nobody has asked yet.
    Unasked,
    /// Nothing.
    Nothing,
    As(Sym),
}

impl<'s> Translation<'s> {
    fn new(from: &'s Symbols, to: &'s Symbols) -> Translation<'s> {
        Translation {
            from,
            to,
            known: vec![Known::Unasked; from.len() as usize],
            row: Vec::new(),
        }
    }

    /// The row, if the other table has all its symbols.
    fn row(&mut self, row: &[Sym]) -> Option<&[Sym]> {
        self.row.clear();
        for sym in row {
            let translated = self.sym(*sym)?;
            self.row.push(translated);
        }
        Some(&self.row)
    }

    fn sym(&mut self, sym: Sym) -> Option<Sym> {
        let (from, to) = (self.from, self.to);
        let known = &mut self.known[sym.0 as usize];
        if let Known::Unasked = known {
            let ty = to.lookup_type(&from.type_name(from.type_of(sym)));
            let there = ty.and_then(|ty| from.read(sym, |id| to.lookup(ty, id)));
            *known = there.map_or(Known::Nothing, Known::As);
        }
        match known {
            Known::As(there) => Some(*there),
            Known::Nothing | Known::Unasked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::catalog::FactSet;
    use crate::value::{Datum, Interner, Limits};

    use super::{ReadBack, compare};

    /// Facts of a relation of two users, in a table of symbols of their own.
    fn facts(of: &[(&str, &str)]) -> FactSet {
        let mut interner = Interner::new(Limits::default());
        let ty = interner.intern_type("User").unwrap();
        let mut facts = FactSet::new(Arc::clone(interner.symbols()));
        let relation = facts.enter_relation("knows", 2);
        for (from, to) in of {
            let mut sym = |id| interner.intern(ty, Datum::new(ty, id).unwrap()).unwrap();
            let row = [sym(from), sym(to)];
            facts.insert(relation, &row);
        }
        facts
    }

    #[test]
    fn a_fact_that_one_side_lacks_is_found() {
        let all = [("ann", "bob"), ("bob", "eve"), ("eve", "ann")];
        let turned = [("eve", "ann"), ("bob", "eve"), ("ann", "bob")];
        let found = |served: &[_], stored: &[_]| -> ReadBack {
            let served = facts(served);
            compare(&served.snapshot(), served.symbols(), &facts(stored))
        };
        let same = found(&all, &turned);
        assert_eq!((same.facts, same.differences, same.example), (3, 0, None));
        for (served, stored, kept, id) in [
            (&all[..], &all[1..], true, "ann"),
            (&all[..2], &all[..], false, "eve"),
            (&[][..], &all[..1], false, "ann"),
            (&all[..1], &[][..], true, "ann"),
        ] {
            let found = found(served, stored);
            let example = found.example.unwrap();
            assert_eq!((found.differences, example.kept), (1, kept));
            assert_eq!(example.row[0], ("User".to_owned(), id.to_owned()));
            assert_eq!(found.facts as usize, served.len().min(stored.len()));
        }
    }
}
