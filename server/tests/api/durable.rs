//! `floe serve`: what is acknowledged outlives the process; keys, backups, refusals.

use std::path::Path;

use serde_json::{Value, json};

use crate::client::{floe, folder};
use crate::server::{KEY, Server};

const POLICY: &str = "actor User {}\nresource Doc { permissions = [\"read\"]; roles = [\"reader\"]; \
    \"read\" if \"reader\"; }\n";

fn check(user: &str) -> Value {
    json!({"actor_type": "User", "actor_id": user, "action": "read",
        "resource_type": "Doc", "resource_id": "1"})
}

fn reader(user: &str) -> Value {
    json!({"predicate": "has_role", "args": [{"type": "User", "id": user},
        {"type": "String", "id": "reader"}, {"type": "Doc", "id": "1"}]})
}

fn kill(mut server: Server) {
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_killed_server_comes_back_with_everything() {
    let data = folder("durable").join("data");
    let server = Server::on(&data);
    let policy = server.call(KEY, "POST", "/api/policy", &json!({"src": POLICY}));
    assert_eq!(policy.status, 200, "{policy:?}");
    for user in ["ann", "bob"] {
        let stored = server.post("facts", &reader(user));
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    kill(server);
    for _ in 0..2 {
        let server = Server::on(&data);
        server
            .post("authorize", &check("ann"))
            .is(200, &json!({"allowed": true}));
        server
            .post("authorize", &check("eve"))
            .is(200, &json!({"allowed": false}));
        let policy = server.get("policy");
        assert_eq!(policy.body["policy"]["src"], POLICY);
        let ready = server.send("GET", "/readyz", &[], None);
        assert_eq!(ready.status, 200, "{ready:?}");
        kill(server);
    }
}

#[test]
fn keys_of_the_directory_replace_the_one_that_everybody_knows() {
    let data = folder("durable-keys").join("data");
    let data = text(&data);
    let created = floe(&["key", "create", "--data", &data]);
    assert_eq!(created.status, Some(0), "{created:?}");
    let key = created.out.lines().last().expect("a key").to_owned();
    let second = floe(&["key", "create", "--data", &data, "--scope", "read"]);
    let second = second.out.lines().last().expect("a key").to_owned();
    let server = Server::on(Path::new(&data));
    let ask = |key: &str| {
        server
            .call(key, "POST", "/api/authorize", &check("ann"))
            .status
    };
    assert_eq!((ask(&key), ask(&second), ask(KEY)), (200, 200, 401));
    let upload = json!({"src": POLICY});
    assert_eq!(
        server.call(&second, "POST", "/api/policy", &upload).status,
        403
    );
    kill(server);

    let listed = floe(&["key", "list", "--data", &data]);
    assert_eq!(listed.out.lines().count(), 2, "{listed:?}");
    assert!(!listed.out.contains(&key), "the key itself is kept");
    let id = second.split('_').nth(2).expect("an id");
    assert_eq!(
        floe(&["key", "revoke", "--data", &data, id]).status,
        Some(0)
    );
    assert_eq!(
        floe(&["key", "revoke", "--data", &data, id]).status,
        Some(1)
    );
    let server = Server::on(Path::new(&data));
    let ask = |key: &str| {
        server
            .call(key, "POST", "/api/authorize", &check("ann"))
            .status
    };
    assert_eq!((ask(&key), ask(&second)), (200, 401));
    kill(server);
}

#[test]
fn a_public_address_needs_keys() {
    let data = text(&folder("durable-public").join("data"));
    let refused = floe(&["serve", "--data", &data, "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.err.contains("without keys"), "{refused:?}");
    assert!(refused.err.contains("floe key create"), "{refused:?}");
}

#[test]
fn a_backup_is_restored_elsewhere() {
    let folder = folder("durable-backup");
    let (data, file, other) = (
        folder.join("data"),
        folder.join("copy"),
        folder.join("other"),
    );
    let server = Server::on(&data);
    server.call(KEY, "POST", "/api/policy", &json!({"src": POLICY}));
    server.post("facts", &reader("ann"));
    kill(server);
    let (data, file, other) = (text(&data), text(&file), text(&other));
    assert_eq!(floe(&["backup", "--data", &data, &file]).status, Some(0));
    assert_eq!(floe(&["backup", "--data", &data, &file]).status, Some(2));
    let restored = floe(&["restore", "--data", &other, &file]);
    assert_eq!(restored.status, Some(0), "{restored:?}");
    assert!(
        restored.out.contains("every checksum is right"),
        "{restored:?}"
    );
    assert_eq!(floe(&["restore", "--data", &data, &file]).status, Some(2));
    assert_eq!(floe(&["verify", "--data", &other]).status, Some(0));
    assert_eq!(floe(&["verify", "--data", "no such place"]).status, Some(2));
    let server = Server::on(Path::new(&other));
    server
        .post("authorize", &check("ann"))
        .is(200, &json!({"allowed": true}));
    kill(server);
}

/// A server that the system lets write no file beyond its size now and a little more.
fn on_a_full_disk(data: &Path, log: &Path) -> Server {
    use std::process::{Command, Stdio};
    let size = std::fs::metadata(data.join("floe.redb"))
        .expect("a file")
        .len();
    let blocks = ((size + (1 << 20)) / 512).to_string();
    // The signal would end the process; ignored, the write fails as on a full disk.
    let script =
        "trap '' XFSZ; ulimit -f \"$1\"; exec \"$0\" serve --listen 127.0.0.1:0 --data \"$2\"";
    let child = Command::new("sh")
        .args(["-c", script, crate::server::FLOE, &blocks])
        .arg(data)
        .env_remove("FLOE_CONFIG")
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(log).expect("a log"))
        .spawn()
        .expect("a shell");
    Server::of(child)
}

/// R19: what is acknowledged stays, what is not is refused with the sentence that readiness
/// and log have too, and questions are answered.
#[test]
fn a_full_disk_ends_writing_and_not_reading() {
    let folder = folder("durable-full");
    let (data, log) = (folder.join("data"), folder.join("log"));
    let server = Server::on(&data);
    let policy = server.call(KEY, "POST", "/api/policy", &json!({"src": POLICY}));
    assert_eq!(policy.status, 200, "{policy:?}");
    kill(server);
    let server = on_a_full_disk(&data, &log);
    let store = |server: &Server, round: usize| {
        let readers: Vec<Value> = (0..500).map(|n| reader(&format!("{round}-{n}"))).collect();
        server.post("batch", &json!([{"inserts": readers}]))
    };
    let (rounds, refused) = (0..2000)
        .map(|round| (round, store(&server, round)))
        .find(|(_, stored)| stored.status != 200)
        .expect("the disk is never full");
    assert!(rounds > 0, "{refused:?}");
    let ready = server.send("GET", "/readyz", &[], None);
    assert_eq!(ready.status, 503, "{ready:?}");
    let sentence = &ready.body["environments"]["0123456789"]["reason"];
    let sentence = sentence.as_str().expect("a reason").to_owned();
    assert!(sentence.contains("no change is accepted"), "{sentence}");
    refused.refuses(503, &sentence);
    store(&server, rounds).refuses(503, &sentence);
    let upload = server.call(KEY, "POST", "/api/policy", &json!({"src": "actor User {}"}));
    assert_eq!(upload.status, 503, "{upload:?}");
    let key = floe(&["key", "create", "--data", &text(&data)]);
    assert!(key.err.contains(&sentence), "{key:?}");
    let log = std::fs::read_to_string(&log).expect("a log");
    assert!(log.contains(&sentence), "{log}");
    let allowed = |server: &Server, round: usize| {
        let asked = server.post("authorize", &check(&format!("{round}-499")));
        assert_eq!(asked.status, 200, "{asked:?}");
        asked.body["allowed"] == true
    };
    for round in [0, rounds - 1] {
        assert!(allowed(&server, round));
    }
    assert!(!allowed(&server, rounds), "visible and not durable");
    kill(server);

    // With room again, everything is there that was acknowledged; of the change with an
    // unknown outcome all or nothing.
    let server = Server::on(&data);
    for round in 0..rounds {
        assert!(allowed(&server, round), "{round} of {rounds} is lost");
    }
    let facts = server.get("facts?predicate=has_role");
    let facts = facts.body.as_array().expect("facts").len();
    assert!(
        facts == rounds * 500 || facts == (rounds + 1) * 500,
        "{facts}"
    );
    assert_eq!(store(&server, rounds).status, 200);
    kill(server);
}

/// The arguments behind a word of a file of the repository, quotes left out.
fn arguments(file: &str, behind: &str) -> Vec<String> {
    let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a file");
    let line = text.lines().find_map(|line| line.strip_prefix(behind));
    let line = line
        .expect("the command")
        .replace(['[', ']', '"', ','], " ");
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_image_and_the_unit_start_a_server() {
    use std::process::{Command, Stdio};
    let folder = folder("durable-packages");
    let cases = [
        ("Dockerfile", "CMD ", "/data", "0.0.0.0:8080"),
        (
            "floe.service",
            "ExecStart=/usr/local/bin/floe",
            "/var/lib/floe",
            "",
        ),
    ];
    for (file, behind, dir, address) in cases {
        let data = text(&folder.join(file));
        let created = floe(&["key", "create", "--data", &data]);
        let key = created.out.lines().last().expect("a key").to_owned();
        let mut arguments = arguments(file, behind);
        for argument in &mut arguments {
            if argument == dir {
                argument.clone_from(&data);
            } else if argument == address {
                "0.0.0.0:0".clone_into(argument);
            }
        }
        if address.is_empty() {
            arguments.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        }
        let child = Command::new(crate::server::FLOE)
            .args(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("floe starts");
        let server = Server::of(child);
        let asked = server.call(&key, "POST", "/api/authorize", &check("ann"));
        asked.is(200, &json!({"allowed": false}));
    }
}

/// With a /tmp of its own a server would write backups where nobody finds them.
#[test]
fn the_unit_hides_no_place_that_a_backup_may_be_written_to() {
    let path = format!("{}/../floe.service", env!("CARGO_MANIFEST_DIR"));
    let unit = std::fs::read_to_string(path).expect("a file");
    assert!(unit.lines().any(|line| line == "ProtectSystem=strict"));
    assert!(!unit.lines().any(|line| line.starts_with("PrivateTmp=")));
}
