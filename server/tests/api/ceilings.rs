//! Limits at their edge (R37): what is at a limit passes, what is one above is refused whole,
//! and before much memory has been spent on it. After clients that are slow or go away (R39)
//! the process is what it was.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{KEY, Server};

/// Bytes, as the kernel counts them.
struct Memory {
    resident: u64,
    /// The most that was resident since [`forget_peak`].
    peak: u64,
}

fn memory(server: &Server) -> Memory {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id()));
    let status = status.expect("a process");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.expect("a line").trim().trim_end_matches(" kB");
        kib.parse::<u64>().expect("a number") << 10
    };
    Memory {
        resident: of("VmRSS:"),
        peak: of("VmHWM:"),
    }
}

fn forget_peak(server: &Server) {
    fs::write(format!("/proc/{}/clear_refs", server.child.id()), "5").expect("Linux");
}

/// How much more memory was in use at some time of this than before.
pub(crate) fn taken(server: &Server, what: impl FnOnce()) -> u64 {
    forget_peak(server);
    let before = memory(server).resident;
    what();
    memory(server).peak.saturating_sub(before)
}

fn head(more: &str) -> String {
    format!("POST /api/bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n{more}\r\n")
}

/// A body of so many bytes that changes nothing.
fn padded(bytes: usize) -> Vec<u8> {
    let mut body = br#"{"delete": [], "padding": ""#.to_vec();
    body.resize(bytes - 2, b'x');
    body.extend_from_slice(b"\"}");
    body
}

fn say(server: &Server, pieces: impl Iterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    let wait = Some(Duration::from_secs(20));
    stream.set_read_timeout(wait).expect("a timeout");
    for piece in pieces {
        if stream.write_all(&piece).is_err() {
            break;
        }
    }
    let mut said = vec![0; 4096];
    let read = stream.read(&mut said).unwrap_or_default();
    String::from_utf8_lossy(&said[..read]).into_owned()
}

/// The same body as chunks, whose sum nobody can know.
fn chunked(body: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let chunk = |bytes: &[u8]| {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        chunk
    };
    let begin = head("Transfer-Encoding: chunked\r\n").into_bytes();
    let end = b"0\r\n\r\n".to_vec();
    std::iter::once(begin)
        .chain(body.chunks(50_000).map(chunk))
        .chain([end])
}

fn whole(body: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let begin = head(&format!("Content-Length: {}\r\n", body.len())).into_bytes();
    [begin, body.to_vec()].into_iter()
}

