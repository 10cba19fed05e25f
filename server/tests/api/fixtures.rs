//! What the server itself puts into a data directory, as every format has had it: keys and
//! policies. The engine's fixtures are about the rest.
//!
//! A new format gets a new directory, written once by
//! `cargo test -p floe-server --test api -- --ignored fixture`; the old ones stay.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use floe_engine::store::Store;
use serde_json::json;

use crate::client::{floe, folder};
use crate::running::{check, fine, reader, text};
use crate::server::Server;

/// Every one that a release has written, or the next one will write.
const FORMATS: &[&str] = &["format-1"];

const ENVIRONMENT: &str = "default";

/// The one in force.
const POLICY: &str = "actor User {}\nresource Doc { permissions = [\"read\"]; roles = [\"reader\"]; \
    \"read\" if \"reader\"; }\ndeclare left(User); declare right(User);\n";

fn place(format: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/fixtures");
    tests.join(format)
}

/// What is stored, byte by byte, for people.
fn described(data: &Path) -> String {
    let store = Store::open(data).expect("a store");
    let mut text = String::new();
    for (name, value) in store.settings("").expect("settings") {
        let value = String::from_utf8_lossy(&value).into_owned();
        writeln!(text, "{name}: {value}").expect("room");
    }
    for version in 1.. {
        match store.policy(ENVIRONMENT, version).expect("a policy") {
            None => return text,
            Some(policy) => {
                let policy = String::from_utf8_lossy(&policy).into_owned();
                writeln!(text, "policy {version}: {policy}").expect("room");
            }
        }
    }
    text
}

fn kill(mut server: Server) {
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
}

#[test]
#[ignore = "writes into the source tree, once per format"]
fn write_the_fixture_of_this_format() {
    let data = folder("fixture").join("data");
    let dir = text(&data);
    let keys = ["write", "read", "admin"].map(|scope| {
        let created = floe(&["key", "create", "--data", &dir, "--scope", scope]);
        fine(&created).lines().last().expect("a key").to_owned()
    });
    let server = Server::on(&data);
    let named = json!({"filename": "policy.polar", "src": "actor User {}\n"});
    for policy in [named, json!({"src": POLICY})] {
        let uploaded = server.call(&keys[0], "POST", "/api/policy", &policy);
        assert_eq!(uploaded.status, 200, "{uploaded:?}");
    }
    let stored = server.call(&keys[0], "POST", "/api/facts", &reader("ann"));
    assert_eq!(stored.status, 200, "{stored:?}");
    kill(server);
    let to = place("format-1");
    fs::create_dir_all(&to).expect("a folder");
    fs::write(to.join("holds.txt"), described(&data)).expect("written");
    fs::write(to.join("keys.txt"), keys.join("\n") + "\n").expect("written");
    fs::copy(data.join("floe.redb"), to.join("floe.redb")).expect("copied");
}

#[test]
fn every_format_is_served() {
    for format in FORMATS {
        let data = folder("fixtures").join(format);
        fs::create_dir_all(&data).expect("a folder");
        fs::copy(place(format).join("floe.redb"), data.join("floe.redb")).expect("copied");
        let read = |name: &str| fs::read_to_string(place(format).join(name)).expect("a file");
        assert_eq!(described(&data), read("holds.txt"), "{format}");
        let keys = read("keys.txt");
        let keys: Vec<&str> = keys.lines().collect();
        let server = Server::on(&data);
        for key in &keys {
            let asked = server.call(key, "POST", "/api/authorize", &check("ann"));
            asked.is(200, &json!({"allowed": true}));
        }
        let policy = server.call(keys[1], "GET", "/api/policy", &json!(null));
        assert_eq!(policy.body["policy"]["src"], POLICY, "{policy:?}");
        let write = |key: &str| {
            server
                .call(key, "POST", "/api/facts", &reader("bob"))
                .status
        };
        assert_eq!([0, 1, 2].map(|at| write(keys[at])), [200, 403, 200]);
        kill(server);
        let verified = floe(&["verify", "--data", &text(&data)]);
        assert!(fine(&verified).contains("every checksum is right"));
    }
}
