//! The counting bitmap index: which rows of which parts hold, at one published epoch.
//!
//! Owns: for every part it was made for, the rows that hold with the number of their
//! derivations, the published epoch, and which epochs are still being read. A row is the
//! part's stored columns with its hidden ones behind; one column's values are a *set* of
//! ordinals, the others with the type of those values are the set's *key* ([`PartShape`]).
//! Must not know: the dataflow that makes the rows, text, policies, requests.
//!
//! On entry: changes of multiplicity of rows, epoch by epoch, from one thread. On exit:
//! any number of threads read, none waits for an epoch to be written, and each sees the
//! rows of exactly one epoch (design D8). A table is cut into shards, each behind a lock that is
//! held for one entry at a time and never while foreign code runs.

mod backlog;
mod counts;
mod entry;
mod epochs;
mod layout;
mod owed;
mod reading;
mod relation;
mod runs;
mod select;
mod set;
mod stats;
mod table;
mod writer;

use std::ops::Deref;
use std::sync::Arc;

use floe_frontend::ir::part::PartId;

use crate::value::Symbols;

use relation::Relation;

pub use epochs::{Epochs, Pin};
pub use layout::PartShape;
pub use owed::Negative;
pub use reading::Reading;
pub use set::{Ordinals, Set};
pub use stats::Stats;
pub use writer::{Load, Writer};

/// What holds, as its readers see it; [`Load`] makes one.
pub struct Index {
    symbols: Arc<Symbols>,
    epochs: Arc<Epochs>,
    relations: Vec<Relation>,
    /// By part: its place in `relations`, or [`ABSENT`].
    places: Vec<u32>,
}

const ABSENT: u32 = u32::MAX;

impl Index {
    fn new(parts: &[(PartId, PartShape)], symbols: Arc<Symbols>, epochs: Arc<Epochs>) -> Index {
        let highest = parts.iter().map(|(part, _)| part.0 as usize + 1).max();
        let mut places = vec![ABSENT; highest.unwrap_or(0)];
        let mut relations = Vec::with_capacity(parts.len());
        for (part, shape) in parts {
            places[part.0 as usize] = relations.len() as u32;
            relations.push(Relation::new(*part, shape));
        }
        Index {
            symbols,
            epochs,
            relations,
            places,
        }
    }

    /// An index of no parts.
    #[must_use]
    pub fn of_nothing(symbols: &Arc<Symbols>, epochs: &Arc<Epochs>) -> Arc<Index> {
        Arc::new(Index::new(&[], Arc::clone(symbols), Arc::clone(epochs)))
    }

    /// Whether it was made for this part.
    #[must_use]
    pub fn holds(&self, part: PartId) -> bool {
        self.places
            .get(part.0 as usize)
            .is_some_and(|&p| p != ABSENT)
    }

    /// Whether rows that have symbols given at these columns are found without going through
    /// the whole part; so they are where nothing is given, since all of it is asked for.
    #[must_use]
    pub fn is_near(&self, part: PartId, bound: &[u16]) -> bool {
        let relation = self.relation(part);
        let given = |columns: &[usize]| columns.iter().all(|&c| bound.contains(&(c as u16)));
        let near = |layout: &layout::Layout| {
            let group = layout.group();
            given(layout.key()) || (!group.is_empty() && given(group))
        };
        bound.is_empty() || relation.tables().any(|table| near(&table.layout))
    }

    /// The newest published epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epochs.published()
    }

    /// Pins the newest published epoch, to read what holds at it. What is overwritten
    /// meanwhile is kept for as long as the reading lives: drop it early.
    #[must_use]
    pub fn read(&self) -> Reading<'_> {
        Reading::new(self)
    }

    /// What holds at a pinned epoch of the environment.
    #[must_use]
    pub fn at<'i, E: Deref<Target = Epochs>>(&'i self, pin: &'i Pin<E>) -> Reading<'i> {
        Reading::pinned(self, pin)
    }

    /// The place of a part that the index was made for.
    fn place(&self, part: PartId) -> usize {
        match self.places.get(part.0 as usize) {
            Some(&place) if place != ABSENT => place as usize,
            _ => panic!("the index was not made for part {}", part.0),
        }
    }

    fn relation(&self, part: PartId) -> &Relation {
        &self.relations[self.place(part)]
    }
}
