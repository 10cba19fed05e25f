//! Histories of a few requests at a time, told only by what clients saw and when: there is an
//! order of all of them, in agreement with who was answered before whom, in which every answer
//! is right (R28, by trying all orders). Neither epochs nor tokens are looked at.
//!
//! The checker is checked too: it has to object to histories that have been tampered with.
//! `HISTORIES=100000` tries more.

use std::collections::{BTreeSet, HashSet};
use std::sync::Barrier;
use std::time::Instant;

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::server::Server;

/// Requests that are under way at the same time.
const CLIENTS: usize = 6;
/// Requests of one client, one after the other.
const EACH: usize = 2;
/// Documents that are shared and taken back.
const DOCS: usize = 3;

const POLICY: &str = "actor User {}\nresource Doc { roles = [\"reader\"]; permissions = [\"read\"]; \"read\" if \"reader\"; }";

/// Which documents are shared, a bit each.
type State = u8;

#[derive(Clone, Debug, PartialEq)]
enum Done {
    /// These are taken back, then those shared.
    Wrote { deletes: State, inserts: State },
    /// Exactly these were shared.
    Listed(State),
    /// Whether this one was.
    Checked { doc: usize, allowed: bool },
}

/// What a client did, and when it had begun and was answered.
#[derive(Clone, Debug)]
struct Event {
    begun: Instant,
    answered: Instant,
    done: Done,
}

fn some_docs(dice: &mut Dice) -> State {
    dice.below(1 << DOCS) as State
}

/// Whether some order of all events explains every answer.
fn explained(history: &[Event], begin: State) -> bool {
    let mut tried = HashSet::new();
    explained_from(history, 0, begin, &mut tried)
}

fn explained_from(
    history: &[Event],
    before: u32,
    state: State,
    tried: &mut HashSet<(u32, State)>,
) -> bool {
    let left = || (0..history.len()).filter(|i| before & (1 << i) == 0);
    let Some(soonest) = left().map(|i| history[i].answered).min() else {
        return true;
    };
    if !tried.insert((before, state)) {
        return false;
    }
    // Whatever began after another was answered comes after it.
    left().filter(|i| history[*i].begun <= soonest).any(|i| {
        let after = match history[i].done {
            Done::Wrote { deletes, inserts } => Some(state & !deletes | inserts),
            Done::Listed(found) => (found == state).then_some(state),
            Done::Checked { doc, allowed } => (allowed == (state >> doc & 1 == 1)).then_some(state),
        };
        after.is_some_and(|after| explained_from(history, before | 1 << i, after, tried))
    })
}

struct Client<'s> {
    server: &'s Server,
    key: &'s str,
}

impl Client<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        let target = format!("/api/{path}");
        let answer = self.server.call(self.key, "POST", &target, body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    fn write(&self, deletes: State, inserts: State) {
        let facts = |docs: State| -> Vec<Value> {
            let docs = (0..DOCS).filter(|doc| docs >> doc & 1 == 1);
            docs.map(|doc| {
                json!({"predicate": "has_role", "args": [{"type": "User", "id": "u"},
                    {"type": "String", "id": "reader"}, {"type": "Doc", "id": format!("d{doc}")}]})
            })
            .collect()
        };
        let body = json!([{"deletes": facts(deletes)}, {"inserts": facts(inserts)}]);
        self.post("batch", &body);
    }

    fn list(&self) -> State {
        let asked = json!({"actor_type": "User", "actor_id": "u", "action": "read",
            "resource_type": "Doc"});
        let found = self.post("list", &asked);
        let found = found["results"].as_array().expect("a list").iter();
        let docs: BTreeSet<&str> = found.map(|id| id.as_str().expect("text")).collect();
        let bit = |doc: usize| State::from(docs.contains(&*format!("d{doc}"))) << doc;
        (0..DOCS).map(bit).sum()
    }

    fn check(&self, doc: usize) -> bool {
        let asked = json!({"actor_type": "User", "actor_id": "u", "action": "read",
            "resource_type": "Doc", "resource_id": format!("d{doc}")});
        self.post("authorize", &asked)["allowed"] == true
    }

    fn act(&self, dice: &mut Dice) -> Event {
        let begun = Instant::now();
        let done = match dice.below(5) {
            0 | 1 => {
                let (deletes, inserts) = (some_docs(dice), some_docs(dice));
                self.write(deletes, inserts);
                Done::Wrote { deletes, inserts }
            }
            2 | 3 => Done::Listed(self.list()),
            _ => {
                let doc = dice.below(DOCS as u64) as usize;
                let allowed = self.check(doc);
                Done::Checked { doc, allowed }
            }
        };
        Event {
            begun,
            answered: Instant::now(),
            done,
        }
    }
}

