//! Data that is not what it should be, or not served as it should be: what is said of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use floe_engine::store::Store;
use serde_json::{Value, json};

use crate::client::{Run, floe, folder};
use crate::running::{POLICY, check, fine, reader, text, upload};
use crate::server::{FLOE, KEY, Server};
use crate::tamper::{CHUNKS, LOG, POLICIES, forge, get, place, tamper};

const DEFAULT: &str = "0123456789";

/// A directory in which the first epoch is a policy and the next ones are facts.
fn written(folder: &Path, facts: usize) -> PathBuf {
    let data = folder.join("data");
    let mut server = Server::on(&data);
    upload(&server, KEY);
    let inserts: Vec<Value> = (0..facts).map(|n| reader(&format!("user-{n}"))).collect();
    for inserts in [&inserts[..1], &inserts[1..]] {
        let stored = server.post("batch", &json!([{"inserts": inserts}]));
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
    data
}

/// Writes a snapshot of a directory that nobody has open; its epoch.
fn save(data: &Path) -> u64 {
    let store = Store::open(data).expect("a store");
    let (journal, loaded) = store.load(DEFAULT, &Default::default()).expect("facts");
    let (epoch, version) = (loaded.epoch, loaded.policy_version);
    let symbols = loaded.interner.symbols();
    let saved = journal.save(&loaded.facts.snapshot(), symbols, epoch, version);
    saved.expect("a snapshot");
    epoch
}

#[track_caller]
fn says(run: &Run, status: i32, words: &[&str]) {
    assert_eq!(run.status, Some(status), "{run:?}");
    for words in words {
        assert!(run.err.contains(words), "{words:?} is not in {run:?}");
    }
}

#[test]
fn verify_names_what_is_damaged() {
    let verify = |data: &Path| floe(&["verify", "--data", &text(data)]);

    let data = written(&folder("damaged-record"), 10);
    fine(&verify(&data));
    tamper(&data, |t| {
        let mut log = t.open_table(LOG).expect("a table");
        log.remove((1, 2)).expect("removed");
    });
    let table = "floe.redb, table `log`, environment 1, epoch 3: the record before it is missing";
    says(&verify(&data), 1, &[table]);

    // It starts, since the cache is sound.
    let data = written(&folder("damaged-chunk"), 10);
    let epoch = save(&data);
    fine(&verify(&data));
    let mut chunk = get(&data, CHUNKS, (1, epoch, 0)).split_off(8);
    let at = chunk.windows(5).position(|bytes| bytes == b"user-");
    chunk[at.expect("a user")] ^= 1;
    forge(&data, CHUNKS, (1, epoch, 0), &place(1, epoch, 0), &chunk);
    let table = format!("table `chunks`, environment 1, epoch {epoch}");
    let why = "the chunks are not those of this snapshot";
    says(&verify(&data), 1, &[&table, why]);
    fs::remove_file(data.join("warm-1")).expect("a cache");
    says(&verify(&data), 1, &[&table, why]);

    // Of a server too, and though that policy is in force no longer.
    let data = written(&folder("damaged-policy"), 10);
    let server = Server::on(&data);
    let other = json!({"src": format!("{POLICY}# another\n")});
    assert_eq!(server.call(KEY, "POST", "/api/policy", &other).status, 200);
    fine(&verify(&data));
    drop(server);
    let mut policy = get(&data, POLICIES, (1, 2));
    policy[20] ^= 1;
    tamper(&data, |t| {
        let mut policies = t.open_table(POLICIES).expect("a table");
        policies.insert((1, 2), &*policy).expect("put");
    });
    let table = "table `policies`, environment 1, epoch 0: version 2 of the policy";
    says(&verify(&data), 1, &[table]);
    let server = Server::on(&data);
    assert_eq!(server.post("authorize", &check("user-1")).status, 200);
    says(&verify(&data), 1, &[table]);
}

#[test]
fn a_key_that_means_nothing_is_named() {
    let data = written(&folder("damaged-key"), 2);
    let store = Store::open(&data).expect("a store");
    let key = "key/default/abc";
    store.set(key, Some(b"write sha256:short")).expect("put");
    drop(store);
    let refused = floe(&["serve", "--listen", "127.0.0.1:0", "--data", &text(&data)]);
    let place = format!("floe.redb, table `settings`: `{key}`");
    says(&refused, 2, &[&place, "newest backup"]);
}

/// Two starts that did not come to their end: the third keeps nothing, says so everywhere,
/// and an upload tries again.
#[test]
fn starts_that_do_not_come_to_their_end_are_no_loop() {
    let folder = folder("damaged-starts");
    let data = written(&folder, 1500);
    let store = Store::open(&data).expect("a store");
    for _ in 0..2 {
        let (journal, _) = store.load(DEFAULT, &Default::default()).expect("facts");
        journal.begin_start().expect("noted");
    }
    drop(store);
    let log = folder.join("log");
    let child = Command::new(FLOE)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .env_remove("FLOE_CONFIG")
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&log).expect("a log"))
        .spawn()
        .expect("floe starts");
    let server = Server::of(child);
    let degraded = || {
        let ready = server.send("GET", "/readyz", &[], None);
        assert_eq!(ready.status, 200, "{ready:?}");
        ready.body["environments"][DEFAULT]["degraded"].clone()
    };
    let why = degraded();
    let why = why.as_str().expect("a reason");
    for words in ["are not kept", "2 starts in a row have not been completed"] {
        assert!(why.contains(words), "{why}");
    }
    let began = Instant::now();
    while !fs::read_to_string(&log).expect("a log").contains(why) {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the log is silent"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let asked = server.post("authorize", &check("user-1"));
    asked.is(200, &json!({"allowed": true}));
    let other = json!({"src": format!("{POLICY}# another\n")});
    assert_eq!(server.call(KEY, "POST", "/api/policy", &other).status, 200);
    assert_eq!(degraded(), Value::Null);
}
