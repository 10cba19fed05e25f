//! Rows of one relation, in chunks that snapshots share.

use std::sync::Arc;

use crate::value::Sym;

/// Rows a chunk holds. A snapshot costs a counter per chunk; the first change to a chunk
/// after it costs a copy of the chunk.
const CHUNK: usize = 1024;

/// Rows without gaps. A clone shares the chunks and is not touched by later changes.
#[derive(Clone)]
pub(super) struct Rows {
    arity: usize,
    /// Full ones.
    chunks: Vec<Arc<[Sym]>>,
    /// The rows behind them, up to a chunk's worth; not shared, so that the usual
    /// insertion asks nobody.
    open: Vec<Sym>,
}

impl Rows {
    pub(super) fn new(arity: usize) -> Rows {
        Rows {
            arity,
            chunks: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> u32 {
        (self.chunks.len() * CHUNK + self.open.len() / self.arity) as u32
    }

    pub(super) fn arity(&self) -> usize {
        self.arity
    }

    pub(super) fn get(&self, row: u32) -> &[Sym] {
        let chunk = self.chunks.get(row as usize / CHUNK);
        let chunk = chunk.map_or(&self.open[..], |chunk| chunk);
        &chunk[self.within(row)]
    }

    pub(super) fn push(&mut self, row: &[Sym]) {
        debug_assert_eq!(row.len(), self.arity);
        if self.open.len() == CHUNK * self.arity {
            self.chunks.push(Arc::from(&self.open[..]));
            self.open.clear();
        }
        self.open.extend_from_slice(row);
    }

    /// Rows, one after the other, where there are none yet.
    pub(super) fn fill(&mut self, all: &[Sym]) {
        debug_assert_eq!(self.len(), 0);
        // The last chunk stays open, as `push` leaves it.
        let mut chunks = all.chunks(CHUNK * self.arity).peekable();
        while let Some(chunk) = chunks.next() {
            if chunks.peek().is_some() {
                self.chunks.push(Arc::from(chunk));
            } else {
                self.open.extend_from_slice(chunk);
            }
        }
    }

    /// Removes a row; the last one takes its place.
    pub(super) fn swap_remove(&mut self, row: u32) {
        if self.open.is_empty()
            && let Some(chunk) = self.chunks.pop()
        {
            self.open.extend_from_slice(&chunk);
        }
        let within = self.within(row);
        let start = self.open.len() - self.arity;
        match self.chunks.get_mut(row as usize / CHUNK) {
            Some(chunk) => Arc::make_mut(chunk)[within].copy_from_slice(&self.open[start..]),
            None => self.open.copy_within(start.., within.start),
        }
        self.open.truncate(start);
    }

    pub(super) fn bytes(&self) -> u64 {
        let chunk = CHUNK * self.arity * size_of::<Sym>() + size_of::<[usize; 4]>();
        (self.chunks.len() * chunk + self.open.capacity() * size_of::<Sym>()) as u64
    }

    fn within(&self, row: u32) -> std::ops::Range<usize> {
        let start = row as usize % CHUNK * self.arity;
        start..start + self.arity
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CHUNK, Rows};
    use crate::value::Sym;

    proptest! {
        #[test]
        fn rows_are_a_vector_and_clones_stand_still(
            steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>(), 1..1500_usize), 1..12),
        ) {
            let mut rows = Rows::new(2);
            let mut model: Vec<[Sym; 2]> = Vec::new();
            let mut next = 0;
            for (grow, at, count) in steps {
                let (old, before) = (rows.clone(), model.clone());
                for _ in 0..count {
                    if grow {
                        next += 1;
                        rows.push(&[Sym(next), Sym(next / 2)]);
                        model.push([Sym(next), Sym(next / 2)]);
                    } else if !model.is_empty() {
                        let at = at.index(model.len());
                        rows.swap_remove(at as u32);
                        model.swap_remove(at);
                    }
                }
                for (rows, model) in [(&rows, &model), (&old, &before)] {
                    prop_assert_eq!(rows.len() as usize, model.len());
                    for (i, row) in (0..).zip(model) {
                        prop_assert_eq!(rows.get(i), &row[..]);
                    }
                }
                prop_assert!(rows.chunks.len() <= model.len() / CHUNK);
            }
        }
    }
}
