//! A server in a process of its own, asked over HTTP.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use floe_benches::bench::export::{fact, value};
use floe_benches::bench::{Failure, Grants, Target};
use floe_benches::measure::Memory;
use floe_benches::workload::{Answer, Change, Fact, Question};
use serde_json::{Value, json};

use super::super::Misuse;
use super::super::client::Connection;
use crate::keys::random_name;

/// A server and the connections to it; ends with the value.
pub(super) struct OverHttp {
    connection: Connection,
    server: Option<Server>,
}

/// `floe serve` on a data directory that goes away with it.
struct Server {
    child: Child,
    data: PathBuf,
}

impl OverHttp {
    /// A server on a new directory below `disk`, with this policy.
    pub(super) fn start(disk: &Path, policy: &str) -> Result<OverHttp, Failure> {
        let name = random_name().map_err(|why| failure(&why))?;
        let data = disk.join(format!("floe-bench-{name}"));
        let (child, url) = serve(&data)?;
        let target = OverHttp {
            connection: Connection::to_development(&url),
            server: Some(Server { child, data }),
        };
        target.policy(policy)?;
        Ok(target)
    }

    /// Whatever listens there.
    pub(super) fn of(url: &str) -> OverHttp {
        OverHttp {
            connection: Connection::to_development(url),
            server: None,
        }
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let answer = self.connection.post(path, body);
        let answer = answer.map_err(|Misuse(why)| Failure(why))?;
        answer.map_err(|refusal| Failure(format!("{path}: {}", refusal.message)))
    }
}

fn failure(why: &dyn std::fmt::Display) -> Failure {
    Failure(format!("cannot start a server: {why}"))
}

/// The process, and where it listens.
fn serve(data: &Path) -> Result<(Child, String), Failure> {
    let program = std::env::current_exe().map_err(|why| failure(&why))?;
    let child = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env_remove("FLOE_CONFIG")
        .env("FLOE_LOG_LEVEL", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = child.map_err(|why| failure(&why))?;
    let mut url = None;
    if let Some(out) = child.stdout.take() {
        let mut out = BufReader::new(out);
        let mut line = String::new();
        while url.is_none() && out.read_line(&mut line).is_ok_and(|read| read > 0) {
            url = line
                .strip_prefix("Floe listens on ")
                .map(|url| url.trim().to_owned());
            line.clear();
        }
        // Whatever it says later must go somewhere.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    }
    match url {
        Some(url) => Ok((child, url)),
        None => {
            _ = child.kill();
            _ = child.wait();
            Err(failure(&"it does not say where it listens"))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = std::fs::remove_dir_all(&self.data);
    }
}

impl Target for OverHttp {
    fn apply(&self, changes: Vec<Change<Fact>>) -> Result<(), Failure> {
        // Changes in one direction go together, as a client would send them.
        let mut sets: Vec<Value> = Vec::new();
        for run in changes.chunk_by(|a, b| a.insert == b.insert) {
            let facts: Vec<Value> = run.iter().map(|change| fact(&change.fact)).collect();
            let name = if run[0].insert { "inserts" } else { "deletes" };
            sets.push(json!({ name: facts }));
        }
        self.post("batch", &Value::Array(sets)).map(drop)
    }

    fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let ids = |answer: &Value| {
            let ids = answer["results"].as_array().into_iter().flatten();
            ids.filter_map(|id| id.as_str().map(str::to_owned))
                .collect()
        };
        let mut ids: Vec<String> = match question {
            Question::Authorize {
                actor,
                action,
                resource,
            } => {
                let answer = self.post(
                    "authorize",
                    &json!({
                        "actor_type": actor.kind, "actor_id": actor.id, "action": action,
                        "resource_type": resource.kind, "resource_id": resource.id,
                        "context_facts": [],
                    }),
                )?;
                return Ok(Answer::Allowed(answer["allowed"] == true));
            }
            Question::List {
                actor,
                action,
                kind,
            } => ids(&self.post(
                "list",
                &json!({
                    "actor_type": actor.kind, "actor_id": actor.id, "action": action,
                    "resource_type": kind, "context_facts": [],
                }),
            )?),
            Question::Actions { actor, resource } => ids(&self.post(
                "actions",
                &json!({
                    "actor_type": actor.kind, "actor_id": actor.id,
                    "resource_type": resource.kind, "resource_id": resource.id,
                    "context_facts": [],
                }),
            )?),
            Question::Who {
                kind,
                action,
                resource,
            } => {
                let action = json!({"type": "String", "id": action});
                let args = [json!({"type": kind}), action, value(resource)];
                let answer = self.post(
                    "query",
                    &json!({"fact": {"predicate": "allow", "args": args}, "context_facts": []}),
                )?;
                let facts = answer["results"].as_array().into_iter().flatten();
                facts
                    .map(|fact| fact["args"][0]["id"].as_str().unwrap_or("*").to_owned())
                    .collect()
            }
        };
        ids.sort_unstable();
        Ok(Answer::Ids(ids))
    }

    fn policy(&self, polar: &str) -> Result<(), Failure> {
        let body = json!({"src": polar, "filename": "policy.polar"});
        self.post("policy", &body).map(drop)
    }

    fn memory(&self) -> u64 {
        let process = self.server.as_ref().map(|server| server.child.id());
        process.map_or(0, |process| Memory::of(process).resident)
    }

    fn grants(&self) -> Option<Grants> {
        None
    }

    /// Killed, without a chance to tidy up.
    fn restart(&mut self) -> Result<bool, Failure> {
        let Some(server) = &mut self.server else {
            return Ok(false);
        };
        server.child.kill().map_err(|why| failure(&why))?;
        server.child.wait().map_err(|why| failure(&why))?;
        let (child, url) = serve(&server.data)?;
        server.child = child;
        self.connection = Connection::to_development(&url);
        let begin = Instant::now();
        let question = json!({"actor_type": "User", "actor_id": "u0", "resource_type": "User",
                              "resource_id": "u0", "context_facts": []});
        while let Err(why) = self.post("actions", &question) {
            if begin.elapsed() > Duration::from_secs(600) {
                return Err(why);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(true)
    }
}
