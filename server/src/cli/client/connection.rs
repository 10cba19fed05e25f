//! The server, seen from the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy};

use super::super::Misuse;
use crate::keys::DEVELOPMENT_KEY;

/// Which server to ask, and how to show what it says.
#[derive(Args)]
pub(super) struct Server {
    /// Where the server is
    #[arg(
        long,
        env = "OSO_URL",
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    url: String,

    /// The key [default for a server on this machine: the development key]
    #[arg(
        long = "key",
        env = "OSO_AUTH",
        hide_env_values = true,
        value_name = "KEY"
    )]
    key: Option<String>,

    /// Trust the authorities in this PEM file, and no others [default: those of Mozilla]
    #[arg(long, env = "SSL_CERT_FILE", value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Print the server's JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// An answer that is no success.
pub(in crate::cli) struct Refusal {
    /// Its status.
    pub(super) status: StatusCode,
    /// Its message.
    pub(in crate::cli) message: String,
}

/// A connection, kept for all requests of a command.
pub(in crate::cli) struct Connection {
    agent: Agent,
    base: String,
    key: String,
}

/// Whether a server is on this machine.
fn is_local(base: &str) -> bool {
    let rest = base.strip_prefix("http://");
    let Some(rest) = rest.or_else(|| base.strip_prefix("https://")) else {
        return false;
    };
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| {
        let rest = rest.strip_prefix(local);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

impl Server {
    /// Nothing is sent yet.
    pub(super) fn connection(&self) -> Result<Connection, Misuse> {
        let base = self.url.trim().trim_end_matches('/');
        let key = match &self.key {
            Some(key) => key.trim().to_owned(),
            None if is_local(base) => DEVELOPMENT_KEY.to_owned(),
            None => {
                return Err(Misuse(format!(
                    "no key for {base}: set OSO_AUTH, or give --key"
                )));
            }
        };
        let roots = self.ca.as_deref().map(authorities).transpose()?;
        Ok(Connection::new(base.to_owned(), key, roots))
    }
}

/// The certificates of a PEM file.
fn authorities(path: &Path) -> Result<RootCerts, Misuse> {
    let unusable = |why: &dyn std::fmt::Display| Misuse(format!("--ca {}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|why| unusable(&why))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|why| unusable(&why))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(unusable(&"there is no certificate in it"));
    }
    Ok(RootCerts::Specific(found.into()))
}

impl Connection {
    /// To a server for development.
    pub(in crate::cli) fn to_development(url: &str) -> Connection {
        Connection::new(url.to_owned(), DEVELOPMENT_KEY.to_owned(), None)
    }

    fn new(base: String, key: String, roots: Option<RootCerts>) -> Connection {
        let tls = TlsConfig::builder().root_certs(roots.unwrap_or(RootCerts::WebPki));
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            // No proxy knows this machine by the name that it has for itself.
            .proxy((!is_local(&base)).then(Proxy::try_from_env).flatten())
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .build();
        Connection {
            agent: agent.into(),
            base,
            key,
        }
    }

    /// Sends JSON to an endpoint below `/api`.
    pub(in crate::cli) fn post(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, Refusal>, Misuse> {
        self.post_bytes(path, &body.to_string().into_bytes())
    }

    /// The same with JSON that is text already.
    pub(super) fn post_bytes(
        &self,
        path: &str,
        body: &[u8],
    ) -> Result<Result<Value, Refusal>, Misuse> {
        let sent = self
            .agent
            .post(format!("{}/api/{path}", self.base))
            .header("Authorization", format!("Bearer {}", self.key))
            .header("Content-Type", "application/json")
            .header("User-Agent", concat!("floe/", env!("CARGO_PKG_VERSION")))
            .send(body);
        self.read(sent)
    }

    /// Reads from an endpoint below `/api`.
    pub(super) fn get(&self, path: &str) -> Result<Result<Value, Refusal>, Misuse> {
        self.read(self.ask(path))
    }

    /// The same, as a stream.
    pub(super) fn stream(&self, path: &str) -> Result<Result<Body, Refusal>, Misuse> {
        let response = self.ask(path).map_err(|why| self.unreachable(&why))?;
        if response.status().is_success() {
            return Ok(Ok(response.into_body()));
        }
        let refused = self.read(Ok(response))?;
        Ok(Err(refused.err().unwrap_or_else(|| Refusal {
            status: StatusCode::OK,
            message: String::new(),
        })))
    }

    fn ask(&self, path: &str) -> Result<Response<Body>, ureq::Error> {
        self.agent
            .get(format!("{}/api/{path}", self.base))
            .header("Authorization", format!("Bearer {}", self.key))
            .header("User-Agent", concat!("floe/", env!("CARGO_PKG_VERSION")))
            .call()
    }

    fn read(
        &self,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<Result<Value, Refusal>, Misuse> {
        let mut response = response.map_err(|why| self.unreachable(&why))?;
        let status = response.status();
        let bytes = response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_vec();
        let bytes = bytes.map_err(|why| self.unreachable(&why))?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|_| {
            Misuse(format!(
                "{} answers {status} and no JSON: is it an authorization server?",
                self.base
            ))
        })?;
        if status.is_success() {
            return Ok(Ok(body));
        }
        let message = body["message"]
            .as_str()
            .unwrap_or("(no message)")
            .to_owned();
        // Whether it is the server's or the key's fault, trying other words does not help.
        if status == StatusCode::UNAUTHORIZED || status.is_server_error() {
            return Err(Misuse(format!("{} answers {status}: {message}", self.base)));
        }
        Ok(Err(Refusal { status, message }))
    }

    fn unreachable(&self, why: &ureq::Error) -> Misuse {
        Misuse(format!("cannot reach {}: {why}", self.base))
    }
}
