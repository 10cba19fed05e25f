//! `POST /query`: every solution of one predicate.

use std::collections::BTreeSet;

use floe_frontend::ir::{ABSTRACT, TypeId, TypeSet, TypeTable};

use super::context;
use crate::environment::Meter;
use crate::environment::engine::{Atom, Binding, Term, Value};
use crate::http::{Call, Reply};
use crate::wire::{FactOut, Failure, Listed, Solve, ValueOut, Values, canonical, parse, value};

/// Solutions beyond this many are refused: the answer could not be sent.
pub(super) const MOST_ROWS: usize = 1_000_000;

/// What an argument of a solution takes: itself, and short texts.
const VALUE: usize = size_of::<ValueOut<Option<String>>>() + 2 * 16;

/// `POST /query`
pub(crate) fn query(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: Solve<'_> = parse(call.body())?;
    let facts = context(call, asked.context_facts.as_ref())?;
    let names: Vec<String> = (0..asked.fact.args.len()).map(|i| i.to_string()).collect();
    let mut args = Vec::new();
    let mut possible = true;
    for (i, (arg, name)) in asked.fact.args.iter().zip(&names).enumerate() {
        args.push(match (&arg.ty, &arg.id) {
            (Some(ty), Some(id)) => Term::Value(value(format_args!("fact.args[{i}].id"), ty, id)?),
            (Some(ty), None) => {
                // No value is of an abstract type exactly.
                possible &= !ABSTRACT.contains(&&**ty);
                Term::Variable { name, ty: Some(ty) }
            }
            (None, None) => Term::Variable { name, ty: None },
            (None, Some(_)) => {
                return Err(Failure::bad(format!(
                    "fact.args[{i}]: an id without a type is no argument of a query"
                )));
            }
        });
    }
    let atom = Atom {
        predicate: &asked.fact.predicate,
        args,
    };
    let moment = call.environment.moment();
    let rows = moment.ask(&facts, meter, |asking| match possible {
        true => asking.query(std::slice::from_ref(&atom)),
        false => Ok(Vec::new()),
    })?;
    let types = &moment.snapshot().program().types;
    let mut found: BTreeSet<Values> = BTreeSet::new();
    for row in rows {
        let mut bindings = row.into_iter();
        let mut places: Vec<Values> = Vec::new();
        for term in &atom.args {
            places.push(match term {
                Term::Value(value) => vec![concrete(*value)?],
                Term::Variable { ty, .. } => {
                    let binding = bindings.next().ok_or_else(Failure::internal)?;
                    shown(binding, *ty, types)?
                }
            });
        }
        add_all(&mut found, &places, meter)?;
    }
    let results: Vec<FactOut<ValueOut<Option<String>>>> = (found.into_iter())
        .map(|args| FactOut {
            predicate: asked.fact.predicate.to_string(),
            args,
        })
        .collect();
    Reply::at(&moment, &Listed { results })
}

fn concrete(value: Value<'_>) -> Result<ValueOut<Option<String>>, Failure> {
    let id = canonical(value.ty, value.id).map_err(|why| Failure::bad(why.to_string()))?;
    Ok(ValueOut {
        ty: Some(value.ty.to_owned()),
        id: Some(id),
    })
}

/// What a variable may be, as arguments of results: one, or one for each type.
fn shown(binding: Binding, asked: Option<&str>, types: &TypeTable) -> Result<Values, Failure> {
    let every = |ty: Option<&str>| ValueOut {
        ty: ty.map(str::to_owned),
        id: None,
    };
    match binding {
        Binding::Value(ty, id) => Ok(vec![ValueOut {
            ty: Some(ty),
            id: Some(id),
        }]),
        Binding::Every(set) => match asked {
            Some(ty) => Ok(vec![every(Some(ty))]),
            None if set == *types.any() => Ok(vec![every(None)]),
            None => {
                let named = named(&set, types)?;
                Ok(named.into_iter().map(|ty| every(Some(ty))).collect())
            }
        },
    }
}

/// The names of all types of a set. One that reaches beyond the types that the policy
/// names, but not to all, has no form in an answer, and leaving some out would be wrong.
fn named<'t>(set: &TypeSet, types: &'t TypeTable) -> Result<Vec<&'t str>, Failure> {
    if set.has(TypeId::OTHER) {
        return Err(Failure::bad(format!(
            "a solution holds for every value of {}, which an answer cannot say; give the \
             argument a type",
            types.show(set)
        )));
    }
    Ok(set.iter().map(|ty| &*types.get(ty).name).collect())
}

/// Adds every way to take one of the possibilities at each place.
fn add_all(found: &mut BTreeSet<Values>, places: &[Values], meter: &Meter) -> Result<(), Failure> {
    let lengths = places.iter().map(Vec::len);
    let ways = lengths.fold(1_usize, usize::saturating_mul);
    let room = meter.bytes / (size_of::<Values>() + places.len() * VALUE) as u64;
    let most = MOST_ROWS.min(usize::try_from(room).unwrap_or(usize::MAX));
    if ways.saturating_add(found.len()) > most {
        return Err(Failure::bad(format!(
            "fact: there are more than the {most} solutions that an answer may have; give the \
             arguments types"
        )));
    }
    let mut rows: Vec<Values> = vec![Vec::new()];
    for place in places {
        let longer = |row: &Values| {
            let row = row.clone();
            place.iter().map(move |value| {
                let mut row = row.clone();
                row.push(value.clone());
                row
            })
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    found.extend(rows);
    Ok(())
}
