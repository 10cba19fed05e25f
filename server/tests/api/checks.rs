//! Checks, actions, and what context facts do to them.

use serde_json::{Value, json};

use crate::server::Server;

const POLICY: &str = r#"actor User {}
resource Org { roles = ["admin", "member"]; permissions = ["read", "delete"];
  "member" if "admin"; "read" if "member"; "delete" if "admin"; }
resource Repo { permissions = ["read", "push"]; relations = { parent: Org };
  "read" if "member" on "parent"; "push" if "admin" on "parent";
  "read" if is_public(resource); }
has_permission(_: User, "star", _: Repo);
allow(User{"root"}, _anything, _whatever);
allow(a, action, r) if has_permission(a, action, r);
"#;

fn fact(predicate: &str, args: &[(&str, &str)]) -> Value {
    let args: Vec<Value> = args
        .iter()
        .map(|(ty, id)| json!({"type": ty, "id": id}))
        .collect();
    json!({"predicate": predicate, "args": args})
}

fn start() -> Server {
    let server = Server::start();
    let loaded = server.post("policy", &json!({"src": POLICY}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let facts = json!([
        fact(
            "has_role",
            &[("User", "bob"), ("String", "member"), ("Org", "acme")]
        ),
        fact(
            "has_relation",
            &[("Repo", "anvil"), ("String", "parent"), ("Org", "acme")]
        ),
    ]);
    assert_eq!(server.post("bulk_load", &facts).status, 200);
    server
}

fn check(actor: &str, action: &str, resource: &str) -> Value {
    json!({"actor_type": "User", "actor_id": actor, "action": action,
        "resource_type": "Repo", "resource_id": resource})
}

fn with(mut body: Value, facts: Value) -> Value {
    body["context_facts"] = facts;
    body
}

#[test]
fn unknown_things_are_not_allowed() {
    let server = start();
    let (yes, no) = (json!({"allowed": true}), json!({"allowed": false}));
    server
        .post("authorize", &check("bob", "read", "anvil"))
        .is(200, &yes);
    server
        .post("authorize", &check("bob", "push", "anvil"))
        .is(200, &no);
    server
        .post("authorize", &check("bob", "fly", "anvil"))
        .is(200, &no);
    server
        .post("authorize", &check("eve", "read", "anvil"))
        .is(200, &no);
    server
        .post("authorize", &check("eve", "star", "unheard of"))
        .is(200, &yes);
    server
        .post("authorize", &check("root", "anything", "at all"))
        .is(200, &yes);
    let mut other = check("bob", "read", "anvil");
    other["resource_type"] = json!("Planet");
    server.post("authorize", &other).is(200, &no);
    other["actor_type"] = json!("Robot");
    server.post("authorize", &other).is(200, &no);
    for field in [
        "actor_type",
        "actor_id",
        "action",
        "resource_type",
        "resource_id",
    ] {
        for wrong in [json!(null), json!(7), json!({})] {
            let mut body = check("bob", "read", "anvil");
            body[field] = wrong;
            server.post("authorize", &body).refuses(400, field);
        }
        let mut body = check("bob", "read", "anvil");
        body.as_object_mut().expect("an object").remove(field);
        server
            .post("authorize", &body)
            .refuses(400, &format!("missing field `{field}`"));
    }
}

#[test]
fn context_facts_count_for_one_request() {
    let server = start();
    let admin = fact(
        "has_role",
        &[("User", "eve"), ("String", "admin"), ("Org", "acme")],
    );
    let (yes, no) = (json!({"allowed": true}), json!({"allowed": false}));
    let asked = with(check("eve", "push", "anvil"), json!([admin]));
    server.post("authorize", &asked).is(200, &yes);
    server
        .post("authorize", &check("eve", "push", "anvil"))
        .is(200, &no);
    for none in [json!([]), json!(null)] {
        server
            .post("authorize", &with(check("eve", "push", "anvil"), none))
            .is(200, &no);
    }
    // A derived predicate counts too.
    let derived = fact(
        "has_permission",
        &[("User", "eve"), ("String", "push"), ("Repo", "new")],
    );
    server
        .post(
            "authorize",
            &with(check("eve", "push", "new"), json!([derived])),
        )
        .is(200, &yes);
    // What the policy has no use for has no effect.
    let useless = fact("is_tall", &[("User", "eve")]);
    server
        .post(
            "authorize",
            &with(check("eve", "push", "anvil"), json!([useless])),
        )
        .is(200, &no);
    let wild = json!({"predicate": "has_role", "args": [{"type": "User", "id": null}]});
    server
        .post(
            "authorize",
            &with(check("eve", "push", "anvil"), json!([wild])),
        )
        .refuses(400, "context_facts[0].args[0].id");
    let star = fact(
        "has_role",
        &[("User", "*"), ("String", "admin"), ("Org", "acme")],
    );
    server
        .post(
            "authorize",
            &with(check("eve", "push", "anvil"), json!([star])),
        )
        .refuses(400, "context_facts[0].args[0]");
    server.get("facts?args.0.id=eve").is(200, &json!([]));
}

#[test]
fn resources_come_back_in_the_order_asked() {
    let server = start();
    let value = |ty: &str, id: &str| json!({"type": ty, "id": id});
    let asked = |resources: Value| {
        json!({"actor_type": "User", "actor_id": "bob",
        "action": "read", "resources": resources, "context_facts": []})
    };
    let all = json!([
        value("Repo", "x"),
        value("Org", "acme"),
        value("Repo", "anvil"),
        value("Org", "acme"),
        value("Repo", "x"),
        value("Repo", "anvil")
    ]);
    server.post("authorize_resources", &asked(all)).is(200, &json!({"results": [
        value("Org", "acme"), value("Repo", "anvil"), value("Org", "acme"), value("Repo", "anvil")]}));
    server
        .post("authorize_resources", &asked(json!([])))
        .is(200, &json!({"results": []}));
    server
        .post(
            "authorize_resources",
            &asked(json!([{"type": "Repo", "id": null}])),
        )
        .refuses(400, "resources[0].id");
}

#[test]
fn actions_are_sorted_and_stars_come_first() {
    let server = start();
    let asked = |actor: &str, resource: &str| {
        json!({"actor_type": "User", "actor_id": actor,
        "resource_type": "Repo", "resource_id": resource, "context_facts": []})
    };
    server
        .post("actions", &asked("bob", "anvil"))
        .is(200, &json!({"results": ["read", "star"]}));
    server
        .post("actions", &asked("eve", "x"))
        .is(200, &json!({"results": ["star"]}));
    server
        .post("actions", &asked("root", "x"))
        .is(200, &json!({"results": ["*", "star"]}));
    let admin = fact(
        "has_role",
        &[("User", "eve"), ("String", "admin"), ("Org", "acme")],
    );
    let mut first = asked("bob", "anvil");
    first["context_facts"] = json!([admin]);
    // The first element's context is meant for all.
    server
        .post(
            "bulk_actions",
            &json!([first, asked("eve", "anvil"), asked("eve", "x")]),
        )
        .is(
            200,
            &json!([{"results": ["read", "star"]}, {"results": ["push", "read", "star"]},
            {"results": ["star"]}]),
        );
    server.post("bulk_actions", &json!([])).is(200, &json!([]));
}

#[test]
fn local_authorization_says_that_it_is_not_there() {
    let server = start();
    for path in [
        "authorize_query",
        "list_query",
        "actions_query",
        "evaluate_query_local",
    ] {
        server
            .post(path, &json!({}))
            .refuses(400, "local authorization is not supported");
    }
}

#[test]
fn expectations_and_events_are_taken() {
    let server = start();
    let ok = json!({"message": "OK"});
    server
        .post(
            "expect",
            &json!({"request_id": "unknown", "expected": true}),
        )
        .is(200, &ok);
    server
        .post("expect", &json!({"request_id": "unknown"}))
        .refuses(400, "expected");
    let event = json!({"agent_id": "a", "session_id": "s", "users": [], "timestamp": "t",
        "tool_name": "search", "reason": {"any": "thing"}});
    server
        .post("agents/event/tool_call_error", &event)
        .is(200, &ok);
    server
        .post("agents/event/party", &event)
        .refuses(404, "party");
}

#[test]
fn a_value_that_is_none_is_named_with_its_field() {
    let server = start();
    let long = "7".repeat(3_000);
    let ask = |path: &str, body: Value, field: &str| {
        let refused = server.post(path, &body);
        refused.refuses(400, field);
        refused.refuses(400, "is not a signed 64-bit integer");
        let length = refused.body["message"].as_str().map_or(0, str::len);
        assert!(length < 300, "{refused:?}");
    };
    for id in ["seven", long.as_str()] {
        let mut actor = check("bob", "read", "anvil");
        actor["actor_type"] = json!("Integer");
        actor["actor_id"] = json!(id);
        let mut resource = check("bob", "read", "anvil");
        resource["resource_type"] = json!("Integer");
        resource["resource_id"] = json!(id);
        for path in ["authorize", "actions"] {
            ask(path, actor.clone(), "actor_id: ");
            ask(path, resource.clone(), "resource_id: ");
        }
        ask("list", actor.clone(), "actor_id: ");
        ask(
            "bulk_actions",
            json!([check("bob", "read", "anvil"), resource]),
            "[1].resource_id: ",
        );
        let integer = json!({"type": "Integer", "id": id});
        let mut several = check("bob", "read", "anvil");
        several["resources"] = json!([{"type": "Repo", "id": "anvil"}, integer]);
        ask("authorize_resources", several, "resources[1].id: ");
        let args = json!([{"type": "User", "id": "bob"}, integer]);
        ask(
            "query",
            json!({"fact": {"predicate": "p", "args": args}}),
            "fact.args[1].id: ",
        );
    }
}

#[test]
fn a_long_message_keeps_its_end() {
    let server = start();
    let mut asked = check("bob", "read", "anvil");
    asked["page_size"] = json!("x".repeat(2_000));
    let refused = server.post("list", &asked);
    refused.refuses(400, "page_size: ");
    refused.refuses(400, "expected a whole number");
}
