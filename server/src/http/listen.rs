//! Connections: accepted, timed, and ended.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tracing::{debug, info, warn};

use super::exchange;
use super::patience::Patience;
use super::server::Server;
use crate::config::Settings;

/// After an error of `accept` (no file handles left, mostly) it is not tried again at once.
const BREATH: Duration = Duration::from_millis(50);

/// Heads of requests above this size are refused.
const HEAD_BYTES: usize = 64 << 10;

/// Told when the server shall end.
pub(crate) type Stop = watch::Receiver<bool>;

/// A bound socket that nobody is served on yet.
pub(crate) struct Listening {
    listener: TcpListener,
    address: SocketAddr,
}

impl Listening {
    /// Binds it.
    ///
    /// # Errors
    /// The address is in use, or not ours.
    pub(crate) async fn on(address: SocketAddr) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Listening { listener, address })
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
        let http = protocol(settings);
        let graceful = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                () = stopped(&mut stop) => break,
                accepted = accept(&self.listener, &places) => accepted,
            };
            let Some((stream, place)) = accepted else {
                continue;
            };
            let (of_connection, of_request) = (server.clone(), server.clone());
            let service = service_fn(move |request| {
                let server = of_request.clone();
                async move { Ok::<_, Infallible>(exchange::answer(server, request).await) }
            });
            let stream = Patience::new(stream, settings.http_answer_timeout);
            let connection = http.serve_connection(TokioIo::new(stream), service);
            let connection = graceful.watch(connection);
            tokio::spawn(async move {
                of_connection.metrics.connections.inc();
                if let Err(why) = connection.await {
                    debug!(%why, "a connection ended early");
                }
                of_connection.metrics.connections.dec();
                drop(place);
            });
        }
        drop(self.listener);
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

/// The next connection, once there is a place for it.
async fn accept(
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
