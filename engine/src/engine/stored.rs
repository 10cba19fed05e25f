//! Stored facts at any epoch that is still read.
//!
//! The set itself is always the newest. What it is ahead of a reader, the change sets
//! committed since the reader's epoch, is kept beside it and taken back while reading.
//! Readers and the writer share one lock, held for one lookup or one commit.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::{FactSet, FactSnapshot, NetChange, Pattern, RelationIx};
use crate::faults::{Fault, has};
use crate::index::Epochs;
use crate::value::Sym;

/// The facts of an environment.
pub(super) struct StoredFacts {
    epochs: Arc<Epochs>,
    inner: RwLock<Inner>,
}

struct Inner {
    facts: FactSet,
    /// The epoch of the newest commit.
    epoch: u64,
    /// What some reader may have to take back, oldest first.
    recent: VecDeque<Recent>,
    /// By relation: the epoch of its newest change.
    changed: Vec<u64>,
}

/// A committed change set.
struct Recent {
    epoch: u64,
    net: Arc<NetChange>,
    /// Its changes by relation and symbol, made when a reader first needs it.
    by_symbol: OnceLock<FxHashMap<(RelationIx, Sym), Vec<u32>>>,
}

/// Hears of facts with their predicates until it says `false`.
pub(super) type Named<'f> = dyn FnMut(&str, &[Sym]) -> bool + 'f;

/// Change sets up to this long are searched from end to end.
const SHORT: usize = 64;

impl StoredFacts {
    pub(super) fn new(facts: FactSet, epochs: Arc<Epochs>) -> StoredFacts {
        let epoch = epochs.published();
        StoredFacts {
            epochs,
            inner: RwLock::new(Inner {
                facts,
                epoch,
                recent: VecDeque::new(),
                changed: Vec::new(),
            }),
        }
    }

    /// Commits a change set as this epoch, if it has any effect.
    pub(super) fn commit<E>(
        &self,
        epoch: u64,
        commit: impl FnOnce(&mut FactSet) -> Result<NetChange, E>,
    ) -> Result<Arc<NetChange>, E> {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        let oldest = self.epochs.oldest();
        while inner.recent.front().is_some_and(|r| r.epoch <= oldest) {
            inner.recent.pop_front();
        }
        let net = Arc::new(commit(&mut inner.facts)?);
        if !net.is_empty() {
            inner.epoch = epoch;
            for change in net.iter() {
                let relation = change.relation.0 as usize;
                if relation >= inner.changed.len() {
                    inner.changed.resize(relation + 1, 0);
                }
                inner.changed[relation] = epoch;
            }
            inner.recent.push_back(Recent {
                epoch,
                net: Arc::clone(&net),
                by_symbol: OnceLock::new(),
            });
        }
        Ok(net)
    }

    /// Makes room for facts of these predicates, and tells where.
    pub(super) fn enter<'p>(
        &self,
        predicates: impl Iterator<Item = (&'p str, usize)>,
    ) -> Vec<Option<RelationIx>> {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let arities = 1..=crate::catalog::MAX_ARITY;
        predicates
            .map(|(name, arity)| {
                arities
                    .contains(&arity)
                    .then(|| inner.facts.enter_relation(name, arity))
            })
            .collect()
    }

    /// The newest facts, and their epoch.
    pub(super) fn snapshot(&self) -> (FactSnapshot, u64) {
        let inner = self.read();
        (inner.facts.snapshot(), inner.epoch)
    }

    /// Looks at the newest facts.
    pub(super) fn read_set<R>(&self, look: impl FnOnce(&FactSet) -> R) -> R {
        look(&self.read().facts)
    }

    /// How many facts there are at the newest epoch.
    pub(super) fn len(&self) -> u64 {
        self.read().facts.len()
    }

    /// Bytes in use.
    pub(super) fn memory(&self) -> u64 {
        self.read().facts.memory()
    }

    /// Whether a fact is stored at an epoch that someone holds.
    pub(super) fn contains(&self, relation: RelationIx, row: &[Sym], epoch: u64) -> bool {
        let inner = self.read();
        let key = row.first().copied();
        match inner.before(relation, key, epoch, |there| there == row) {
            Some(first) => !first.added,
            None => inner.facts.contains(relation, row),
        }
    }

