//! Local authorization: SQL for the application's own database.

use crate::environment::Meter;
use crate::http::{Call, Reply};
use crate::wire::Failure;

/// `POST /authorize_query`, `/list_query`, `/actions_query`, `/evaluate_query_local`: not
/// built yet, and said so. An answer that pretended otherwise would be a decision.
pub(crate) fn local(_: &Call, _: &Meter) -> Result<Reply, Failure> {
    Err(Failure::bad(
        "local authorization is not supported by this version of Floe: it cannot answer with \
         SQL. Store the facts with the server, or send them as context_facts, and use the \
         endpoint without `_query`",
    ))
}
