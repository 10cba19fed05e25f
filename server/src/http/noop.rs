//! A server that reads what the real one reads and answers always the same: the price of an
//! answer before it means anything, which measurements compare the real server with.
//!
//! The stack is the same: connections as `listen` makes them, bodies under the same
//! ceilings, requests parsed into the same types, answers written the same way. There are no
//! routes, no keys, no ids of requests, no logs, no counters, and no engine.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::body::{self, Room};
use super::listen::protocol;
use super::patience::Patience;
use crate::config::{Layers, Settings};
use crate::wire::{Authorize, Changes, List, parse};

/// What every request is parsed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The body of `POST /authorize`.
    Authorize,
    /// The body of `POST /list`.
    List,
    /// The body of `POST /batch`.
    Batch,
}

/// Serves on a port of the loopback address that the system chooses, for as long as the
/// process lives; `ready` is told where. Every request that can be parsed is answered 200
/// with `answer`, any other 400 with nothing.
///
/// # Errors
/// There is no runtime, or no port.
pub fn serve(asked: Asked, answer: Vec<u8>, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let settings = Settings::new(&Layers::default()).map_err(io::Error::other)?;
    let noop = Arc::new(Noop {
        asked,
        answer: answer.into(),
        room: Room::new(settings.limits_bodies.0),
        settings,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("floe-noop")
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        ready(listener.local_addr()?);
        let http = protocol(&noop.settings);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(http.clone(), stream, noop.clone()));
        }
    })
}

struct Noop {
    asked: Asked,
    answer: Bytes,
    settings: Settings,
    room: Room,
}

async fn connection(http: hyper::server::conn::http1::Builder, stream: TcpStream, noop: Arc<Noop>) {
    let stream = Patience::new(stream, noop.settings.http_answer_timeout);
    let service = service_fn(move |request| {
        let noop = noop.clone();
        async move { Ok::<_, Infallible>(noop.answer(request).await) }
    });
    // Whoever measures sees that a connection has ended.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

impl Noop {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let settings = &self.settings;
        let (most, time) = (settings.limits_body.0, settings.http_body_timeout);
        let body = body::read(request.into_body(), most, time, &self.room).await;
        let parsed = body.is_ok_and(|held| match self.asked {
            Asked::Authorize => parse::<Authorize<'_>>(&held.bytes).is_ok(),
            Asked::List => parse::<List<'_>>(&held.bytes).is_ok(),
            Asked::Batch => parse::<Vec<Changes<'_>>>(&held.bytes).is_ok(),
        });
        if !parsed {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return response;
        }
        let mut response = Response::new(Full::new(self.answer.clone()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_parses_gets_the_answer_and_nothing_else_does() {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let answer = b"[\"the answer\"]".to_vec();
            serve(Asked::List, answer, move |at| tell.send(at).unwrap())
        });
        let at = told.recv().unwrap();
        let ask = |body: &str| {
            let mut stream = TcpStream::connect(at).unwrap();
            let length = body.len();
            write!(
                stream,
                "POST /api/list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            )
            .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let question = r#"{"actor_type":"U","actor_id":"a","action":"r","resource_type":"D"}"#;
        let answer = ask(question);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n[\"the answer\"]"), "{answer}");
        assert!(ask("[]").starts_with("HTTP/1.1 400 "));
    }
}
