//! The stored facts of an environment.

use std::sync::Arc;

use floe_frontend::source::Text;
use rustc_hash::FxHashMap;

use super::MAX_ARITY;
use super::pattern::Pattern;
use super::relation::{Bound, Candidates, Relation};
use super::snapshot::FactSnapshot;
use crate::value::{Sym, Symbols};

/// A predicate with facts, or one that had some: name and number of arguments. It stays
/// the same when policies change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationIx(pub u32);

/// A stored fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FactRow<'f> {
    /// Its predicate.
    pub relation: RelationIx,
    /// Its arguments.
    pub row: &'f [Sym],
}

/// A set of facts: also of those that the policy in force does not use.
///
/// One writer; readers must be kept out while it works. Reading by a pattern touches no
/// more rows than the shortest list of any one of its arguments has (or 64), whether the
/// argument is a value or a type. The first pattern to bind an argument makes the list
/// of all its symbols, once per argument and predicate.
pub struct FactSet {
    symbols: Arc<Symbols>,
    relations: Vec<Relation>,
    by_name: FxHashMap<Text, Vec<RelationIx>>,
    len: u64,
}

impl FactSet {
    /// No facts, of the environment with these symbols.
    #[must_use]
    pub fn new(symbols: Arc<Symbols>) -> FactSet {
        FactSet {
            symbols,
            relations: Vec::new(),
            by_name: FxHashMap::default(),
            len: 0,
        }
    }

    /// The environment's symbols.
    #[must_use]
    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.symbols
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many facts have this predicate, with any number of arguments.
    #[must_use]
    pub fn count(&self, predicate: &str) -> u64 {
        let all = self.by_name.get(predicate).into_iter().flatten();
        all.map(|&ix| u64::from(self.get(ix).rows.len())).sum()
    }

    /// The relation of this name and number of arguments.
    #[must_use]
    pub fn relation(&self, predicate: &str, arity: usize) -> Option<RelationIx> {
        let all = self.by_name.get(predicate)?;
        all.iter()
            .copied()
            .find(|&ix| self.get(ix).arity() == arity)
    }

    /// Name and number of arguments of a relation.
    #[must_use]
    pub fn predicate(&self, relation: RelationIx) -> (&Text, usize) {
        let relation = self.get(relation);
        (&relation.name, relation.arity())
    }

    /// Whether the fact is stored.
    #[must_use]
    pub fn contains(&self, relation: RelationIx, row: &[Sym]) -> bool {
        self.get(relation).find(row).is_some()
    }

    /// Facts that agree with a pattern, in no order.
    #[must_use]
    pub fn select(&self, pattern: &Pattern<'_>) -> Selection<'_> {
        let bounds: Option<Vec<Bound>> = pattern
            .args
            .iter()
            .map(|a| a.bound(&self.symbols))
            .collect();
        let arity = |ix: &RelationIx| {
            let arity = self.get(*ix).arity();
            arity == pattern.args.len() || (pattern.open && arity > pattern.args.len())
        };
        let relations: Vec<RelationIx> = match (&bounds, pattern.predicate) {
            (None, _) => Vec::new(),
            (_, Some(name)) => self
                .by_name
                .get(name)
                .into_iter()
                .flatten()
                .copied()
                .filter(arity)
                .collect(),
            (_, None) => (0..self.relations.len() as u32)
                .map(RelationIx)
                .filter(arity)
                .collect(),
        };
        Selection {
            facts: self,
            bounds: bounds.unwrap_or_default(),
            relations,
            begun: 0,
            current: None,
        }
    }

    /// Facts of a relation that have these symbols, where `row` has one, in no order.
    #[must_use]
    pub fn select_rows(&self, relation: RelationIx, row: &[Option<Sym>]) -> Selection<'_> {
        let bound = |sym: &Option<Sym>| match *sym {
            Some(sym) if sym.is_local() => Bound::Syms(Vec::new()),
            Some(sym) => Bound::Sym(sym),
            None => Bound::Any,
        };
        Selection {
            facts: self,
            bounds: row.iter().map(bound).collect(),
            relations: vec![relation],
            begun: 0,
            current: None,
        }
    }

    /// The facts of this moment, for reading at leisure while they change.
    #[must_use]
    pub fn snapshot(&self) -> FactSnapshot {
        let relations = self
            .relations
            .iter()
            .map(|r| (r.name.clone(), r.rows.clone()));
        FactSnapshot::new(relations.collect())
    }

    /// Forgets every fact.
    pub fn clear(&mut self) {
        for relation in &mut self.relations {
            *relation = Relation::new(relation.name.clone(), relation.arity());
        }
        self.len = 0;
    }

