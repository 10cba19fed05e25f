//! Symbols and facts from what has been written down about them.

use super::picture::{Chunk, Head};
use super::record::{Unplayable, relation, value};
use crate::catalog::{FactSet, MAX_ARITY, RelationIx};
use crate::value::{Interner, Limits, Sym, TypeIx};

/// An environment being filled from a snapshot. After an error it is worth nothing.
pub(super) struct Filling {
    pub(super) interner: Interner,
    pub(super) facts: FactSet,
    types: Vec<TypeIx>,
    relations: Vec<(RelationIx, usize)>,
    /// By number in the snapshot.
    symbols: Vec<Sym>,
}

impl Filling {
    pub(super) fn new(head: &Head, limits: &Limits) -> Result<Filling, Unplayable> {
        let mut interner = Interner::new(limits.clone());
        let mut facts = FactSet::new(interner.symbols().clone());
        let types = head.types.iter().map(|name| interner.intern_type(name));
        let types = types.collect::<Result<_, _>>()?;
        let relations = head.relations.iter();
        let relations = relations
            .map(|(name, arity, _)| relation(name, *arity, &mut facts))
            .collect::<Result<_, _>>()?;
        // The head is under a checksum, and its numbers are checked when all is there.
        interner.reserve(head.symbols);
        let relations: Vec<(RelationIx, usize)> = relations;
        for ((relation, _), (_, _, count)) in relations.iter().zip(&head.relations) {
            facts.reserve(*relation, usize::try_from(*count).unwrap_or(0));
        }
        Ok(Filling {
            types,
            relations,
            symbols: Vec::new(),
            interner,
            facts,
        })
    }

    /// Whether everything is there that the head has announced.
    pub(super) fn check(&self, head: &Head) -> Result<(), &'static str> {
        let facts: u64 = head.relations.iter().map(|(_, _, facts)| facts).sum();
        let complete = self.symbols.len() == head.symbols as usize && self.facts.len() == facts;
        complete.then_some(()).ok_or("facts or symbols are missing")
    }

    /// The next symbol.
    pub(super) fn symbol(&mut self, ty: usize, id: &str) -> Result<(), Unplayable> {
        let ty = *self.types.get(ty).ok_or("a type has no name")?;
        self.symbols.push(value(ty, id, &mut self.interner)?);
        Ok(())
    }

    /// Rows, one after the other, as numbers of symbols.
    pub(super) fn rows(
        &mut self,
        relation: usize,
        mut numbers: impl Iterator<Item = u32>,
    ) -> Result<(), Unplayable> {
        let known = self.relations.get(relation);
        let &(relation, arity) = known.ok_or("a relation has no name")?;
        let mut row = [Sym(0); MAX_ARITY];
        while let Some(first) = numbers.next() {
            let mut number = Some(first);
            for (i, sym) in row[..arity].iter_mut().enumerate() {
                if i > 0 {
                    number = numbers.next();
                }
                let known = number.and_then(|n| self.symbols.get(n as usize));
                *sym = *known.ok_or("a row is of no known symbols")?;
            }
            if !self.facts.insert(relation, &row[..arity]) {
                return Err("a fact is there twice".into());
            }
        }
        Ok(())
    }
}

impl Chunk for Filling {
    type Error = Unplayable;

    fn symbol(&mut self, ty: usize, id: &str) -> Result<(), Unplayable> {
        Filling::symbol(self, ty, id)
    }

    fn rows(&mut self, relation: usize, rows: &[u8]) -> Result<(), Unplayable> {
        let (numbers, rest) = rows.as_chunks::<4>();
        if !rest.is_empty() {
            return Err("a row ends too early".into());
        }
        Filling::rows(
            self,
            relation,
            numbers.iter().map(|n| u32::from_le_bytes(*n)),
        )
    }
}
