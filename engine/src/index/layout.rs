//! How the rows of a part are laid out: which column is the set, which make the key.

use crate::value::{Sym, TypeIx};

/// How a part's rows lie in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartShape {
    width: usize,
    pub(super) forward: Layout,
    pub(super) reverse: Option<Layout>,
}

/// One of the at most two tables of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Columns of the key, in order. The type of the set's values stands behind them.
    key: Box<[usize]>,
    /// The column whose values are the set. Without one a set holds 0 or nothing.
    set: Option<usize>,
    /// So many leading columns of the key make a *group*, whose entries can be found
    /// without knowing the rest of the key; none if 0.
    group: usize,
}

impl PartShape {
    /// Rows of `stored` argument columns and `hidden` ones behind them.
    ///
    /// The last argument is the set, what stands before it and the hidden columns are the
    /// key. A part with hidden columns is also kept by its last argument, since those who
    /// ask do not know what is hidden: the shorter way is taken.
    #[must_use]
    pub fn new(stored: usize, hidden: usize) -> PartShape {
        let width = stored + hidden;
        // With hidden columns and a single argument a set would lump together what is
        // never asked together.
        let set = if hidden > 0 && stored == 1 {
            None
        } else {
            stored.checked_sub(1)
        };
        let arguments: Vec<usize> = (0..stored).filter(|&c| Some(c) != set).collect();
        let shape = PartShape {
            width,
            forward: Layout::new(arguments, stored..width, set),
            reverse: None,
        };
        if hidden > 0 { shape.reversed() } else { shape }
    }

    /// Keeps a second table, in which the first argument is the set and the last one leads
    /// the key; no effect on parts of fewer than two arguments.
    #[must_use]
    pub fn reversed(mut self) -> PartShape {
        if let Some(last) = self.forward.set.filter(|&last| last > 0) {
            let arguments = std::iter::once(last).chain(1..last).collect();
            self.reverse = Some(Layout::new(arguments, last + 1..self.width, Some(0)));
        }
        self
    }

    /// Columns of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether there is a second table.
    #[must_use]
    pub fn is_reversed(&self) -> bool {
        self.reverse.is_some()
    }
}

impl Layout {
    fn new(arguments: Vec<usize>, hidden: std::ops::Range<usize>, set: Option<usize>) -> Layout {
        let group = match (arguments.len(), hidden.is_empty()) {
            (known, false) => known,
            (0 | 1, true) => 0,
            (_, true) => 1,
        };
        let mut key = arguments;
        key.extend(hidden);
        Layout {
            key: key.into(),
            set,
            group,
        }
    }

    /// The column whose values are the set.
    pub(super) fn set(&self) -> Option<usize> {
        self.set
    }

    /// Columns of the key.
    pub(super) fn key(&self) -> &[usize] {
        &self.key
    }

    /// Columns of the key that make a group; none if there are no groups.
    pub(super) fn group(&self) -> &[usize] {
        &self.key[..self.group]
    }

    /// Words of a key, the type included.
    pub(super) fn stride(&self) -> usize {
        self.key.len() + 1
    }

    /// Whether a key is that of a row.
    pub(super) fn is_key(&self, key: &[u32], row: &[Sym], ty: TypeIx) -> bool {
        let Some((&last, words)) = key.split_last() else {
            return false;
        };
        let same = |(&column, &word): (&usize, &u32)| row[column].0 == word;
        last == ty.0 && self.key.iter().zip(words).all(same)
    }

    /// The key of a row.
    pub(super) fn words<'a>(&'a self, row: &'a [Sym], ty: TypeIx) -> Words<'a> {
        Words {
            columns: self.key.iter(),
            row,
            ty: Some(ty),
        }
    }
}

/// The words of a key: its columns, then a type.
#[derive(Clone)]
pub(super) struct Words<'a> {
    columns: std::slice::Iter<'a, usize>,
    row: &'a [Sym],
    ty: Option<TypeIx>,
}

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self.columns.next() {
            Some(&column) => Some(self.row[column].0),
            None => self.ty.take().map(|ty| ty.0),
        }
    }
}
