//! Writing and reading facts.

use serde_json::{Value, json};

use crate::server::{KEY, Server};

const POLICY: &str = r#"actor User {}
resource Wiki { roles = ["editor", "reader"]; permissions = ["write", "read"];
  "write" if "editor"; "read" if "reader"; }
declare score(User, Integer);
declare flag(User, Boolean);
"#;

fn role(user: &str, role: &str, wiki: &str) -> Value {
    json!({"predicate": "has_role", "args": [
        {"type": "User", "id": user}, {"type": "String", "id": role},
        {"type": "Wiki", "id": wiki}]})
}

fn start() -> Server {
    let server = Server::start();
    assert_eq!(server.post("policy", &json!({"src": POLICY})).status, 200);
    server
}

#[test]
fn a_batch_is_applied_in_order() {
    let server = start();
    let ok = json!({"message": "OK"});
    let (a, b) = (role("ann", "editor", "a"), role("bob", "editor", "b"));
    let answer = server.post("batch", &json!([{"inserts": [a, b, a]}, {"deletes": [a]}]));
    answer.is(200, &ok);
    assert!(answer.header("osooffset").is_some());
    server.get("facts").is(200, &json!([b]));
    server
        .post("batch", &json!([{"deletes": [b]}, {"inserts": [b]}]))
        .is(200, &ok);
    server.get("facts").is(200, &json!([b]));
    // Both in one: inserts first.
    server
        .post("batch", &json!([{"deletes": [a], "inserts": [a]}]))
        .is(200, &ok);
    server.get("facts").is(200, &json!([b]));
    for nothing in [
        json!([]),
        json!([{"inserts": []}]),
        json!([{"deletes": []}]),
    ] {
        let answer = server.post("batch", &nothing);
        answer.is(200, &ok);
        assert!(answer.header("osooffset").is_some());
    }
    server
        .post("batch", &json!([{}]))
        .refuses(400, "`inserts` or `deletes`");
    server
        .post("bulk", &json!({"delete": [b], "tell": [b, a]}))
        .is(200, &ok);
    server.get("facts").is(200, &json!([a, b]));
    server.post("bulk_delete", &json!([a])).is(200, &ok);
    server.post("bulk_load", &json!([a])).is(200, &ok);
    server.get("stats").is(
        200,
        &json!({"num_roles": 2, "num_relations": 0, "num_facts": 2}),
    );
    let cleared = server.send(
        "POST",
        "/api/clear_data",
        &[("Authorization", &format!("Bearer {KEY}"))],
        None,
    );
    assert_eq!(cleared.status, 200);
    assert!(cleared.header("osooffset").is_some());
    server.get("facts").is(200, &json!([]));
}

#[test]
fn one_bad_fact_among_good_ones_stores_nothing() {
    let server = start();
    let value = |ty: &str, id: &str| json!({"type": ty, "id": id});
    let good = role("ann", "editor", "a");
    let bad = [
        (
            json!({"predicate": "is_tall", "args": [value("User", "a")]}),
            "not used in policy",
        ),
        (
            json!({"predicate": "has_role", "args": [value("User", "a")]}),
            "not used in policy",
        ),
        (
            json!({"predicate": "score", "args": [value("User", "a"), value("Integer", "seven")]}),
            "64-bit",
        ),
        (
            json!({"predicate": "score", "args": [value("User", "a"), value("Integer", "9223372036854775808")]}),
            "64-bit",
        ),
        (
            json!({"predicate": "flag", "args": [value("User", "a"), value("Boolean", "yes")]}),
            "Boolean",
        ),
        (role("*", "editor", "a"), "reserved"),
        (role("", "editor", "a"), "empty"),
        (role(&"x".repeat(513), "editor", "a"), "513 bytes"),
        (
            json!({"predicate": "has_role", "args": []}),
            "not used in policy",
        ),
    ];
    for (fact, why) in bad {
        server
            .post("batch", &json!([{"inserts": [good, fact]}]))
            .refuses(400, why);
        server
            .post("bulk_load", &json!([good, fact]))
            .refuses(400, why);
        server
            .post("bulk", &json!({"tell": [good, fact]}))
            .refuses(400, why);
        server.post("facts", &fact).refuses(400, why);
    }
    let shaped = [
        (
            json!({"predicate": "score", "args": [value("User", "a"), {"type": "Integer", "id": 7}]}),
            "expected a string",
        ),
        (
            json!({"predicate": "score", "args": [value("User", "a"), {"type": "Integer", "id": null}]}),
            "expected a string",
        ),
        (
            json!({"predicate": "score", "args": [value("User", "a"), {"type": "Integer"}]}),
            "missing field `id`",
        ),
        (json!({"args": []}), "missing field `predicate`"),
        (json!(7), "expected an object"),
    ];
    for (fact, why) in shaped {
        let answer = server.post("batch", &json!([{"inserts": [good, fact]}]));
        answer.refuses(400, why);
        answer.refuses(400, "[0].inserts[1]");
    }
    server.get("facts").is(200, &json!([]));
    let fits = role(&"x".repeat(512), "editor", "a");
    assert_eq!(server.post("facts", &fits).status, 200);
}