/// Histories that one after the other begin where the one before has ended.
fn histories(client: &Client<'_>, seed: u64, count: usize) -> Vec<(State, Vec<Event>)> {
    let begins: Vec<State> = {
        let mut dice = Dice(seed);
        (0..count).map(|_| some_docs(&mut dice)).collect()
    };
    let (begins, together) = (&begins, &Barrier::new(CLIENTS));
    let of_clients: Vec<Vec<Vec<Event>>> = std::thread::scope(|scope| {
        let clients = (0..CLIENTS).map(|number| {
            scope.spawn(move || {
                let mut dice = Dice(seed ^ (number as u64 + 1) << 20);
                let one = |begin: &State| {
                    if number == 0 {
                        client.write(State::MAX, *begin);
                    }
                    together.wait();
                    let events = (0..EACH).map(|_| client.act(&mut dice)).collect();
                    together.wait();
                    events
                };
                begins.iter().map(one).collect()
            })
        });
        let clients: Vec<_> = clients.collect();
        let done = clients.into_iter().map(|client| client.join());
        done.map(|done| done.expect("no panic")).collect()
    });
    let whole = |(at, begin): (usize, &State)| {
        let events = of_clients.iter().flat_map(|client| client[at].clone());
        (*begin, events.collect())
    };
    begins.iter().enumerate().map(whole).collect()
}

/// The same history with one answer that is another one.
fn tampered(history: &[Event], dice: &mut Dice) -> Vec<Event> {
    let mut history = history.to_vec();
    let at = dice.below(history.len() as u64) as usize;
    match &mut history[at].done {
        Done::Wrote { deletes, inserts } => (*deletes, *inserts) = (*inserts, *deletes),
        Done::Listed(found) => *found ^= 1 << dice.below(DOCS as u64) as usize,
        Done::Checked { allowed, .. } => *allowed = !*allowed,
    }
    history
}

#[test]
fn some_order_explains_what_clients_saw() {
    let count = std::env::var("HISTORIES").map_or(300, |n| n.parse().expect("a number"));
    let server = Server::start();
    // Answered on demand, and from relations that are kept.
    for filler in [0, 1_500] {
        let key = &server.environment(false);
        let client = Client {
            server: &server,
            key,
        };
        client.post("policy", &json!({"src": POLICY}));
        let others: Vec<Value> = (0..filler)
            .map(|i| {
                json!({"predicate": "has_role", "args": [{"type": "User", "id": format!("x{i}")},
                    {"type": "String", "id": "reader"}, {"type": "Doc", "id": "d0"}]})
            })
            .collect();
        client.post("bulk_load", &json!(others));
        let histories = histories(&client, 7 + filler as u64, count);
        let (mut mixed, mut noticed) = (0, 0);
        let mut dice = Dice(filler as u64);
        for (begin, history) in &histories {
            assert!(explained(history, *begin), "{begin:03b} {history:#?}");
            // What one at a time would have seen tells nothing about order.
            let overlap = |a: &Event, b: &Event| a.begun < b.answered && b.begun < a.answered;
            let together = |e: &Event| history.iter().filter(|f| overlap(e, f)).count();
            mixed += usize::from(history.iter().any(|e| together(e) >= CLIENTS));
            noticed += usize::from(!explained(&tampered(history, &mut dice), *begin));
        }
        let most = histories.len();
        assert!(
            mixed > most / 10,
            "{mixed} of {most} had {CLIENTS} at a time"
        );
        assert!(
            noticed > most / 4,
            "{noticed} of {most} wrong ones were noticed"
        );
    }
}

#[test]
fn the_checker_knows_right_from_wrong() {
    let now = Instant::now();
    let at = |ms: u64| now + std::time::Duration::from_millis(ms);
    let event = |begun, answered, done| Event {
        begun: at(begun),
        answered: at(answered),
        done,
    };
    let wrote = |begun, answered, deletes, inserts| {
        event(begun, answered, Done::Wrote { deletes, inserts })
    };
    let listed = |begun, answered, found| event(begun, answered, Done::Listed(found));
    // While a write is under way either answer will do, but not the new one and then the old.
    let write = wrote(0, 100, 0, 0b11);
    let (old, new) = (0b00, 0b11);
    for (first, second, fine) in [(old, new, true), (old, old, true), (new, old, false)] {
        let history = [write.clone(), listed(10, 20, first), listed(30, 40, second)];
        assert_eq!(explained(&history, 0), fine, "{first} {second}");
    }
    // Half of it never.
    assert!(!explained(&[write.clone(), listed(10, 20, 0b01)], 0));
    // An answer that misses what was acknowledged before it was asked for.
    assert!(!explained(&[write.clone(), listed(110, 120, old)], 0));
    assert!(explained(&[write, listed(110, 120, new)], 0));
    // Two writes at the same time in both orders, told by later answers.
    let both = [wrote(0, 50, 0b01, 0b10), wrote(0, 50, 0b10, 0b01)];
    for (found, fine) in [(0b01, true), (0b10, true), (0b11, false), (0b00, false)] {
        let mut history = both.to_vec();
        history.push(listed(60, 70, found));
        assert_eq!(explained(&history, 0), fine, "{found}");
    }
}
