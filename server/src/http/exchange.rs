//! From a request to its answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use hyper::{Method, Request, Response, StatusCode};

use super::admit::{admit, request_id};
use super::body;
use super::change::change;
use super::parts::Answer;
use super::reply::Reply;
use super::respond::{log, respond};
use super::routes::{Found, Handler, Route, find};
use super::run::{LIGHT_BODY, contained, elsewhere, question};
use super::server::{Call, Server};
use crate::environment::Environment;
use crate::wire::{Failure, cut};

/// Answers a request; whatever happens there is an answer.
pub(super) async fn answer(server: Arc<Server>, request: Request<Incoming>) -> Response<Answer> {
    let began = Instant::now();
    let id = request_id(request.headers());
    let path = collapse(request.uri().path()).into_owned();
    let mut close = false;
    let found = find(request.method(), &path);
    let name = match &found {
        Found::Route(route, _) => route.path,
        _ => "unknown",
    };
    let mut environment = None;
    let framed = framed(request.headers());
    let broken = framed.is_err();
    let admitted = framed.and_then(|()| admitted(&server, &found, &path, &request));
    let result = match admitted {
        Ok((route, rest, opened)) => {
            environment.clone_from(&opened);
            let rest = rest.to_owned();
            handle(server.clone(), (route, rest), opened, request, &mut close).await
        }
        Err(failure) => {
            let patience = server.settings.http_body_timeout;
            close = broken || !body::drain(request.into_body(), patience).await;
            Err(failure)
        }
    };
    let status = match &result {
        Ok(reply) => reply.status,
        Err(failure) => failure.status,
    };
    server
        .metrics
        .request(name, status.as_u16(), began.elapsed());
    log(name, environment.as_deref(), &id, &result, began);
    respond(result, id, close)
}

/// Whether a proxy in front sees the request end where we do: a body in chunks says so in one
/// word and has no length beside it. The rest of what is malformed never gets here.
fn framed(headers: &HeaderMap) -> Result<(), Failure> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let sound = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => {
            coding.as_bytes().eq_ignore_ascii_case(b"chunked")
                && !headers.contains_key(CONTENT_LENGTH)
        }
        (Some(_), Some(_)) => false,
    };
    if sound {
        return Ok(());
    }
    let why = "the header Transfer-Encoding is not `chunked` alone";
    Err(Failure::bad(why))
}

/// The route of a request, what it leaves open of the path, and the environment that the
/// request's key opens.
type Admitted<'p> = (&'static Route, &'p str, Option<Arc<Environment>>);

fn admitted<'p>(
    server: &Server,
    found: &Found<'p>,
    path: &str,
    request: &Request<Incoming>,
) -> Result<Admitted<'p>, Failure> {
    match *found {
        Found::Nothing => {
            let why = format!("there is no {}", cut(path));
            Err(Failure::not_found(why))
        }
        Found::WrongMethod => {
            let why = format!("{path} does not support {}", cut(request.method().as_str()));
            Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, why))
        }
        Found::Route(route, rest) => {
            let environment = admit(server, route, request.headers())?;
            Ok((route, rest, environment))
        }
    }
}

async fn handle(
    server: Arc<Server>,
    (route, rest): (&'static Route, String),
    environment: Option<Arc<Environment>>,
    request: Request<Incoming>,
    close: &mut bool,
) -> Result<Reply, Failure> {
    let query = request.uri().query().map(str::to_owned);
    let settings = &server.settings;
    let most = match (route.handler, settings.limits_write_body) {
        // What needs no key needs no body either.
        (Handler::Open(_), _) => LIGHT_BODY as u64,
        (Handler::Change(_), Some(ceiling)) => ceiling.0,
        _ => u64::MAX,
    };
    let most = most.min(settings.limits_body.0);
    let body = body::read(
        request.into_body(),
        most,
        settings.http_body_timeout,
        &server.room,
    )
    .await;
    let body = body.map_err(|unread| {
        *close = unread.close;
        unread.why
    })?;
    let Some(environment) = environment else {
        let Handler::Open(handler) = route.handler else {
            return Err(Failure::internal());
        };
        let work = move || contained(&server, || handler(&server, query.as_deref()));
        // Health is asked for when everything else is busy; what makes something takes time.
        return match route.method == Method::GET {
            true => work(),
            false => elsewhere(work).await,
        };
    };
    environment.touch();
    let call = Call {
        server,
        environment,
        query,
        rest,
        body,
    };
    let server = call.server.clone();
    match route.handler {
        Handler::Open(handler) => contained(&server, || handler(&server, call.query.as_deref())),
        Handler::Long(handler) => {
            let contained = move || contained(&call.server, || handler(&call));
            elsewhere(contained).await
        }
        Handler::Question(handler) => question(call, handler).await,
        Handler::Change(handler) => change(call, handler).await,
    }
}

/// The path with repeated slashes as one: a base URL may end in one.
fn collapse(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut collapsed = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !collapsed.ends_with('/') {
            collapsed.push(c);
        }
    }
    Cow::Owned(collapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_slashes_are_one() {
        assert_eq!(collapse("//api///authorize/"), "/api/authorize/");
        assert_eq!(collapse("/api/list"), "/api/list");
    }
}
