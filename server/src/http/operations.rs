//! The listener for operators: metrics and health, no keys, nothing else.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::listen::{Stop, stopped};
use super::server::Server;
use crate::api;

const PATIENCE: Duration = Duration::from_secs(10);
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics`, `/healthz` and `/readyz` until it is told to stop.
pub(crate) async fn serve_metrics(listener: Arc<TcpListener>, server: Arc<Server>, mut stop: Stop) {
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let server = server.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(answer(&server, &request)) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
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
