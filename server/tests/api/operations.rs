//! Health, metrics, deadlines, the end.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{KEY, Server};

#[test]
fn readiness_says_where_the_server_is() {
    let server = Server::start();
    server.post("policy", &json!({"src": "actor User {}"}));
    let answer = server.send("GET", "/readyz", &[], None);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["ready"], json!(true));
    assert_eq!(answer.body["reason"], json!(null));
    let default = &answer.body["environments"]["0123456789"];
    assert_eq!(default["policy_version"], json!(2));
    assert!(default["epoch"].is_u64());
    assert_eq!(server.send("GET", "/healthz", &[], None).status, 200);
}

#[test]
fn metrics_have_their_own_listener() {
    let server = Server::with(&["--metrics", "127.0.0.1:0"]);
    server.post("policy", &json!({"src": "actor User {}"}));
    server.get("nothing");
    server
        .send("GET", "/metrics", &[], None)
        .refuses(404, "/metrics");
    let at = server.metrics.as_deref().expect("an address");
    let mut text = ureq::get(format!("http://{at}/metrics"))
        .call()
        .expect("metrics");
    let text = text.body_mut().read_to_string().expect("text");
    for line in [
        "floe_http_requests_total{route=\"/api/policy\",status=\"200\"} 1",
        "floe_http_requests_total{route=\"unknown\",status=\"404\"} 2",
        "floe_environments 1",
        "floe_policy_version{environment=\"0123456789\"} 2",
        "floe_outgrown_closures{environment=\"0123456789\"} 0",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    assert!(!text.contains("osotesttoken"));
    assert!(!text.contains("nothing"));
}

/// A server with a question that takes longer than anybody waits.
fn with_a_heavy_question(arguments: &[&str]) -> (Server, serde_json::Value) {
    let server = Server::with(arguments);
    let policy = "actor User {}\nfar(a: User, b: User) if near(a, b);\n\
        far(a: User, c: User) if far(a, b) and far(b, c);\n\
        all(a: User, b: User, c: User, d: User) if far(a, b) and far(c, d);";
    let loaded = server.post("policy", &json!({"src": policy}));
    assert_eq!(loaded.status, 200, "{loaded:?}");
    let user = |i: usize| json!({"type": "User", "id": format!("{i}")});
    let facts: Vec<_> = (0..900)
        .map(|i| json!({"predicate": "near", "args": [user(i), user((i + 1) % 900)]}))
        .collect();
    assert_eq!(server.post("bulk_load", &json!(facts)).status, 200);
    let any = json!({"type": "User", "id": null});
    let heavy = json!({"fact": {"predicate": "all", "args": [any, any, any, any]}});
    (server, heavy)
}

/// The bytes of a query, for connections that are cut or left alone.
fn query(asked: &serde_json::Value) -> String {
    let body = asked.to_string();
    format!(
        "POST /api/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_heavy_question_is_cut_off_and_others_are_answered_meanwhile() {
    let (server, heavy) = with_a_heavy_question(&["--set", "evaluation.deadline=1s"]);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let began = Instant::now();
            let answer = server.post("query", &heavy);
            (answer, began.elapsed())
        });
        std::thread::sleep(Duration::from_millis(100));
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(server.send("GET", "/healthz", &[], None).status, 200);
            assert!(began.elapsed() < Duration::from_millis(500));
        }
        let (answer, took) = asked.join().expect("no panic");
        answer.refuses(400, "evaluation was cut off");
        assert!(took < Duration::from_secs(5), "{took:?}");
    });
}

#[test]
fn a_question_is_given_up_when_its_client_hangs_up() {
    let arguments = [
        "--set",
        "evaluation.deadline=10min",
        "--set",
        "evaluation.memory=2GiB",
        "--metrics",
        "127.0.0.1:0",
    ];
    let (server, heavy) = with_a_heavy_question(&arguments);
    let at = format!(
        "http://{}/metrics",
        server.metrics.as_deref().expect("an address")
    );
    let counts = |line: &str| {
        let mut text = ureq::get(&at).call().expect("metrics");
        let text = text.body_mut().read_to_string().expect("text");
        text.lines().any(|l| l == line)
    };
    let within = |line: &str| {
        for _ in 0..300 {
            if counts(line) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    };
    let request = query(&heavy);
    let mut stream = std::net::TcpStream::connect(&server.address).expect("a connection");
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
    assert!(within("floe_moved_questions_total 1"), "it is under way");
    std::thread::sleep(Duration::from_millis(500));
    assert!(
        counts("floe_abandoned_questions_total 0"),
        "as long as one waits"
    );
    drop(stream);
    assert!(within("floe_abandoned_questions_total 1"), "and no longer");
}

#[test]
fn it_ends_in_time_whatever_is_under_way() {
    let arguments = [
        "--set",
        "evaluation.deadline=10min",
        "--set",
        "evaluation.memory=2GiB",
        "--set",
        "http.shutdown=1s",
    ];
    let (mut server, heavy) = with_a_heavy_question(&arguments);
    let request = query(&heavy);
    let mut asked = std::net::TcpStream::connect(&server.address).expect("a connection");
    std::io::Write::write_all(&mut asked, request.as_bytes()).expect("sent");
    // Another sends half a body and no more.
    let half = &request[..request.len() - 10];
    let mut stuck = std::net::TcpStream::connect(&server.address).expect("a connection");
    std::io::Write::write_all(&mut stuck, half.as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_millis(500));
    let began = Instant::now();
    let pid = server.child.id().to_string();
    let told = Command::new("kill").arg(&pid).status().expect("kill runs");
    assert!(told.success());
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(900),
        "{took:?}: nobody was waited for"
    );
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn it_ends_when_told_to_and_finishes_what_is_under_way() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start();
        server.get("policy");
        let pid = server.child.id().to_string();
        let began = Instant::now();
        let told = Command::new("kill")
            .args([signal, &pid])
            .status()
            .expect("kill runs");
        assert!(told.success());
        let status = server.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0));
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
