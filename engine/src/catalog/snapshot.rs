//! The facts of one moment.

use floe_frontend::source::Text;

use super::facts::{FactRow, RelationIx};
use super::rows::Rows;

/// What [`super::FactSet::snapshot`] yields: the facts as they were, whatever happens to
/// the set afterwards. Taking it costs a few bytes per thousand facts; a thousand facts
/// are copied when one of them first changes.
pub struct FactSnapshot {
    relations: Vec<(Text, Rows)>,
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    relation: u32,
    row: u32,
}

impl FactSnapshot {
    pub(super) fn new(relations: Vec<(Text, Rows)>) -> FactSnapshot {
        FactSnapshot { relations }
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.relations
            .iter()
            .map(|(_, rows)| u64::from(rows.len()))
            .sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Name and number of arguments of every relation, by [`RelationIx`].
    pub fn predicates(&self) -> impl Iterator<Item = (RelationIx, &Text, usize)> {
        (0..)
            .zip(&self.relations)
            .map(|(i, (name, rows))| (RelationIx(i), name, rows.arity()))
    }

    /// How many symbols occur in its facts. The environment has more: names of types,
    /// constants of policies, and values of facts that are gone.
    #[must_use]
    pub fn symbols(&self) -> u32 {
        let mut seen: Vec<u64> = Vec::new();
        let rows = self
            .relations
            .iter()
            .flat_map(|(_, rows)| (0..rows.len()).map(|r| rows.get(r)));
        for sym in rows.flatten() {
            let word = sym.0 as usize / 64;
            if word >= seen.len() {
                seen.resize(word + 1, 0);
            }
            seen[word] |= 1 << (sym.0 % 64);
        }
        seen.iter().map(|w| w.count_ones()).sum()
    }

    /// At most `max` facts from the cursor on, which is moved behind them. All of one
    /// relation; the order is always the same. Nothing is left iff it yields nothing.
    pub fn slice(&self, from: &mut Cursor, max: u32) -> impl Iterator<Item = FactRow<'_>> {
        while (self.relations.get(from.relation as usize)).is_some_and(|(_, r)| from.row >= r.len())
        {
            *from = Cursor {
                relation: from.relation + 1,
                row: 0,
            };
        }
        let here = *from;
        let rows = self
            .relations
            .get(here.relation as usize)
            .map(|(_, rows)| rows);
        let end = rows.map_or(0, |r| r.len().min(here.row.saturating_add(max)));
        from.row = end.max(here.row);
        rows.into_iter().flat_map(move |rows| {
            (here.row..end).map(move |row| FactRow {
                relation: RelationIx(here.relation),
                row: rows.get(row),
            })
        })
    }
}
