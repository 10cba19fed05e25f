//! Rows by pattern.

use std::ops::ControlFlow;

use floe_frontend::ir::part::PartId;

use crate::value::{Sym, TypeIx};

use super::Index;
use super::entry::Entry;
use super::layout::Layout;
use super::relation::{NO_TYPE, symbol};
use super::set::Set;
use super::table::{At, Table};

/// How to find the entries that match.
enum Way<'t> {
    /// The key is given.
    Key(&'t Table),
    /// The beginning of the key is given.
    Group(&'t Table),
    /// All of them.
    All(&'t Table),
}

/// One search.
struct Select<'s> {
    index: &'s Index,
    pattern: &'s [Option<Sym>],
    epoch: u64,
    row: Vec<Sym>,
    f: &'s mut dyn FnMut(&[Sym]) -> ControlFlow<()>,
}

/// What an entry has that matches.
enum Found {
    Nothing,
    /// The row as given.
    Row,
    Set(TypeIx, Set),
}

impl Index {
    pub(super) fn select(
        &self,
        part: PartId,
        pattern: &[Option<Sym>],
        epoch: u64,
        f: &mut dyn FnMut(&[Sym]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let relation = self.relation(part);
        assert_eq!(pattern.len(), relation.width, "columns of part {}", part.0);
        if pattern.iter().flatten().any(|sym| sym.is_local()) {
            return ControlFlow::Continue(());
        }
        // The values given, then those of the row at hand.
        let row: Vec<Sym> = pattern.iter().map(|p| p.unwrap_or(Sym(0))).collect();
        let way = way(&relation.forward, relation.reverse.as_ref(), pattern, &row);
        let mut select = Select {
            index: self,
            pattern,
            epoch,
            row,
            f,
        };
        match way {
            Way::Key(table) => select.by_key(table),
            Way::Group(table) => {
                let group = table.group(&select.row);
                select.by_place(table, group.into_iter())
            }
            Way::All(table) => select.by_place(table, table.places()),
        }
    }
}

fn way<'t>(
    forward: &'t Table,
    reverse: Option<&'t Table>,
    pattern: &[Option<Sym>],
    row: &[Sym],
) -> Way<'t> {
    let given = |columns: &[usize]| columns.iter().all(|&c| pattern[c].is_some());
    let grouped = |table: &&Table| {
        let group = table.layout.group();
        !group.is_empty() && given(group)
    };
    let tables = || std::iter::once(forward).chain(reverse);
    if let Some(table) = tables().find(|table| given(table.layout.key())) {
        return Way::Key(table);
    }
    let shortest = tables()
        .filter(grouped)
        .min_by_key(|table| table.group_len(row));
    shortest.map_or(Way::All(forward), Way::Group)
}

impl Select<'_> {
    fn by_key(&mut self, table: &Table) -> ControlFlow<()> {
        let layout = &table.layout;
        let types = match layout.set().map(|column| self.pattern[column]) {
            None => vec![NO_TYPE],
            Some(Some(sym)) => vec![self.index.symbols.type_of(sym)],
            Some(None) => table.types().clone(),
        };
        for ty in types {
            let words = layout.words(&self.row, ty);
            let found = table.find(&words, |entry| self.look(layout, ty, entry));
            self.emit(layout, found.unwrap_or(Found::Nothing))?;
        }
        ControlFlow::Continue(())
    }

    fn by_place(&mut self, table: &Table, places: impl Iterator<Item = At>) -> ControlFlow<()> {
        let layout = &table.layout;
        let wanted_type = layout
            .set()
            .and_then(|column| self.pattern[column])
            .map(|sym| self.index.symbols.type_of(sym));
        for at in places {
            let found = table.look(at, |key, entry| {
                let matches = layout.key().iter().zip(key).all(|(&column, &word)| {
                    self.pattern[column].is_none_or(|wanted| wanted.0 == word)
                });
                if !matches {
                    return Found::Nothing;
                }
                let ty = layout.fill(&mut self.row, key);
                if wanted_type.is_some_and(|wanted| wanted != ty) {
                    return Found::Nothing;
                }
                self.look(layout, ty, entry)
            });
            self.emit(layout, found)?;
        }
        ControlFlow::Continue(())
    }

    fn look(&self, layout: &Layout, ty: TypeIx, entry: &Entry) -> Found {
        let id = match layout.set().map(|column| self.pattern[column]) {
            None => 0,
            Some(Some(sym)) => self.index.symbols.ordinal(sym).0,
            Some(None) => return Found::Set(ty, entry.set(self.epoch)),
        };
        if entry.contains(id, self.epoch) {
            Found::Row
        } else {
            Found::Nothing
        }
    }

    fn emit(&mut self, layout: &Layout, found: Found) -> ControlFlow<()> {
        match (found, layout.set()) {
            (Found::Row, _) => (self.f)(&self.row),
            (Found::Set(ty, set), Some(column)) => {
                for ordinal in &set {
                    self.row[column] = symbol(&self.index.symbols, ty, ordinal);
                    (self.f)(&self.row)?;
                }
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
