//! Whether the server lives, and whether it can be asked.

use hyper::StatusCode;
use serde_json::json;

use crate::http::{Reply, Server};
use crate::wire::{Failure, Message};

/// `GET /api/healthcheck`, `GET /healthz`: the process answers.
pub(crate) fn healthcheck(_: &Server, _: Option<&str>) -> Result<Reply, Failure> {
    let message = "OK".to_owned();
    Reply::json(&Message { message })
}

/// `GET /readyz`: every lasting environment answers and takes changes, and where it is.
pub(crate) fn readyz(server: &Server, _: Option<&str>) -> Result<Reply, Failure> {
    let mut ready = true;
    let mut environments = serde_json::Map::new();
    for environment in server.environments.lasting() {
        let moment = environment.moment();
        let health = environment.engine().accepts_changes();
        ready &= health.is_ok();
        let state = json!({
            "epoch": moment.epoch(),
            "policy_version": moment.policy_version(),
            "reason": health.err(),
            "degraded": environment.engine().degraded(),
        });
        environments.insert(environment.id().to_owned(), state);
    }
    let reason = server.broken.borrow().clone();
    ready &= reason.is_none();
    let body = json!({"ready": ready, "reason": reason, "environments": environments});
    if ready {
        return Reply::json(&body);
    }
    let mut failure = Failure::new(StatusCode::SERVICE_UNAVAILABLE, "not ready");
    failure.body = body;
    Err(failure)
}
