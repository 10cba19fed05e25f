//! Facts in a request's context, as rows of parts (spec 6.5).

use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;

use crate::value::Sym;

/// Facts that exist for one request only.
#[derive(Clone, Debug, Default)]
pub struct Context {
    parts: FxHashMap<PartId, PartRows>,
    answers: Vec<(PredicateId, Box<[Sym]>)>,
}

/// Above this many rows a part gets an index.
const SHORT: u32 = 8;

#[derive(Clone, Debug, Default)]
struct PartRows {
    width: usize,
    len: u32,
    rows: Vec<Sym>,
    /// Rows by column and symbol, once there are more than a few.
    by_symbol: FxHashMap<(u32, Sym), Vec<u32>>,
}

impl Context {
    /// No facts.
    #[must_use]
    pub fn new() -> Context {
        Context::default()
    }

    /// Adds a row of a part: the symbols at its stored columns.
    pub fn add_row(&mut self, part: PartId, row: &[Sym]) {
        self.parts.entry(part).or_default().push(row);
    }

    /// Adds a fact of a predicate that no rule reads: an answer to questions about that
    /// predicate.
    pub fn add_answer(&mut self, predicate: PredicateId, args: &[Sym]) {
        self.answers.push((predicate, args.into()));
    }

    /// Whether there are no facts at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.answers.is_empty()
    }

    /// Parts that have rows here.
    pub(super) fn parts(&self) -> impl Iterator<Item = PartId> {
        self.parts.keys().copied()
    }

    pub(super) fn has_rows(&self) -> bool {
        !self.parts.is_empty()
    }

    pub(super) fn touches(&self, part: PartId) -> bool {
        self.parts.contains_key(&part)
    }

    pub(super) fn answers(&self, predicate: PredicateId) -> impl Iterator<Item = &[Sym]> {
        let of = self.answers.iter().filter(move |(p, _)| *p == predicate);
        of.map(|(_, row)| &**row)
    }

    /// Like [`super::Rows::facts`].
    pub(super) fn matching(
        &self,
        part: PartId,
        pattern: &[Option<Sym>],
        found: &mut dyn FnMut(&[Sym]) -> bool,
    ) {
        if let Some(rows) = self.parts.get(&part) {
            rows.matching(pattern, found);
        }
    }
}

impl PartRows {
    fn push(&mut self, row: &[Sym]) {
        self.width = row.len();
        self.rows.extend_from_slice(row);
        self.len += 1;
        if self.len == SHORT + 1 {
            (0..self.len).for_each(|r| self.enter(r));
        } else if self.len > SHORT {
            self.enter(self.len - 1);
        }
    }

    fn enter(&mut self, r: u32) {
        for column in 0..self.width {
            let sym = self.rows[r as usize * self.width + column];
            self.by_symbol
                .entry((column as u32, sym))
                .or_default()
                .push(r);
        }
    }

    fn row(&self, r: u32) -> &[Sym] {
        let at = r as usize * self.width;
        &self.rows[at..at + self.width]
    }

    fn matching(&self, pattern: &[Option<Sym>], found: &mut dyn FnMut(&[Sym]) -> bool) {
        let agrees = |row: &[Sym]| {
            pattern
                .iter()
                .zip(row)
                .all(|(p, s)| p.is_none_or(|p| p == *s))
        };
        if self.len > SHORT && pattern.iter().any(Option::is_some) {
            let bound = (0..).zip(pattern).filter_map(|(c, p)| Some((c, (*p)?)));
            let lists = bound.map(|key| self.by_symbol.get(&key).map_or(&[][..], |l| &l[..]));
            let shortest = lists.min_by_key(|l| l.len()).unwrap_or_default();
            for &r in shortest {
                let row = self.row(r);
                if agrees(row) && !found(row) {
                    return;
                }
            }
            return;
        }
        for r in 0..self.len {
            let row = self.row(r);
            if agrees(row) && !found(row) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_with_and_without_an_index() {
        for count in [3, 50] {
            let mut context = Context::new();
            for i in 0..count {
                context.add_row(PartId(0), &[Sym(i), Sym(i % 2)]);
            }
            let mut found = Vec::new();
            context.matching(PartId(0), &[None, Some(Sym(1))], &mut |row| {
                found.push(row[0].0);
                true
            });
            assert_eq!(found, (0..count).filter(|i| i % 2 == 1).collect::<Vec<_>>());
            let mut all = 0;
            context.matching(PartId(0), &[None, None], &mut |_| {
                all += 1;
                all < 2
            });
            assert_eq!(all, 2);
            context.matching(PartId(0), &[Some(Sym(0)), Some(Sym(1))], &mut |_| {
                panic!("no such row")
            });
            context.matching(PartId(1), &[None], &mut |_| panic!("no such part"));
        }
    }
}
