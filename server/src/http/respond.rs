//! The answer on the wire, and its line in the log.

use std::time::Duration;

use http_body_util::{Either, Full};
use hyper::Response;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use tracing::{debug, error, info};

use super::admit::{Caller, REQUEST_ID};
use super::parts::{Answer, Streamed};
use super::reply::{Content, Reply};
use crate::environment::Environment;
use crate::wire::Failure;

const OFFSET: HeaderName = HeaderName::from_static("osooffset");

/// The epoch of facts that an answer is true of, and the version of the policy.
const EPOCH: HeaderName = HeaderName::from_static("floe-epoch");
const POLICY: HeaderName = HeaderName::from_static("floe-policy");

/// Headers of most answers, those of the HTTP layer included.
const HEADERS: usize = 6;

/// An answer with all its headers.
pub(super) fn respond(
    result: Result<Reply, Failure>,
    id: HeaderValue,
    close: bool,
    caller: &Caller,
) -> Response<Answer> {
    let mut response = match result {
        Ok(reply) => {
            let mut response = Response::new(match reply.body {
                Content::Whole(body) => Either::Left(Full::new(body)),
                Content::Parts(parts) => Either::Right(Streamed(parts)),
            });
            *response.status_mut() = reply.status;
            response.headers_mut().reserve(HEADERS);
            if let Some(at) = reply.at {
                let stamp = caller.stamp(at);
                response.headers_mut().insert(EPOCH, stamp.epoch);
                response.headers_mut().insert(POLICY, stamp.policy);
            }
            if let Some(offset) = reply.offset {
                response.headers_mut().insert(OFFSET, offset.into());
            }
            response
        }
        Err(failure) => {
            let body = failure.body.to_string();
            let mut response = Response::new(Either::Left(Full::new(body.into())));
            *response.status_mut() = failure.status;
            if let Some(seconds) = failure.retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(REQUEST_ID, id);
    if close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// One line for each request: questions at level debug, changes and refusals at info,
/// our own failures at error.
pub(super) fn log(
    route: &str,
    environment: Option<&Environment>,
    id: &HeaderValue,
    result: &Result<Reply, Failure>,
    took: Duration,
) {
    let request = id.to_str().unwrap_or("(not text)");
    let now = || environment.map(Environment::place).unzip();
    let environment = environment.map(Environment::id);
    let micros = took.as_micros() as u64;
    match result {
        Ok(reply) => {
            let status = reply.status.as_u16();
            let (epoch, policy) = reply.at.unzip();
            if reply.offset.is_some() {
                // A policy may have come into force since; what was changed are facts.
                let (epoch, policy) = (reply.offset, now().1);
                info!(
                    request,
                    route, environment, status, epoch, policy, micros, "changed"
                );
            } else {
                let allowed = reply.allowed;
                debug!(
                    request,
                    route, environment, status, epoch, policy, allowed, micros, "answered"
                );
            }
        }
        Err(failure) => {
            let (status, why) = (failure.status.as_u16(), failure.logged.as_deref());
            let (epoch, policy) = now();
            if failure.status.is_server_error() {
                error!(
                    request,
                    route, environment, status, epoch, policy, why, micros, "failed"
                );
            } else {
                info!(
                    request,
                    route, environment, status, epoch, policy, why, micros, "refused"
                );
            }
        }
    }
}
