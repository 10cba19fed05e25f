//! What the system tells the process while it serves.

use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::error;

use crate::http::{Server, Tls};

/// What the system tells the process.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// They are heard from here on.
    ///
    /// # Errors
    /// The system does not let us.
    pub(super) fn new() -> Result<Signals, String> {
        let hear = |kind| signal(kind).map_err(|why| format!("cannot hear signals: {why}"));
        Ok(Signals {
            terminate: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            hangup: hear(SignalKind::hangup())?,
        })
    }

    /// Waits for a reason to end. A hangup is none: the certificate is read again.
    pub(super) async fn end(&mut self, server: &Server, tls: Option<&Tls>) -> ExitCode {
        let mut broken = server.broken.subscribe();
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return ExitCode::SUCCESS,
                _ = self.interrupt.recv() => return ExitCode::SUCCESS,
                _ = self.hangup.recv() => if let Some(tls) = tls {
                    tls.reload();
                },
                _ = broken.wait_for(Option::is_some) => {
                    let why = server.broken.borrow().clone().unwrap_or_default();
                    error!(why, "ending: the server cannot go on");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
}
