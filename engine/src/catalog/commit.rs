//! From a checked change set to net changes of rows: the step that cannot fail.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHashMap;

use super::relation::{Bound, hash_row, spread};
use super::{Arg, Checked, FactSet, Operation, RelationIx};
use crate::faults::{Fault, has};
use crate::value::{Datum, Interner, OutOfSymbols, Sym, TypeIx};

/// What a change set has changed: each row at most once.
#[derive(Debug, Default)]
pub struct NetChange {
    events: Vec<Event>,
    /// Rows of all events, one after the other.
    syms: Vec<Sym>,
}

/// A row that is present now and was not, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'n> {
    /// Whether it is present now.
    pub added: bool,
    /// Its predicate.
    pub relation: RelationIx,
    /// Its arguments.
    pub row: &'n [Sym],
}

#[derive(Clone, Copy, Debug)]
struct Event {
    relation: RelationIx,
    /// First symbol of the row.
    start: usize,
    arity: u8,
    added: bool,
    /// Undone by a later event.
    void: bool,
}

impl NetChange {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many rows have changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// The rows that have changed.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Change<'_>> {
        self.events.iter().map(|event| self.change(event))
    }

    /// The row at this place among those of [`NetChange::iter`].
    #[must_use]
    pub fn get(&self, at: usize) -> Change<'_> {
        self.change(&self.events[at])
    }

    fn change(&self, event: &Event) -> Change<'_> {
        Change {
            added: event.added,
            relation: event.relation,
            row: self.row(event),
        }
    }

    fn row(&self, event: &Event) -> &[Sym] {
        &self.syms[event.start..][..event.arity as usize]
    }

    fn push(&mut self, relation: RelationIx, row: &[Sym], added: bool) {
        self.events.push(Event {
            relation,
            start: self.syms.len(),
            arity: row.len() as u8,
            added,
            void: false,
        });
        self.syms.extend_from_slice(row);
    }

    /// Drops pairs of events that undo each other. In a set a row comes and goes in
    /// turns, so of several events the last one counts if they are odd, none if even.
    fn consolidate(&mut self) {
        let first = self.events.first().map(|e| e.added);
        if self.events.iter().all(|e| Some(e.added) == first) {
            return;
        }
        let key = |e: &Event, syms: &[Sym]| {
            let row = &syms[e.start..][..e.arity as usize];
            spread(hash_row(row) ^ e.relation.0)
        };
        let syms = &self.syms;
        let events = &mut self.events;
        let mut open: HashTable<u32> = HashTable::with_capacity(events.len());
        for i in 0..events.len() {
            let event = events[i];
            let row = &syms[event.start..][..event.arity as usize];
            let same = |&j: &u32| {
                let e = &events[j as usize];
                e.relation == event.relation && syms[e.start..][..e.arity as usize] == *row
            };
            let slot = open.entry(key(&event, syms), same, |&j| key(&events[j as usize], syms));
            match slot {
                Entry::Occupied(before) => {
                    let (before, _) = before.remove();
                    events[before as usize].void = true;
                    events[i].void = true;
                }
                Entry::Vacant(slot) => {
                    slot.insert(i as u32);
                }
            }
        }
        self.events.retain(|e| !e.void);
    }
}

impl Checked<'_> {
    /// Interns what is new, applies all operations in order and tells what has changed.
    /// No other change set may have been committed since the check.
    ///
    /// # Errors
    /// Never, if that is so: the check has looked for room.
    pub fn commit(
        mut self,
        interner: &mut Interner,
        facts: &mut FactSet,
    ) -> Result<NetChange, OutOfSymbols> {
        self.intern(interner)?;
        let mut relations: FxHashMap<(u32, usize), Option<RelationIx>> = FxHashMap::default();
        let mut net = NetChange::default();
        let mut rows = &self.rows[..];
        let mut bounds = Vec::new();
        for operation in self.set.operations() {
            let arity = operation.places().len();
            let relation = relations
                .entry((operation.predicate_name(), arity))
                .or_default();
            if operation.is_delete() {
                // Asked again each time: an insertion in between may have made it.
                *relation = relation.or_else(|| facts.relation(operation.predicate(), arity));
                let exact = operation.args().all(|arg| matches!(arg, Arg::Value(_)));
                if let (Some(relation), true, true) = (
                    *relation,
                    self.bounds(&operation, interner, &mut bounds),
                    exact || !has(Fault::DeletionByPatternLost),
                ) {
                    facts.remove(relation, &bounds, |row| net.push(relation, row, false));
                }
            } else {
                let row;
                (row, rows) = rows.split_at(arity);
                let relation = *relation
                    .get_or_insert_with(|| facts.enter_relation(operation.predicate(), arity));
                if facts.insert(relation, row) {
                    net.push(relation, row, true);
                }
            }
        }
        net.consolidate();
        Ok(net)
    }

    fn intern(&mut self, interner: &mut Interner) -> Result<(), OutOfSymbols> {
        for &name in &self.new_types {
            let ty = interner.intern_type(&self.set.names[name as usize])?;
            self.types[name as usize] = Some(ty);
        }
        for &(row, arg) in &self.unknown {
            let (ty, datum) = self
                .value(arg)
                .expect("only values that are sound are unknown");
            self.rows[row] = interner.intern(ty, datum)?;
        }
        Ok(())
    }

    /// The argument, if it is a value of a known type.
    fn value(&self, arg: usize) -> Option<(TypeIx, Datum<'_>)> {
        let indexed = self.set.arg(arg);
        let ty = self.types[indexed.ty? as usize]?;
        let Arg::Value(value) = indexed.arg else {
            return None;
        };
        Some((ty, Datum::new(ty, value.id).ok()?))
    }

    /// The arguments of a deletion in symbols; false if nothing stored can agree.
    fn bounds(&self, delete: &Operation<'_>, interner: &Interner, out: &mut Vec<Bound>) -> bool {
        let symbols = &**interner.symbols();
        out.clear();
        for at in delete.places() {
            let bound = match self.set.arg(at).arg {
                // Types have been looked up once for the whole set.
                Arg::Value(_) => self
                    .value(at)
                    .and_then(|(ty, datum)| symbols.find(ty, datum))
                    .map(Bound::Sym),
                other => other.bound(symbols),
            };
            match bound {
                Some(bound) => out.push(bound),
                None => return false,
            }
        }
        true
    }
}
