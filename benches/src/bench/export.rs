//! A world as files, for whoever wants to measure something else with it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::workload::{Answer, Change, Fact, Question, Value, World};

/// Up to so many facts the answers are written beside the questions.
const ANSWERED: usize = 12_000;

/// How much there is of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Facts.
    pub facts: usize,
    /// Updates.
    pub updates: usize,
    /// Questions.
    pub queries: usize,
    /// Whether their answers are beside them.
    pub answered: bool,
}

/// Writes `policy.polar`; `facts.ndjson`, a fact on each line as `floe import` takes them;
/// `updates.ndjson`, on each line the body of a `POST /api/batch`; `queries.ndjson`, on each
/// line a question about the facts, with its answer if the world is small.
///
/// # Errors
/// The directory cannot be written to.
pub fn export(world: &dyn World, updates: usize, into: &Path) -> io::Result<Written> {
    fs::create_dir_all(into)?;
    fs::write(into.join("policy.polar"), world.policy())?;
    let mut facts = 0;
    lines(
        &into.join("facts.ndjson"),
        world.facts().inspect(|_| facts += 1).map(|f| fact(&f)),
    )?;
    let all = world.updates().take(updates);
    lines(
        &into.join("updates.ndjson"),
        all.map(|update| Json::Array(update.iter().map(change).collect())),
    )?;
    let answered = facts <= ANSWERED;
    let path = into.join("queries.ndjson");
    let queries = if answered {
        let questions = world.questions(0);
        lines(
            &path,
            questions
                .iter()
                .map(|(question, answer)| asked(question, Some(answer))),
        )?;
        questions.len()
    } else {
        lines(
            &path,
            world
                .asks()
                .take(updates)
                .map(|question| asked(&question, None)),
        )?;
        updates
    };
    Ok(Written {
        facts,
        updates,
        queries,
        answered,
    })
}

fn lines(path: &Path, values: impl Iterator<Item = Json>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for value in values {
        serde_json::to_writer(&mut file, &value)?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

/// A value as the HTTP API takes it.
#[must_use]
pub fn value(value: &Value) -> Json {
    json!({"type": value.kind, "id": value.id})
}

/// A fact as the HTTP API takes it.
#[must_use]
pub fn fact(fact: &Fact) -> Json {
    let args: Vec<Json> = fact.args.iter().map(value).collect();
    json!({"predicate": fact.predicate, "args": args})
}

/// A change as a set of `POST /api/batch`.
#[must_use]
pub fn change(change: &Change<Fact>) -> Json {
    if change.insert {
        json!({"inserts": [fact(&change.fact)]})
    } else {
        json!({"deletes": [fact(&change.fact)]})
    }
}

fn asked(question: &Question, answer: Option<&Answer>) -> Json {
    let mut line = match question {
        Question::Authorize {
            actor,
            action,
            resource,
        } => json!({
            "ask": "authorize", "actor": value(actor), "action": action,
            "resource": value(resource),
        }),
        Question::List {
            actor,
            action,
            kind,
        } => json!({"ask": "list", "actor": value(actor), "action": action, "type": kind}),
        Question::Actions { actor, resource } => {
            json!({"ask": "actions", "actor": value(actor), "resource": value(resource)})
        }
        Question::Who {
            kind,
            action,
            resource,
        } => json!({
            "ask": "query", "actor_type": kind, "action": action, "resource": value(resource),
        }),
    };
    if let Some(answer) = answer {
        line["answer"] = match answer {
            Answer::Allowed(allowed) => json!(allowed),
            Answer::Ids(ids) => json!(ids),
        };
    }
    line
}
