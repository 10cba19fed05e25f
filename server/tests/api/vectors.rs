//! Recorded calls of the official clients, sent again.
//!
//! `vectors.json` says how they were recorded. Those whose answers were scripted show what a
//! client does and are left out; message texts, offsets and the order of unordered lists
//! are free. Local authorization is not built yet: there, our answer is a 400 that says so.

use serde_json::{Value, json};

use crate::server::Server;

const VECTORS: &str = include_str!("vectors.json");

const SCRIPTED: &[&str] = &[
    "error.",
    "409",
    "two_pages",
    "list.pages",
    "fallback",
    "wildcard_null",
    "offset.",
    "missing_id_key",
    "no_token_field",
    "token_field_breaks_it",
    "failure_swallowed",
];

/// Its token is one of the recording stand-in's: a foreign token is a 400 here.
const FOREIGN: &str = "py2.list_paginated.token";

const LOCAL: &[&str] = &[
    "/api/authorize_query",
    "/api/list_query",
    "/api/actions_query",
    "/api/evaluate_query_local",
];

/// Sends everything that the clients of one prefix sent, to an environment of its own.
fn replay(prefix: &str) {
    let server = Server::start();
    let key = server.environment(false);
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    let vectors = all["vectors"].as_array().expect("a list");
    let start = format!("{prefix}.");
    let mut wrong = Vec::new();
    let mut sent = 0;
    for vector in vectors {
        let name = vector["name"].as_str().expect("a name");
        if !name.starts_with(&start) || SCRIPTED.iter().any(|part| name.contains(part)) {
            continue;
        }
        for exchange in vector["exchanges"].as_array().expect("a list") {
            if !exchange["request"]["body"]["__elided__"].is_null() || name == FOREIGN {
                continue;
            }
            sent += 1;
            if let Err(why) = compare(&server, &key, exchange) {
                wrong.push(format!("{name}: {why}"));
            }
        }
    }
    assert!(sent > 5, "only {sent} exchanges of {prefix}");
    assert!(
        wrong.is_empty(),
        "{} of {sent} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn compare(server: &Server, key: &str, exchange: &Value) -> Result<(), String> {
    let (request, expected) = (&exchange["request"], &exchange["response"]);
    let method = request["method"].as_str().expect("a method");
    let path = request["path"].as_str().expect("a path");
    let target = request["raw_target"].as_str().unwrap_or(path);
    let mut headers = Vec::new();
    for (name, value) in request["headers"].as_object().expect("headers") {
        let value = value.as_str().expect("text");
        headers.push((
            name.as_str(),
            match name.as_str() {
                "authorization" => value.replace("<api key>", key),
                "host" | "content-length" | "connection" | "accept-encoding" => continue,
                _ => value.replace("<uuid>", "11111111-2222-3333-4444-555555555555"),
            },
        ));
    }
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let bytes = request["body"].to_string().into_bytes();
    let body = (!request["body"].is_null()).then_some(bytes.as_slice());
    let answer = server.send(method, target, &headers, body);

    if LOCAL.contains(&path) {
        let said = answer.body["message"].as_str().unwrap_or_default();
        return match answer.status == 400 && said.contains("not supported") {
            true => Ok(()),
            false => Err(format!("{answer:?}")),
        };
    }
    let status = expected["status"].as_u64().expect("a status");
    if u64::from(answer.status) != status {
        return Err(format!("{target}: {status} expected, not {answer:?}"));
    }
    if answer.header("content-type") != Some("application/json") {
        return Err(format!("{target}: no JSON: {answer:?}"));
    }
    let sent = headers.iter().find(|(name, _)| *name == "x-request-id");
    let got = answer.header("x-request-id");
    if got.is_none() || sent.is_some_and(|(_, id)| got != Some(id)) {
        return Err(format!("{target}: X-Request-ID is {got:?}"));
    }
    let offset = !expected["headers"]["OsoOffset"].is_null();
    if answer.header("osooffset").is_some() != offset {
        return Err(format!(
            "{target}: OsoOffset expected: {offset}; {answer:?}"
        ));
    }
    let ordered = path == "/api/authorize_resources" || path == "/api/bulk_actions";
    let (found, wanted) = (
        free(&answer.body, ordered),
        free(&expected["body"], ordered),
    );
    if found != wanted {
        return Err(format!("{target}: {wanted} expected, not {found}"));
    }
    Ok(())
}

/// Without what is free to differ.
fn free(body: &Value, ordered: bool) -> Value {
    match body {
        Value::Object(all) => {
            let entry = |(name, value): (&String, &Value)| match name.as_str() {
                "message" => (name.clone(), json!("any")),
                _ => (name.clone(), free(value, ordered)),
            };
            Value::Object(all.iter().map(entry).collect())
        }
        Value::Array(all) => {
            let mut all: Vec<Value> = all.iter().map(|value| free(value, ordered)).collect();
            if !ordered && !all.iter().all(|v| v.get("type").is_some()) {
                all.sort_by_key(Value::to_string);
            }
            Value::Array(all)
        }
        other => other.clone(),
    }
}

#[test]
fn python_2() {
    replay("py2");
}

#[test]
fn python_1() {
    replay("py1");
}

#[test]
fn node_2() {
    replay("node2");
}

#[test]
fn node_1() {
    replay("node1");
}

#[test]
fn rust() {
    replay("rust");
}

#[test]
fn go() {
    replay("go");
}
