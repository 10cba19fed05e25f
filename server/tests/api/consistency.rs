//! What clients may rely on while others write: every answer is the one that the reference
//! evaluator gives for the facts at the epoch that the answer names (R28); whatever has been
//! acknowledged before a request was sent is in its answer, without a token (R27); a change
//! of several facts is seen whole or not at all (R29).
//!
//! Clients record what they did and what they were told; afterwards the history is checked.
//! The checker is checked too: it must object to clients that do not keep the rules, and to
//! answers that name another epoch. `OPS=10000` makes the histories longer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};
use floe_tests::question::Answers;
use floe_tests::reference::World;
use floe_tests::value::{Fact, Value as Thing};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::server::Server;

const POLICY: &str = r#"actor User {}
resource Folder { roles = ["viewer"]; relations = { parent: Folder }; "viewer" if "viewer" on "parent"; }
resource Doc { roles = ["viewer"]; permissions = ["view"]; relations = { folder: Folder };
  "viewer" if "viewer" on "folder"; }
has_permission(u: User, "view", d: Doc) if has_role(u, "viewer", d) and not is_banned(u, d);
"#;

const CLIENTS: u64 = 8;

/// How the clients of a history write.
#[derive(Clone, Copy, PartialEq)]
enum Writers {
    /// As they should.
    Fair,
    /// What belongs together goes in two requests.
    Torn,
    /// A write counts as acknowledged when it is sent.
    Hasty,
}

/// What a client asked.
#[derive(Clone, Debug)]
enum Question {
    Check(String, String),
    List(String),
}

enum Event {
    /// Facts that come (or go) at an epoch.
    Write {
        epoch: u64,
        changes: Vec<(bool, Fact)>,
    },
    /// The answer of an epoch: ids of a list, or the id that was checked if it is allowed.
    Read {
        epoch: u64,
        question: Question,
        answer: BTreeSet<String>,
    },
}

/// An event, and the newest epoch that anybody knew of when its request was sent.
type History = Vec<(u64, Event)>;

fn fact(predicate: &str, args: &[(&str, String)]) -> Fact {
    Fact::new(
        predicate,
        args.iter().map(|(ty, id)| Thing::new(*ty, id.as_str())),
    )
}

fn body(changes: &[(bool, Fact)]) -> Value {
    let one = |fact: &Fact| {
        let args: Vec<Value> = (fact.args.iter())
            .map(|arg| json!({"type": &*arg.ty, "id": &*arg.id}))
            .collect();
        json!({"predicate": &*fact.predicate, "args": args})
    };
    let set = |(added, fact): &(bool, Fact)| match added {
        true => json!({"inserts": [one(fact)]}),
        false => json!({"deletes": [one(fact)]}),
    };
    Value::Array(changes.iter().map(set).collect())
}

/// Changes of one request: a pair that belongs together, or one fact.
fn changes(dice: &mut Dice) -> Vec<(bool, Fact)> {
    let mut id = |prefix: &str, n| format!("{prefix}{}", dice.below(n));
    let (user, folder, other, doc) = (id("u", 3), id("f", 4), id("f", 4), id("d", 4));
    let text = |text: &str| ("String", text.to_owned());
    let added = dice.below(3) > 0;
    let (a, b) = ("pair-a".to_owned(), "pair-b".to_owned());
    match dice.below(6) {
        0 | 1 => [a, b]
            .into_iter()
            .map(|doc| {
                let args = [("User", user.clone()), text("viewer"), ("Doc", doc)];
                (added, fact("has_role", &args))
            })
            .collect(),
        2 => vec![(
            added,
            fact(
                "has_role",
                &[("User", user), text("viewer"), ("Folder", folder)],
            ),
        )],
        3 => vec![(
            added,
            fact(
                "has_relation",
                &[("Folder", folder), text("parent"), ("Folder", other)],
            ),
        )],
        4 => vec![(
            added,
            fact(
                "has_relation",
                &[("Doc", doc), text("folder"), ("Folder", folder)],
            ),
        )],
        _ => vec![(added, fact("is_banned", &[("User", user), ("Doc", doc)]))],
    }
}

