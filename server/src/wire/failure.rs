//! What is answered instead of an answer.

use std::borrow::Cow;

use hyper::StatusCode;
use serde_json::{Value, json};

/// Characters of a message, and of its end, which says what is wrong with what was quoted.
const MESSAGE: usize = 1_000;
const END: usize = 200;

/// Characters of a piece that a client has sent, where it is quoted.
const QUOTED: usize = 100;

/// A piece of a request, short enough to be quoted.
pub(crate) fn cut(text: &str) -> String {
    shortened(text, QUOTED)
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A message without its middle, if it is long.
fn readable(message: &str) -> String {
    let count = message.chars().count();
    if count <= MESSAGE {
        return message.to_owned();
    }
    let end: String = message.chars().skip(count - END).collect();
    shortened(message, MESSAGE - END) + &end
}

/// A status that is no success, and its body.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Anything but 2xx and 3xx.
    pub(crate) status: StatusCode,
    /// JSON with at least a `message`.
    pub(crate) body: Value,
    /// Whole seconds after which another attempt makes sense.
    pub(crate) retry_after: Option<u32>,
    /// Whether the answer needs more than it may cost where it was tried first.
    pub(crate) heavy: bool,
    /// The message, if it may be logged: what quotes a request may quote ids, which are
    /// nobody's business but the client's.
    pub(crate) logged: Option<Cow<'static, str>>,
}

impl Failure {
    /// A status with a message for people, cut to a length that people read: it may quote
    /// what a client has sent.
    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Failure {
        let message = message.into();
        let body = json!({ "message": readable(&message) });
        let ours = status.is_server_error() || matches!(message, Cow::Borrowed(_));
        Failure {
            status,
            body,
            retry_after: None,
            heavy: false,
            logged: ours.then_some(message),
        }
    }

    /// The request is at fault.
    pub(crate) fn bad(message: impl Into<Cow<'static, str>>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, message)
    }

    /// There is no such thing.
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, message)
    }

    /// The request is too large in some respect.
    pub(crate) fn too_large(message: impl Into<Cow<'static, str>>) -> Failure {
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// We are at fault; what happened is in the log, not in the answer.
    pub(crate) fn internal() -> Failure {
        let message = "the server failed; its log has the details under this request's id";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// The same failure, to be tried again after some seconds.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Failure {
        self.retry_after = Some(seconds);
        self
    }

    /// The message for people.
    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }
}
