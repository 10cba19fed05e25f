//! Change sets as records of the log.
//!
//! A record stands alone: its values are text, each once, and its rows refer to them. So
//! no record can make another unreadable, and symbols may be numbered anew at every start
//! (symbols with defining records were weighed: a third of the bytes of a single write,
//! of which a page is written either way).

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::bytes::{Reader, put_number, put_text};
use crate::catalog::{FactSet, MAX_ARITY, NetChange, RelationIx};
use crate::value::{Datum, Interner, Sym, TypeIx};

const FACTS: u8 = 1;
const POLICY: u8 = 2;

/// The record of a change set: `facts` tells what its relations are called.
#[must_use]
pub fn of_change(net: &NetChange, facts: &FactSet) -> Vec<u8> {
    let symbols = &**facts.symbols();
    let mut types = Numbering::<TypeIx>::default();
    let mut values = Numbering::<Sym>::default();
    let mut relations = Numbering::<RelationIx>::default();
    let mut rows = Vec::with_capacity(net.len() * 4);
    for change in net.iter() {
        let relation = relations.number(change.relation);
        put_number(
            &mut rows,
            u64::from(relation) << 1 | u64::from(change.added),
        );
        for sym in change.row {
            put_number(&mut rows, u64::from(values.number(*sym)));
        }
    }
    let of_values: Vec<u32> = (values.order.iter())
        .map(|sym| types.number(symbols.type_of(*sym)))
        .collect();

    let mut record = vec![FACTS];
    put_number(&mut record, types.order.len() as u64);
    for ty in types.order {
        put_text(&mut record, &symbols.type_name(ty));
    }
    put_number(&mut record, values.order.len() as u64);
    for (sym, ty) in values.order.into_iter().zip(of_values) {
        put_number(&mut record, u64::from(ty));
        symbols.read(sym, |id| put_text(&mut record, id));
    }
    put_number(&mut record, relations.order.len() as u64);
    for relation in relations.order {
        let (name, arity) = facts.predicate(relation);
        put_text(&mut record, name);
        record.push(arity as u8);
    }
    put_number(&mut record, net.len() as u64);
    record.extend_from_slice(&rows);
    record
}

/// The record of a policy taking over.
pub(super) fn of_policy(version: u64) -> Vec<u8> {
    let mut record = vec![POLICY];
    put_number(&mut record, version);
    record
}

/// What a record has done.
#[derive(Clone, Copy, Debug)]
pub enum Replayed {
    /// So many rows have come or gone.
    Facts(usize),
    /// This version of the policy has taken over.
    Policy(u64),
}

/// Why a record cannot be done.
#[derive(Clone, Copy, Debug)]
pub enum Unplayable {
    /// What is wrong with it.
    Malformed(&'static str),
    /// Its values are more than there is room for.
    OutOfSymbols(crate::value::OutOfSymbols),
}

impl From<&'static str> for Unplayable {
    fn from(what: &'static str) -> Unplayable {
        Unplayable::Malformed(what)
    }
}

impl From<crate::value::OutOfSymbols> for Unplayable {
    fn from(out: crate::value::OutOfSymbols) -> Unplayable {
        Unplayable::OutOfSymbols(out)
    }
}

/// Does again what a record says.
///
/// # Errors
/// It is damaged, does not follow from the facts there are, or has too many values. A part of
/// it may have been done.
pub fn replay(
    record: &[u8],
    interner: &mut Interner,
    facts: &mut FactSet,
) -> Result<Replayed, Unplayable> {
    let mut reader = Reader::new(record);
    let replayed = match reader.byte()? {
        FACTS => Replayed::Facts(change(&mut reader, interner, facts)?),
        POLICY => Replayed::Policy(reader.number()?),
        _ => return Err("it is of an unknown kind".into()),
    };
    if !reader.is_empty() {
        return Err("something follows its end".into());
    }
    Ok(replayed)
}

fn change(
    reader: &mut Reader<'_>,
    interner: &mut Interner,
    facts: &mut FactSet,
) -> Result<usize, Unplayable> {
    let types = (0..reader.count()?)
        .map(|_| Ok(interner.intern_type(reader.text()?)?))
        .collect::<Result<Vec<TypeIx>, Unplayable>>()?;
    let values = (0..reader.count()?)
        .map(|_| {
            let ty = types[reader.below(types.len())?];
            value(ty, reader.text()?, interner)
        })
        .collect::<Result<Vec<Sym>, Unplayable>>()?;
    let relations = (0..reader.count()?)
        .map(|_| relation(reader.text()?, reader.byte()?, facts))
        .collect::<Result<Vec<(RelationIx, usize)>, Unplayable>>()?;
    let count = reader.count()?;
    for _ in 0..count {
        let head = reader.below(relations.len() * 2)?;
        let (relation, arity) = relations[head >> 1];
        let mut row = [Sym(0); MAX_ARITY];
        for sym in &mut row[..arity] {
            *sym = values[reader.below(values.len())?];
        }
        let changed = match head & 1 {
            1 => facts.insert(relation, &row[..arity]),
            _ => facts.delete(relation, &row[..arity]),
        };
        if !changed {
            return Err("it inserts a fact that is there, or deletes one that is not".into());
        }
    }
    Ok(count)
}

/// The symbol of a stored value.
pub(super) fn value(ty: TypeIx, id: &str, interner: &mut Interner) -> Result<Sym, Unplayable> {
    let datum = Datum::new(ty, id).map_err(|_| "a value is none of its type")?;
    Ok(interner.intern(ty, datum)?)
}

/// The relation of a stored fact.
pub(super) fn relation(
    name: &str,
    arity: u8,
    facts: &mut FactSet,
) -> Result<(RelationIx, usize), Unplayable> {
    let arity = usize::from(arity);
    if !(1..=MAX_ARITY).contains(&arity) {
        return Err("a fact has an impossible number of arguments".into());
    }
    Ok((facts.enter_relation(name, arity), arity))
}

/// Numbers for things in the order in which they are first met.
struct Numbering<T> {
    numbers: HashMap<T, u32, FxBuildHasher>,
    order: Vec<T>,
}

impl<T> Default for Numbering<T> {
    fn default() -> Numbering<T> {
        Numbering {
            numbers: HashMap::default(),
            order: Vec::new(),
        }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Numbering<T> {
    fn number(&mut self, thing: T) -> u32 {
        *self.numbers.entry(thing).or_insert_with(|| {
            self.order.push(thing);
            self.order.len() as u32 - 1
        })
    }
}
