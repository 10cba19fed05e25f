//! What hyper refuses by itself, in our words.
//!
//! A head that is not HTTP, or too large, never becomes a request: hyper answers with a status
//! and nothing else. Clients expect every answer to be JSON with a message and an id.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::header::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::admit::{REQUEST_ID, request_id};

/// A stream on which a refusal without a body gets one.
pub(super) struct Worded<S> {
    stream: S,
    /// What is said instead, how much of it has been written, and the length of what hyper
    /// thinks it is writing.
    instead: Option<(Vec<u8>, usize, usize)>,
}

impl<S> Worded<S> {
    pub(super) fn new(stream: S) -> Worded<S> {
        Worded {
            stream,
            instead: None,
        }
    }
}

/// Whether these bytes are a refusal of hyper's own: a head and nothing behind it, without the
/// id that every answer of ours has. No body looks like this, since JSON has no line ends.
fn is_bare(bytes: &[u8]) -> bool {
    let has = |what: &str| (bytes.windows(what.len())).any(|at| at == what.as_bytes());
    bytes.starts_with(b"HTTP/1.1 4")
        && bytes.ends_with(b"\r\n\r\n")
        && !has(REQUEST_ID.as_str())
        && has("content-length: 0")
}

/// The same refusal with a body.
fn worded(bare: &[u8]) -> Vec<u8> {
    let head = String::from_utf8_lossy(bare);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or("HTTP/1.1 400 Bad Request");
    let why = match status.split(' ').nth(1) {
        Some("414") => "the path and query of a request may have 65,534 bytes",
        Some("431") => "the head of a request may have 65,536 bytes and 100 lines",
        _ => "the request is not well-formed HTTP",
    };
    let body = serde_json::json!({ "message": why }).to_string();
    let id = request_id(&HeaderMap::new());
    let mut worded = format!("{status}\r\n");
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("content-length")) {
        worded += &format!("{line}\r\n");
    }
    let length = body.len();
    let id = id.to_str().unwrap_or("-");
    worded += &format!(
        "content-type: application/json\r\n{REQUEST_ID}: {id}\r\ncontent-length: {length}\r\n\r\n\
         {body}"
    );
    worded.into_bytes()
}

impl<S: AsyncWrite + Unpin> Worded<S> {
    /// Writes what is said instead, if anything is.
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while let Some((bytes, written, whole)) = &mut self.instead {
            let more = ready!(Pin::new(&mut self.stream).poll_write(cx, &bytes[*written..]))?;
            if more == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += more;
            if *written == bytes.len() {
                let whole = *whole;
                self.instead = None;
                return Poll::Ready(Ok(whole));
            }
        }
        Poll::Ready(Ok(0))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Worded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Worded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            if !is_bare(bytes) {
                return Pin::new(&mut self.stream).poll_write(cx, bytes);
            }
            self.instead = Some((worded(bytes), 0, bytes.len()));
        }
        self.poll_instead(cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut full = slices.iter().filter(|slice| !slice.is_empty());
        match (self.instead.is_some(), full.next(), full.next()) {
            (true, _, _) => self.poll_instead(cx),
            (false, Some(only), None) => self.poll_write(cx, only),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_get_words() {
        let bare = b"HTTP/1.1 414 URI Too Long\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert!(is_bare(bare));
        let said = String::from_utf8(worded(bare)).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 414 URI Too Long\r\nconnection: close\r\n"));
        assert!(head.contains("\r\ncontent-type: application/json\r\nx-request-id: "));
        assert!(head.ends_with(&format!("\r\ncontent-length: {}", body.len())));
        assert!(
            body.starts_with("{\"message\":\"the path and query"),
            "{body}"
        );
        for other in [
            &b"HTTP/1.1 404 Not Found\r\nx-request-id: a\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            b"HTTP/1.1 4",
            b"",
        ] {
            assert!(!is_bare(other));
        }
    }
}
