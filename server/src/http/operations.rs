//! The listener for operators: metrics and health, no keys, nothing else.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::listen::{Stop, accept, protocol, stopped};
use super::patience::Patience;
use super::server::Server;
use crate::api;

/// Connections at a time: those who measure, and those who look whether we live.
const CONNECTIONS: usize = 64;
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics`, `/healthz` and `/readyz` until it is told to stop.
pub(crate) async fn serve_metrics(listener: Arc<TcpListener>, server: Arc<Server>, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let http = protocol(&server.settings);
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stop) => return,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let stream = Patience::new(stream, server.settings.http_answer_timeout);
        let server = server.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(answer(&server, &request)) }
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let mut stop = stop.clone();
        tokio::spawn(async move {
            // Whoever looks again sees that a connection has ended. One that is kept open must
            // not keep a server whose place another has taken.
            tokio::select! {
                _ = connection => {}
                () = stopped(&mut stop) => {}
            }
            drop(place);
        });
    }
}

fn answer(server: &Server, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, kind, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => (StatusCode::OK, TEXT, text(server).into()),
        (&Method::GET, path @ ("/healthz" | "/readyz")) => {
            let result = match path {
                "/healthz" => api::healthcheck(server, None),
                _ => api::readyz(server, None),
            };
            match result {
                Ok(reply) => (reply.status, "application/json", reply.body.whole()),
                Err(failure) => {
                    let body = failure.body.to_string().into();
                    (failure.status, "application/json", body)
                }
            }
        }
        _ => {
            let body = br#"{"message":"there are /metrics, /healthz and /readyz"}"#;
            (
                StatusCode::NOT_FOUND,
                "application/json",
                Bytes::from_static(body),
            )
        }
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn text(server: &Server) -> String {
    let metrics = &server.metrics;
    metrics.environments.set(server.environments.len() as i64);
    for environment in server.environments.lasting() {
        let moment = environment.moment();
        let outgrown = moment.snapshot().outgrown();
        let (epoch, policy) = (moment.epoch(), moment.policy_version());
        metrics.place(environment.id(), epoch, policy, outgrown);
    }
    metrics.text()
}
