//! Keys leave the process nowhere, and ids only in answers to who has asked (R41): canaries
//! are sent wherever a request can carry them, and looked for in everything that others see.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::client::{floe, folder};
use crate::server::{FLOE, KEY, Server};

const POLICY: &str = "actor User {}\nresource Doc { roles = [\"reader\"]; permissions = [\"read\"]; \
    \"read\" if \"reader\"; }\nold(u: User) if age(u, n) and n > 17;\n";

/// Sent as every id.
const ID: &str = "canary-id-0f3a";
/// A key of the right shape that is not valid.
const WRONG: &str = "e_0123456789_12345_canarysecret";

fn value(ty: &str) -> Value {
    json!({"type": ty, "id": ID})
}

fn fact() -> Value {
    let reader = json!({"type": "String", "id": "reader"});
    json!({"predicate": "has_role", "args": [value("User"), reader, value("Doc")]})
}

/// Bodies that are right for one endpoint or another and wrong for all others, with the
/// canary as id, as action, as type, where an integer is needed, and as a key of an object.
fn bodies() -> Vec<Value> {
    let asked = json!({"actor_type": "User", "actor_id": ID, "action": "read",
        "resource_type": "Doc", "resource_id": ID, "context_facts": [fact()],
        "resources": [value("Doc")]});
    let with = |field: &str, value: Value| {
        let mut asked = asked.clone();
        asked[field] = value;
        asked
    };
    let age = |id: &str| json!({"predicate": "age", "args": [value("User"), {"type": "Integer", "id": id}]});
    let conjunction = |predicate: &str, ty: &str| {
        json!({"predicate": [predicate, ["u", "n"]], "constraints": {
            "u": {"type": "User", "ids": [ID]}, "n": {"type": ty, "ids": [ID]}}})
    };
    vec![
        asked.clone(),
        with("action", json!(ID)),
        with("actor_type", json!(ID)),
        with("resource_type", json!(ID)),
        with("resource_type", json!("Integer")),
        with("context_facts", json!([age(ID)])),
        with("page_size", json!(ID)),
        with("page_token", json!(ID)),
        with(ID, json!(ID)),
        json!([asked]),
        fact(),
        age(ID),
        json!({"predicate": ID, "args": [value(ID)]}),
        json!([fact(), age(ID)]),
        json!([{"inserts": [fact()]}, {"deletes": [fact()]}]),
        json!([{"inserts": [age(ID)]}]),
        json!({"delete": [fact()], "tell": [age(ID)]}),
        json!({"fact": fact()}),
        json!({"fact": {"predicate": "old", "args": [value("User")]}, "context_facts": [age("18")]}),
        conjunction("age", "Integer"),
        conjunction(ID, ID),
        json!({ID: ID}),
        json!([ID]),
        json!(ID),
        json!({"src": POLICY, "filename": ID}),
        json!({"src": format!("actor User {{}} test \"t\" {{ assert allow(User{{\"{ID}\"}}, \"x\", User{{\"a\"}}); }}")}),
        json!({"src": format!("allow(\"{ID}\") if nonsense(\"{ID}\") and;")}),
    ]
}

/// Sends every body to every endpoint, with a key that is valid and with one that is not.
fn everything(server: &Server, key: &str) {
    for (method, path, _) in floe::endpoints() {
        let path = path.replace('*', "message_to_user");
        let target = format!("{path}?args.0.id={ID}&predicate={ID}&id={ID}&version={ID}");
        for body in bodies() {
            for key in [key, WRONG] {
                let told = server.call(key, &method, &target, &body).body.to_string();
                for secret in ["canarysecret", "osotesttoken", key] {
                    // A new test environment is told the key that it has just been given.
                    assert!(!told.contains(secret), "{method} {path}: {told}");
                }
            }
        }
        server.call(key, &method, &format!("/api/{ID}/x"), &json!({}));
    }
}

fn chatty(data: Option<&str>, format: &str) -> Server {
    let mut floe = Command::new(FLOE);
    match data {
        None => floe.arg("dev"),
        Some(data) => floe.args(["serve", "--data", data]),
    };
    let child = floe
        .args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
        .args(["--set", "log.level=trace", "--set"])
        .arg(format!("log.format={format}"))
        .env_remove("FLOE_CONFIG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Server::of(child.expect("floe starts"))
}

/// What others see of a server while it runs.
fn shown(server: &Server) -> String {
    let at = server.metrics.as_deref().expect("an address");
    let metrics = ureq::get(format!("http://{at}/metrics")).call();
    let mut metrics = metrics.expect("metrics");
    let metrics = metrics.body_mut().read_to_string().expect("text");
    let health = ["/readyz", "/healthz"].map(|path| server.send("GET", path, &[], None).body);
    let config = floe(&["config", "show"]);
    assert_eq!(config.status, Some(0), "{config:?}");
    format!("{metrics}\n{health:?}\n{}{}", config.out, config.err)
}

#[test]
fn no_canary_gets_out() {
    let data = folder("secrets").join("data");
    let data = data.display().to_string();
    let created = floe(&["key", "create", "--data", &data]);
    let stored = created.out.lines().last().expect("a key").to_owned();
    for (format, data, key) in [
        ("json", None, KEY),
        ("text", None, KEY),
        ("json", Some(&*data), &*stored),
    ] {
        let mut server = chatty(data, format);
        let mut stderr = server.child.stderr.take().expect("piped");
        // Read while it is written: a full pipe would stop the server.
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).expect("text");
            log
        });
        let mut secrets = vec![key.to_owned(), "canarysecret".to_owned(), ID.to_owned()];
        everything(&server, key);
        if data.is_none() {
            let token = server.environment(true);
            everything(&server, &token);
            secrets.push(token);
        }
        let headers = [("X-Request-ID", "seen-in-the-log")];
        server.send("GET", "/healthz", &headers, None);
        let mut seen = shown(&server);
        server.child.kill().expect("it runs");
        seen += &log.join().expect("no panic");
        // `dev` prints its key when it begins, and nothing of it later.
        server.out.read_to_string(&mut seen).expect("text");
        for shown in [
            "seen-in-the-log",
            "floe_http_requests_total",
            "limits.body",
            "401",
        ] {
            assert!(seen.contains(shown), "{shown} is not in {:.2000}", seen);
        }
        for secret in secrets {
            let line = seen.lines().find(|line| line.contains(&secret));
            assert!(line.is_none(), "{format} {data:?}: {secret} is in {line:?}");
        }
    }
}

#[test]
fn who_has_asked_is_told_which_id_is_wrong() {
    let server = Server::start();
    server.post("policy", &json!({"src": POLICY}));
    let told = bodies().into_iter().map(|body| server.post("batch", &body));
    let told = told.filter(|told| told.body.to_string().contains(ID));
    assert!(told.count() > 0);
}
