//! Keys: every route with every kind of key.

use serde_json::{Value, json};

use crate::server::{KEY, Server};

/// Routes below `/api` that need a key, and whether they change anything.
const ROUTES: &[(&str, &str, bool)] = &[
    ("POST", "/api/authorize", false),
    ("POST", "/api/list", false),
    ("POST", "/api/actions", false),
    ("POST", "/api/batch", true),
    ("POST", "/api/evaluate_query", false),
    ("POST", "/api/authorize_resources", false),
    ("POST", "/api/bulk_actions", false),
    ("POST", "/api/query", false),
    ("GET", "/api/facts", false),
    ("POST", "/api/facts", true),
    ("DELETE", "/api/facts", true),
    ("POST", "/api/bulk", true),
    ("POST", "/api/bulk_load", true),
    ("POST", "/api/bulk_delete", true),
    ("POST", "/api/clear_data", true),
    ("GET", "/api/policy", false),
    ("POST", "/api/policy", true),
    ("GET", "/api/policy_metadata", false),
    ("GET", "/api/stats", false),
    ("POST", "/api/expect", false),
    ("POST", "/api/agents/event/tool_call_error", false),
    ("POST", "/api/authorize_query", false),
    ("POST", "/api/list_query", false),
    ("POST", "/api/actions_query", false),
    ("POST", "/api/evaluate_query_local", false),
];

/// Routes that need no key.
const OPEN: &[(&str, &str)] = &[
    ("GET", "/api/healthcheck"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/test_environment"),
];

#[test]
fn every_route_has_its_row_here() {
    let mut rows: Vec<(String, String, Option<String>)> = (OPEN.iter())
        .map(|(method, path)| ((*method).into(), (*path).into(), None))
        .collect();
    rows.extend(ROUTES.iter().map(|(method, path, changes)| {
        let path = path.replace("tool_call_error", "*");
        let scope = if *changes { "write" } else { "read" };
        ((*method).into(), path, Some(scope.into()))
    }));
    let mut routes: Vec<_> = floe::endpoints()
        .map(|(method, path, scope)| (method, path.to_owned(), scope))
        .collect();
    rows.sort();
    routes.sort();
    assert_eq!(routes, rows);
}

#[test]
fn nothing_is_answered_without_a_valid_key() {
    let server = Server::start();
    let wrong = [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer nonsense"),
        Some("Bearer e_0123456789_12345_osotesttoken01xiIN"),
        Some("Bearer e_0123456789_12345_osotesttoken01xiI"),
        Some("Bearer e_0123456789_12345_osotesttoken01xiIn_x"),
        Some("Bearer e_9999999999_12345_osotesttoken01xiIn"),
        Some("Basic e_0123456789_12345_osotesttoken01xiIn"),
        Some("e_0123456789_12345_osotesttoken01xiIn"),
    ];
    for (method, path, _) in ROUTES {
        for key in wrong {
            let headers: Vec<(&str, &str)> =
                key.map(|key| ("Authorization", key)).into_iter().collect();
            let answer = server.send(method, path, &headers, Some(b"{}"));
            assert_eq!(answer.status, 401, "{method} {path} {key:?}: {answer:?}");
            assert!(answer.body["message"].is_string());
            assert!(answer.header("x-request-id").is_some());
        }
        let padded = format!("bearer   {KEY} ");
        let headers = [("Authorization", padded.as_str())];
        let answer = server.send(method, path, &headers, Some(b"{}"));
        assert_ne!(answer.status, 401, "{method} {path}: {answer:?}");
    }
    let open = server.send("GET", "/api/healthcheck", &[], None);
    open.is(200, &json!({"message": "OK"}));
}

#[test]
fn a_key_that_reads_changes_nothing() {
    let folder = crate::client::folder("keys");
    let made = crate::client::floe(&["key", "new", "--environment", "extra", "--scope", "read"]);
    let file = folder.join("floe.toml");
    std::fs::write(&file, &made.out).expect("a file");
    let key = made
        .out
        .lines()
        .next()
        .and_then(|l| l.strip_prefix("# "))
        .expect("a key");
    let server = Server::with(&["--config", file.to_str().expect("a path")]);
    for (method, path, changes) in ROUTES {
        let answer = server.call(key, method, path, &json!({}));
        assert_eq!(
            answer.status == 403,
            *changes,
            "{method} {path}: {answer:?}"
        );
    }
    // Its environment is not the default one.
    assert_eq!(
        server
            .post("policy", &json!({"src": "actor User {}"}))
            .status,
        200
    );
    server
        .call(key, "GET", "/api/policy", &Value::Null)
        .is(200, &json!({"policy": null}));
}

#[test]
fn environments_share_nothing() {
    let server = Server::start();
    let (a, b) = (server.environment(false), server.environment(false));
    assert_ne!(a, b);
    let src = "actor User {} resource Doc { permissions = [\"read\"]; }";
    server.call(&a, "POST", "/api/policy", &json!({"src": src}));
    let fact = json!({"predicate": "has_permission", "args": [
        {"type": "User", "id": "ann"}, {"type": "String", "id": "read"},
        {"type": "Doc", "id": "1"}]});
    assert_eq!(server.call(&a, "POST", "/api/facts", &fact).status, 200);
    let asked = json!({"actor_type": "User", "actor_id": "ann", "action": "read",
        "resource_type": "Doc", "resource_id": "1"});
    let ask = |key| server.call(key, "POST", "/api/authorize", &asked).body;
    assert_eq!(ask(&a), json!({"allowed": true}));
    assert_eq!(ask(&b), json!({"allowed": false}));
    assert_eq!(ask(KEY), json!({"allowed": false}));
}
