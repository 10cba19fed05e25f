//! From a request to its answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};

use super::admit::{Caller, admit, request_id};
use super::body;
use super::change::change;
use super::parts::Answer;
use super::reply::Reply;
use super::respond::{log, respond};
use super::routes::{Found, Handler, ROUTES, Route, find};
use super::run::{LIGHT_BODY, contained, elsewhere, question};
use super::server::Call;
use crate::environment::Environment;
use crate::metrics::UNKNOWN;
use crate::wire::{Failure, cut};

/// Answers a request; whatever happens there is an answer.
pub(super) async fn answer(caller: Arc<Caller>, request: Request<Incoming>) -> Response<Answer> {
    let began = Instant::now();
    let server = &caller.server;
    let (head, body) = request.into_parts();
    let id = request_id(&head.headers);
    let path = collapse(head.uri.path());
    let mut close = false;
    let found = find(&head.method, &path);
    let place = match found {
        Found::Route(place, _) => Some(place),
        Found::Nothing | Found::WrongMethod => None,
    };
    let framed = framed(&head.headers);
    let broken = framed.is_err();
    let admitted = framed.and_then(|()| admitted(&caller, &found, &path, &head));
    let mut environment = None;
    let result = match admitted {
        Ok((route, rest, opened)) => {
            environment.clone_from(&opened);
            let asked = Asked {
                began,
                query: head.uri.query().map(str::to_owned),
                rest: rest.to_owned(),
                body,
            };
            handle(&caller, route, opened, asked, &mut close).await
        }
        Err(failure) => {
            let patience = server.settings.http_body_timeout;
            close = broken || !body::drain(body, patience).await;
            Err(failure)
        }
    };
    let status = match &result {
        Ok(reply) => reply.status,
        Err(failure) => failure.status,
    };
    let took = began.elapsed();
    server.metrics.request(place, status.as_u16(), took);
    let name = place.map_or(UNKNOWN, |place| ROUTES[place].path);
    log(name, environment.as_deref(), &id, &result, took);
    respond(result, id, close, &caller)
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
    caller: &Caller,
    found: &Found<'p>,
    path: &str,
    head: &Parts,
) -> Result<Admitted<'p>, Failure> {
    match *found {
        Found::Nothing => {
            let why = format!("there is no {}", cut(path));
            Err(Failure::not_found(why))
        }
        Found::WrongMethod => {
            let why = format!("{path} does not support {}", cut(head.method.as_str()));
            Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, why))
        }
        Found::Route(place, rest) => {
            let route = &ROUTES[place];
            let environment = admit(caller, route, &head.headers)?;
            Ok((route, rest, environment))
        }
    }
}

/// What is left of a request that has been admitted.
struct Asked {
    began: Instant,
    query: Option<String>,
    rest: String,
    body: Incoming,
}

async fn handle(
    caller: &Arc<Caller>,
    route: &'static Route,
    environment: Option<Arc<Environment>>,
    asked: Asked,
    close: &mut bool,
) -> Result<Reply, Failure> {
    let server = &caller.server;
    let settings = &server.settings;
    let most = match (route.handler, settings.limits_write_body) {
        // What needs no key needs no body either.
        (Handler::Open(_), _) => LIGHT_BODY as u64,
        (Handler::Change(_), Some(ceiling)) => ceiling.0,
        _ => u64::MAX,
    };
    let most = most.min(settings.limits_body.0);
    let body = body::read(asked.body, most, settings.http_body_timeout, &server.room).await;
    let body = body.map_err(|unread| {
        *close = unread.close;
        unread.why
    })?;
    let Some(environment) = environment else {
        let Handler::Open(handler) = route.handler else {
            return Err(Failure::internal());
        };
        let server = server.clone();
        let work = move || contained(&server, || handler(&server, asked.query.as_deref()));
        // Health is asked for when everything else is busy; what makes something takes time.
        return match route.method == Method::GET {
            true => work(),
            false => elsewhere(work).await,
        };
    };
    environment.touch(asked.began);
    let call = Call {
        caller: caller.clone(),
        environment,
        query: asked.query,
        rest: asked.rest,
        body,
    };
    match route.handler {
        Handler::Open(handler) => contained(server, || handler(server, call.query.as_deref())),
        Handler::Long(handler) => {
            let contained = move || contained(call.server(), || handler(&call));
            elsewhere(contained).await
        }
        // A body that came slowly has not made its question any harder.
        Handler::Question(handler) => question(call, handler, Instant::now()).await,
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
