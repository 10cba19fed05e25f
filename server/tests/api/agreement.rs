//! Every way to ask the same thing gives the same answer: check, list, actions, both
//! queries; with facts stored (few, and so many that relations are kept), and with the same
//! facts in the context.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::server::Server;

const POLICY: &str = r#"actor User {}
resource Org { roles = ["admin", "member"]; "member" if "admin"; }
resource Folder { roles = ["viewer"]; permissions = ["view"]; relations = { parent: Folder, org: Org };
  "viewer" if "viewer" on "parent"; "viewer" if "member" on "org"; "view" if "viewer"; }
resource Doc { roles = ["viewer"]; permissions = ["view", "edit", "skim"]; relations = { folder: Folder, owner: User };
  "viewer" if "viewer" on "folder"; "edit" if "owner"; }
has_permission(u: User, "view", d: Doc) if has_role(u, "viewer", d) and not is_banned(u, d);
has_permission(u: User, "view", d: Doc) if has_relation(d, "owner", u);
has_permission(_: User, "skim", d: Doc) if is_public(d);
has_permission(User{"root"}, "view", _: Doc);
"#;

const USERS: &[&str] = &["u0", "u1", "u2", "u3", "root", "nobody"];
const DOCS: &[&str] = &["d0", "d1", "d2", "d3", "d4", "unknown"];
const ACTIONS: &[&str] = &["view", "edit", "skim", "fly"];

fn fact(predicate: &str, args: &[(&str, String)]) -> Value {
    let args: Vec<Value> = args
        .iter()
        .map(|(ty, id)| json!({"type": ty, "id": id}))
        .collect();
    json!({"predicate": predicate, "args": args})
}

fn world(dice: &mut Dice) -> Vec<Value> {
    let mut facts = Vec::new();
    for _ in 0..22 {
        let mut pick = |prefix: &str, n| format!("{prefix}{}", dice.below(n));
        let (user, org) = (pick("u", 4), pick("o", 2));
        let (folder, other, doc) = (pick("f", 4), pick("f", 4), pick("d", 5));
        let text = |text: &str| text.to_owned();
        facts.push(match dice.below(7) {
            0 => fact(
                "has_role",
                &[("User", user), ("String", text("admin")), ("Org", org)],
            ),
            1 => fact(
                "has_role",
                &[
                    ("User", user),
                    ("String", text("viewer")),
                    ("Folder", folder),
                ],
            ),
            2 => fact(
                "has_relation",
                &[
                    ("Folder", folder),
                    ("String", text("parent")),
                    ("Folder", other),
                ],
            ),
            3 => fact(
                "has_relation",
                &[("Folder", folder), ("String", text("org")), ("Org", org)],
            ),
            4 => fact(
                "has_relation",
                &[("Doc", doc), ("String", text("folder")), ("Folder", folder)],
            ),
            5 => match dice.below(2) {
                0 => fact("is_public", &[("Doc", doc)]),
                _ => fact(
                    "has_relation",
                    &[("Doc", doc), ("String", text("owner")), ("User", user)],
                ),
            },
            _ => fact("is_banned", &[("User", user), ("Doc", doc)]),
        });
    }
    facts
}

/// Where and how to ask.
struct Asker<'s> {
    server: &'s Server,
    key: String,
    context: Value,
}

