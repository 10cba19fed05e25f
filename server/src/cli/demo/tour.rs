//! What the demonstration shows, step by step, and what each step must come to.

use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::{Value, json};

use super::super::client::Connection;
use super::super::{Cli, Command, Misuse, Outcome, print};
use super::facts;
use crate::keys::DEVELOPMENT_KEY;

const SAMPLE: &str = include_str!("../../../../sample.polar");

/// Facts that go in at once.
const BATCH: usize = 1000;

/// Questions about everybody, one after the other.
const CHECKS: u64 = 2000;

/// Changes, each followed by a question that depends on it.
const CHANGES: u64 = 200;

const ASKED: &[(&str, &[&str], Outcome)] = &[
    (
        "bob is in acme/storage, a team in a team: may he push to what they work on?",
        &["authorize", "User:bob", "push", "Repository:acme/repo-0"],
        Outcome::Fine,
    ),
    (
        "No role reaches him at another organization",
        &["authorize", "User:bob", "push", "Repository:globex/repo-7"],
        Outcome::Refused,
    ),
    (
        "What may bob do there?",
        &["actions", "User:bob", "Repository:acme/repo-0"],
        Outcome::Fine,
    ),
    (
        "What may eve read? One repository is shared with her, the others are public",
        &["list", "User:eve", "read", "Repository"],
        Outcome::Fine,
    ),
];

const LIVE: &[(&str, &[&str], Outcome)] = &[
    (
        "A live change: eve joins a team of globex. Before ...",
        &["authorize", "User:eve", "push", "Repository:globex/repo-7"],
        Outcome::Refused,
    ),
    (
        "... the change ...",
        &["tell", "has_role", "User:eve", "member", "Team:globex/docs"],
        Outcome::Fine,
    ),
    (
        "... and after",
        &["authorize", "User:eve", "push", "Repository:globex/repo-7"],
        Outcome::Fine,
    ),
    (
        "All that she may push to now",
        &["list", "User:eve", "push", "Repository"],
        Outcome::Fine,
    ),
    (
        "A repository is archived: nobody may push to it any more ...",
        &["tell", "is_archived", "Repository:globex/repo-7"],
        Outcome::Fine,
    ),
    (
        "... not even she",
        &["authorize", "User:eve", "push", "Repository:globex/repo-7"],
        Outcome::Refused,
    ),
    (
        "She leaves the team ...",
        &["delete", "has_role", "User:eve", "_", "Team:globex/docs"],
        Outcome::Fine,
    ),
    (
        "... and may push to nothing any more",
        &["list", "User:eve", "push", "Repository"],
        Outcome::Fine,
    ),
];

/// Shows everything at the server at `url`.
///
/// # Errors
/// What went wrong; also an answer that is not the one to be expected.
pub(super) fn run(url: &str) -> Result<(), Misuse> {
    let server = Connection::to_development(url);
    load(&server)?;
    for step in ASKED.iter().chain(LIVE) {
        ask(url, step)?;
    }
    many_checks(&server)?;
    many_changes(&server)
}

fn load(server: &Connection) -> Result<(), Misuse> {
    let lines = SAMPLE.lines().count();
    print(&format!(
        "# The policy: sample.polar, {lines} lines, with its tests\nPOST /api/policy\n"
    ))?;
    let (answer, took) = post(
        server,
        "policy",
        &json!({"src": SAMPLE, "filename": "sample.polar"}),
    )?;
    let message = answer["message"].as_str().unwrap_or_default();
    print(&format!("{message}\n{}\n", timing(took)))?;

    let all = facts::all();
    print(
        "# Facts: four organizations with their people, teams, repositories and issues\n\
        POST /api/batch\n",
    )?;
    let mut total = Duration::ZERO;
    for part in all.chunks(BATCH) {
        total += post(server, "batch", &json!([{"inserts": part}]))?.1;
    }
    print(&format!(
        "{} facts stored, {BATCH} at a time\n{}\n",
        all.len(),
        timing(total)
    ))
}

/// Carries out a command as if it had been typed.
fn ask(url: &str, (why, words, expected): &(&str, &[&str], Outcome)) -> Result<(), Misuse> {
    print(&format!("# {why}\n$ floe {}\n", words.join(" ")))?;
    // The environment may name another server.
    let server = ["--url", url, "--key", DEVELOPMENT_KEY];
    let typed = ["floe"].iter().chain(*words).chain(&server);
    let parsed = Cli::try_parse_from(typed).map_err(|why| Misuse(why.to_string()))?;
    let Command::Client(command) = parsed.command else {
        return Err(Misuse(format!("{words:?} asks no server")));
    };
    let began = Instant::now();
    let outcome = command.run()?;
    print(&format!("{}\n", timing(began.elapsed())))?;
    if outcome == *expected {
        return Ok(());
    }
    Err(Misuse(format!(
        "`floe {}` came to {outcome:?} and not to {expected:?}",
        words.join(" ")
    )))
}

fn many_checks(server: &Connection) -> Result<(), Misuse> {
    print(&format!(
        "# May they push? {CHECKS} checks, one after the other over one connection\n\
        POST /api/authorize\n"
    ))?;
    let began = Instant::now();
    let mut allowed = 0;
    for n in 0..CHECKS {
        let (user, repository) = (n % 400, n * 13 % 50);
        let body = check(&format!("user-{user}"), &format!("acme/repo-{repository}"));
        allowed += u64::from(post(server, "authorize", &body)?.0["allowed"] == true);
    }
    let took = began.elapsed();
    print(&format!(
        "{allowed} allowed, {} denied\n{}\n",
        CHECKS - allowed,
        rate(CHECKS, took)
    ))
}

fn many_changes(server: &Connection) -> Result<(), Misuse> {
    print(&format!(
        "# Every change is seen by the next question: {CHANGES} changes, each with a check\n\
        POST /api/batch, POST /api/authorize\n"
    ))?;
    let began = Instant::now();
    let mut right = 0;
    for n in 0..CHANGES {
        let kind = ["inserts", "deletes"][n as usize % 2];
        let fact = facts::has_role(("User", "eve"), "writer", ("Repository", "acme/repo-1"));
        post(server, "batch", &json!([{kind: [fact]}]))?;
        let answer = post(server, "authorize", &check("eve", "acme/repo-1"))?.0;
        right += u64::from(answer["allowed"] == (n % 2 == 0));
    }
    let took = began.elapsed();
    print(&format!(
        "{right} of {CHANGES} seen at once\n{}\n",
        rate(CHANGES, took)
    ))?;
    if right == CHANGES {
        return Ok(());
    }
    Err(Misuse("a change was not seen at once".to_owned()))
}

fn check(user: &str, repository: &str) -> Value {
    json!({"actor_type": "User", "actor_id": user, "action": "push",
        "resource_type": "Repository", "resource_id": repository})
}

fn post(server: &Connection, path: &str, body: &Value) -> Result<(Value, Duration), Misuse> {
    let began = Instant::now();
    let answer = server.post(path, body)?;
    let answer = answer.map_err(|refusal| Misuse(refusal.message))?;
    Ok((answer, began.elapsed()))
}

fn timing(took: Duration) -> String {
    format!("  ({:.1} ms)\n", took.as_secs_f64() * 1000.0)
}

fn rate(count: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64().max(1e-9);
    let each = seconds * 1000.0 / count as f64;
    format!(
        "  ({each:.2} ms each, {:.0} per second)\n",
        count as f64 / seconds
    )
}
