//! Where handlers run: on the thread of the connection, or on the blocking pool.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::task::spawn_blocking;
use tracing::error;

use super::reply::Reply;
use super::server::{Call, Server};
use crate::environment::Meter;
use crate::wire::Failure;

/// Bodies above this many bytes are read as JSON on the blocking pool: that alone takes
/// longer than a request may keep its thread.
pub(super) const LIGHT_BODY: usize = 64 << 10;

/// A cheap question is answered where it is. One that turns out not to be begins again on
/// the blocking pool; what was done until then is little. It has to be answered within the
/// deadline after it has begun.
pub(super) async fn question(
    call: Call,
    handler: fn(&Call, &Meter) -> Result<Reply, Failure>,
    began: Instant,
) -> Result<Reply, Failure> {
    let server = call.server();
    if call.body().len() <= LIGHT_BODY {
        let meter = server.meter(began, true);
        let result = contained(server, || handler(&call, &meter));
        if !matches!(&result, Err(failure) if failure.heavy) {
            return result;
        }
    }
    server.metrics.moved.inc();
    let waiting = Waiting::default();
    let gone = waiting.0.clone();
    let result = elsewhere(move || {
        let mut meter = call.server().meter(began, false);
        meter.abandoned = Some(gone.clone());
        let result = contained(call.server(), || handler(&call, &meter));
        if result.is_err() && gone.load(Ordering::Relaxed) {
            call.server().metrics.abandoned.inc();
        }
        result
    })
    .await;
    drop(waiting);
    result
}

/// Says when it is dropped that nobody waits: with the answer, when that makes no difference,
/// or because the client has hung up and the request with it.
#[derive(Default)]
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs on the blocking pool.
pub(super) async fn elsewhere<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Failure::internal()))
}

/// A panic is one 500 and a line in the log; the process goes on.
pub(super) fn contained<T>(
    server: &Server,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = (panic.downcast_ref::<String>().map(String::as_str))
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("unknown");
        error!(why, "a handler panicked");
        server.metrics.panics.inc();
        Err(Failure::internal())
    })
}
