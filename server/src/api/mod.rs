//! What the endpoints do, one file for each group.
//!
//! Owns: from a request's body to an answer's. Must not know: sockets, headers, keys, or
//! which thread it runs on. Every question takes one [`crate::environment::Moment`] and
//! answers from it alone.

mod changes;
mod checks;
mod conjunction;
mod facts;
mod health;
mod list;
mod local;
mod policy;
mod query;
mod reports;
mod rows;
mod test_environment;

pub(crate) use changes::{batch, bulk, bulk_delete, bulk_load, clear_data, delete, tell};
pub(crate) use checks::{actions, authorize, authorize_resources, bulk_actions};
pub(crate) use conjunction::evaluate_query;
pub(crate) use facts::{get_facts, stats};
pub(crate) use health::{healthcheck, readyz};
pub(crate) use list::list;
pub(crate) use local::local;
pub(crate) use policy::{get_policy, policy_metadata, post_policy};
pub(crate) use query::query;
pub(crate) use reports::{agent_event, expect};
pub(crate) use test_environment::test_environment;

use crate::environment::engine::Names;
use crate::http::Call;
use crate::wire::{Fact, Failure, check_context};

/// The context facts of a request, checked.
fn context<'f, 'b>(
    call: &Call,
    facts: Option<&'f Vec<Fact<'b>>>,
) -> Result<Vec<&'f Fact<'b>>, Failure> {
    let facts = facts.map_or(&[][..], Vec::as_slice);
    few_enough(call, facts.len())?;
    let settings = &call.server().settings;
    check_context(facts, settings.limits_argument.0 as usize)
        .map_err(|wrong| Failure::bad(wrong.to_string()))?;
    Ok(facts.iter().collect())
}

/// Refuses more context facts than one request may have.
fn few_enough(call: &Call, found: usize) -> Result<(), Failure> {
    match call.server().settings.limits_context_facts {
        Some(most) if found as u64 > most => Err(Failure::too_large(format!(
            "context_facts: {found} facts are more than the {most} allowed"
        ))),
        _ => Ok(()),
    }
}

/// As clients want it: ascending by bytes, `*` first.
fn sorted(names: Names) -> Vec<String> {
    let mut sorted = names.names;
    sorted.sort_unstable();
    if names.every {
        sorted.insert(0, "*".to_owned());
    }
    sorted
}
