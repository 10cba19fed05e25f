//! Changes of facts, from the handler until they are visible.

use hyper::StatusCode;
use tokio::sync::oneshot;
use tracing::error;

use super::reply::{Change, Reply};
use super::run::contained;
use super::server::{Call, Server};
use crate::environment::Environment;
use crate::environment::engine::{Applied, ApplyError};
use crate::wire::Failure;

/// A change on its way, and what is answered when it is visible.
pub(super) type Submitted = (oneshot::Receiver<Result<Applied, ApplyError>>, Vec<u8>);

pub(super) fn submit(
    call: &Call,
    handler: fn(&Call) -> Result<Change, Failure>,
) -> Result<Submitted, Failure> {
    contained(&call.server, || {
        let Change { set, body } = handler(call)?;
        let (tell, told) = oneshot::channel();
        call.environment.engine().submit(&set, move |outcome| {
            // A client that has gone away does not undo the change.
            let _ = tell.send(outcome);
        });
        Ok((told, body))
    })
}

pub(super) async fn applied(
    server: &Server,
    environment: &Environment,
    (told, body): Submitted,
) -> Result<Reply, Failure> {
    let outcome = told.await.unwrap_or(Err(ApplyError::Stopped));
    let applied = outcome.map_err(|why| not_applied(server, environment, &why))?;
    server.metrics.changed.inc_by(applied.changed as u64);
    Ok(Reply {
        status: StatusCode::OK,
        body,
        offset: Some(applied.epoch),
        at: None,
        allowed: None,
    })
}

/// Why a change was not applied.
pub(crate) fn not_applied(server: &Server, environment: &Environment, why: &ApplyError) -> Failure {
    match why {
        ApplyError::Refused(refusal) => Failure::bad(refusal.to_string()),
        ApplyError::Busy => {
            let why = "too many changes are waiting; try again";
            Failure::new(StatusCode::TOO_MANY_REQUESTS, why).retry_after(1)
        }
        ApplyError::Memory { .. } => {
            let why = format!("{why}; questions are still answered");
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(30)
        }
        ApplyError::Stopped => {
            let why = format!("the engine of environment {} has stopped", environment.id());
            error!(environment = environment.id(), "the engine has stopped");
            server.fail(&why);
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, why)
        }
        other => {
            error!(%other, "a change was not applied");
            Failure::new(StatusCode::SERVICE_UNAVAILABLE, other.to_string())
        }
    }
}
