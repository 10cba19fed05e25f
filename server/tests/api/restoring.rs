//! What may go wrong while a backup takes the place of a store.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use floe_engine::store::Store;
use serde_json::json;

use crate::client::{floe, folder};
use crate::running::{check, fine, half_a_body, reader, text, upload};
use crate::server::{FLOE, KEY, Server};

const DEFAULT: &str = "0123456789";

fn tell(server: &Server, key: &str, user: &str) {
    let stored = server.call(key, "POST", "/api/facts", &reader(user));
    assert_eq!(stored.status, 200, "{stored:?}");
}

fn may(server: &Server, key: &str, user: &str) -> bool {
    let asked = server.call(key, "POST", "/api/authorize", &check(user));
    assert_eq!(asked.status, 200, "{asked:?}");
    asked.body["allowed"] == true
}

fn end(mut server: Server) {
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
}

/// A server in which Ann may read and Bob too, and a backup from before Bob.
fn with_a_backup(folder: &Path, arguments: &[&str]) -> (Server, PathBuf, String) {
    let data = folder.join("data");
    let copy = text(&folder.join("copy"));
    let server = Server::on_with(&data, arguments);
    upload(&server, KEY);
    tell(&server, KEY, "ann");
    fine(&floe(&["backup", "--data", &text(&data), &copy]));
    tell(&server, KEY, "bob");
    (server, data, copy)
}

/// A restore that is in the middle of reading its backup, which comes through this pipe.
fn half_way(data: &Path, folder: &Path, more: &[&str]) -> (Child, fs::File) {
    let pipe = folder.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    let child = Command::new(FLOE)
        .args(["restore", "--data"])
        .arg(data)
        .args(more)
        .arg(&pipe)
        .stdout(Stdio::null())
        .spawn()
        .expect("floe starts");
    // Opens once somebody reads.
    let pipe = fs::OpenOptions::new().write(true).open(&pipe);
    (child, pipe.expect("a pipe"))
}

fn finish((mut child, mut pipe): (Child, fs::File), copy: &str) {
    let bytes = fs::read(copy).expect("a backup");
    pipe.write_all(&bytes).expect("it is read");
    drop(pipe);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_change_that_comes_too_late_is_refused() {
    let folder = folder("restoring-late");
    let (server, data, copy) = with_a_backup(&folder, &["--set", "http.shutdown=200ms"]);
    let change = json!([{"inserts": [reader("eve")]}]).to_string();
    let (mut stream, rest) = half_a_body(&server.address, &change);
    std::thread::sleep(Duration::from_millis(200));
    let restored = floe(&["restore", "--replace", "--data", &text(&data), &copy]);
    fine(&restored);
    let mut answer = String::new();
    stream.write_all(rest.as_bytes()).expect("it is read");
    let end = stream.set_read_timeout(Some(Duration::from_secs(20)));
    end.expect("a timeout");
    while !answer.contains("\r\n\r\n") || !answer.ends_with('}') {
        let mut some = [0; 1024];
        let read = stream.read(&mut some).expect("an answer");
        assert!(read > 0, "{answer}");
        answer += &String::from_utf8_lossy(&some[..read]);
    }
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("came too late"), "{answer}");
    assert!(may(&server, KEY, "ann") && !may(&server, KEY, "bob"));
    tell(&server, KEY, "eve");
}

#[test]
fn nobody_begins_in_the_middle_of_a_restore() {
    let folder = folder("restoring-middle");
    let (server, data, copy) = with_a_backup(&folder, &[]);
    end(server);
    let fresh = folder.join("fresh");
    let cases = [(&data, &["--replace"][..]), (&fresh, &[])];
    for (at, (data, more)) in cases.into_iter().enumerate() {
        let place = folder.join(at.to_string());
        fs::create_dir_all(&place).expect("a folder");
        let restore = half_way(data, &place, more);
        let refused = floe(&["key", "create", "--data", &text(data)]);
        assert_eq!(refused.status, Some(2), "{refused:?}");
        let why = "another process has it open";
        assert!(refused.err.contains(why), "{refused:?}");
        finish(restore, &copy);
        let server = Server::on(data);
        assert!(may(&server, KEY, "ann") && !may(&server, KEY, "bob"));
        end(server);
    }
}

