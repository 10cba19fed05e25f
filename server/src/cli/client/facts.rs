//! `floe tell`, `floe delete`, `floe get`.

use clap::Args;
use form_urlencoded::Serializer;
use serde_json::json;

use super::super::{Misuse, Outcome};
use super::ask::{lines, refused, show};
use super::connection::Server;
use super::terms::{GRAMMAR, Openness, fact};

/// Store a fact
#[derive(Args)]
#[command(after_help = GRAMMAR)]
pub(crate) struct Tell {
    /// The predicate and its arguments: has_role User:ann reader Page:welcome
    #[arg(required = true, value_name = "PREDICATE ARGUMENT")]
    words: Vec<String>,
    #[command(flatten)]
    server: Server,
}

/// Delete the facts that agree with a pattern
#[derive(Args)]
#[command(after_help = GRAMMAR)]
pub(crate) struct Delete {
    /// The predicate and its arguments: has_role User:ann _ Page:_
    #[arg(required = true, value_name = "PREDICATE ARGUMENT")]
    words: Vec<String>,
    #[command(flatten)]
    server: Server,
}

/// Print stored facts
#[derive(Args)]
#[command(after_help = GRAMMAR)]
pub(crate) struct Get {
    /// A predicate and its first arguments; without any, all facts
    #[arg(value_name = "PREDICATE ARGUMENT")]
    words: Vec<String>,
    #[command(flatten)]
    server: Server,
}

impl Tell {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let fact = fact(&self.words, Openness::Closed)?;
        let body = json!([{"inserts": [fact]}]);
        change(&self.server, &body)
    }
}

impl Delete {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let pattern = fact(&self.words, Openness::Open)?;
        let body = json!([{"deletes": [pattern]}]);
        change(&self.server, &body)
    }
}

fn change(server: &Server, body: &serde_json::Value) -> Result<Outcome, Misuse> {
    match server.connection()?.post("batch", body)? {
        Err(refusal) => Ok(refused(&refusal)),
        Ok(answer) => {
            show(server, &answer, Vec::new)?;
            Ok(Outcome::Fine)
        }
    }
}

impl Get {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let path = path(&self.words)?;
        match self.server.connection()?.get(&path)? {
            Err(refusal) => Ok(refused(&refusal)),
            Ok(answer) => {
                show(&self.server, &answer, || lines(&answer))?;
                Ok(Outcome::Fine)
            }
        }
    }
}

/// The request target that asks for facts.
pub(super) fn path(words: &[String]) -> Result<String, Misuse> {
    if words.is_empty() {
        return Ok("facts".to_owned());
    }
    let pattern = fact(words, Openness::Open)?;
    let mut query = Serializer::new(String::new());
    if words[0] != "_" {
        query.append_pair("predicate", &words[0]);
    }
    let args = pattern["args"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for (n, arg) in args.iter().enumerate() {
        for half in ["type", "id"] {
            if let Some(text) = arg[half].as_str() {
                query.append_pair(&format!("args.{n}.{half}"), text);
            }
        }
    }
    Ok(format!("facts?{}", query.finish()))
}
