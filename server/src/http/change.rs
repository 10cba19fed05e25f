//! Changes of facts, from the handler until they are visible.

use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tracing::error;

use super::reply::{Change, Content, Reply};
use super::run::{LIGHT_BODY, contained, elsewhere};
use super::server::{Call, Server};
use crate::environment::Environment;
use crate::environment::engine::{Applied, ApplyError, Arg, ChangeSet};
use crate::wire::{Failure, cut};

/// A change of more operations than this is not made on the thread of a connection.
const LIGHT_CHANGE: usize = 256;

/// Applies what a handler reads and answers when it is visible.
///
/// Changes of one environment are made one after the other. A small one is made here, which
/// is faster than waking another thread; a large one, one with a pattern (it may delete any
/// number of facts), and one that would have to wait for such a one are made on the blocking
/// pool, so that no thread of connections waits.
pub(super) async fn change(
    call: Call,
    handler: fn(&Call) -> Result<Change, Failure>,
) -> Result<Reply, Failure> {
    let (caller, environment) = (call.caller.clone(), call.environment.clone());
    let server = &caller.server;
    let Change { set, body } = if call.body().len() > LIGHT_BODY {
        elsewhere(move || contained(call.server(), || handler(&call))).await?
    } else {
        contained(server, || handler(&call))?
    };
    let told = if is_light(&set) && !environment.is_crowded() {
        contained(server, || Ok(submit(&environment, &set)))?
    } else {
        let (server, environment) = (server.clone(), environment.clone());
        elsewhere(move || {
            let _crowd = environment.crowd();
            contained(&server, || {
                few_enough(&server, &environment, &set)?;
                Ok(submit(&environment, &set))
            })
        })
        .await?
    };
    let outcome = match environment.engine().is_prompt() {
        true => soon(told).await,
        false => told.await.ok(),
    };
    let outcome = outcome.unwrap_or(Err(ApplyError::Stopped));
    let applied = outcome.map_err(|why| not_applied(server, &environment, &why))?;
    server.metrics.changed.inc_by(applied.changed as u64);
    Ok(Reply {
        status: StatusCode::OK,
        body: Content::Whole(body.into()),
        offset: Some(applied.epoch),
        at: None,
        allowed: None,
    })
}

/// What a change that is alone takes at most, as a rule.
const PROMPT: Duration = Duration::from_micros(60);

/// Waits for an outcome without going to sleep at once, as long as there is hope; others are
/// served meanwhile. To be woken up takes about as long as the change itself. None if nobody is
/// left to tell it.
async fn soon<T>(mut told: oneshot::Receiver<T>) -> Option<T> {
    let since = Instant::now();
    while since.elapsed() < PROMPT {
        match told.try_recv() {
            Ok(outcome) => return Some(outcome),
            // It must not be asked again.
            Err(TryRecvError::Closed) => return None,
            Err(TryRecvError::Empty) => tokio::task::yield_now().await,
        }
    }
    told.await.ok()
}

fn is_light(set: &ChangeSet) -> bool {
    let concrete = |arg| matches!(arg, Arg::Value(_));
    set.len() <= LIGHT_CHANGE && set.operations().all(|o| o.args().all(concrete))
}

/// Refuses a pattern that would delete more facts than are allowed. They are counted in the
/// newest state; a change that is made meanwhile may add to them.
fn few_enough(server: &Server, environment: &Environment, set: &ChangeSet) -> Result<(), Failure> {
    let Some(most) = server.settings.limits_facts_per_delete else {
        return Ok(());
    };
    let moment = environment.moment();
    let open = |arg| !matches!(arg, Arg::Value(_));
    for operation in set.operations() {
        if !operation.is_delete() || !operation.args().any(open) {
            continue;
        }
        let mut found: u64 = 0;
        moment
            .snapshot()
            .each_row(&operation.pattern(), &mut |_, _| {
                found += 1;
                found <= most
            });
        if found > most {
            return Err(Failure::too_large(format!(
                "deletes: a pattern of {} agrees with more than the {most} facts that one may \
                 delete",
                cut(operation.predicate())
            )));
        }
    }
    Ok(())
}

fn submit(
    environment: &Environment,
    set: &ChangeSet,
) -> oneshot::Receiver<Result<Applied, ApplyError>> {
    let (tell, told) = oneshot::channel();
    environment.engine().submit(set, move |outcome| {
        // A client that has gone away does not undo the change.
        let _ = tell.send(outcome);
    });
    told
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_tells_nothing_is_no_reason_to_wait() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (tell, told) = oneshot::channel();
        tell.send(7).unwrap();
        assert_eq!(runtime.block_on(soon(told)), Some(7));
        let (tell, told) = oneshot::channel::<i32>();
        drop(tell);
        assert_eq!(runtime.block_on(soon(told)), None);
        // Later than anybody looks out for it.
        for late in [true, false] {
            let (tell, told) = oneshot::channel();
            let later = std::thread::spawn(move || {
                std::thread::sleep(100 * PROMPT);
                if late {
                    tell.send(7).unwrap();
                }
            });
            assert_eq!(runtime.block_on(soon(told)), late.then_some(7));
            later.join().unwrap();
        }
    }
}
