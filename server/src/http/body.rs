//! Bodies of requests, read under a ceiling.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::run::LIGHT_BODY;
use crate::wire::Failure;

/// What is read and thrown away of a body that is too large, so that a client that sends
/// before it listens hears why: so many times the ceiling.
const DRAINED: u64 = 4;

/// Room for the bodies of all requests together, in KiB. Small bodies are not counted:
/// there are no more of them than connections.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    /// So many bytes.
    pub(crate) fn new(bytes: u64) -> Room {
        let kib = usize::try_from(bytes >> 10).unwrap_or(usize::MAX);
        Room(Arc::new(Semaphore::new(kib.min(Semaphore::MAX_PERMITS))))
    }

    /// Waits until there is room for a body of at most so many bytes.
    async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
        self.0.clone().acquire_many_owned(kib).await.ok()
    }
}

/// A body, and the room it takes for as long as it is there.
pub(crate) struct Held {
    /// The bytes.
    pub(crate) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Why there is no body, and whether the connection can go on.
pub(super) struct Unread {
    pub(super) why: Failure,
    /// Bytes of the body are still under way: nothing more can be read here.
    pub(super) close: bool,
}

/// Reads a body of at most so many bytes, within so much time.
pub(super) async fn read(
    mut body: Incoming,
    most: u64,
    time: Duration,
    room: &Room,
) -> Result<Held, Unread> {
    let declared = body.size_hint();
    if declared.exact() == Some(0) {
        return Ok(Held {
            bytes: Bytes::new(),
            _room: None,
        });
    }
    let reading = async {
        let largest = declared.upper().unwrap_or(most).min(most);
        let taken = match largest > LIGHT_BODY as u64 {
            true => room.take(largest).await,
            false => None,
        };
        let mut whole: Vec<u8> = Vec::new();
        let mut only: Option<Bytes> = None;
        let mut total = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(Unread {
                    why: Failure::bad("the body ends before it is complete"),
                    close: true,
                });
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            total += data.len() as u64;
            if total > most {
                if total > most.saturating_mul(DRAINED) {
                    break;
                }
                whole = Vec::new();
                only = None;
                continue;
            }
            // Most bodies come in one piece and are never copied.
            match (only.take(), whole.is_empty()) {
                (None, true) => only = Some(data),
                (first, _) => {
                    whole.extend_from_slice(&first.unwrap_or_default());
                    whole.extend_from_slice(&data);
                }
            }
        }
        if total > most {
            return Err(Unread {
                why: Failure::too_large(format!(
                    "the body is larger than the {most} bytes allowed"
                )),
                close: true,
            });
        }
        Ok(Held {
            bytes: only.unwrap_or_else(|| whole.into()),
            _room: taken,
        })
    };
    tokio::time::timeout(time, reading)
        .await
        .unwrap_or_else(|_| {
            Err(Unread {
                why: Failure::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "the body did not arrive in time",
                ),
                close: true,
            })
        })
}

/// Reads what is left of a request that is refused without looking at its body, so that the
/// connection can serve the next one; false if that is too much to wait for.
pub(super) async fn drain(mut body: Incoming, time: Duration) -> bool {
    let reading = async {
        let mut total = 0;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return false;
            };
            total += frame.data_ref().map_or(0, Bytes::len);
            if total > LIGHT_BODY {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(time, reading).await.unwrap_or(false)
}
