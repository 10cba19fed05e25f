//! `floe authorize`, `floe list`, `floe actions`, `floe query`.

use clap::Args;
use serde_json::{Value, json};

use super::super::{Misuse, Outcome, print, say};
use super::connection::{Refusal, Server};
use super::terms::{GRAMMAR, Openness, context, fact, line, object};

/// May this actor do this to that resource?
///
/// Prints `allowed` or `denied`; the exit status is 0 or 1.
#[derive(Args)]
#[command(after_long_help = "Example:\n  floe authorize User:ann read Page:welcome")]
pub(crate) struct Authorize {
    /// Who, as Type:id
    actor: String,
    /// What they want to do
    action: String,
    /// To what, as Type:id
    resource: String,
    #[command(flatten)]
    context: Context,
    #[command(flatten)]
    server: Server,
}

/// What may this actor do this to?
#[derive(Args)]
#[command(after_long_help = "Example:\n  floe list User:ann read Page")]
pub(crate) struct List {
    /// Who, as Type:id
    actor: String,
    /// What they want to do
    action: String,
    /// The type of the resources
    resource_type: String,
    #[command(flatten)]
    context: Context,
    #[command(flatten)]
    server: Server,
}

/// What may this actor do to that resource?
#[derive(Args)]
#[command(after_long_help = "Example:\n  floe actions User:ann Page:welcome")]
pub(crate) struct Actions {
    /// Who, as Type:id
    actor: String,
    /// To what, as Type:id
    resource: String,
    #[command(flatten)]
    context: Context,
    #[command(flatten)]
    server: Server,
}

/// For which values does a predicate hold?
#[derive(Args)]
#[command(after_help = GRAMMAR, after_long_help = QUERY)]
pub(crate) struct Query {
    /// The predicate and its arguments
    #[arg(required = true, value_name = "PREDICATE ARGUMENT")]
    words: Vec<String>,
    #[command(flatten)]
    context: Context,
    #[command(flatten)]
    server: Server,
}

const QUERY: &str = "\
Values:
  Type:id     this value             User:ann  Integer:7  Boolean:true
  text        the string             reader    \"with blanks\"
  _           anything
  Type:_      any value of the type  Page:_

Example:
  floe query has_role User:_ reader Page:welcome";

/// Facts that exist for this question only.
#[derive(Args)]
struct Context {
    /// A fact that exists for this question only: "has_role User:ann reader Page:welcome"
    #[arg(short = 'c', long = "context", value_name = "FACT")]
    facts: Vec<String>,
}

impl Authorize {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let (actor_type, actor_id) = object(&self.actor)?;
        let (resource_type, resource_id) = object(&self.resource)?;
        let body = json!({
            "actor_type": actor_type, "actor_id": actor_id, "action": self.action,
            "resource_type": resource_type, "resource_id": resource_id,
            "context_facts": context(&self.context.facts)?,
        });
        let answer = match self.server.connection()?.post("authorize", &body)? {
            Ok(answer) => answer,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let allowed = answer["allowed"] == true;
        let word = if allowed { "allowed" } else { "denied" };
        show(&self.server, &answer, || vec![word.to_owned()])?;
        Ok(if allowed {
            Outcome::Fine
        } else {
            Outcome::Refused
        })
    }
}

impl List {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let (actor_type, actor_id) = object(&self.actor)?;
        let body = json!({
            "actor_type": actor_type, "actor_id": actor_id, "action": self.action,
            "resource_type": self.resource_type,
            "context_facts": context(&self.context.facts)?,
        });
        results(&self.server, "list", &body)
    }
}

impl Actions {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let (actor_type, actor_id) = object(&self.actor)?;
        let (resource_type, resource_id) = object(&self.resource)?;
        let body = json!({
            "actor_type": actor_type, "actor_id": actor_id,
            "resource_type": resource_type, "resource_id": resource_id,
            "context_facts": context(&self.context.facts)?,
        });
        results(&self.server, "actions", &body)
    }
}

impl Query {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let body = json!({
            "fact": fact(&self.words, Openness::Open)?,
            "context_facts": context(&self.context.facts)?,
        });
        results(&self.server, "query", &body)
    }
}

fn results(server: &Server, path: &str, body: &Value) -> Result<Outcome, Misuse> {
    match server.connection()?.post(path, body)? {
        Err(refusal) => Ok(refused(&refusal)),
        Ok(answer) => {
            show(server, &answer, || lines(&answer["results"]))?;
            Ok(Outcome::Fine)
        }
    }
}

/// A list of ids or of facts, one per line.
pub(super) fn lines(list: &Value) -> Vec<String> {
    let one = |item: &Value| match item.as_str() {
        Some(text) => text.to_owned(),
        None => line(item),
    };
    list.as_array()
        .map(|all| all.iter().map(one).collect())
        .unwrap_or_default()
}

/// Prints an answer as text or as it came.
pub(super) fn show(
    server: &Server,
    answer: &Value,
    lines: impl FnOnce() -> Vec<String>,
) -> Result<(), Misuse> {
    if server.json {
        return print(&format!("{answer}\n"));
    }
    print(
        &lines()
            .into_iter()
            .map(|line| line + "\n")
            .collect::<String>(),
    )
}

/// Says why the server refuses.
pub(super) fn refused(refusal: &Refusal) -> Outcome {
    say(&format!("error: {}\n", refusal.message));
    Outcome::Refused
}