    /// Hands over the facts of a relation at an epoch that have these symbols, where
    /// `pattern` has one, until told to stop.
    pub(super) fn each(
        &self,
        relation: RelationIx,
        pattern: &[Option<Sym>],
        epoch: u64,
        found: &mut dyn FnMut(&[Sym]) -> bool,
    ) {
        let inner = self.read();
        let rows = inner.facts.select_rows(relation, pattern).map(|f| f.row);
        if !inner.is_ahead(relation, epoch) {
            let mut rows = rows;
            _ = rows.all(found);
            return;
        }
        let agrees = |row: &[Sym]| {
            let mut pairs = row.iter().zip(pattern);
            pairs.all(|(s, p)| p.is_none_or(|p| p == *s))
        };
        let key = pattern.iter().find_map(|p| *p);
        let since = inner.since(relation, key, epoch, agrees);
        let gone = since.iter().filter(|c| !c.added).map(|c| c.row);
        let known: FxHashSet<&[Sym]> = since.iter().map(|c| c.row).collect();
        let mut rows = rows.filter(|row| !known.contains(row)).chain(gone);
        _ = rows.all(found);
    }

    /// The same for a pattern of text, over all relations, with their names.
    pub(super) fn select(&self, pattern: &Pattern<'_>, epoch: u64, found: &mut Named<'_>) {
        let inner = self.read();
        let facts = &inner.facts;
        let mut selection = facts.select(pattern);
        let mut first: FxHashMap<(RelationIx, &[Sym]), bool> = FxHashMap::default();
        for recent in inner.recent.iter().filter(|r| r.epoch > epoch) {
            for change in recent.net.iter() {
                if selection.admits(change.relation, change.row) {
                    let key = (change.relation, change.row);
                    first.entry(key).or_insert(change.added);
                }
            }
        }
        let mut found =
            |(relation, row): (RelationIx, &[Sym])| found(facts.predicate(relation).0, row);
        for fact in selection.by_ref() {
            let key = (fact.relation, fact.row);
            if !first.contains_key(&key) && !found(key) {
                return;
            }
        }
        let mut gone: Vec<_> = first.into_iter().filter(|(_, added)| !added).collect();
        gone.sort_unstable();
        _ = gone.into_iter().all(|(key, _)| found(key));
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a row first after some epoch.
struct First<'i> {
    added: bool,
    row: &'i [Sym],
}

impl Inner {
    fn is_ahead(&self, relation: RelationIx, epoch: u64) -> bool {
        let changed = self.changed.get(relation.0 as usize);
        changed.is_some_and(|&changed| changed > epoch) && !has(Fault::FactsOfTheNewestEpoch)
    }

    /// The first change after an epoch to each row that agrees; `key` is a symbol that
    /// such rows have.
    fn since<'i>(
        &'i self,
        relation: RelationIx,
        key: Option<Sym>,
        epoch: u64,
        agrees: impl Fn(&[Sym]) -> bool,
    ) -> Vec<First<'i>> {
        let mut first: Vec<First<'i>> = Vec::new();
        let mut known: FxHashSet<&[Sym]> = FxHashSet::default();
        let begin = self.recent.partition_point(|r| r.epoch <= epoch);
        for recent in self.recent.range(begin..) {
            recent.each(relation, key, &mut |added, row| {
                if agrees(row) && known.insert(row) {
                    first.push(First { added, row });
                }
            });
        }
        first
    }

    fn before(
        &self,
        relation: RelationIx,
        key: Option<Sym>,
        epoch: u64,
        agrees: impl Fn(&[Sym]) -> bool,
    ) -> Option<First<'_>> {
        let ahead = self.is_ahead(relation, epoch);
        let mut since = ahead.then(|| self.since(relation, key, epoch, agrees))?;
        (!since.is_empty()).then(|| since.swap_remove(0))
    }
}

impl Recent {
    fn each<'r>(
        &'r self,
        relation: RelationIx,
        key: Option<Sym>,
        found: &mut dyn FnMut(bool, &'r [Sym]),
    ) {
        match key {
            Some(key) if self.net.len() > SHORT => {
                let changes = self.by_symbol().get(&(relation, key));
                for &at in changes.into_iter().flatten() {
                    let change = self.net.get(at as usize);
                    found(change.added, change.row);
                }
            }
            _ => {
                for change in self.net.iter().filter(|c| c.relation == relation) {
                    found(change.added, change.row);
                }
            }
        }
    }

    fn by_symbol(&self) -> &FxHashMap<(RelationIx, Sym), Vec<u32>> {
        self.by_symbol.get_or_init(|| {
            let mut map: FxHashMap<(RelationIx, Sym), Vec<u32>> = FxHashMap::default();
            for (at, change) in (0..).zip(self.net.iter()) {
                for (i, sym) in change.row.iter().enumerate() {
                    if !change.row[..i].contains(sym) {
                        map.entry((change.relation, *sym)).or_default().push(at);
                    }
                }
            }
            map
        })
    }
}
