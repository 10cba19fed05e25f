//! A server of one's own, as a process, on a port that the system chooses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

pub(crate) const FLOE: &str = env!("CARGO_BIN_EXE_floe");
pub(crate) const KEY: &str = "e_0123456789_12345_osotesttoken01xiIn";

/// A running `floe dev`; ends with the value.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// Where metrics are served, if they are.
    pub(crate) metrics: Option<String>,
    /// What it prints from now on.
    pub(crate) out: BufReader<ChildStdout>,
    agent: Agent,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Server {
    pub(crate) fn start() -> Server {
        Server::with(&[])
    }

    pub(crate) fn with(arguments: &[&str]) -> Server {
        let log = std::env::var_os("FLOE_TEST_LOG").is_some();
        let child = Command::new(FLOE)
            .args(["dev", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_remove("FLOE_CONFIG")
            .stdout(Stdio::piped())
            .stderr(if log { Stdio::inherit() } else { Stdio::null() })
            .spawn()
            .expect("floe starts");
        Server::of(child)
    }

    /// A running `floe serve` on this directory.
    pub(crate) fn on(data: &std::path::Path) -> Server {
        Server::on_with(data, &[])
    }

    pub(crate) fn on_with(data: &std::path::Path, arguments: &[&str]) -> Server {
        let child = Command::new(FLOE)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(arguments)
            .env_remove("FLOE_CONFIG")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("floe starts");
        Server::of(child)
    }

    /// A process that has just been started.
    pub(crate) fn of(mut child: Child) -> Server {
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut address = None;
        let mut metrics = None;
        loop {
            let mut line = String::new();
            let read = out.read_line(&mut line).expect("floe prints");
            assert!(read > 0, "floe ended before it listened");
            if let Some(at) = line.strip_prefix("Floe listens on ") {
                let at = at.trim().trim_start_matches("http://");
                address = Some(at.trim_start_matches("https://").to_owned());
            }
            if let Some(at) = line.strip_prefix("Metrics are on http://") {
                metrics = Some(at.trim().trim_end_matches("/metrics").to_owned());
            }
            if line.starts_with("The development key is ") || line.starts_with("Keys are ") {
                break;
            }
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Server {
            child,
            address: address.expect("an address"),
            metrics,
            out,
            agent: agent.into(),
        }
    }

    /// The next line it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("floe prints");
        line
    }

    /// Sends a request with these headers.
    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answer {
        let url = format!("http://{}{target}", self.address);
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent = self
            .agent
            .configure_request(
                request
                    .body(body.unwrap_or_default().to_vec())
                    .expect("a request"),
            )
            .allow_non_standard_methods(true)
            .build();
        answer(self.agent.run(agent).expect("an answer"))
    }

    /// Sends a request with a key.
    pub(crate) fn call(&self, key: &str, method: &str, target: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {key}");
        let bytes = body.to_string().into_bytes();
        let body = (!body.is_null()).then_some(bytes.as_slice());
        self.send(method, target, &[("Authorization", &bearer)], body)
    }

    /// `POST` below `/api` with the development key.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(KEY, "POST", &format!("/api/{path}"), body)
    }

    /// `GET` below `/api` with the development key.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call(KEY, "GET", &format!("/api/{path}"), &Value::Null)
    }

    /// A key for an environment of one's own.
    pub(crate) fn environment(&self, copy: bool) -> String {
        let target = if copy {
            "/test_environment?copy=true"
        } else {
            "/test_environment"
        };
        let answer = self.send("POST", target, &[], None);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["token"].as_str().expect("a token").to_owned()
    }

    /// Sends bytes as they are and reads until the server closes or says nothing more.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_millis(700)))
            .expect("a timeout");
        // The server may have hung up in the middle.
        let _ = stream.write_all(bytes);
        let mut read = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(n) = stream.read(&mut buffer) {
            if n == 0 {
                break;
            }
            read.extend_from_slice(&buffer[..n]);
        }
        String::from_utf8_lossy(&read).into_owned()
    }
}

fn answer(mut response: Response<ureq::Body>) -> Answer {
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let headers = headers.collect();
    let status = response.status().as_u16();
    let body = response
        .body_mut()
        .with_config()
        .limit(u64::MAX)
        .read_to_vec();
    let body = body.expect("a body");
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| panic!("not JSON: {:?}", String::from_utf8_lossy(&body)));
    Answer {
        status,
        headers,
        body,
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.body), (status, body));
    }

    /// An error whose message says this.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, why: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let message = self.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(why), "{message:?} does not say {why:?}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
