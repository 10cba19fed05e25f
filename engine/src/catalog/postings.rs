//! For one argument of a relation: which rows have a symbol there, which rows a type.
//!
//! The rows of a symbol are a doubly linked list through an array beside the rows, so
//! that entering and removing a row costs the same however long the list. A type's rows
//! are those of its symbols one after the other.

use std::collections::hash_map::{Entry, Values};

use rustc_hash::FxHashMap;

use crate::value::{Sym, TypeIx};

const NONE: u32 = u32::MAX;
/// Room is given back when no more than one part in so many is used.
pub(super) const SPARSE: usize = 8;

#[derive(Default)]
pub(super) struct Postings {
    /// By row.
    links: Vec<Link>,
    types: FxHashMap<TypeIx, Lists>,
}

#[derive(Clone, Copy)]
struct Link {
    next: u32,
    previous: u32,
}

/// The lists of one type's symbols; none is empty.
#[derive(Default)]
struct Lists {
    by_sym: FxHashMap<Sym, List>,
    rows: u32,
}

#[derive(Clone, Copy)]
struct List {
    first: u32,
    rows: u32,
}

impl Postings {
    /// Enters the row behind those already there.
    pub(super) fn push(&mut self, sym: Sym, ty: TypeIx) {
        let row = self.links.len() as u32;
        let lists = self.types.entry(ty).or_default();
        lists.rows += 1;
        let list = lists.by_sym.entry(sym).or_insert(List {
            first: NONE,
            rows: 0,
        });
        let next = std::mem::replace(&mut list.first, row);
        list.rows += 1;
        if next != NONE {
            self.links[next as usize].previous = row;
        }
        self.links.push(Link {
            next,
            previous: NONE,
        });
    }

    /// Takes a row out of its list. It must be followed by [`Postings::swap_remove`].
    pub(super) fn unlink(&mut self, row: u32, sym: Sym, ty: TypeIx) {
        let Link { next, previous } = self.links[row as usize];
        if next != NONE {
            self.links[next as usize].previous = previous;
        }
        if previous != NONE {
            self.links[previous as usize].next = next;
        }
        let lists = self
            .types
            .get_mut(&ty)
            .expect("a row is in the lists of its type");
        lists.rows -= 1;
        if let Entry::Occupied(mut list) = lists.by_sym.entry(sym) {
            let List { first, rows } = list.get_mut();
            *rows -= 1;
            if *rows == 0 {
                list.remove();
            } else if previous == NONE {
                *first = next;
            }
        }
        if lists.rows == 0 {
            self.types.remove(&ty);
        } else if lists.by_sym.len() < lists.by_sym.capacity() / SPARSE {
            lists.by_sym.shrink_to(lists.by_sym.len() * 2);
        }
    }

    /// Gives the place of an unlinked row to the last row, which has this symbol.
    pub(super) fn swap_remove(&mut self, row: u32, sym: Sym, ty: TypeIx) {
        let last = self.links.len() as u32 - 1;
        if row != last {
            let link = self.links[last as usize];
            self.links[row as usize] = link;
            if link.next != NONE {
                self.links[link.next as usize].previous = row;
            }
            if link.previous != NONE {
                self.links[link.previous as usize].next = row;
            } else if let Some(list) = self.types.get_mut(&ty).and_then(|l| l.by_sym.get_mut(&sym))
            {
                list.first = row;
            }
        }
        self.links.pop();
        if self.links.len() < self.links.capacity() / SPARSE {
            self.links.shrink_to(self.links.len() * 2);
        }
    }

    /// How many rows have the symbol.
    pub(super) fn rows_of(&self, sym: Sym, ty: TypeIx) -> u32 {
        self.list(sym, ty).map_or(0, |list| list.rows)
    }

    /// How many rows have a symbol of the type.
    pub(super) fn rows_of_type(&self, ty: TypeIx) -> u32 {
        self.types.get(&ty).map_or(0, |l| l.rows)
    }

    /// Rows that have one of the symbols, which are given with their types.
    pub(super) fn of(&self, syms: impl IntoIterator<Item = (Sym, TypeIx)>) -> Chains<'_> {
        let first = |(sym, ty)| self.list(sym, ty).map(|list| list.first);
        let firsts: Vec<u32> = syms.into_iter().filter_map(first).collect();
        Chains {
            links: &self.links,
            at: NONE,
            starts: Starts::Rows(firsts.into_iter()),
        }
    }

    /// Rows that have a symbol of the type.
    pub(super) fn of_type(&self, ty: TypeIx) -> Chains<'_> {
        Chains {
            links: &self.links,
            at: NONE,
            starts: Starts::Lists(self.types.get(&ty).map(|lists| lists.by_sym.values())),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        let of = |l: &Lists| {
            // A table keeps an eighth of its slots empty, and has a byte beside each.
            let slots = (l.by_sym.capacity() * 8).div_ceil(7);
            slots * (size_of::<(Sym, List)>() + 1) + size_of::<(TypeIx, Lists)>()
        };
        let lists: usize = self.types.values().map(of).sum();
        (self.links.capacity() * size_of::<Link>() + lists) as u64
    }

    fn list(&self, sym: Sym, ty: TypeIx) -> Option<&List> {
        self.types.get(&ty)?.by_sym.get(&sym)
    }
}

/// Rows of one list after the other.
pub(super) struct Chains<'p> {
    links: &'p [Link],
    at: u32,
    starts: Starts<'p>,
}

enum Starts<'p> {
    Rows(std::vec::IntoIter<u32>),
    Lists(Option<Values<'p, Sym, List>>),
}

impl Iterator for Chains<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.at == NONE {
            self.at = match &mut self.starts {
                Starts::Rows(rows) => rows.next()?,
                Starts::Lists(lists) => lists.as_mut()?.next()?.first,
            };
        }
        let row = self.at;
        self.at = self.links[row as usize].next;
        Some(row)
    }
}
