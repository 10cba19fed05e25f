//! What clients tell about themselves: expectations and events. Both go to the log.

use serde::{Deserialize, Deserializer};
use tracing::info;

use crate::environment::Meter;
use crate::http::{Call, Reply};
use crate::wire::{Expect, Failure, Message, Object, cut, parse};

/// `POST /expect`: what the answer to an earlier request should have been. The answer is
/// in the log under the same id; put together they are the report of disagreements.
pub(crate) fn expect(call: &Call, _: &Meter) -> Result<Reply, Failure> {
    let expect: Expect<'_> = parse(call.body())?;
    info!(
        request = cut(&expect.request_id),
        expected = expect.expected,
        environment = call.environment.id(),
        "expectation"
    );
    ok()
}

/// `POST /agents/event/<kind>`
pub(crate) fn agent_event(call: &Call, _: &Meter) -> Result<Reply, Failure> {
    const KINDS: [&str; 5] = [
        "tool_call_request",
        "tool_call_response",
        "tool_call_error",
        "message_from_user",
        "message_to_user",
    ];
    let kind = &*call.rest;
    if !KINDS.contains(&kind) {
        return Err(Failure::not_found(format!(
            "there is no event {kind:?}; there are {}",
            KINDS.join(", ")
        )));
    }
    let event: Event = parse(call.body())?;
    info!(
        kind,
        agent = event.agent_id.as_deref().map(cut),
        session = event.session_id.as_deref().map(cut),
        tool = event.tool_name.as_deref().map(cut),
        environment = call.environment.id(),
        "event of an agent"
    );
    ok()
}

/// What is kept of an event. What was said and passed is the application's own and is not
/// logged.
#[derive(Deserialize)]
#[serde(remote = "Self")]
struct Event {
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    session_id: Option<String>,
    #[serde(default)]
    tool_name: Option<String>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Event, D::Error> {
        Event::deserialize(Object(from))
    }
}

fn ok() -> Result<Reply, Failure> {
    let message = "OK".to_owned();
    Reply::json(&Message { message })
}
