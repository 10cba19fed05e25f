//! Connections: accepted, timed, and ended.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::server::TlsStream;
use tracing::{debug, info, warn};

use super::admit::Caller;
use super::exchange;
use super::patience::Patience;
use super::server::Server;
use super::tls::Tls;
use super::worded::Worded;
use crate::config::Settings;

/// After an error of `accept` (no file handles left, mostly) it is not tried again at once.
const BREATH: Duration = Duration::from_millis(50);

/// Heads of requests above this size are refused.
const HEAD_BYTES: usize = 64 << 10;

/// Told when the server shall end.
pub(crate) type Stop = watch::Receiver<bool>;

/// A bound socket that nobody is served on yet. Clones are the same; it is closed when
/// none is left.
#[derive(Clone)]
pub(crate) struct Listening {
    listener: Arc<TcpListener>,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
}

impl Listening {
    /// Binds it.
    ///
    /// # Errors
    /// The address is in use, or not ours.
    pub(crate) async fn on(address: SocketAddr, tls: Option<Arc<Tls>>) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Listening {
            listener: Arc::new(listener),
            address,
            tls,
        })
    }

    /// Where it is: of port 0 the system makes another.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves the API until it is told to stop, and then what is under way, as long as
    /// that does not take longer than configured.
    pub(crate) async fn serve(self, server: Arc<Server>, mut stop: Stop) {
        let settings = &server.settings;
        let places = Arc::new(Semaphore::new(settings.http_connections as usize));
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stopped(&mut stop) => break,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some((stream, place)) = accepted else {
                continue;
            };
            let server = server.clone();
            let tls = self.tls.clone();
            let (watcher, stop) = (graceful.watcher(), stop.clone());
            tokio::spawn(async move {
                server.metrics.connections.inc();
                let ended = match tls {
                    None => {
                        let stream = Patience::new(stream, server.settings.http_answer_timeout);
                        converse(&server, watcher, stream).await
                    }
                    Some(tls) => match encrypted(&server, &tls, stream, stop).await {
                        Ok(stream) => converse(&server, watcher, stream).await,
                        Err(why) => Err(why.into()),
                    },
                };
                if let Err(why) = ended {
                    debug!(why, "a connection ended early");
                }
                server.metrics.connections.dec();
                drop(place);
            });
        }
        drop(self);
        let under_way = graceful.count();
        info!(connections = under_way, "ending");
        if tokio::time::timeout(settings.http_shutdown, graceful.shutdown())
            .await
            .is_err()
        {
            warn!("ending with requests under way: they took too long");
        }
    }
}

/// HTTP/1.1 as it is spoken here.
pub(super) fn protocol(settings: &Settings) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.http_header_timeout)
        .max_buf_size(HEAD_BYTES.max(8192));
    http
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// One request after the other, until the client or the server ends it.
async fn converse<S>(server: &Arc<Server>, watcher: Watcher, stream: S) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let settings = &server.settings;
    let caller = Arc::new(Caller::of(server.clone()));
    let service = service_fn(move |request| {
        let caller = caller.clone();
        async move { Ok::<_, Infallible>(exchange::answer(caller, request).await) }
    });
    let connection =
        protocol(settings).serve_connection(TokioIo::new(Worded::new(stream)), service);
    Ok(watcher.watch(connection).await?)
}

/// The stream with TLS on it; whoever has not even agreed on keys has nothing under way
/// that an end would have to wait for.
async fn encrypted(
    server: &Server,
    tls: &Tls,
    stream: TcpStream,
    mut stop: Stop,
) -> io::Result<TlsStream<Patience<TcpStream>>> {
    let settings = &server.settings;
    let agreed = tls.accept(stream, settings.http_answer_timeout);
    tokio::select! {
        agreed = tokio::time::timeout(settings.http_header_timeout, agreed) => agreed?,
        () = stopped(&mut stop) => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

/// The next connection, once there is a place for it.
pub(super) async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => {
            // Answers are written whole: waiting to send more only delays them.
            let _ = stream.set_nodelay(true);
            Some((stream, place))
        }
        Err(why) => {
            warn!(%why, "cannot accept a connection");
            tokio::time::sleep(BREATH).await;
            None
        }
    }
}

/// Waits until the server shall end.
pub(super) async fn stopped(stop: &mut Stop) {
    // Nobody left to say so means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
