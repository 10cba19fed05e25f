//! HOT PATH: what holds at one epoch.

use std::ops::{ControlFlow, Deref};

use floe_frontend::ir::part::PartId;

use crate::value::{Ordinal, Sym, TypeIx};

use super::Index;
use super::epochs::{Epochs, Pin};
use super::relation::NO_TYPE;
use super::set::Set;

/// The index as of one published epoch, for as long as this lives.
///
/// No method holds a lock when it returns or while it calls what it was given. Symbols of
/// a request ([`Sym::is_local`]) are in no row. Every method panics for a part that the
/// index was not made for.
pub struct Reading<'i> {
    index: &'i Index,
    epoch: u64,
    /// Unless whoever made it holds a pin.
    _pin: Option<Pin<&'i Epochs>>,
}

impl<'i> Reading<'i> {
    pub(super) fn new(index: &'i Index) -> Reading<'i> {
        let pin = Pin::new(&*index.epochs);
        Reading {
            index,
            epoch: pin.epoch(),
            _pin: Some(pin),
        }
    }

    pub(super) fn pinned<E>(index: &'i Index, pin: &'i Pin<E>) -> Reading<'i>
    where
        E: Deref<Target = Epochs>,
    {
        Reading {
            index,
            epoch: pin.epoch(),
            _pin: None,
        }
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether a row holds.
    #[must_use]
    pub fn contains(&self, part: PartId, row: &[Sym]) -> bool {
        let table = &self.index.relation(part).forward;
        if row.iter().any(|sym| sym.is_local()) {
            return false;
        }
        let (ty, id) = table.layout.member(row, &self.index.symbols);
        let epoch = self.epoch();
        let found = table.find(&table.layout.words(row, ty), |entry| {
            entry.contains(id, epoch)
        });
        found.unwrap_or(false)
    }

    /// The values of this type that the part's last argument has together with a key: the
    /// row's other columns in order. `None` if there are none. A part without such a
    /// column has the one member 0 of any type.
    #[must_use]
    pub fn set(&self, part: PartId, key: &[Sym], ty: TypeIx) -> Option<Set> {
        let table = &self.index.relation(part).forward;
        let ty = if table.layout.set().is_some() {
            ty
        } else {
            NO_TYPE
        };
        let epoch = self.epoch();
        let words = key.iter().map(|sym| sym.0).chain(std::iter::once(ty.0));
        let set = table.find(&words, |entry| entry.set(epoch))?;
        (!set.is_empty()).then_some(set)
    }

    /// The values of this type that the first argument has together with the rest of the
    /// row, given in the order of columns; for parts that are kept the other way round too.
    /// `None` if there are none.
    ///
    /// # Panics
    /// The part has no second table.
    #[must_use]
    pub fn reverse_set(&self, part: PartId, rest: &[Sym], ty: TypeIx) -> Option<Set> {
        let table = self.index.relation(part).reverse.as_ref();
        let table = table.expect("asked for of parts that are reversed");
        let epoch = self.epoch();
        // The set is column 0, so column `c` is the rest's `c - 1`.
        let key = table.layout.key().iter().map(|&column| rest[column - 1].0);
        let words = key.chain(std::iter::once(ty.0));
        let set = table.find(&words, |entry| entry.set(epoch))?;
        (!set.is_empty()).then_some(set)
    }

    /// Types that the part's last argument has had.
    #[must_use]
    pub fn types(&self, part: PartId) -> Vec<TypeIx> {
        self.index.relation(part).forward.types().clone()
    }

    /// Hands over every row that has the values given where any are given, until told to
    /// stop. It takes time in proportion to the entries that match if the first key column
    /// is given (all of them, if there are hidden columns), or the same of a reversed
    /// part's last argument; otherwise to the entries of the part.
    pub fn each(
        &self,
        part: PartId,
        pattern: &[Option<Sym>],
        f: &mut dyn FnMut(&[Sym]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.index.select(part, pattern, self.epoch(), f)
    }

    /// How many rows the part has: as of the newest epoch, for estimates.
    #[must_use]
    pub fn len(&self, part: PartId) -> u64 {
        self.index.relation(part).rows()
    }

    /// Whether the part has no rows; an estimate too.
    #[must_use]
    pub fn is_empty(&self, part: PartId) -> bool {
        self.len(part) == 0
    }

    /// The symbol of an ordinal of a set.
    #[must_use]
    pub fn symbol(&self, ty: TypeIx, ordinal: Ordinal) -> Sym {
        super::relation::symbol(&self.index.symbols, ty, ordinal)
    }
}
