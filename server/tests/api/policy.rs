//! Uploading and reading policies.

use serde_json::{Value, json};

use crate::server::{KEY, Server};

const WIKI: &str = r#"actor User {}
resource Wiki { roles = ["editor", "reader"]; permissions = ["write", "read"]; relations = { space: Space };
  "read" if "reader"; "write" if "editor"; "reader" if "editor"; }
resource Space {}"#;

#[test]
fn a_policy_is_uploaded_read_and_described() {
    let server = Server::start();
    server.get("policy").is(200, &json!({"policy": null}));
    server.get("policy_metadata").refuses(404, "no policy");
    let answer = server.post("policy", &json!({"src": WIKI, "filename": ""}));
    assert_eq!(answer.status, 200);
    assert!(answer.header("osooffset").is_some());
    assert_eq!(answer.body.as_object().map(|o| o.len()), Some(1));
    server
        .get("policy")
        .is(200, &json!({"policy": {"filename": "", "src": WIKI}}));
    let again = server.post("policy", &json!({"src": WIKI}));
    assert_eq!(again.status, 202);
    let global = json!({"roles": [], "permissions": [], "relations": {}});
    let expected = json!({"metadata": {"resources": {
        "User": global, "Space": global, "global": global,
        "Wiki": {"roles": ["editor", "reader"], "permissions": ["read", "write"],
                 "relations": {"space": "Space"}}}}});
    server.get("policy_metadata").is(200, &expected);

    // Versions can be read.
    assert_eq!(
        server
            .post("policy", &json!({"src": "actor User {}", "filename": null}))
            .status,
        200
    );
    server.get("policy").is(
        200,
        &json!({"policy": {"filename": null, "src": "actor User {}"}}),
    );
    server
        .get("policy?id=2")
        .is(200, &json!({"policy": {"filename": "", "src": WIKI}}));
    server.get("policy_metadata?version=2").is(200, &expected);
    server.get("policy?id=99").refuses(404, "99");
    server.get("policy?id=x").refuses(400, "`id`");
}

#[test]
fn a_policy_with_errors_changes_nothing() {
    let server = Server::start();
    server.post("policy", &json!({"src": WIKI, "filename": "a"}));
    let answer = server.post(
        "policy",
        &json!({"src": "actor User {}\nallow(a, b, c) if likes(a, x)"}),
    );
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["error_type"], "Validation");
    assert_eq!(answer.body["errors"][0]["error_type"], "ValidationFailed");
    let message = answer.body["message"].as_str().expect("text");
    assert!(message.starts_with("policy:2:"), "{message}");
    assert_eq!(answer.body.as_object().map(|o| o.len()), Some(3));
    server
        .get("policy")
        .is(200, &json!({"policy": {"filename": "a", "src": WIKI}}));

    for wrong in [
        json!({}),
        json!({"src": 7}),
        json!([]),
        json!({"src": null}),
    ] {
        let answer = server.post("policy", &wrong);
        assert_eq!(
            (answer.status, &answer.body["error_type"]),
            (400, &json!("Generic"))
        );
    }
}

#[test]
fn tests_are_run_first() {
    let server = Server::start();
    let src = format!(
        "{WIKI}\ntest \"good\" {{ setup {{ has_role(User{{\"a\"}}, \"editor\", Wiki{{\"w\"}}); }} \
         assert allow(User{{\"a\"}}, \"read\", Wiki{{\"w\"}}); }}\n\
         test \"bad\" {{ assert allow(User{{\"a\"}}, \"write\", Wiki{{\"w\"}}); \
         assert_not allow(User{{\"a\"}}, \"write\", Wiki{{\"w\"}}); }}"
    );
    let answer = server.post("policy", &json!({"src": src}));
    assert_eq!(answer.status, 400);
    let why = "\"bad\": expected allow(User{\"a\"}, \"write\", Wiki{\"w\"}) to hold";
    assert_eq!(
        answer.body,
        json!({"error_type": "TestsFailed",
          "message": format!("1 of 2 policy tests failed: {why}"),
          "test_results": {"success": false,
            "errors": [{"error_type": "AssertionFailed", "message": why}],
            "tests": [{"name": "good", "passed": 1, "total": 1},
                      {"name": "bad", "passed": 1, "total": 2}]}})
    );
    server.get("policy").is(200, &json!({"policy": null}));
    server.get("facts").is(200, &json!([]));
}

