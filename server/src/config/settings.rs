//! Every setting, its default, and what it is for.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::layers::Layers;
use super::values::{Bytes, Format, Memory, Value};

/// A setting as a user sees it.
pub(crate) struct Entry {
    /// `limits.body`; in the environment `FLOE_LIMITS_BODY`.
    pub(crate) name: &'static str,
    /// As text.
    pub(crate) default: &'static str,
    /// What it is for.
    pub(crate) about: &'static str,
}

macro_rules! settings {
    ($($field:ident: $ty:ty = $name:literal, $default:literal, $about:literal;)*) => {
        /// What the server is told before it starts.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            $(#[doc = $about] pub(crate) $field: $ty,)*
        }

        impl Settings {
            /// All of them, in the order they are shown.
            pub(crate) const ENTRIES: &'static [Entry] = &[
                $(Entry { name: $name, default: $default, about: $about },)*
            ];

            /// The values that the layers give.
            ///
            /// # Errors
            /// Which setting has a value that it cannot have, and where that came from.
            pub(crate) fn new(layers: &Layers) -> Result<Settings, String> {
                let settings = Settings { $($field: read(layers, $name, $default)?,)* };
                settings.within_bounds(layers)?;
                Ok(settings)
            }
        }
    };
}

settings! {
    listen: SocketAddr = "listen", "127.0.0.1:8080", "where the API is served";
    metrics: Option<SocketAddr> = "metrics", "off", "where Prometheus metrics are served";
    tls_certificate: Option<PathBuf> = "tls.certificate", "off", "a PEM file: the certificate of the API's address, then those that lead to an authority";
    tls_key: Option<PathBuf> = "tls.key", "off", "a PEM file: the key of that certificate";
    log_level: String = "log.level", "info", "what is logged: error, warn, info, debug, trace, or a filter such as floe=debug";
    log_format: Format = "log.format", "text", "how log lines look: text or json";
    http_connections: u64 = "http.connections", "4096", "connections at a time; more wait to be accepted";
    http_header_timeout: Duration = "http.header_timeout", "30s", "a connection is closed when its next request has not begun and sent its head by then";
    http_body_timeout: Duration = "http.body_timeout", "30s", "what the body of a request may take to arrive";
    http_answer_timeout: Duration = "http.answer_timeout", "30s", "a connection is closed when its client takes nothing of an answer for so long";
    http_shutdown: Duration = "http.shutdown", "8s", "what requests under way get when the server is told to end";
    limits_body: Bytes = "limits.body", "11MiB", "bytes of a request body";
    limits_bodies: Bytes = "limits.bodies", "256MiB", "bytes of all request bodies at a time; more wait";
    limits_memory: Memory = "limits.memory", "auto", "bytes of memory above which changes are refused; auto is 80 % of what the system grants";
    limits_write_body: Option<Bytes> = "limits.write_body", "off", "bytes of the body of a change of facts";
    limits_batch: Option<u64> = "limits.batch", "off", "entries of one change of facts";
    limits_facts_per_delete: Option<u64> = "limits.facts_per_delete", "off", "facts that one pattern may delete; clear_data is not bound by it";
    limits_context_facts: Option<u64> = "limits.context_facts", "off", "context facts of one request";
    limits_query_calls: u64 = "limits.query_calls", "100", "predicates of one conjunctive query";
    limits_query_variables: u64 = "limits.query_variables", "1_000", "variables of one conjunctive query, unused ones included";
    limits_argument: Bytes = "limits.argument", "512", "bytes of an argument of a fact";
    limits_test_environments: u64 = "limits.test_environments", "1000", "environments for tests at a time";
    evaluation_deadline: Duration = "evaluation.deadline", "4s", "what a question may take";
    evaluation_steps: u64 = "evaluation.steps", "1_000_000_000", "rows that a question may read, join or derive";
    evaluation_memory: Bytes = "evaluation.memory", "256MiB", "bytes that a question may keep on the way";
    evaluation_light: u64 = "evaluation.light", "20_000", "steps after which a question is moved to a thread of its own";
    policy_deadline: Duration = "policy.deadline", "30s", "what the inline tests of a policy may take";
    test_environments_unused: Duration = "test_environments.unused", "10min", "an environment for tests goes away when nobody has used it for so long";
}

/// Connections at a time: more than any system has handles for.
const CONNECTIONS: u64 = 1_000_000;
/// Bytes of an argument: a row of text, not a document.
const ARGUMENT: u64 = 64 << 10;
/// Predicates and variables of a query: planning takes the square of their number.
const QUERY: u64 = 10_000;
/// What is meant to be longer than this is meant to be off.
const YEAR: u64 = 365 * 24 * 3600 * 1000;

impl Settings {
    /// Refuses values that no server can work with.
    fn within_bounds(&self, layers: &Layers) -> Result<(), String> {
        let times = [
            ("http.header_timeout", self.http_header_timeout),
            ("http.body_timeout", self.http_body_timeout),
            ("http.answer_timeout", self.http_answer_timeout),
            ("evaluation.deadline", self.evaluation_deadline),
            ("policy.deadline", self.policy_deadline),
            ("test_environments.unused", self.test_environments_unused),
        ];
        let times = times.map(|(name, time)| (name, time.as_millis() as u64, 1, YEAR));
        let shutdown = self.http_shutdown.as_millis() as u64;
        let numbers = [
            ("http.shutdown", shutdown, 0, YEAR),
            ("http.connections", self.http_connections, 1, CONNECTIONS),
            ("limits.body", self.limits_body.0, 1, u64::MAX),
            ("limits.bodies", self.limits_bodies.0, 1, u64::MAX),
            ("limits.argument", self.limits_argument.0, 1, ARGUMENT),
            ("limits.query_calls", self.limits_query_calls, 1, QUERY),
            (
                "limits.query_variables",
                self.limits_query_variables,
                1,
                QUERY,
            ),
            ("evaluation.steps", self.evaluation_steps, 1, u64::MAX),
            ("evaluation.memory", self.evaluation_memory.0, 1, u64::MAX),
        ];
        for (name, value, least, most) in times.into_iter().chain(numbers) {
            let why = match value {
                0 if least > 0 => "is too little".to_owned(),
                v if v > most && most == YEAR => "is more than a year".to_owned(),
                v if v > most => format!("is more than {most}"),
                _ => continue,
            };
            let text = layers.get(name).map_or("", |(text, _)| text);
            return Err(format!("{}: {text:?} {why}", layers.named(name)));
        }
        Ok(())
    }
}

fn read<T: Value>(layers: &Layers, name: &str, default: &str) -> Result<T, String> {
    let text = layers.get(name).map_or(default, |(text, _)| text);
    T::read(text).ok_or_else(|| format!("{}: {text:?} is not {}", layers.named(name), T::EXPECTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_values() {
        let settings = Settings::new(&Layers::default()).unwrap();
        assert_eq!(settings.limits_body, Bytes(11 << 20));
        assert_eq!(settings.evaluation_deadline, Duration::from_secs(4));
    }
}
