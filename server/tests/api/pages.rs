//! Lists, whole and in pages.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::server::Server;

const POLICY: &str = r#"actor User {}
resource Doc { roles = ["reader"]; permissions = ["read", "skim"]; "read" if "reader"; }
has_permission(_: User, "skim", _: Doc);
has_permission(u: User, "skim", d: Doc) if has_role(u, "reader", d);
"#;

fn start(ids: &[&str]) -> Server {
    let server = Server::start();
    assert_eq!(server.post("policy", &json!({"src": POLICY})).status, 200);
    let facts: Vec<Value> = ids.iter().map(|id| role(id)).collect();
    assert_eq!(server.post("bulk_load", &json!(facts)).status, 200);
    server
}

fn role(doc: &str) -> Value {
    json!({"predicate": "has_role", "args": [{"type": "User", "id": "ann"},
        {"type": "String", "id": "reader"}, {"type": "Doc", "id": doc}]})
}

fn list(action: &str) -> Value {
    json!({"actor_type": "User", "actor_id": "ann", "action": action, "resource_type": "Doc",
        "context_facts": []})
}

fn page(action: &str, size: i64, token: &Value) -> Value {
    let mut body = list(action);
    body["page_size"] = json!(size);
    body["page_token"] = token.clone();
    body
}

/// All pages put together.
fn read(server: &Server, action: &str, size: i64) -> Vec<String> {
    let mut all = Vec::new();
    let mut token = Value::Null;
    loop {
        let answer = server.post("list", &page(action, size, &token));
        assert_eq!(answer.status, 200, "{answer:?}");
        let results = answer.body["results"].as_array().expect("a list").clone();
        assert!(results.len() <= size as usize);
        all.extend(
            results
                .iter()
                .map(|id| id.as_str().expect("text").to_owned()),
        );
        token = answer.body["next_page_token"].clone();
        if token.is_null() {
            return all;
        }
    }
}

#[test]
fn a_list_is_sorted_by_bytes_and_the_same_in_pages() {
    let server = start(&["b", "a", "é", "ab", "Z", "10", "9"]);
    let all = ["10", "9", "Z", "a", "ab", "b", "é"];
    server
        .post("list", &list("read"))
        .is(200, &json!({"results": all}));
    let mut old = list("read");
    old["page_size"] = Value::Null;
    old["page_token"] = Value::Null;
    server.post("list", &old).is(200, &json!({"results": all}));
    for size in 1..9 {
        assert_eq!(read(&server, "read", size), all, "{size}");
        let mut star = vec!["*"];
        star.extend(all);
        assert_eq!(read(&server, "skim", size), star, "{size}");
    }
    server
        .post("list", &page("read", 10_000, &Value::Null))
        .is(200, &json!({"results": all, "next_page_token": null}));
    for size in [0, -1] {
        server
            .post("list", &page("read", size, &Value::Null))
            .refuses(400, "page_size");
    }
    for size in [json!("7"), json!(1.5), json!([7])] {
        let mut asked = list("read");
        asked["page_size"] = size;
        let said = server.post("list", &asked);
        said.refuses(400, "page_size: ");
        said.refuses(400, "expected a whole number");
    }
    let mut most = list("read");
    most["page_size"] = json!(u64::MAX);
    server
        .post("list", &most)
        .is(200, &json!({"results": all, "next_page_token": null}));
}

#[test]
fn a_token_belongs_to_its_question() {
    let server = start(&["a", "b", "c"]);
    let first = server.post("list", &page("read", 1, &Value::Null));
    let token = &first.body["next_page_token"];
    let text = token.as_str().expect("a token");
    // The size of the first page holds.
    let second = server.post("list", &page("read", 50, token));
    assert_eq!(second.body["results"], json!(["b"]));
    let mut without = list("read");
    without["page_token"] = token.clone();
    assert_eq!(server.post("list", &without).body["results"], json!(["b"]));
    let mut wrong = vec![page("skim", 1, token)];
    let mut other = page("read", 1, token);
    other["actor_id"] = json!("bob");
    wrong.push(other);
    let mut context = page("read", 1, token);
    context["context_facts"] = json!([role("z")]);
    wrong.push(context);
    for text in [
        &text[1..],
        &text[..text.len() - 1],
        "",
        "1:1",
        "v1.",
        "\u{1f600}",
    ] {
        wrong.push(page("read", 1, &json!(text)));
    }
    let mut bytes = text.as_bytes().to_vec();
    for at in 0..bytes.len() {
        bytes[at] ^= 1;
        wrong.push(page("read", 1, &json!(String::from_utf8_lossy(&bytes))));
        bytes[at] ^= 1;
    }
    for body in wrong {
        server.post("list", &body).refuses(400, "page_token");
    }
    let key = server.environment(true);
    let elsewhere = server.call(&key, "POST", "/api/list", &page("read", 1, token));
    elsewhere.refuses(400, "page_token");
}

#[test]
fn writes_between_pages_show_only_what_they_touch() {
    let ids: Vec<String> = (0..100).map(|i| format!("{i:03}")).collect();
    let server = start(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let mut seen = Vec::new();
    let mut token = Value::Null;
    for step in 0.. {
        let answer = server.post("list", &page("read", 7, &token));
        seen.extend(answer.body["results"].as_array().expect("a list").clone());
        token = answer.body["next_page_token"].clone();
        if token.is_null() {
            break;
        }
        server.post("facts", &role(&format!("{:03}x", step * 5)));
        server.post("bulk_delete", &json!([role("050")]));
    }
    let seen: Vec<&str> = seen.iter().map(|id| id.as_str().expect("text")).collect();
    let distinct: BTreeSet<&str> = seen.iter().copied().collect();
    assert_eq!(distinct.len(), seen.len());
    for id in ids.iter().filter(|id| *id != "050") {
        assert!(distinct.contains(id.as_str()), "{id}");
    }
    assert!(!distinct.contains("050"));
}

#[test]
fn long_answers_are_sent_in_parts_and_complete() {
    let server = start(&[]);
    // An order that is not theirs, with an id that JSON has to escape.
    let mut ids: Vec<String> = (0..60_000_usize)
        .map(|i| format!("{:05}\"\n", i * 7_919 % 60_000))
        .collect();
    for ids in ids.chunks(20_000) {
        let facts: Vec<Value> = ids.iter().map(|id| role(id)).collect();
        assert_eq!(server.post("bulk_load", &json!(facts)).status, 200);
    }
    ids.sort_unstable();
    for (action, star) in [("read", None), ("skim", Some("*".to_owned()))] {
        let mut expected: Vec<String> = star.into_iter().collect();
        expected.extend_from_slice(&ids);
        let answer = server.post("list", &list(action));
        assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
        assert!(answer.body == json!({ "results": expected }), "{action}");
        assert!(read(&server, action, 25_000) == expected, "{action}");
    }
    let facts: Vec<Value> = ids.iter().map(|id| role(id)).collect();
    let answer = server.get("facts?predicate=has_role");
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert!(answer.body == json!(facts), "the facts differ");
    // What is short comes in one piece.
    let one = server.get(&format!("facts?args.2.id={}", "00007%22%0A"));
    one.is(200, &json!([role(&ids[7])]));
    assert_eq!(one.header("transfer-encoding"), None);
}