impl Asker<'_> {
    fn ask(&self, path: &str, mut body: Value) -> Value {
        body["context_facts"] = self.context.clone();
        let answer = self
            .server
            .call(&self.key, "POST", &format!("/api/{path}"), &body);
        assert_eq!(answer.status, 200, "{path} {body}: {answer:?}");
        answer.body
    }

    /// All grants as one set, asked in one way.
    fn by_checks(&self) -> BTreeSet<String> {
        let mut grants = BTreeSet::new();
        for (u, a, d) in triples() {
            let body = json!({"actor_type": "User", "actor_id": u, "action": a,
                "resource_type": "Doc", "resource_id": d});
            if self.ask("authorize", body)["allowed"] == true {
                grants.insert(format!("{u} {a} {d}"));
            }
        }
        grants
    }

    fn by_lists(&self, paged: bool) -> BTreeSet<String> {
        let mut grants = BTreeSet::new();
        for u in USERS {
            for a in ACTIONS {
                let mut body = json!({"actor_type": "User", "actor_id": u, "action": a,
                    "resource_type": "Doc"});
                if paged {
                    body["page_size"] = json!(100);
                }
                let found = texts(&self.ask("list", body)["results"]);
                let every = found.contains("*");
                for d in DOCS.iter().filter(|d| every || found.contains(**d)) {
                    grants.insert(format!("{u} {a} {d}"));
                }
            }
        }
        grants
    }

    fn by_actions(&self) -> BTreeSet<String> {
        let mut grants = BTreeSet::new();
        for u in USERS {
            for d in DOCS {
                let body = json!({"actor_type": "User", "actor_id": u,
                    "resource_type": "Doc", "resource_id": d});
                let found = texts(&self.ask("actions", body)["results"]);
                for a in ACTIONS
                    .iter()
                    .filter(|a| found.contains(**a) || found.contains("*"))
                {
                    grants.insert(format!("{u} {a} {d}"));
                }
            }
        }
        grants
    }

    fn by_query(&self) -> BTreeSet<String> {
        let body = json!({"fact": {"predicate": "allow", "args": [
            {"type": "User", "id": null}, {"type": "String", "id": null}, {"type": "Doc", "id": null}]}});
        let answer = self.ask("query", body);
        let rows = answer["results"].as_array().expect("a list");
        spread(
            rows.iter()
                .map(|row| [0, 1, 2].map(|i| row["args"][i]["id"].clone())),
        )
    }

    fn by_conjunction(&self) -> BTreeSet<String> {
        let body = json!({"predicate": ["allow", ["u", "a", "d"]], "constraints": {
            "u": {"type": "User"}, "a": {"type": "String", "ids": ACTIONS}, "d": {"type": "Doc"}}});
        let answer = self.ask("evaluate_query", body);
        let rows = answer["results"].as_array().expect("a list");
        spread(
            rows.iter()
                .map(|row| ["u", "a", "d"].map(|v| row[v].clone())),
        )
    }
}

fn triples() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    USERS.iter().flat_map(|u| {
        ACTIONS
            .iter()
            .flat_map(move |a| DOCS.iter().map(move |d| (*u, *a, *d)))
    })
}

/// The grants that rows stand for; `null` is everything.
fn spread(rows: impl Iterator<Item = [Value; 3]>) -> BTreeSet<String> {
    let fits = |value: &Value, id: &str| value.is_null() || value == id;
    let one = |[u, a, d]: [Value; 3]| {
        let all = triples().filter(move |(x, y, z)| fits(&u, x) && fits(&a, y) && fits(&d, z));
        all.map(|(u, a, d)| format!("{u} {a} {d}"))
    };
    rows.flat_map(one).collect()
}

fn texts(list: &Value) -> BTreeSet<String> {
    let all = list.as_array().expect("a list").iter();
    all.map(|id| id.as_str().expect("text").to_owned())
        .collect()
}

#[test]
fn all_ways_to_ask_agree() {
    let server = Server::start();
    let mut dice = Dice(7);
    // So many facts that relations are kept beside them; they grant nothing to anybody here.
    let filler: Vec<Value> = (0..1500)
        .map(|i| {
            fact(
                "is_banned",
                &[("User", format!("x{i}")), ("Doc", "d0".to_owned())],
            )
        })
        .collect();
    let mut granted = 0;
    for round in 0..6 {
        let facts = world(&mut dice);
        let asker = |stored: &[&Vec<Value>], context: Value| {
            let key = server.environment(false);
            let loaded = server.call(&key, "POST", "/api/policy", &json!({"src": POLICY}));
            assert_eq!(loaded.status, 200, "{loaded:?}");
            for facts in stored {
                let stored = server.call(&key, "POST", "/api/bulk_load", &json!(facts));
                assert_eq!(stored.status, 200, "{stored:?}");
            }
            Asker {
                server: &server,
                key,
                context,
            }
        };
        let few = asker(&[&facts], json!([]));
        let expected = few.by_checks();
        granted += expected.len();
        let many = asker(&[&filler, &facts], json!([]));
        let context = asker(&[], json!(facts));
        for (name, asker) in [("few", &few), ("many", &many), ("context", &context)] {
            let found = [
                ("checks", asker.by_checks()),
                ("lists", asker.by_lists(false)),
                ("pages", asker.by_lists(true)),
                ("actions", asker.by_actions()),
                ("query", asker.by_query()),
                ("conjunction", asker.by_conjunction()),
            ];
            for (way, found) in found {
                let missing: Vec<_> = expected.difference(&found).collect();
                let extra: Vec<_> = found.difference(&expected).collect();
                assert!(
                    missing.is_empty() && extra.is_empty(),
                    "round {round}, facts {name}, by {way}: missing {missing:?}, extra {extra:?}"
                );
            }
        }
    }
    assert!(granted > 100, "{granted}");
}
