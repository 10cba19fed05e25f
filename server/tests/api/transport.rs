//! What arrives that is no proper request, and limits.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{KEY, Server};

fn alive(server: &Server) {
    server
        .send("GET", "/api/healthcheck", &[], None)
        .is(200, &json!({"message": "OK"}));
}

#[test]
fn paths_and_methods() {
    let server = Server::start();
    let bearer = format!("Bearer {KEY}");
    let key = [("Authorization", bearer.as_str())];
    let asked =
        br#"{"actor_type":"U","actor_id":"a","action":"r","resource_type":"D","resource_id":"1"}"#;
    for path in [
        "/api/authorize",
        "//api/authorize",
        "/api//authorize?",
        "/api/authorize?x=y",
    ] {
        let answer = server.send("POST", path, &key, Some(asked));
        answer.is(200, &json!({"allowed": false}));
    }
    server
        .send("GET", "/api/authorize", &key, None)
        .refuses(405, "GET");
    server
        .send("POST", "/api/nothing", &key, None)
        .refuses(404, "/api/nothing");
    server
        .send("GET", "/", &[], None)
        .refuses(404, "there is no /");
    server
        .send("GET", "/api/policy/", &key, None)
        .refuses(404, "there is no");
    let mine = server.send(
        "GET",
        "/api/policy",
        &[key[0], ("X-Request-ID", "mine")],
        None,
    );
    assert_eq!(mine.header("x-request-id"), Some("mine"));
    let wrong = server.send(
        "POST",
        "/api/list",
        &[key[0], ("X-Request-ID", "mine")],
        Some(b"{"),
    );
    assert_eq!(
        (wrong.status, wrong.header("x-request-id")),
        (400, Some("mine"))
    );
    let fresh = server.send("GET", "/nothing", &[], None);
    assert_eq!(fresh.header("x-request-id").map(str::len), Some(36));
    let with_offset = [key[0], ("OsoOffset", "not ours")];
    server
        .send("POST", "/api/authorize", &with_offset, Some(asked))
        .is(200, &json!({"allowed": false}));
}

#[test]
fn bodies_that_are_not_json() {
    let server = Server::start();
    let bearer = format!("Bearer {KEY}");
    let key = [("Authorization", bearer.as_str())];
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "nonsense",
        "\u{0}",
        "[1,2",
        "{\"actor_type\": \"\\ud800\"}",
        &deep,
    ] {
        for path in [
            "/api/authorize",
            "/api/batch",
            "/api/policy",
            "/api/evaluate_query",
        ] {
            let answer = server.send("POST", path, &key, Some(body.as_bytes()));
            assert_eq!(answer.status, 400, "{path} {body:.20}: {answer:?}");
        }
    }
    let answer = server.send(
        "POST",
        "/api/authorize",
        &key,
        Some(b"{\"actor_type\": \"\xff\"}"),
    );
    assert_eq!(answer.status, 400);
    alive(&server);
}

/// An array is no object, even if its elements are what the object's fields would be.
#[test]
fn objects_are_written_as_objects() {
    let server = Server::start();
    let src = "actor User {}\nresource Doc { roles = [\"reader\"]; permissions = [\"read\"]; \
        \"read\" if \"reader\"; }";
    assert_eq!(server.post("policy", &json!({"src": src})).status, 200);
    let (ann, reader, doc) = (
        json!({"type": "User", "id": "ann"}),
        json!({"type": "String", "id": "reader"}),
        json!({"type": "Doc", "id": "1"}),
    );
    let fact = json!({"predicate": "has_role", "args": [ann, reader, doc]});
    assert_eq!(server.post("facts", &fact).status, 200);
    let as_array = json!(["has_role", [ann, reader, doc]]);
    let open = json!({"predicate": "has_role", "args": [[], [], []]});
    let values = json!({"predicate": "has_role", "args": [["User", "ann"], ["String", "reader"], ["Doc", "2"]]});
    let question = json!(["User", "ann", "read", "Doc", "1", []]);
    for (path, body, field) in [
        ("facts", &as_array, ""),
        ("facts", &values, "args[0]"),
        ("bulk_load", &json!([as_array]), "[0]"),
        ("bulk_delete", &json!([as_array]), "[0]"),
        ("bulk_delete", &json!([open]), "[0].args[0]"),
        ("bulk", &json!([[], []]), ""),
        ("bulk", &json!([]), ""),
        ("batch", &json!([[[fact], []]]), "[0]"),
        (
            "batch",
            &json!([{"deletes": [open]}]),
            "[0].deletes[0].args[0]",
        ),
        ("query", &json!([fact]), ""),
        ("query", &json!({"fact": open}), "fact.args[0]"),
        ("authorize", &question, ""),
        ("list", &question, ""),
        ("actions", &question, ""),
        ("bulk_actions", &json!([question]), "[0]"),
        ("authorize_resources", &question, ""),
        ("evaluate_query", &json!([["allow", []], [], {}]), ""),
        (
            "evaluate_query",
            &json!({"predicate": ["allow", ["a"]], "constraints": {"a": ["User", null]}}),
            "constraints.a",
        ),
        ("expect", &json!(["id", true]), ""),
        ("agents/event/message_to_user", &json!(["agent"]), ""),
        ("policy", &json!([src, ""]), ""),
    ] {
        let told = server.post(path, body);
        told.refuses(400, "expected an object");
        told.refuses(400, field);
    }
    server
        .call(KEY, "DELETE", "/api/facts", &open)
        .refuses(400, "args[0]");
    server.get("facts").is(200, &json!([fact]));
}