#[test]
fn a_dry_run_judges_and_drops() {
    let server = Server::start();
    let answer = server.post("policy?dry_run=true", &json!({"src": WIKI}));
    assert_eq!((answer.status, answer.header("osooffset")), (200, None));
    server.get("policy").is(200, &json!({"policy": null}));
    assert_eq!(
        server
            .post("policy?dry_run=true", &json!({"src": "resource {"}))
            .status,
        400
    );
}

#[test]
fn facts_survive_a_policy_that_does_not_use_them() {
    let server = Server::start();
    server.post("policy", &json!({"src": WIKI}));
    let fact = json!({"predicate": "has_role", "args": [
        {"type": "User", "id": "ann"}, {"type": "String", "id": "editor"},
        {"type": "Wiki", "id": "home"}]});
    assert_eq!(server.post("facts", &fact).status, 200);
    let asked = json!({"actor_type": "User", "actor_id": "ann", "action": "write",
        "resource_type": "Wiki", "resource_id": "home"});
    server
        .post("authorize", &asked)
        .is(200, &json!({"allowed": true}));
    server.post("policy", &json!({"src": "actor User {}"}));
    server
        .post("authorize", &asked)
        .is(200, &json!({"allowed": false}));
    server.get("facts").is(200, &json!([fact]));
    server
        .post("facts", &fact)
        .refuses(400, "not used in policy");
    server.post("policy", &json!({"src": WIKI}));
    server
        .post("authorize", &asked)
        .is(200, &json!({"allowed": true}));
    server.post("policy", &json!({"src": "actor User {}"}));
    assert_eq!(server.call(KEY, "DELETE", "/api/facts", &fact).status, 200);
    server.get("facts").is(200, &json!([]));
}

#[test]
fn before_any_policy_permissions_can_be_stored() {
    let server = Server::start();
    let fact = json!({"predicate": "has_permission", "args": [
        {"type": "User", "id": "ann"}, {"type": "String", "id": "read"},
        {"type": "Doc", "id": "1"}]});
    assert_eq!(server.post("facts", &fact).status, 200);
    let asked = json!({"actor_type": "User", "actor_id": "ann", "action": "read",
        "resource_type": "Doc", "resource_id": "1"});
    server
        .post("authorize", &asked)
        .is(200, &json!({"allowed": true}));
    assert_eq!(
        server.call(KEY, "GET", "/api/policy", &Value::Null).body,
        json!({"policy": null})
    );
}

#[test]
fn fail_fast_runs_no_test_after_one_that_fails() {
    let server = Server::start();
    let test = |name: &str, assertion: &str| {
        format!("test \"{name}\" {{ {assertion} allow(User{{\"a\"}}, \"x\", User{{\"b\"}}); }}\n")
    };
    let src = "actor User {}\n".to_owned()
        + &test("good", "assert_not")
        + &test("bad", "assert")
        + &test("worse", "assert");
    let tests = |target: &str| {
        let answer = server.post(target, &json!({"src": src}));
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(answer.body["error_type"], "TestsFailed");
        answer.body["test_results"]["tests"].clone()
    };
    let good = json!({"name": "good", "passed": 1, "total": 1});
    let bad = json!({"name": "bad", "passed": 0, "total": 1});
    let worse = json!({"name": "worse", "passed": 0, "total": 1});
    assert_eq!(tests("policy"), json!([good, bad, worse]));
    assert_eq!(tests("policy?fail_fast=true"), json!([good, bad]));
    assert_eq!(tests("policy?fail_fast=false"), json!([good, bad, worse]));
}