/// One client after the other's back.
fn client(
    server: &Server,
    key: &str,
    number: u64,
    ops: u64,
    writers: Writers,
    known: &AtomicU64,
) -> History {
    let mut dice = Dice(number * 1_000 + 17);
    let mut history = History::new();
    let write = |changes: &[(bool, Fact)]| {
        let answer = server.call(key, "POST", "/api/batch", &body(changes));
        assert_eq!(answer.status, 200, "{answer:?}");
        let epoch = answer.header("osooffset").expect("an offset");
        let epoch = epoch.parse().expect("a number");
        known.fetch_max(epoch, Ordering::SeqCst);
        epoch
    };
    for _ in 0..ops {
        let before = known.load(Ordering::SeqCst);
        if dice.below(3) == 0 {
            let all = changes(&mut dice);
            let apart = match writers {
                Writers::Torn => all.chunks(1).map(<[_]>::to_vec).collect(),
                _ => vec![all],
            };
            for changes in apart {
                if writers == Writers::Hasty {
                    // It reads while its own write is under way, and expects to see it.
                    let (written, told) = std::thread::scope(|scope| {
                        let writing = scope.spawn(|| write(&changes));
                        let told = read(server, key, &mut dice);
                        (writing.join().expect("no panic"), told)
                    });
                    let (epoch, question, answer) = told;
                    history.push((
                        written,
                        Event::Read {
                            epoch,
                            question,
                            answer,
                        },
                    ));
                    let epoch = written;
                    history.push((before, Event::Write { epoch, changes }));
                    continue;
                }
                let epoch = write(&changes);
                history.push((before, Event::Write { epoch, changes }));
            }
        } else {
            let (epoch, question, answer) = read(server, key, &mut dice);
            history.push((
                before,
                Event::Read {
                    epoch,
                    question,
                    answer,
                },
            ));
        }
    }
    history
}

fn read(server: &Server, key: &str, dice: &mut Dice) -> (u64, Question, BTreeSet<String>) {
    let user = format!("u{}", dice.below(3));
    let doc = match dice.below(3) {
        0 => "pair-a".to_owned(),
        _ => format!("d{}", dice.below(4)),
    };
    let mut asked = json!({"actor_type": "User", "actor_id": user, "action": "view",
        "resource_type": "Doc", "resource_id": doc});
    let (path, question) = match dice.below(2) {
        0 => ("/api/authorize", Question::Check(user, doc.clone())),
        _ => ("/api/list", Question::List(user)),
    };
    if let Question::List(_) = question
        && dice.below(2) == 0
    {
        asked["page_size"] = json!(1000);
    }
    let told = server.call(key, "POST", path, &asked);
    assert_eq!(told.status, 200, "{told:?}");
    let epoch = told.header("floe-epoch").expect("an epoch");
    assert_eq!(told.header("floe-policy"), Some("2"));
    let answer = match &question {
        Question::Check(..) => match told.body["allowed"].as_bool().expect("a decision") {
            true => BTreeSet::from([doc]),
            false => BTreeSet::new(),
        },
        Question::List(_) => {
            let ids = told.body["results"].as_array().expect("a list").iter();
            ids.map(|id| id.as_str().expect("text").to_owned())
                .collect()
        }
    };
    (epoch.parse().expect("a number"), question, answer)
}