#[test]
fn of_two_restores_at_once_the_second_is_refused() {
    let folder = folder("restoring-twice");
    let (server, data, copy) = with_a_backup(&folder, &[]);
    let dir = text(&data);
    let again = || floe(&["restore", "--replace", "--data", &dir, &copy]);
    let first = half_way(&data, &folder, &["--replace"]);
    let refused = again();
    assert_eq!(refused.status, Some(2), "{refused:?}");
    let why = "another backup is being restored there";
    assert!(refused.err.contains(why), "{refused:?}");
    assert!(may(&server, KEY, "bob"), "it goes on with what it has");
    finish(first, &copy);
    assert!(may(&server, KEY, "ann") && !may(&server, KEY, "bob"));
    fine(&again());
}

#[test]
fn a_backup_that_cannot_be_served_changes_nothing() {
    let folder = folder("restoring-undone");
    let (server, data, _) = with_a_backup(&folder, &[]);
    let bad = text(&folder.join("bad"));
    let store = Store::open(&folder.join("other")).expect("a store");
    let policy = json!({"filename": "policy.polar", "src": "nonsense"}).to_string();
    store.create(DEFAULT, policy.as_bytes()).expect("made");
    store.backup(Path::new(&bad)).expect("a backup");
    let refused = floe(&["restore", "--replace", "--data", &text(&data), &bad]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    for why in ["does not compile", "nothing has been changed"] {
        assert!(refused.err.contains(why), "{refused:?}");
    }
    assert!(may(&server, KEY, "ann") && may(&server, KEY, "bob"));
    tell(&server, KEY, "eve");
    let ready = server.send("GET", "/readyz", &[], None);
    assert_eq!(ready.status, 200, "{ready:?}");
    end(server);
    let server = Server::on(&data);
    assert!(may(&server, KEY, "bob") && may(&server, KEY, "eve"));
}

#[test]
fn a_backup_without_keys_is_not_served_on_a_public_address() {
    let folder = folder("restoring-public");
    let (data, bad) = (folder.join("data"), text(&folder.join("bad")));
    let created = floe(&["key", "create", "--data", &text(&data)]);
    let key = fine(&created).lines().last().expect("a key").to_owned();
    let child = Command::new(FLOE)
        .args(["serve", "--listen", "0.0.0.0:0", "--data"])
        .arg(&data)
        .env_remove("FLOE_CONFIG")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("floe starts");
    let server = Server::of(child);
    upload(&server, &key);
    tell(&server, &key, "ann");
    let store = Store::open(&folder.join("other")).expect("a store");
    store.backup(Path::new(&bad)).expect("a backup");
    let refused = floe(&["restore", "--replace", "--data", &text(&data), &bad]);
    assert_eq!(refused.status, Some(2), "{refused:?}");
    for why in ["without keys", "nothing has been changed"] {
        assert!(refused.err.contains(why), "{refused:?}");
    }
    assert!(may(&server, &key, "ann"));
    tell(&server, &key, "eve");
}

#[test]
fn a_directory_without_a_store_does_not_get_one() {
    let folder = folder("restoring-misspelt");
    let (server, data, copy) = with_a_backup(&folder, &[]);
    end(server);
    let empty = folder.join("empty");
    fs::create_dir_all(&empty).expect("a folder");
    let (dir, other) = (text(&empty), text(&folder.join("other")));
    for command in [
        &["backup", "--data", &dir, &other][..],
        &["verify", "--data", &dir],
        &["key", "list", "--data", &dir],
        &["key", "revoke", "--data", &dir, "id"],
        &["restore", "--replace", "--data", &dir, &copy],
    ] {
        let refused = floe(command);
        assert_eq!(refused.status, Some(2), "{command:?}: {refused:?}");
        assert!(refused.err.contains("no such store"), "{refused:?}");
        let made = fs::read_dir(&empty).expect("a folder").count();
        assert_eq!(made, 0, "{command:?}");
    }
    assert!(!Path::new(&other).exists());

    // One that is damaged is there, and may be replaced.
    fs::write(data.join("floe.redb"), "nonsense").expect("a file");
    let dir = text(&data);
    assert_eq!(floe(&["verify", "--data", &dir]).status, Some(2));
    fine(&floe(&["restore", "--replace", "--data", &dir, &copy]));
    let server = Server::on(&data);
    assert!(may(&server, KEY, "ann") && !may(&server, KEY, "bob"));
}
