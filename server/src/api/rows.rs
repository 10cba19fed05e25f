//! Stored facts in their order, as numbers until they are written.

use std::sync::Arc;

use crate::environment::engine::{Ordinal, Pattern, Snapshot, Sym, Symbols, TypeIx};
use crate::http::PART;
use crate::wire::quote;

/// Facts sorted by predicate, then by type and id of each argument.
#[derive(Default)]
pub(super) struct Rows {
    /// Ascending.
    predicates: Vec<String>,
    /// Names of types by number.
    types: Vec<String>,
    /// Every value that occurs, sorted by type and id.
    values: Vec<Sym>,
    /// Each a place in `predicates`, then places in `values`.
    cells: Vec<u32>,
    /// Where each begins and ends in `cells`, in order.
    rows: Vec<(u32, u32)>,
}

impl Rows {
    /// Those that agree with a pattern.
    pub(super) fn of(snapshot: &Snapshot, pattern: &Pattern<'_>) -> Rows {
        let symbols = snapshot.symbols();
        let mut rows = Rows::default();
        let Rows {
            predicates, cells, ..
        } = &mut rows;
        let mut ends = Vec::new();
        snapshot.each_row(pattern, &mut |predicate, row| {
            // Facts of one predicate come one after the other, nearly.
            let known = predicates.iter().rposition(|p| p == predicate);
            let place = known.unwrap_or_else(|| {
                predicates.push(predicate.to_owned());
                predicates.len() - 1
            });
            cells.push(place as u32);
            cells.extend(row.iter().map(|sym| sym.0));
            ends.push(cells.len() as u32);
            true
        });
        rows.rank(symbols, &ends);
        let cells = &rows.cells;
        let cell = |row: &(u32, u32)| &cells[row.0 as usize..row.1 as usize];
        rows.rows.sort_unstable_by(|a, b| cell(a).cmp(cell(b)));
        rows
    }

    /// Replaces predicates and values by their places in the order of their texts.
    fn rank(&mut self, symbols: &Arc<Symbols>, ends: &[u32]) {
        let begins = std::iter::once(0).chain(ends.iter().copied());
        self.rows = begins.zip(ends.iter().copied()).collect();

        let mut order: Vec<u32> = (0..self.predicates.len() as u32).collect();
        order.sort_unstable_by_key(|p| &self.predicates[*p as usize]);
        let predicate = inverse(order.iter().copied(), order.len());
        self.predicates.sort_unstable();

        let last = (self.rows.iter())
            .flat_map(|(begin, end)| &self.cells[*begin as usize + 1..*end as usize])
            .max();
        let mut occurs = vec![false; last.map_or(0, |last| *last as usize + 1)];
        for (begin, end) in &self.rows {
            for sym in &self.cells[*begin as usize + 1..*end as usize] {
                occurs[*sym as usize] = true;
            }
        }
        let mut of_type: Vec<Vec<Ordinal>> = vec![Vec::new(); symbols.types() as usize + 1];
        for sym in (0..)
            .zip(&occurs)
            .filter(|(_, o)| **o)
            .map(|(sym, _)| Sym(sym))
        {
            // A type that has come since is of no fact here.
            if let Some(of_type) = of_type.get_mut(symbols.type_of(sym).0 as usize) {
                of_type.push(symbols.ordinal(sym));
            }
        }
        let name = |ty: u32| symbols.type_name(TypeIx(ty));
        self.types = (0..of_type.len() as u32).map(name).collect();
        let mut by_name: Vec<usize> = (0..of_type.len()).collect();
        by_name.sort_unstable_by_key(|ty| &self.types[*ty]);
        for ty in by_name {
            let ordinals = std::mem::take(&mut of_type[ty]);
            let sorted = symbols.sorted(TypeIx(ty as u32), ordinals.len(), ordinals.into_iter());
            self.values.extend(sorted.symbols());
        }
        let value = inverse(self.values.iter().map(|sym| sym.0), occurs.len());
        for (begin, end) in &self.rows {
            let cells = &mut self.cells[*begin as usize..*end as usize];
            cells[0] = predicate[cells[0] as usize];
            cells[1..]
                .iter_mut()
                .for_each(|cell| *cell = value[*cell as usize]);
        }
    }

    fn write(&self, row: usize, symbols: &Symbols, to: &mut Vec<u8>) {
        let (begin, end) = self.rows[row];
        let cells = &self.cells[begin as usize..end as usize];
        to.extend_from_slice(b"{\"predicate\":");
        quote(&self.predicates[cells[0] as usize], to);
        to.extend_from_slice(b",\"args\":[");
        for (i, value) in cells[1..].iter().enumerate() {
            let sym = self.values[*value as usize];
            to.extend_from_slice(match i {
                0 => b"{\"type\":".as_slice(),
                _ => b",{\"type\":",
            });
            quote(&self.types[symbols.type_of(sym).0 as usize], to);
            to.extend_from_slice(b",\"id\":");
            symbols.read(sym, |id| quote(id, to));
            to.push(b'}');
        }
        to.extend_from_slice(b"]}");
    }
}

/// Where each number stands.
fn inverse(numbers: impl Iterator<Item = u32>, end: usize) -> Vec<u32> {
    let mut places = vec![0; end];
    for (place, number) in (0..).zip(numbers) {
        places[number as usize] = place;
    }
    places
}

/// Facts as a JSON array, part by part.
pub(super) struct Parts {
    rows: Rows,
    symbols: Arc<Symbols>,
    next: usize,
    done: bool,
}

impl Parts {
    pub(super) fn new(rows: Rows, symbols: Arc<Symbols>) -> Parts {
        Parts {
            rows,
            symbols,
            next: 0,
            done: false,
        }
    }

    /// Whether there is nothing more to come.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }
}

impl Iterator for Parts {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.done {
            return None;
        }
        let all = self.rows.rows.len();
        let mut part = Vec::with_capacity(PART.min(200 * (all - self.next) + 2));
        if self.next == 0 {
            part.push(b'[');
        }
        while self.next < all && part.len() < PART {
            if self.next > 0 {
                part.push(b',');
            }
            self.rows.write(self.next, &self.symbols, &mut part);
            self.next += 1;
        }
        if self.next == all {
            part.push(b']');
            self.done = true;
        }
        Some(part)
    }
}
