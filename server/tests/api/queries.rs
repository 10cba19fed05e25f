//! `/query` and `/evaluate_query`.

use serde_json::{Value, json};

use crate::server::Server;

const POLICY: &str = r#"actor User {}
resource Space { roles = ["member"]; }
resource Page { permissions = ["read"]; relations = { space: Space, owner: User };
  "read" if "member" on "space"; }
allow(_: User, "read", _: Page);
allow(User{"root"}, _anything, _whatever);
allow(a, action, r) if has_permission(a, action, r);
old(u: User, n: Integer) if age(u, n) and n > 17;
grown(n: Integer) if n > 17;
declare has_relation(Page, String, User);
"#;

fn start() -> Server {
    let server = Server::start();
    let loaded = server.post("policy", &json!({"src": POLICY}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let facts = json!([
        fact(
            "has_role",
            &[("User", "ivy"), ("String", "member"), ("Space", "s1")]
        ),
        fact(
            "has_relation",
            &[("Page", "p1"), ("String", "space"), ("Space", "s1")]
        ),
        fact(
            "has_relation",
            &[("Page", "p1"), ("String", "owner"), ("User", "max")]
        ),
        fact(
            "has_relation",
            &[("Page", "p2"), ("String", "space"), ("Space", "s2")]
        ),
        fact("age", &[("User", "ivy"), ("Integer", "40")]),
    ]);
    let stored = server.post("bulk_load", &facts);
    assert_eq!(stored.status, 200, "{stored:?}");
    server
}

fn fact(predicate: &str, args: &[(&str, &str)]) -> Value {
    let args: Vec<Value> = args.iter().map(|(ty, id)| value(ty, id)).collect();
    json!({"predicate": predicate, "args": args})
}

fn value(ty: &str, id: &str) -> Value {
    json!({"type": ty, "id": id})
}

#[test]
fn one_predicate_is_solved() {
    let server = start();
    let any = json!({"type": null, "id": null});
    let ask = |predicate: &str, args: Value| {
        server.post(
            "query",
            &json!({"fact": {"predicate": predicate, "args": args}, "context_facts": []}),
        )
    };
    let results = |all: Value| json!({"results": all});
    let allow = |args: Value| json!({"predicate": "allow", "args": args});
    let (root, read) = (value("User", "root"), value("String", "read"));
    let page = json!({"type": "Page", "id": null});
    ask("allow", json!([root, any, any])).is(
        200,
        &results(json!([
            allow(json!([root, any, any])),
            allow(json!([root, read, page]))
        ])),
    );
    let eve = value("User", "eve");
    ask("allow", json!([eve, read, any]))
        .is(200, &results(json!([allow(json!([eve, read, page]))])));
    ask("allow", json!([eve, read, value("Page", "7")])).is(
        200,
        &results(json!([allow(json!([eve, read, value("Page", "7")]))])),
    );
    // General and concrete, side by side.
    ask(
        "allow",
        json!([{"type": "User"}, read, value("Page", "p1")]),
    )
    .is(
        200,
        &results(json!([
            allow(json!([{"type": "User", "id": null}, read, value("Page", "p1")])),
            allow(json!([value("User", "ivy"), read, value("Page", "p1")])),
            allow(json!([root, read, value("Page", "p1")]))
        ])),
    );
    ask("nothing", json!([any])).is(200, &results(json!([])));
    ask("has_role", json!([any])).is(200, &results(json!([])));
    ask("has_role", json!([{"type": "Actor"}, {}, {}])).is(200, &results(json!([])));
    ask("has_role", json!([{"id": "ivy"}, {}, {}])).refuses(400, "fact.args[0]");
    ask("age", json!([{}, value("Integer", "forty")])).refuses(400, "64-bit");
    ask("age", json!([{}, value("Integer", "040")])).is(
        200,
        &results(json!([fact("age", &[("User", "ivy"), ("Integer", "40")])])),
    );
}

#[test]
fn a_conjunction_joins_its_calls() {
    let server = start();
    let asked = json!({
        "predicate": ["has_permission", ["a", "b", "c"]],
        "calls": [["has_relation", ["c", "d", "e"]], ["has_relation", ["c", "f", "g"]]],
        "constraints": {
            "a": {"type": "User", "ids": ["ivy"]}, "b": {"type": "String", "ids": ["read"]},
            "c": {"type": "Page", "ids": null}, "d": {"type": "String", "ids": ["space"]},
            "e": {"type": "Space", "ids": ["s1"]}, "f": {"type": "String", "ids": ["owner"]},
            "g": {"type": "User"}},
        "context_facts": []});
    server.post("evaluate_query", &asked).is(
        200,
        &json!({"results": [{"a": "ivy", "b": "read",
        "c": "p1", "d": "space", "e": "s1", "f": "owner", "g": "max"}]}),
    );
}

#[test]
fn answers_follow_the_constraints() {
    let server = start();
    let ask = |constraints: Value| {
        server.post(
            "evaluate_query",
            &json!({"predicate": ["allow", ["u", "a", "p"]], "constraints": constraints}),
        )
    };
    let results = |all: Value| json!({"results": all});
    // General and concrete side by side, null first; a list is never null.
    ask(
        json!({"u": {"type": "User"}, "a": {"type": "String", "ids": ["read"]},
        "p": {"type": "Page", "ids": ["p1", "p2", "p1"]}}),
    )
    .is(
        200,
        &results(json!([
        {"u": null, "a": "read", "p": "p1"}, {"u": null, "a": "read", "p": "p2"},
        {"u": "ivy", "a": "read", "p": "p1"},
        {"u": "root", "a": "read", "p": "p1"}, {"u": "root", "a": "read", "p": "p2"}])),
    );
    // Unused variables are there too.
    ask(
        json!({"z": {"type": "User"}, "y": {"type": "User", "ids": ["b", "a"]},
        "u": {"type": "User", "ids": ["eve"]}, "a": {"type": "String"},
        "p": {"type": "Page", "ids": ["p9"]}}),
    )
    .is(
        200,
        &results(json!([
        {"u": "eve", "a": "read", "p": "p9", "y": "a", "z": null},
        {"u": "eve", "a": "read", "p": "p9", "y": "b", "z": null}])),
    );
    ask(json!({"u": {"type": "User"}, "a": {"type": "String"}, "p": {"type": "Page", "ids": []}}))
        .is(200, &results(json!([])));
    ask(json!({"u": {"type": "User"}, "a": {"type": "String"}})).refuses(400, "`p`");
    ask(json!({"u": {"type": "Actor"}, "a": {"type": "String"}, "p": {"type": "Page"}}))
        .refuses(400, "abstract");
    ask(json!({"u": {"type": null}, "a": {"type": "String"}, "p": {"type": "Page"}}))
        .refuses(400, "constraints.u.type");
    let unknown = json!({"predicate": ["nothing", ["u"]], "constraints": {"u": {"type": "User"}}});
    server
        .post("evaluate_query", &unknown)
        .is(200, &results(json!([])));
    let numbers = |ids: Value| {
        json!({"predicate": ["old", ["u", "n"]],
        "constraints": {"u": {"type": "User"}, "n": {"type": "Integer", "ids": ids}}})
    };
    server
        .post("evaluate_query", &numbers(json!(["040", "+40", "41"])))
        .is(200, &results(json!([{"u": "ivy", "n": "40"}])));
    server
        .post("evaluate_query", &numbers(json!(null)))
        .is(200, &results(json!([{"u": "ivy", "n": "40"}])));
    server
        .post("evaluate_query", &numbers(json!(["x"])))
        .refuses(400, "constraints.n");
}

#[test]
fn what_cannot_be_listed_is_an_error_with_its_place() {
    let server = start();
    let free = json!({"predicate": ["grown", ["n"]], "constraints": {"n": {"type": "Integer"}}});
    let answer = server.post("evaluate_query", &free);
    answer.refuses(400, "variable `n`");
    answer.refuses(400, "policy:9:1");
    let given = json!({"predicate": ["grown", ["n"]],
        "constraints": {"n": {"type": "Integer", "ids": ["17", "18"]}}});
    server
        .post("evaluate_query", &given)
        .is(200, &json!({"results": [{"n": "18"}]}));
}
