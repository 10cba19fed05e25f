//! Bodies of requests, read under a ceiling.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};

use crate::wire::Failure;

/// What is read and thrown away of a body that is too large, so that a client that sends
/// before it listens hears why: so many times the ceiling.
const DRAINED: u64 = 4;

/// A body, or why there is none, with whether the connection can go on.
pub(super) struct Unread {
    pub(super) why: Failure,
    /// Bytes of the body are still under way: nothing more can be read here.
    pub(super) close: bool,
}

/// Reads a body of at most so many bytes, within so much time.
pub(super) async fn read(mut body: Incoming, most: u64, time: Duration) -> Result<Bytes, Unread> {
    let declared = body.size_hint();
    if declared.exact() == Some(0) {
        return Ok(Bytes::new());
    }
    let reading = async {
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
        Ok(only.unwrap_or_else(|| whole.into()))
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
