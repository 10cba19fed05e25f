//! Floe as a server on the loopback address, asked as its clients ask.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use floe_benches::workload::{Change, Fact, Value};
use serde::Deserialize;
use serde_json::json;

use crate::contestant::{About, Contestant};
use crate::locked::version;
use crate::stage::{Ask, Check, Stage};

/// The key of a server that nobody has given one.
const KEY: &str = "Bearer e_0123456789_12345_osotesttoken01xiIn";
/// Facts of one request while loading; a body may have 11 MiB.
const LOAD: usize = 10_000;

/// A server with one client and one connection.
pub(crate) struct Http<const STORED: bool> {
    agent: ureq::Agent,
    base: String,
    _server: Server,
}

/// A running server; killed when it is dropped.
struct Server {
    process: Child,
    /// Open as long as it may print.
    _printed: BufReader<ChildStdout>,
    _dir: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// The binary: in the variable FLOE, else where the repository's release build puts it.
fn binary() -> Result<PathBuf> {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/release/floe");
    let path = std::env::var_os("FLOE").map_or_else(|| PathBuf::from(built), PathBuf::from);
    ensure!(
        path.is_file(),
        "`{}` is not there: build it with `cargo build --release --bin floe`, or name it in FLOE",
        path.display()
    );
    Ok(path)
}

#[derive(Deserialize)]
struct Allowed {
    allowed: bool,
}

#[derive(Deserialize)]
struct Listed {
    results: Vec<String>,
}

fn value(value: &Value) -> serde_json::Value {
    json!({"type": value.kind, "id": value.id})
}

fn fact(fact: &Fact) -> serde_json::Value {
    let args: Vec<_> = fact.args.iter().map(value).collect();
    json!({"predicate": fact.predicate, "args": args})
}

impl<const STORED: bool> Http<STORED> {
    fn post(&self, path: &str, body: &[u8]) -> Result<String> {
        let sent = self
            .agent
            .post(format!("{}/api/{path}", self.base))
            .header("Authorization", KEY)
            .header("Content-Type", "application/json")
            .send(body);
        let mut response = sent?;
        let text = response
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_to_string()?;
        ensure!(response.status().is_success(), "{path}: {text}");
        Ok(text)
    }
}

impl<const STORED: bool> Contestant for Http<STORED> {
    type Load = Vec<Vec<u8>>;
    type Change = Vec<u8>;
    type Check = Vec<u8>;
    type Ask = Vec<u8>;
    type Ids = Vec<String>;
    const WORLDS: &'static [&'static str] = &crate::stage::WORLDS;

    fn start(stage: &Stage) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut command = Command::new(binary()?);
        if STORED {
            command.arg("serve").arg("--data").arg(dir.path());
        } else {
            let file = dir.path().join("policy.polar");
            std::fs::write(&file, stage.policy)?;
            command.arg("dev").arg(file);
        }
        let process = command
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = process.spawn()?;
        let mut printed = BufReader::new(process.stdout.take().context("a pipe")?);
        let mut line = String::new();
        let base = loop {
            line.clear();
            ensure!(printed.read_line(&mut line)? > 0, "the server ended");
            if let Some((_, base)) = line.split_once("listens on ") {
                break base.trim().to_owned();
            }
        };
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let http = Http {
            agent: config.build().into(),
            base,
            _server: Server {
                process,
                _printed: printed,
                _dir: dir,
            },
        };
        if STORED {
            let policy = json!({"src": stage.policy});
            http.post("policy", policy.to_string().as_bytes())?;
        }
        Ok(http)
    }

    fn about(&mut self) -> About {
        About {
            name: if STORED { "floe serve" } else { "floe dev" },
            version: format!("Floe {}", version("floe-engine")),
            against: &[],
            data: "facts as text, copied into the server",
            freshness: "the newest change, visible when the request is answered",
            completeness: "the whole policy, every answer kept up to date in advance",
            durability: if STORED {
                "a change is synced to the log before it is acknowledged"
            } else {
                "none"
            },
            transport: "HTTP/1.1 on the loopback address, one connection, JSON both ways, ids as text",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<Vec<u8>>> {
        let body = |facts: &[Fact]| {
            let facts: Vec<_> = facts.iter().map(fact).collect();
            json!([{"inserts": facts}]).to_string().into_bytes()
        };
        Ok(stage.facts.chunks(LOAD).map(body).collect())
    }

    fn prepare_change(&mut self, _: &Stage, changes: &[Change<Fact>]) -> Result<Vec<u8>> {
        let set = |change: &Change<Fact>| {
            let what = if change.insert { "inserts" } else { "deletes" };
            json!({what: [fact(&change.fact)]})
        };
        let sets: Vec<_> = changes.iter().map(set).collect();
        Ok(json!(sets).to_string().into_bytes())
    }

    fn prepare_check(&mut self, _: &Stage, check: &Check) -> Result<Vec<u8>> {
        let body = json!({
            "actor_type": check.actor.kind, "actor_id": check.actor.id, "action": check.action,
            "resource_type": check.resource.kind, "resource_id": check.resource.id,
            "context_facts": [],
        });
        Ok(body.to_string().into_bytes())
    }

    fn prepare_ask(&mut self, _: &Stage, ask: &Ask) -> Result<Vec<u8>> {
        let body = json!({
            "actor_type": ask.actor.kind, "actor_id": ask.actor.id, "action": ask.action,
            "resource_type": ask.kind, "context_facts": [],
        });
        Ok(body.to_string().into_bytes())
    }

    fn load(&mut self, facts: Vec<Vec<u8>>) -> Result<()> {
        for body in &facts {
            self.post("batch", body)?;
        }
        Ok(())
    }

    fn change(&mut self, change: &Vec<u8>) -> Result<()> {
        self.post("batch", change)?;
        Ok(())
    }

    fn authorize(&mut self, check: &Vec<u8>) -> Result<bool> {
        let answer: Allowed = serde_json::from_str(&self.post("authorize", check)?)?;
        Ok(answer.allowed)
    }

    fn list(&mut self, ask: &Vec<u8>) -> Result<Vec<String>> {
        let answer: Listed = serde_json::from_str(&self.post("list", ask)?)?;
        Ok(answer.results)
    }

    fn ids(&self, _: &Stage, _: &Ask, ids: Vec<String>) -> Vec<String> {
        ids
    }
}
