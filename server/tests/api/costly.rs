//! Questions that are short to write and long to answer: no request may bloat the process or
//! hold it up, whatever the facts are.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::ceilings::taken;
use crate::server::{KEY, Server};

/// What a question may keep, and what all else of the process may take beside it.
const KEPT: u64 = 32 << 20;
const BESIDE: u64 = 96 << 20;

/// Everything is free, for two reasons each.
const POLICY: &str = r#"actor User {}
resource Doc { roles = ["reader"]; }
free(_: User, _: Doc);
free(u: User, d: Doc) if has_role(u, "reader", d);
"#;

fn start(policy: &str) -> Server {
    let server = Server::with(&["--set", "evaluation.memory=32MiB"]);
    let loaded = server.post("policy", &json!({"src": policy}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let args = json!([{"type": "User", "id": "ann"}, {"type": "String", "id": "reader"},
        {"type": "Doc", "id": "1"}]);
    let fact = json!({"predicate": "has_role", "args": args});
    assert_eq!(server.post("facts", &fact).status, 200);
    server
}

/// A conjunction of so many calls of `free`, each with variables of its own.
fn free(calls: usize, same: bool) -> Value {
    let number = |i: usize| if same { 0 } else { i };
    let atom = |i: usize| {
        json!([
            "free",
            [format!("a{}", number(i)), format!("c{}", number(i))]
        ])
    };
    let mut constraints = Map::new();
    for i in 0..calls {
        constraints.insert(format!("a{}", number(i)), json!({"type": "User"}));
        constraints.insert(format!("c{}", number(i)), json!({"type": "Doc"}));
    }
    json!({"predicate": atom(0), "calls": (1..calls).map(atom).collect::<Vec<_>>(),
        "constraints": constraints, "context_facts": []})
}

#[test]
fn ways_to_hold_are_counted() {
    let server = start(POLICY);
    // Said again it says no more.
    let once = server.post("evaluate_query", &free(1, true));
    assert_eq!(once.status, 200, "{once:?}");
    let again = server.post("evaluate_query", &free(40, true));
    assert_eq!((again.status, again.body), (200, once.body));
    // Two ways each are a million together.
    let spent = taken(&server, || {
        let cut_off = server.post("evaluate_query", &free(20, false));
        cut_off.refuses(400, "evaluation was cut off");
    });
    assert!(spent < KEPT + BESIDE, "{spent} bytes");
    // Whoever asks meanwhile is answered.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| server.post("evaluate_query", &free(14, false)));
        }
        std::thread::sleep(Duration::from_millis(50));
        for _ in 0..10 {
            let began = Instant::now();
            assert_eq!(server.send("GET", "/healthz", &[], None).status, 200);
            assert!(began.elapsed() < Duration::from_millis(500));
        }
    });
}

#[test]
fn a_conjunction_has_so_many_calls_and_variables() {
    let server = start(POLICY);
    let fits = server.post("evaluate_query", &free(100, true));
    assert_eq!(fits.status, 200, "{fits:?}");
    let calls = server.post("evaluate_query", &free(101, true));
    calls.refuses(413, "calls: 101 predicates");
    let mut wide = free(1, true);
    for i in 0..998 {
        wide["constraints"][format!("v{i}")] = json!({"type": "Doc", "ids": ["1"]});
    }
    let fits = server.post("evaluate_query", &wide);
    assert_eq!(fits.status, 200, "{fits:?}");
    wide["constraints"]["one more"] = json!({"type": "Doc"});
    let variables = server.post("evaluate_query", &wide);
    variables.refuses(413, "constraints: 1001 variables");
    for i in 0..100_000 {
        wide["constraints"][format!("v{i}")] = json!({"type": "Doc"});
    }
    let began = Instant::now();
    let variables = server.post("evaluate_query", &wide);
    variables.refuses(413, "variables");
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn ids_that_nothing_uses_are_counted_too() {
    let server = start(POLICY);
    let long = "x".repeat(513);
    let mut asked = free(1, true);
    asked["constraints"]["unused"] = json!({"type": "Doc", "ids": [long]});
    let refused = server.post("evaluate_query", &asked);
    refused.refuses(400, "constraints.unused: the id");
    refused.refuses(400, "the 512 bytes allowed");
    let ids: Vec<String> = (0..1_500).map(|i| format!("{i:0500}")).collect();
    asked["constraints"]["unused"] = json!({"type": "Doc", "ids": ids});
    let fits = server.post("evaluate_query", &asked);
    let found = fits.body["results"].as_array().map_or(0, Vec::len);
    assert_eq!(found % 1_500, 0, "{}", fits.status);
    assert!(found > 0, "{}", fits.status);
    asked["constraints"]["other"] = json!({"type": "Doc", "ids": ids});
    let spent = taken(&server, || {
        server
            .post("evaluate_query", &asked)
            .refuses(400, "evaluation was cut off");
    });
    assert!(spent < KEPT + BESIDE, "{spent} bytes");
}

#[test]
fn types_are_not_multiplied_before_they_are_counted() {
    let actors: Vec<String> = (0..110).map(|i| format!("actor A{i} {{}}\n")).collect();
    let policy = actors.concat() + "pair(_a: Actor, _b: Actor, _c: Actor, _d: Actor);";
    let server = Server::with(&["--set", "evaluation.memory=32MiB"]);
    let loaded = server.post("policy", &json!({"src": policy}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let any = json!({"type": null, "id": null});
    let asked = json!({"fact": {"predicate": "pair", "args": [any, any, any, any]}});
    let spent = taken(&server, || {
        let refused = server.post("query", &asked);
        refused.refuses(400, "fact: there are more than the ");
    });
    assert!(spent < BESIDE, "{spent} bytes");
    let one = json!({"type": "A7", "id": null});
    let asked = json!({"fact": {"predicate": "pair", "args": [one, any, one, one]}});
    let answer = server.post("query", &asked);
    assert_eq!(answer.body["results"].as_array().map(Vec::len), Some(110));
}

#[test]
fn a_slow_body_does_not_make_a_question_late() {
    let server = Server::with(&["--set", "evaluation.deadline=400ms"]);
    let src = "actor User {}\nresource Doc { permissions = [\"read\"]; }";
    assert_eq!(server.post("policy", &json!({"src": src})).status, 200);
    let body = json!({"actor_type": "User", "actor_id": "a", "action": "read",
        "resources": [{"type": "Doc", "id": "1"}], "context_facts": []})
    .to_string();
    let (first, rest) = body.split_at(body.len() - 5);
    let head = format!(
        "POST /api/authorize_resources HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{first}",
        body.len()
    );
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.write_all(head.as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_millis(700));
    stream.write_all(rest.as_bytes()).expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("an answer");
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
}
