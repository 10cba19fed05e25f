//! From a change set to one that can be committed: the step that can fail.

use std::collections::HashSet;

use floe_frontend::ir::TypeId;
use floe_frontend::ir::core::PredicateId;
use rustc_hash::FxHashMap;

use super::facts::FactSet;
use super::refusal::{arguments, bad_value, unused};
use super::{Arg, Catalog, ChangeSet, MAX_ARITY, Operation, Reason, Refusal};
use crate::value::{BadValue, Datum, OutOfSymbols, Sym, Symbols, TypeIx, words};

/// A change set that the policy in force admits, with its insertions in symbols as far
/// as they have any.
pub struct Checked<'c> {
    pub(super) set: &'c ChangeSet,
    /// Rows of all insertions, one after the other; placeholders for new symbols.
    pub(super) rows: Vec<Sym>,
    /// Arguments without a symbol: place in `rows`, place among the set's arguments.
    pub(super) unknown: Vec<(usize, usize)>,
    /// By name: the type of the environment, as far as there is one.
    pub(super) types: Vec<Option<TypeIx>>,
    /// Names that insertions use as types and that are none yet.
    pub(super) new_types: Vec<u32>,
    memory: u64,
}

impl Checked<'_> {
    /// At most so many bytes are added to the environment, indexes of all arguments
    /// included.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.memory
    }
}

/// What is known of a name as a type.
#[derive(Clone, Copy)]
struct Named {
    ix: Option<TypeIx>,
    id: TypeId,
    new: bool,
}

/// Bytes of a symbol besides its text, hash tables at their emptiest.
const SYMBOL_BYTES: u64 = 48;

impl ChangeSet {
    /// Checks every insertion against a policy. Nothing is changed, nothing interned.
    ///
    /// Deletions are never at fault: a pattern that nothing can agree with deletes nothing.
    ///
    /// # Errors
    /// The first insertion that the policy does not admit, or that the environment has no
    /// room for.
    pub fn check<'c>(
        &'c self,
        catalog: &Catalog,
        symbols: &Symbols,
    ) -> Result<Checked<'c>, Refusal> {
        let vocabulary = catalog.vocabulary();
        let mut checking = Checking {
            catalog,
            symbols,
            types: (self.names.iter())
                .map(|name| {
                    let ix = symbols.lookup_type(name);
                    Named {
                        ix,
                        id: ix.map_or(TypeId::OTHER, |ix| vocabulary.type_id(ix)),
                        new: false,
                    }
                })
                .collect(),
            predicates: FxHashMap::default(),
            rows: Vec::new(),
            unknown: Vec::new(),
            words: 0,
            memory: 0,
        };
        for (i, operation) in self.operations().enumerate() {
            if !operation.is_delete() {
                checking
                    .insertion(self, &operation)
                    .map_err(|reason| Refusal {
                        operation: i,
                        reason,
                    })?;
            }
        }
        checking.room(self).map_err(|out| Refusal {
            operation: checking
                .unknown
                .last()
                .map_or(0, |&(_, arg)| self.operation_of(arg)),
            reason: Reason::Symbols(out),
        })?;
        let new_types = (0..).zip(&checking.types).filter(|(_, t)| t.new);
        Ok(Checked {
            set: self,
            new_types: new_types.map(|(name, _)| name).collect(),
            types: checking.types.iter().map(|t| t.ix).collect(),
            memory: checking.memory
                + checking.unknown.len() as u64 * SYMBOL_BYTES
                + checking.words * 8,
            rows: checking.rows,
            unknown: checking.unknown,
        })
    }

    fn operation_of(&self, arg: usize) -> usize {
        self.operations()
            .position(|o| o.places().contains(&arg))
            .unwrap_or(0)
    }
}

struct Checking<'c> {
    catalog: &'c Catalog,
    symbols: &'c Symbols,
    types: Vec<Named>,
    predicates: FxHashMap<(u32, usize), Option<PredicateId>>,
    rows: Vec<Sym>,
    unknown: Vec<(usize, usize)>,
    /// Of all unknown ids, repetitions included.
    words: u64,
    memory: u64,
}

impl Checking<'_> {
    fn insertion(&mut self, set: &ChangeSet, fact: &Operation<'_>) -> Result<(), Reason> {
        let places = fact.places();
        let arity = places.len();
        if !(1..=MAX_ARITY).contains(&arity) {
            return Err(arguments(fact));
        }
        let mut args = [(TypeId::OTHER, None); MAX_ARITY];
        for (i, (arg, at)) in args.iter_mut().zip(places).enumerate() {
            *arg = self
                .argument(set, at)
                .map_err(|why| bad_value(fact, i, why))?;
        }
        let name = (fact.predicate_name(), arity);
        let predicate = *self
            .predicates
            .entry(name)
            .or_insert_with(|| self.catalog.predicate(fact.predicate(), arity));
        let admitted =
            predicate.is_some_and(|p| self.catalog.fit(p, args[..arity].iter().copied()).stored);
        if !admitted {
            return Err(unused(fact, self.catalog));
        }
        self.memory += FactSet::bytes_of(arity);
        Ok(())
    }

    /// Appends the argument to the rows.
    fn argument(&mut self, set: &ChangeSet, at: usize) -> Result<(TypeId, Option<Sym>), BadValue> {
        let indexed = set.arg(at);
        let (Some(name), Arg::Value(value)) = (indexed.ty, indexed.arg) else {
            // Only deletions are built of anything else.
            return Err(BadValue::Wildcard);
        };
        value.check(self.symbols.limits().id_bytes)?;
        let ty = &mut self.types[name as usize];
        let datum = match ty.ix {
            Some(ix) => Datum::new(ix, value.id)?,
            None => Datum::Text(value.id),
        };
        let sym = ty.ix.and_then(|ix| self.symbols.find(ix, datum));
        if sym.is_none() {
            ty.new |= ty.ix.is_none();
            self.unknown.push((self.rows.len(), at));
            self.words += u64::from(words(datum));
        }
        self.rows.push(sym.unwrap_or(Sym(u32::MAX)));
        Ok((ty.id, sym))
    }

    /// Whether all new symbols fit.
    fn room(&self, set: &ChangeSet) -> Result<(), OutOfSymbols> {
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let new = (0..).zip(&self.types).filter(|(_, t)| t.new);
        let types: Vec<u64> = new
            .map(|(name, _): (usize, _)| u64::from(words(Datum::Text(&set.names[name]))))
            .collect();
        let fits = |symbols: u64, text: u64| {
            let symbols = symbols + types.len() as u64;
            self.symbols
                .room(narrow(symbols), narrow(text + types.iter().sum::<u64>()))
        };
        if fits(self.unknown.len() as u64, self.words).is_ok() {
            return Ok(());
        }
        // It may still fit if values repeat.
        let mut distinct: HashSet<(Option<u32>, Datum<'_>)> = HashSet::new();
        for &(_, at) in &self.unknown {
            let indexed = set.arg(at);
            if let Arg::Value(value) = indexed.arg {
                distinct.insert((indexed.ty, self.datum(indexed.ty, value.id)));
            }
        }
        let text = distinct
            .iter()
            .map(|&(_, datum)| u64::from(words(datum)))
            .sum();
        fits(distinct.len() as u64, text)
    }

    fn datum<'i>(&self, name: Option<u32>, id: &'i str) -> Datum<'i> {
        let ix = name.and_then(|n| self.types[n as usize].ix);
        ix.and_then(|ix| Datum::new(ix, id).ok())
            .unwrap_or(Datum::Text(id))
    }
}
