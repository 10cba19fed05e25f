//! Checks of one action or one resource.

use std::collections::HashMap;

use hyper::body::Bytes;

use super::{context, few_enough, sorted};
use crate::environment::Meter;
use crate::environment::engine::{Asking, Unanswered, Value};
use crate::http::{Call, Content, Reply};
use crate::wire::{
    Actions, Authorize, AuthorizeResources, Fact, Failure, Listed, ValueIn, ValueOut, parse, value,
};

/// `POST /authorize`
pub(crate) fn authorize(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: Authorize<'_> = parse(call.body())?;
    let facts = context(call, asked.context_facts.as_ref())?;
    let actor = value("actor_id", &asked.actor_type, &asked.actor_id)?;
    let resource = value("resource_id", &asked.resource_type, &asked.resource_id)?;
    let moment = call.environment.moment();
    let allowed = moment.ask(&facts, meter, |asking| {
        asking.authorize(actor, &asked.action, Some(resource))
    })?;
    let mut reply = Reply::of(&moment, decision(allowed));
    reply.allowed = Some(allowed);
    Ok(reply)
}

/// `{"allowed"}`
fn decision(allowed: bool) -> Content {
    Content::Whole(Bytes::from_static(match allowed {
        true => br#"{"allowed":true}"#,
        false => br#"{"allowed":false}"#,
    }))
}

/// `POST /authorize_resources`: those that are allowed, in the order asked, as often as
/// they were asked.
pub(crate) fn authorize_resources(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: AuthorizeResources<'_> = parse(call.body())?;
    let facts = context(call, asked.context_facts.as_ref())?;
    let actor = value("actor_id", &asked.actor_type, &asked.actor_id)?;
    for (i, resource) in asked.resources.iter().enumerate() {
        value(
            format_args!("resources[{i}].id"),
            &resource.ty,
            &resource.id,
        )?;
    }
    let moment = call.environment.moment();
    let results = moment.ask(&facts, meter, |asking| {
        let mut known: HashMap<&ValueIn<'_>, bool> = HashMap::new();
        let mut results = Vec::new();
        for resource in &asked.resources {
            let allowed = match known.get(resource) {
                Some(allowed) => *allowed,
                None => {
                    meter.check()?;
                    let value = Some(resource.value());
                    let allowed = asking.authorize(actor, &asked.action, value)?;
                    known.insert(resource, allowed);
                    allowed
                }
            };
            if allowed {
                results.push(ValueOut {
                    ty: &*resource.ty,
                    id: &*resource.id,
                });
            }
        }
        Ok(results)
    })?;
    Reply::at(&moment, &Listed { results })
}

/// `POST /actions`
pub(crate) fn actions(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: Actions<'_> = parse(call.body())?;
    check("", &asked)?;
    let facts = context(call, asked.context_facts.as_ref())?;
    let moment = call.environment.moment();
    let results = moment.ask(&facts, meter, |asking| names(asking, &asked))?;
    Reply::at(&moment, &Listed { results })
}

/// `POST /bulk_actions`: clients put all context facts on the first element and mean them
/// for every element.
pub(crate) fn bulk_actions(call: &Call, meter: &Meter) -> Result<Reply, Failure> {
    let asked: Vec<Actions<'_>> = parse(call.body())?;
    let mut facts: Vec<&Fact<'_>> = Vec::new();
    for (i, one) in asked.iter().enumerate() {
        check(&format!("[{i}]."), one)?;
        facts.extend(context(call, one.context_facts.as_ref())?);
    }
    few_enough(call, facts.len())?;
    let moment = call.environment.moment();
    let results = moment.ask(&facts, meter, |asking| {
        let one = |one| {
            meter.check()?;
            Ok(Listed {
                results: names(asking, one)?,
            })
        };
        asked
            .iter()
            .map(one)
            .collect::<Result<Vec<_>, Unanswered>>()
    })?;
    Reply::at(&moment, &results)
}

/// Names the field of a value that is none, behind where the question stands.
fn check(place: &str, asked: &Actions<'_>) -> Result<(), Failure> {
    let Actions {
        actor_type,
        actor_id,
        resource_type,
        resource_id,
        ..
    } = asked;
    value(format_args!("{place}actor_id"), actor_type, actor_id)?;
    value(
        format_args!("{place}resource_id"),
        resource_type,
        resource_id,
    )?;
    Ok(())
}

fn names(asking: &mut Asking<'_>, asked: &Actions<'_>) -> Result<Vec<String>, Unanswered> {
    let actor = Value::from((&*asked.actor_type, &*asked.actor_id));
    let resource = Value::from((&*asked.resource_type, &*asked.resource_id));
    Ok(sorted(asking.actions(actor, Some(resource))?))
}