#[test]
fn a_body_may_have_so_many_bytes_and_no_more() {
    let server = Server::with(&["--set", "limits.body=100KiB"]);
    let bearer = format!("Bearer {KEY}");
    let key = [("Authorization", bearer.as_str())];
    let body = |bytes: usize| {
        let start = br#"{"predicate": "p", "args": [], "padding": ""#;
        let mut body = start.to_vec();
        body.resize(bytes - 2, b'x');
        body.extend_from_slice(b"\"}");
        body
    };
    let fits = server.send("POST", "/api/facts", &key, Some(&body(100 << 10)));
    fits.refuses(400, "not used in policy");
    let over = server.send("POST", "/api/facts", &key, Some(&body((100 << 10) + 1)));
    over.refuses(413, "102400");
    // Far beyond: the connection ends, and the server goes on.
    let head = format!(
        "POST /api/facts HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nContent-Length: 99999999999\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    bytes.resize(bytes.len() + (1 << 20), b'x');
    let said = server.raw(&bytes);
    assert!(
        said.is_empty() || said.starts_with("HTTP/1.1 413"),
        "{said}"
    );
    alive(&server);
}

/// What is said is JSON with a message, under an id.
#[track_caller]
fn in_words(said: &str) {
    let (head, body) = said.split_once("\r\n\r\n").unwrap_or((said, ""));
    assert!(
        head.contains("\r\ncontent-type: application/json\r\n"),
        "{said}"
    );
    assert!(head.contains("\r\nx-request-id: "), "{said}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    assert!(body["message"].is_string(), "{said}");
}

#[test]
fn malformed_http_is_refused() {
    let server = Server::start();
    let requests: &[&[u8]] = &[
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00\x01\x02\x03\r\n\r\n",
        b"POST /api/authorize HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/authorize HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /api/authorize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /api/healthcheck HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
    ];
    for request in requests {
        let said = server.raw(request);
        let status = said.split(' ').nth(1).unwrap_or("400");
        assert!(
            status.starts_with('4'),
            "{:?}: {said}",
            String::from_utf8_lossy(request)
        );
        in_words(&said);
    }
    let long = format!(
        "GET /api/facts?args.0.id={} HTTP/1.1\r\nHost: x\r\n\r\n",
        "x".repeat(100_000)
    );
    let said = server.raw(long.as_bytes());
    assert!(said.starts_with("HTTP/1.1 414 "), "{said}");
    in_words(&said);
    // Two lengths: one request at most is seen.
    let smuggled = b"POST /api/authorize HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n";
    let said = server.raw(smuggled);
    assert!(!said.contains("200 OK"), "{said}");
    let mut huge = b"GET /api/healthcheck HTTP/1.1\r\nHost: x\r\nX: ".to_vec();
    huge.resize(huge.len() + (1 << 20), b'y');
    let said = server.raw(&huge);
    assert!(!said.contains("200 OK"), "{said}");
    alive(&server);
}

#[test]
fn slow_connections_are_closed() {
    let server = Server::with(&[
        "--set",
        "http.header_timeout=300ms",
        "--set",
        "http.body_timeout=300ms",
    ]);
    let closes = |first: &str| {
        let mut stream = TcpStream::connect(&server.address).expect("a connection");
        stream.write_all(first.as_bytes()).expect("sent");
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .expect("a timeout");
        let began = Instant::now();
        let mut said = String::new();
        let _ = stream.read_to_string(&mut said);
        assert!(began.elapsed() < Duration::from_secs(3), "{first}");
        said
    };
    closes("");
    closes("GET /api/healthcheck HT");
    let body = format!(
        "POST /api/authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 10\r\n\r\n{{"
    );
    assert!(closes(&body).starts_with("HTTP/1.1 408"));
    alive(&server);
}

#[test]
fn a_refused_request_leaves_the_connection_usable() {
    let server = Server::start();
    let refused = "POST /api/list HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
    let next = "GET /api/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n";
    let said = server.raw(format!("{refused}hello{next}").as_bytes());
    assert!(
        said.starts_with("HTTP/1.1 401") && said.contains("HTTP/1.1 200"),
        "{said}"
    );
    // One that would have to send too much hears that the connection ends.
    let large = refused.replace("Content-Length: 5", "Content-Length: 5000000");
    let said = server.raw((large + &"x".repeat(200_000)).as_bytes());
    assert!(
        said.is_empty() || said.contains("connection: close"),
        "{said}"
    );
    alive(&server);
}

#[test]
fn messages_quote_no_more_than_people_read() {
    let server = Server::start();
    let long = "x".repeat(50_000);
    let answer = server.post(
        "authorize",
        &json!({"actor_type": {"a": 1}, "actor_id": long}),
    );
    assert!(answer.body.to_string().len() < 2_000);
    let answer = server.post("list", &json!(long));
    assert_eq!(answer.status, 400);
    assert!(answer.body.to_string().len() < 2_000);
    let answer = server.get(&format!("{long}/{long}")[..60_000]);
    assert!(answer.body.to_string().len() < 2_000);
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let server = Server::with(&[
        "--metrics",
        "127.0.0.1:0",
        "--set",
        "http.answer_timeout=300ms",
    ]);
    let long = "x".repeat(400);
    let facts: Vec<_> = (0..20_000)
        .map(|i| {
            json!({"predicate": "has_permission", "args": [{"type": "User", "id": format!("{long}{i}")},
                {"type": "String", "id": "read"}, {"type": "Doc", "id": "1"}]})
        })
        .collect();
    for part in facts.chunks(5_000) {
        assert_eq!(server.post("bulk_load", &json!(part)).status, 200);
    }
    let mut deaf = TcpStream::connect(&server.address).expect("a connection");
    let ask = format!("GET /api/facts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    // Several answers, so that no buffer of the system holds them all.
    deaf.write_all(ask.repeat(8).as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_secs(2));
    let mut read = Vec::new();
    deaf.set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a timeout");
    let _ = deaf.read_to_end(&mut read);
    let answers = read.windows(15).filter(|w| w == b"HTTP/1.1 200 OK").count();
    assert!(answers < 8, "{answers} answers");
    alive(&server);
}

#[test]
fn many_requests_on_one_connection() {
    let server = Server::start();
    let one = "GET /api/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n";
    let said = server.raw(one.repeat(50).as_bytes());
    assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 50);
}

#[test]
fn configurable_ceilings_are_413() {
    let server = Server::with(&[
        "--set",
        "limits.context_facts=1",
        "--set",
        "limits.batch=2",
        "--set",
        "limits.write_body=1KiB",
    ]);
    let fact = json!({"predicate": "p", "args": [{"type": "User", "id": "a"}]});
    let asked = |facts: serde_json::Value| {
        json!({"actor_type": "U", "actor_id": "a",
        "action": "r", "resource_type": "D", "resource_id": "1", "context_facts": facts})
    };
    server
        .post("authorize", &asked(json!([fact])))
        .is(200, &json!({"allowed": false}));
    server
        .post("authorize", &asked(json!([fact, fact])))
        .refuses(413, "2 facts");
    server
        .post("batch", &json!([{"deletes": [fact, fact]}]))
        .is(200, &json!({"message": "OK"}));
    server
        .post("batch", &json!([{"deletes": [fact, fact, fact]}]))
        .refuses(413, "3 facts and patterns");
    server
        .post("bulk_delete", &json!(vec![&fact; 40]))
        .refuses(413, "1024");
    // Other bodies have the ordinary ceiling.
    let long = json!({"src": format!("# {}\nactor User {{}}", "x".repeat(5000))});
    assert_eq!(server.post("policy", &long).status, 200);
}

#[test]
fn large_bodies_share_one_room() {
    let server = Server::with(&["--set", "limits.bodies=1MiB", "--set", "limits.body=1MiB"]);
    let body = json!({"delete": [], "padding": "x".repeat(600_000)});
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    server
                        .post("bulk", &body)
                        .is(200, &json!({"message": "OK"}));
                }
            });
        }
    });
}
