//! Changes of facts.

use std::collections::BTreeSet;

use super::facts::everything;
use crate::environment::engine::{Arg, ChangeSet};
use crate::http::{Call, Change, Reply, json, not_applied};
use crate::wire::{Bulk, Changes, Fact, FactOut, Failure, Message, Pattern, ValueOut, parse};

/// `POST /batch`
pub(crate) fn batch(call: &Call) -> Result<Change, Failure> {
    let changes: Vec<Changes<'_>> = parse(call.body())?;
    let mut set = ChangeSet::new();
    for (i, change) in changes.iter().enumerate() {
        if change.inserts.is_none() && change.deletes.is_none() {
            return Err(Failure::bad(format!(
                "[{i}]: a changeset has `inserts` or `deletes`"
            )));
        }
        fill(&mut set, change.inserts.as_ref(), None);
        fill(&mut set, None, change.deletes.as_ref());
    }
    done(call, set)
}

/// `POST /facts`: the fact itself is the answer.
pub(crate) fn tell(call: &Call) -> Result<Change, Failure> {
    let fact: Fact<'_> = parse(call.body())?;
    let mut set = ChangeSet::new();
    fact.insert_into(&mut set);
    // A value that has no canonical form is refused when the fact is judged.
    let id = |value: &crate::wire::ValueIn<'_>| value.canonical().unwrap_or_default();
    let args = fact.args.iter().map(|value| ValueOut {
        ty: value.ty.to_string(),
        id: id(value),
    });
    let body = FactOut {
        predicate: fact.predicate.to_string(),
        args: args.collect(),
    };
    let body = json(&body)?;
    Ok(Change { set, body })
}

/// `DELETE /facts`
pub(crate) fn delete(call: &Call) -> Result<Change, Failure> {
    let pattern: Pattern<'_> = parse(call.body())?;
    let mut set = ChangeSet::new();
    pattern.delete_from(&mut set);
    done(call, set)
}

/// `POST /bulk_load`
pub(crate) fn bulk_load(call: &Call) -> Result<Change, Failure> {
    let facts: Vec<Fact<'_>> = parse(call.body())?;
    let mut set = ChangeSet::new();
    fill(&mut set, Some(&facts), None);
    done(call, set)
}

/// `POST /bulk_delete`
pub(crate) fn bulk_delete(call: &Call) -> Result<Change, Failure> {
    let patterns: Vec<Pattern<'_>> = parse(call.body())?;
    let mut set = ChangeSet::new();
    fill(&mut set, None, Some(&patterns));
    done(call, set)
}

/// `POST /bulk`: deletes first.
pub(crate) fn bulk(call: &Call) -> Result<Change, Failure> {
    let bulk: Bulk<'_> = parse(call.body())?;
    let mut set = ChangeSet::new();
    fill(&mut set, None, bulk.delete.as_ref());
    fill(&mut set, bulk.tell.as_ref(), None);
    done(call, set)
}

/// `POST /clear_data`: the policy stays. Deletes whatever is stored now and whatever the
/// policy lets others store meanwhile, in one step.
pub(crate) fn clear_data(call: &Call) -> Result<Reply, Failure> {
    let moment = call.environment.moment();
    let mut relations: BTreeSet<(String, usize)> = BTreeSet::new();
    moment.snapshot().each_fact(&everything(), &mut |fact| {
        relations.insert((fact.predicate, fact.args.len()));
        true
    });
    let program = moment.snapshot().program();
    for signature in &program.signatures {
        let name = program.core.predicate(signature.predicate).name.to_string();
        relations.insert((name, signature.entries.len()));
    }
    let mut set = ChangeSet::new();
    for (predicate, arity) in &relations {
        set.delete(predicate, vec![Arg::Any; *arity]);
    }
    drop(moment);
    let _crowd = call.environment.crowd();
    let applied = call.environment.engine().apply(&set);
    let applied = applied.map_err(|why| not_applied(call.server(), &call.environment, &why))?;
    let message = "All facts were removed.".to_owned();
    let mut reply = Reply::json(&Message { message })?;
    reply.offset = Some(applied.epoch);
    Ok(reply)
}

fn fill(set: &mut ChangeSet, inserts: Option<&Vec<Fact<'_>>>, deletes: Option<&Vec<Pattern<'_>>>) {
    inserts
        .into_iter()
        .flatten()
        .for_each(|fact| fact.insert_into(set));
    deletes
        .into_iter()
        .flatten()
        .for_each(|pattern| pattern.delete_from(set));
}

fn done(call: &Call, set: ChangeSet) -> Result<Change, Failure> {
    let found = set.len() as u64;
    if let Some(most) = call.server().settings.limits_batch
        && found > most
    {
        return Err(Failure::too_large(format!(
            "{found} facts and patterns are more than the {most} allowed in one change"
        )));
    }
    let message = "OK".to_owned();
    let body = json(&Message { message })?;
    Ok(Change { set, body })
}
