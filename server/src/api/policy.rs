//! Policies: upload, text, metadata.

use std::sync::Arc;

use floe_frontend::source::Sources;
use hyper::StatusCode;

use crate::environment::{Options, Outcome, Problem, Version, problem_body};
use crate::http::{Call, Reply};
use crate::wire::{Failure, Message, MetadataOut, PolicyOut, PolicyText, PolicyUpload, parse};

/// `POST /policy`. With `fail_fast=true` no test runs after one that fails. With
/// `dry_run=true`, an addition of ours, it is judged and dropped.
pub(crate) fn post_policy(call: &Call) -> Result<Reply, Failure> {
    let refused = |body| {
        let mut failure = Failure::bad("the policy is refused");
        failure.body = body;
        failure
    };
    let upload: PolicyUpload<'_> = parse(call.body())
        .map_err(|wrong| refused(problem_body(&Problem::Generic(wrong.message().to_owned()))))?;
    let text = PolicyText {
        filename: upload.filename.map(|name| name.to_string()),
        src: upload.src.to_string(),
    };
    let mut sources = Sources::new();
    let name = text.filename.as_deref().filter(|name| !name.is_empty());
    sources.add(name.unwrap_or("policy"), text.src.as_str());
    let options = Options {
        dry_run: call.parameters().flag("dry_run"),
        fail_fast: call.parameters().flag("fail_fast"),
        time: call.server().settings.policy_deadline,
        bytes: call.server().settings.evaluation_memory.0,
    };
    let outcome = call.environment.upload(text, sources, options);
    let outcome = outcome.map_err(|problem| {
        let mut failure = refused(problem_body(&problem));
        if matches!(problem, Problem::Busy) {
            failure.status = StatusCode::TOO_MANY_REQUESTS;
            failure.retry_after = Some(1);
        }
        if matches!(problem, Problem::Unavailable(_)) {
            failure.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        failure
    })?;
    let (status, message, offset) = match outcome {
        Outcome::Replaced { epoch, version } => {
            let message = format!("Policy loaded as version {version}.");
            (StatusCode::OK, message, Some(epoch))
        }
        Outcome::Unchanged { epoch } => {
            let message = "Policy unchanged: this is the active one.".to_owned();
            (StatusCode::ACCEPTED, message, Some(epoch))
        }
        Outcome::Checked { tests } => {
            let message = format!("Policy is valid; {tests} tests passed. It was not loaded.");
            (StatusCode::OK, message, None)
        }
    };
    let mut reply = Reply::json(&Message { message })?;
    reply.status = status;
    reply.offset = offset;
    Ok(reply)
}

/// `GET /policy`
pub(crate) fn get_policy(call: &Call) -> Result<Reply, Failure> {
    let moment = call.environment.moment();
    let version = match call.parameters().number("id")? {
        Some(number) => kept(call, number)?,
        None => moment.version(),
    };
    let policy = version.text.clone();
    Reply::at(&moment, &PolicyOut { policy })
}

/// `GET /policy_metadata`
pub(crate) fn policy_metadata(call: &Call) -> Result<Reply, Failure> {
    let moment = call.environment.moment();
    let parameters = call.parameters();
    let number = match parameters.number("version")? {
        Some(number) => Some(number),
        None => parameters.number("id")?,
    };
    let version = match number {
        Some(number) => kept(call, number)?,
        None => moment.version(),
    };
    if version.text.is_none() {
        return Err(Failure::not_found("no policy has been loaded"));
    }
    let metadata = &version.metadata;
    Reply::at(&moment, &MetadataOut { metadata })
}

fn kept(call: &Call, number: u64) -> Result<Arc<Version>, Failure> {
    let found = call.environment.policies().get(number);
    found.ok_or_else(|| Failure::not_found(format!("there is no policy version {number}")))
}