    /// Bytes in use, symbols left out.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.relations.iter().map(Relation::bytes).sum()
    }

    /// At most so many bytes are added by a fact with so many arguments.
    pub(super) fn bytes_of(arity: usize) -> u64 {
        // Per argument the symbol, its links, and a list of its own; the place in the set.
        (arity * (4 + 8 + 12 + 10) + 10) as u64
    }

    pub(super) fn get(&self, relation: RelationIx) -> &Relation {
        &self.relations[relation.0 as usize]
    }

    /// The relation of this name and number of arguments (between one and
    /// [`MAX_ARITY`]), new or not.
    pub fn enter_relation(&mut self, predicate: &str, arity: usize) -> RelationIx {
        debug_assert!((1..=MAX_ARITY).contains(&arity));
        self.relation(predicate, arity).unwrap_or_else(|| {
            let ix = RelationIx(self.relations.len() as u32);
            let name: Text = predicate.into();
            self.relations.push(Relation::new(name.clone(), arity));
            self.by_name.entry(name).or_default().push(ix);
            ix
        })
    }

    /// Stores a fact; true if it is new. For restoring what has been stored before: no
    /// policy is asked. Whatever else changes facts is a [`super::ChangeSet`].
    pub fn insert(&mut self, relation: RelationIx, row: &[Sym]) -> bool {
        let new = self.relations[relation.0 as usize].insert(row, &self.symbols);
        self.len += u64::from(new);
        new
    }

    /// Makes room for so many more facts of a relation.
    pub(crate) fn reserve(&mut self, relation: RelationIx, facts: usize) {
        self.relations[relation.0 as usize].reserve(facts);
    }

    /// Stores facts of a relation that has none, their arguments one after the other; none
    /// may be there twice. For restoring, as [`FactSet::insert`] is.
    pub(crate) fn fill(&mut self, relation: RelationIx, rows: &[Sym]) {
        let relation = &mut self.relations[relation.0 as usize];
        relation.fill(rows);
        self.len += u64::from(relation.rows.len());
    }

    /// Removes a fact; true if it was stored. For restoring, as [`FactSet::insert`] is.
    pub fn delete(&mut self, relation: RelationIx, row: &[Sym]) -> bool {
        let symbols = &*self.symbols;
        let relation = &mut self.relations[relation.0 as usize];
        let found = relation.find(row);
        if let Some(at) = found {
            relation.swap_remove(at, symbols);
        }
        self.len -= u64::from(found.is_some());
        found.is_some()
    }

    /// Removes all rows that satisfy the bounds, handing each to `removed`.
    pub(super) fn remove(
        &mut self,
        relation: RelationIx,
        bounds: &[Bound],
        mut removed: impl FnMut(&[Sym]),
    ) {
        let symbols = &*self.symbols;
        let relation = &mut self.relations[relation.0 as usize];
        let candidates = relation.candidates(bounds, symbols);
        let mut rows: Vec<u32> = candidates
            .filter(|&r| relation.satisfies(r, bounds, symbols))
            .collect();
        // From the end: the row that moves into a gap is none of those still to go.
        rows.sort_unstable();
        for &row in rows.iter().rev() {
            removed(relation.rows.get(row));
            relation.swap_remove(row, symbols);
        }
        self.len -= rows.len() as u64;
    }
}

/// Facts that agree with a pattern; see [`FactSet::select`].
pub struct Selection<'f> {
    facts: &'f FactSet,
    bounds: Vec<Bound>,
    relations: Vec<RelationIx>,
    /// How many of them have been begun.
    begun: usize,
    current: Option<(RelationIx, Candidates<'f>)>,
}

impl Selection<'_> {
    /// Whether a fact would be selected if it were stored.
    #[must_use]
    pub fn admits(&self, relation: RelationIx, row: &[Sym]) -> bool {
        let symbols = &*self.facts.symbols;
        let mut pairs = row.iter().zip(&self.bounds);
        self.relations.contains(&relation) && pairs.all(|(s, bound)| bound.admits(*s, symbols))
    }
}

impl<'f> Iterator for Selection<'f> {
    type Item = FactRow<'f>;

    fn next(&mut self) -> Option<FactRow<'f>> {
        let symbols = &*self.facts.symbols;
        loop {
            if let Some((relation, candidates)) = &mut self.current {
                let rows = self.facts.get(*relation);
                let found = candidates.find(|&r| rows.satisfies(r, &self.bounds, symbols));
                if let Some(row) = found {
                    return Some(FactRow {
                        relation: *relation,
                        row: rows.rows.get(row),
                    });
                }
            }
            let relation = *self.relations.get(self.begun)?;
            self.begun += 1;
            let candidates = self.facts.get(relation).candidates(&self.bounds, symbols);
            self.current = Some((relation, candidates));
        }
    }
}
