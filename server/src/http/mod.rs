//! HTTP: connections, routes, the way from a request to an answer.
//!
//! Owns: sockets, headers, statuses, timeouts, which handler answers what and with which
//! scope. Must not know: what a question means; that is [`crate::api`]'s business.
//!
//! A handler is a plain function from a request to an answer. Where it runs is decided
//! here: on the thread of the connection as long as it is cheap, on a thread of the
//! blocking pool otherwise, so that no question keeps others waiting.

mod admit;
mod body;
mod change;
mod exchange;
mod listen;
pub mod noop;
mod operations;
mod parts;
mod patience;
mod reply;
mod respond;
mod routes;
mod run;
mod server;
#[cfg(test)]
mod tests;
mod tls;
mod worded;

pub(crate) use body::Room;
pub(crate) use change::not_applied;
pub(crate) use listen::{Listening, Stop};
pub(crate) use operations::serve_metrics;
pub(crate) use parts::PART;
pub(crate) use reply::{Change, Content, Reply, json};
pub use routes::endpoints;
pub(crate) use routes::labels;
pub(crate) use server::{Call, Server};
pub(crate) use tls::{Files as TlsFiles, Tls, Unusable};