#[test]
fn a_fact_comes_back_in_canonical_form() {
    let server = start();
    let told = json!({"predicate": "score", "extra": 1, "args": [
        {"type": "User", "id": "ann", "more": []}, {"type": "Integer", "id": "+007"}]});
    let stored = json!({"predicate": "score", "args": [
        {"type": "User", "id": "ann"}, {"type": "Integer", "id": "7"}]});
    server.post("facts", &told).is(200, &stored);
    server.post("facts", &told).is(200, &stored);
    server.get("facts").is(200, &json!([stored]));
    server
        .get("facts?args.1.type=Integer&args.1.id=0007")
        .is(200, &json!([stored]));
    server
        .get("facts?args.1.type=String&args.1.id=7")
        .is(200, &json!([]));
    assert_eq!(server.call(KEY, "DELETE", "/api/facts", &told).status, 200);
    server.get("facts").is(200, &json!([]));
}

#[test]
fn facts_are_found_by_pattern() {
    let server = start();
    let odd = "O'Neil \\ \"x\"\n\0%s :y&z+w ☃ 😀";
    let facts = [
        role("ann", "editor", "a"),
        role("ann", "reader", "b"),
        role(odd, "reader", "b"),
    ];
    server.post("bulk_load", &json!(facts));
    server
        .get("facts")
        .is(200, &json!([facts[2], facts[0], facts[1]]));
    server
        .get("facts?")
        .is(200, &json!([facts[2], facts[0], facts[1]]));
    server
        .get("facts?predicate=has_role&args.0.type=User&args.0.id=ann")
        .is(200, &json!(facts[..2]));
    server
        .get("facts?args.2.id=b&args.2.type=Wiki&args.0.id")
        .is(200, &json!([facts[2], facts[1]]));
    server
        .get("facts?args.0.id=ann&args.1.id=reader")
        .is(200, &json!([facts[1]]));
    server.get("facts?args.3.type=User").is(200, &json!([]));
    server.get("facts?args.70000.type=User").is(200, &json!([]));
    server.get("facts?predicate=nothing").is(200, &json!([]));
    let encoded: String = form(odd);
    server
        .get(&format!("facts?args.0.type=User&args.0.id={encoded}"))
        .is(200, &json!([facts[2]]));

    let any = json!({"type": null, "id": null});
    let pattern = json!({"predicate": "has_role", "args": [any, {"type": "String", "id": "reader"}, {"type": "Wiki"}]});
    server.post("batch", &json!([{"deletes": [pattern]}]));
    server.get("facts").is(200, &json!([facts[0]]));
    // Fewer arguments match nothing, unknown predicates neither; both are fine.
    for none in [
        json!({"predicate": "has_role", "args": [any]}),
        json!({"predicate": "x", "args": [any]}),
    ] {
        assert_eq!(
            server.post("batch", &json!([{"deletes": [none]}])).status,
            200
        );
    }
    let by_id = json!({"predicate": "has_role", "args": [{"id": "ann"}, {}, {}]});
    assert_eq!(server.call(KEY, "DELETE", "/api/facts", &by_id).status, 200);
    server.get("facts").is(200, &json!([]));
}

/// Percent-encodes every byte.
fn form(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn writes_are_visible_to_whoever_asks_next() {
    let server = start();
    let server = &server;
    std::thread::scope(|scope| {
        for writer in 0..8 {
            scope.spawn(move || {
                for i in 0..25 {
                    let (user, wiki) = (format!("u{writer}"), format!("w{i}"));
                    let pair = json!([role(&user, "editor", &wiki), role(&user, "reader", &wiki)]);
                    assert_eq!(server.post("bulk_load", &pair).status, 200);
                    let asked = json!({"actor_type": "User", "actor_id": user, "action": "write",
                        "resource_type": "Wiki", "resource_id": wiki});
                    server
                        .post("authorize", &asked)
                        .is(200, &json!({"allowed": true}));
                    // A batch is seen whole: both roles or neither.
                    let all = server.get("stats").body;
                    assert_eq!(all["num_roles"].as_u64().map(|n| n % 2), Some(0), "{all}");
                }
            });
        }
    });
    server.get("stats").is(
        200,
        &json!({"num_roles": 400, "num_relations": 0, "num_facts": 400}),
    );
}

#[test]
fn a_pattern_may_delete_so_many_facts_and_no_more() {
    let server = Server::with(&["--set", "limits.facts_per_delete=3"]);
    assert_eq!(server.post("policy", &json!({"src": POLICY})).status, 200);
    let facts: Vec<Value> = ["a", "b", "c", "d"]
        .iter()
        .map(|wiki| role("ann", "editor", wiki))
        .collect();
    assert_eq!(server.post("bulk_load", &json!(facts)).status, 200);
    let any = json!({"type": null, "id": null});
    let of = |user: &str, wiki: &Value| {
        json!({"predicate": "has_role", "args": [
            {"type": "User", "id": user}, {"type": "String", "id": "editor"}, wiki]})
    };
    let why = "a pattern of has_role agrees with more than the 3 facts that one may delete";
    let before = server.get("facts").body;
    let changes = json!([{"inserts": [role("bob", "reader", "a")], "deletes": [of("ann", &any)]}]);
    server.post("batch", &changes).refuses(413, why);
    server
        .post("bulk_delete", &json!([of("ann", &any)]))
        .refuses(413, why);
    server
        .call(KEY, "DELETE", "/api/facts", &of("ann", &any))
        .refuses(413, why);
    // Nothing of it has happened.
    assert_eq!(server.get("facts").body, before);
    // Facts that are named one by one are not counted, nor is what agrees with nothing.
    let last = json!({"type": "Wiki", "id": "d"});
    let changes = json!([{"deletes": [of("ann", &last), of("zoe", &any)]}]);
    assert_eq!(server.post("batch", &changes).status, 200);
    let changes = json!([{"deletes": [of("ann", &any)]}]);
    assert_eq!(server.post("batch", &changes).status, 200);
    server.get("facts").is(200, &json!([]));
}