/// What eight clients did at the same time; `filler` more facts make Floe keep relations.
fn history(server: &Server, filler: usize, writers: Writers, ops: u64) -> History {
    let key = &server.environment(false);
    let loaded = server.call(key, "POST", "/api/policy", &json!({"src": POLICY}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let filler: Vec<(bool, Fact)> = (0..filler)
        .map(|i| {
            (
                true,
                fact(
                    "is_banned",
                    &[("User", format!("x{i}")), ("Doc", "d0".into())],
                ),
            )
        })
        .collect();
    let stored = server.call(key, "POST", "/api/batch", &body(&filler));
    let first = stored.header("osooffset").and_then(|o| o.parse().ok());
    let known = &AtomicU64::new(first.expect("an epoch"));
    std::thread::scope(|scope| {
        let clients =
            (0..CLIENTS).map(|i| scope.spawn(move || client(server, key, i, ops, writers, known)));
        let clients: Vec<_> = clients.collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().expect("no panic"))
            .collect()
    })
}

/// Checks a history, with epochs of answers taken for ones that are `late` earlier, and says
/// how many answers granted something.
fn check(history: &History, late: u64) -> Result<usize, String> {
    let mut writes: BTreeMap<u64, Vec<&Vec<(bool, Fact)>>> = BTreeMap::new();
    for (before, event) in history {
        if let Event::Write { epoch, changes } = event {
            if epoch < before {
                return Err(format!(
                    "a write at {epoch} although {before} was acknowledged"
                ));
            }
            writes.entry(*epoch).or_default().push(changes);
        }
    }
    let mut reads: BTreeMap<u64, Vec<(&Question, &BTreeSet<String>)>> = BTreeMap::new();
    for (before, event) in history {
        if let Event::Read {
            epoch,
            question,
            answer,
        } = event
        {
            if epoch < before {
                return Err(format!(
                    "an answer of {epoch} although {before} was acknowledged"
                ));
            }
            let pair = ["pair-a", "pair-b"].map(|doc| answer.contains(doc));
            if matches!(question, Question::List(_)) && pair[0] != pair[1] {
                return Err(format!("half a change is in {answer:?} at {epoch}"));
            }
            let epoch = epoch.saturating_sub(late);
            reads.entry(epoch).or_default().push((question, answer));
        }
    }
    let mut sources = Sources::new();
    sources.add("policy", POLICY);
    let program = compile(&sources, &Limits::default()).program;
    let program = program.ok_or("the policy does not compile")?;
    let mut facts: BTreeSet<Fact> = BTreeSet::new();
    let (mut granted, mut done) = (0, 0);
    for (epoch, asked) in reads {
        for (at, sets) in writes.range(done..=epoch) {
            apply(&mut facts, *at, sets)?;
        }
        done = epoch + 1;
        let world = World::new(&program, facts.iter().cloned(), 0);
        for (question, answer) in asked {
            let expected = expected(&world, question);
            if expected != *answer {
                return Err(format!(
                    "{question:?} at {epoch}: {answer:?} instead of {expected:?}"
                ));
            }
            granted += usize::from(!expected.is_empty());
        }
    }
    Ok(granted)
}

/// The changes of one epoch: one set that makes it, and any number that find nothing left to
/// do there.
fn apply(
    facts: &mut BTreeSet<Fact>,
    epoch: u64,
    sets: &[&Vec<(bool, Fact)>],
) -> Result<(), String> {
    let after = |facts: &BTreeSet<Fact>, set: &[(bool, Fact)]| {
        let mut facts = facts.clone();
        for (added, fact) in set {
            match added {
                true => facts.insert(fact.clone()),
                false => facts.remove(fact),
            };
        }
        facts
    };
    let made = (sets.iter())
        .map(|set| after(facts, set))
        .find(|made| sets.iter().all(|other| after(made, other) == *made));
    *facts = made.ok_or_else(|| format!("two changes at {epoch}"))?;
    Ok(())
}

fn expected(world: &World<'_>, question: &Question) -> BTreeSet<String> {
    let user = |id: &String| Thing::new("User", id.as_str());
    match question {
        Question::Check(id, doc) => {
            let resource = Thing::new("Doc", doc.as_str());
            let allowed = world.authorize(&user(id), "view", Some(&resource));
            match allowed.expect("an answer") {
                true => BTreeSet::from([doc.clone()]),
                false => BTreeSet::new(),
            }
        }
        Question::List(id) => {
            let ids = world.list(&user(id), "view", "Doc").expect("an answer");
            ids.iter().map(|id| id.to_string()).collect()
        }
    }
}

fn ops() -> u64 {
    std::env::var("OPS").map_or(60, |ops| ops.parse().expect("a number"))
}

#[test]
fn answers_are_those_of_the_epoch_they_name_and_of_no_older_one() {
    let server = Server::start();
    for filler in [0, 1_500] {
        let history = history(&server, filler, Writers::Fair, ops());
        let granted = check(&history, 0).unwrap_or_else(|why| panic!("{filler}: {why}"));
        assert!(granted > 20, "{granted} answers granted something");
        // The same answers are wrong of other epochs.
        let shifted = (1..20)
            .filter_map(|late| check(&history, late).err())
            .next();
        let why = shifted.expect("answers that name another epoch are noticed");
        assert!(why.contains(" instead of "), "{why}");
    }
}

#[test]
fn the_checker_notices_clients_that_break_the_rules() {
    let server = Server::start();
    let object =
        |writers| (0..20).find_map(|_| check(&history(&server, 1_500, writers, ops()), 0).err());
    let torn = object(Writers::Torn).expect("changes in two pieces are noticed");
    assert!(torn.contains("half a change"), "{torn}");
    let hasty = object(Writers::Hasty).expect("reading before the acknowledgement is noticed");
    assert!(hasty.contains("was acknowledged"), "{hasty}");
}