#[test]
fn a_body_above_the_limit_costs_less_than_twice_the_limit() {
    const LIMIT: usize = 16 << 20;
    let server = Server::with(&["--set", "limits.body=16MiB"]);
    // What else a process does once.
    assert!(say(&server, whole(&padded(1 << 20))).starts_with("HTTP/1.1 200"));
    let fits = padded(LIMIT);
    // The measure measures: what fits is there as a whole.
    let spent = taken(&server, || {
        let said = say(&server, chunked(&fits));
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    });
    assert!(spent >= LIMIT as u64 * 9 / 10, "{spent} bytes");
    for bytes in [LIMIT + 1, 3 * LIMIT] {
        let over = padded(bytes);
        let spent = taken(&server, || {
            let said = say(&server, chunked(&over));
            assert!(said.starts_with("HTTP/1.1 413"), "{said}");
        });
        assert!(
            spent < 2 * LIMIT as u64,
            "{spent} bytes for {bytes} in chunks"
        );
        let spent = taken(&server, || {
            let said = say(&server, whole(&over));
            assert!(said.starts_with("HTTP/1.1 413"), "{said}");
        });
        assert!(spent < 2 * LIMIT as u64, "{spent} bytes for {bytes}");
    }
    let said = say(&server, whole(&fits));
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

fn user(id: &str) -> Value {
    json!({"type": "User", "id": id})
}

/// One limit: its setting, a request with so many of what it bounds, how many there may be,
/// and what the refusal says.
struct Edge {
    set: &'static str,
    most: usize,
    path: &'static str,
    body: fn(usize) -> Value,
    says: &'static str,
}

fn many(count: usize) -> Vec<Value> {
    let banned = |i: usize| json!({"predicate": "banned", "args": [user(&format!("u{i}"))]});
    (0..count).map(banned).collect()
}

const EDGES: &[Edge] = &[
    Edge {
        set: "limits.context_facts=7",
        most: 7,
        path: "authorize",
        body: |n| {
            json!({"actor_type": "User", "actor_id": "a", "action": "r", "resource_type": "User",
                "resource_id": "b", "context_facts": many(n)})
        },
        says: "context_facts: 8 facts",
    },
    // All elements share them.
    Edge {
        set: "limits.context_facts=7",
        most: 7,
        path: "bulk_actions",
        body: |n| {
            let ask = |facts: &[Value]| {
                json!({"actor_type": "User", "actor_id": "a", "resource_type": "User",
                    "resource_id": "b", "context_facts": facts})
            };
            let facts = many(n);
            let (first, second) = facts.split_at(3);
            json!([ask(first), ask(second)])
        },
        says: "context_facts: 8 facts",
    },
    Edge {
        set: "limits.batch=7",
        most: 7,
        path: "batch",
        body: |n| json!([{"inserts": many(n - 3)}, {"deletes": many(3)}]),
        says: "8 facts and patterns",
    },
    Edge {
        set: "limits.batch=7",
        most: 7,
        path: "bulk_load",
        body: |n| json!(many(n)),
        says: "8 facts",
    },
    Edge {
        set: "limits.argument=1000",
        most: 1000,
        path: "facts",
        body: |n| json!({"predicate": "banned", "args": [user(&"x".repeat(n))]}),
        says: "argument 1 of banned",
    },
    Edge {
        set: "limits.argument=1000",
        most: 1000,
        path: "facts",
        body: |n| json!({"predicate": "banned", "args": [user(&("é".repeat(n / 2) + &"x".repeat(n % 2)))]}),
        says: "1001 bytes",
    },
    Edge {
        set: "limits.write_body=4KiB",
        most: 4 << 10,
        path: "bulk",
        body: |n| {
            let empty = json!({"delete": [], "padding": ""}).to_string().len();
            json!({"delete": [], "padding": "x".repeat(n - empty)})
        },
        says: "4096",
    },
    // More arguments than five are in no fact.
    Edge {
        set: "limits.batch=off",
        most: 5,
        path: "facts",
        body: |n| json!({"predicate": "wide", "args": (0..n).map(|_| user("a")).collect::<Vec<_>>()}),
        says: "",
    },
];

#[test]
fn at_a_limit_is_fine_and_one_above_is_refused_whole() {
    let src = "actor User {}\ndeclare banned(User);\ndeclare wide(User, User, User, User, User);";
    for edge in EDGES {
        let server = Server::with(&["--set", edge.set]);
        assert_eq!(server.post("policy", &json!({"src": src})).status, 200);
        let facts = || server.get("stats").body["num_facts"].clone();
        let before = facts();
        let over = server.post(edge.path, &(edge.body)(edge.most + 1));
        assert!([400, 413].contains(&over.status), "{}: {over:?}", edge.set);
        over.refuses(over.status, edge.says);
        assert_eq!(facts(), before, "{}: something was applied", edge.set);
        for count in [edge.most - 1, edge.most] {
            let fine = server.post(edge.path, &(edge.body)(count));
            // Of the arguments of a fact only five are declared.
            if edge.path != "facts" || count == edge.most || edge.most > 5 {
                assert_eq!(fine.status, 200, "{}: {fine:?}", edge.set);
            }
        }
    }
    let server = Server::with(&["--set", "limits.facts_per_delete=7"]);
    assert_eq!(server.post("policy", &json!({"src": src})).status, 200);
    let every = json!([{"predicate": "banned", "args": [{"type": "User", "id": null}]}]);
    assert_eq!(server.post("bulk_load", &json!(many(8))).status, 200);
    server
        .post("bulk_delete", &every)
        .refuses(413, "the 7 facts");
    assert_eq!(server.get("stats").body["num_facts"], json!(8));
    assert_eq!(server.post("bulk_delete", &json!(many(1))).status, 200);
    assert_eq!(server.post("bulk_delete", &every).status, 200);
    assert_eq!(server.get("stats").body["num_facts"], json!(0));
}

#[test]
fn heads_have_a_size_and_a_number_of_lines() {
    let server = Server::start();
    let ask = |lines: usize, bytes: usize| {
        let mut request = "GET /api/healthcheck HTTP/1.1\r\nHost: x\r\n".to_owned();
        for i in 1..lines {
            request += &format!("x-{i}: y\r\n");
        }
        let more = bytes.saturating_sub(request.len() + "x: \r\n\r\n".len());
        if more > 0 {
            request += &format!("x: {}\r\n", "y".repeat(more));
        }
        request += "\r\n";
        server.raw(request.as_bytes())
    };
    for (lines, bytes, status) in [
        (100, 0, "200 OK"),
        (101, 0, "431 "),
        (1, 64 << 10, "200 OK"),
        (1, (128 << 10) + 1, "431 "),
        (1, 1 << 20, "431 "),
    ] {
        let said = ask(lines, bytes);
        // What it has not read when it hangs up may take the answer along.
        let unread = bytes > 128 << 10 && said.is_empty();
        assert!(
            unread || said.starts_with(&format!("HTTP/1.1 {status}")),
            "{lines} {bytes}: {said:.100}"
        );
        if status.starts_with('4') && !unread {
            assert!(
                said.contains("{\"message\":\"the head of a request"),
                "{said}"
            );
        }
    }
}

/// What a process holds that a client could make it keep.
#[derive(Debug)]
struct Held {
    handles: usize,
    connections: String,
}

fn held(server: &Server) -> Held {
    let handles = fs::read_dir(format!("/proc/{}/fd", server.child.id())).expect("Linux");
    let at = server.metrics.as_deref().expect("an address");
    let mut stream = TcpStream::connect(at).expect("a connection");
    let ask = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(ask).expect("sent");
    let mut metrics = String::new();
    stream.read_to_string(&mut metrics).expect("text");
    let mut lines = metrics.lines();
    let connections = lines.find(|line| line.starts_with("floe_http_connections "));
    Held {
        handles: handles.count(),
        connections: connections.expect("a line").to_owned(),
    }
}

#[test]
fn slow_and_vanishing_clients_leave_nothing_behind() {
    let server = Server::with(&[
        "--metrics",
        "127.0.0.1:0",
        "--set",
        "http.header_timeout=2s",
        "--set",
        "http.body_timeout=2s",
        "--set",
        "http.answer_timeout=2s",
    ]);
    let src = "actor User {}\ndeclare banned(User);";
    assert_eq!(server.post("policy", &json!({"src": src})).status, 200);
    let long = "x".repeat(450);
    for part in 0..10 {
        let banned = |i: usize| json!({"predicate": "banned", "args": [user(&format!("{part}-{i}-{long}"))]});
        let facts: Vec<Value> = (0..3_000).map(banned).collect();
        assert_eq!(server.post("bulk_load", &json!(facts)).status, 200);
    }
    let baseline = held(&server);
    let settled = || {
        for _ in 0..200 {
            let now = held(&server);
            if now.connections == "floe_http_connections 0" && now.handles <= baseline.handles {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{:?} instead of {baseline:?}", held(&server));
    };
    let facts =
        format!("GET /api/facts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n");
    let half = head("Content-Length: 8000000\r\n") + &"x".repeat(100_000);
    let attack = |hold: bool| {
        let connect = |first: &str| {
            let mut stream = TcpStream::connect(&server.address).expect("a connection");
            stream.write_all(first.as_bytes()).expect("sent");
            stream
        };
        let mut open = Vec::new();
        for _ in 0..20 {
            // A head that never ends, a body that does not come, answers that nobody reads.
            open.push(connect("GET /api/fa"));
            open.push(connect(&half));
            open.push(connect(&facts.repeat(3)));
        }
        // They are taken one after another, and stay for two seconds at least.
        let mut during = held(&server);
        let patience = Instant::now() + Duration::from_secs(10);
        while during.handles < baseline.handles + 30 {
            assert!(Instant::now() < patience, "{during:?}");
            during = held(&server);
        }
        // Some go away in the middle of it, some stay until they are let go.
        if !hold {
            open.clear();
        }
        settled();
    };
    settled();
    let mut after = Vec::new();
    for round in 0..5 {
        attack(round % 2 == 0);
        after.push(memory(&server).resident);
    }
    // What one round asks for would be more than this, if it were kept.
    let (early, late) = (after[1].max(after[0]), after[4]);
    assert!(late < early + (24 << 20), "{after:?}");
    let answer = server.get("facts");
    assert_eq!(answer.body.as_array().map(Vec::len), Some(30_000));
}
