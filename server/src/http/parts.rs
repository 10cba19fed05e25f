//! Answers that are too long to be in memory at once, made part by part while the client
//! takes them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{Either, Full};
use hyper::body::{Body, Bytes, Frame};

/// The body of an answer: whole, or in parts.
pub(super) type Answer = Either<Full<Bytes>, Streamed>;

/// Parts of an answer in their order, each a moment's work and not much longer than
/// [`PART`]. Dropped when the client goes away.
pub(super) type Parts = Box<dyn Iterator<Item = Vec<u8>> + Send + Sync>;

/// What a part should be long.
pub(crate) const PART: usize = 64 << 10;

/// Parts on their way out; the next one is made when the one before has been taken.
pub(super) struct Streamed(pub(super) Parts);

impl Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let part = self.0.next();
        Poll::Ready(part.map(|part| Ok(Frame::data(part.into()))))
    }
}
