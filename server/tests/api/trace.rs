//! The order of system calls (R26): between two acknowledgements of the server lies a write
//! to the store and a sync of it, completed; and a file that gets its name by renaming is
//! followed by a sync of its directory. Needs `strace`; a machine without it says so.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::client::folder;
use crate::server::{FLOE, KEY, Server};

const CALLS: &str = "trace=write,writev,sendto,pwrite64,fsync,fdatasync,rename,renameat,renameat2";

/// `strace` writing to this log; `None` where there is none.
fn strace(log: &Path) -> Option<Command> {
    let there = Command::new("strace").arg("-V").output();
    if !there.is_ok_and(|ran| ran.status.success()) {
        // Past the test harness, which keeps what a test that passes prints to itself.
        let said = "skipped: the order of system calls: strace is not installed\n";
        _ = std::io::stderr().write_all(said.as_bytes());
        return None;
    }
    let mut command = Command::new("strace");
    // Whole lines, with the paths of file descriptors.
    command.args(["-f", "-y", "-s", "40", "-e", CALLS, "-o"]);
    command.arg(log).arg(FLOE);
    Some(command)
}

/// Calls in the order in which they ended, answers in that in which they began; one that was interrupted by another thread's is
/// put together again.
fn calls(log: &Path) -> Vec<String> {
    let mut begun: HashMap<String, String> = HashMap::new();
    let mut calls = Vec::new();
    for line in std::fs::read_to_string(log).expect("a log").lines() {
        let (thread, call) = line.split_once(' ').expect("a thread");
        if call.contains("HTTP/1.1 ") {
            // What is being sent may have arrived before the call returns.
            calls.push(call.to_owned());
        } else if let Some(begin) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread.to_owned(), begin.to_owned());
        } else if let Some((_, end)) = call.split_once(" resumed>") {
            let begin = begun.remove(thread).unwrap_or_default();
            calls.push(begin + end);
        } else {
            calls.push(call.to_owned());
        }
    }
    calls
}

/// Ends the process below `strace`, which would let it live on.
fn end(log: &Path, mut server: Server) {
    let log = std::fs::read_to_string(log).expect("a log");
    let pid = log.split_whitespace().next().expect("a call").to_owned();
    Command::new("kill").arg(pid).status().expect("kill runs");
    server.child.wait().expect("it ends");
}

#[test]
fn a_server_answers_a_change_after_its_sync() {
    let folder = folder("trace-serve");
    let (data, log) = (folder.join("data"), folder.join("log"));
    let Some(mut command) = strace(&log) else {
        return;
    };
    let child = command
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .env_remove("FLOE_CONFIG")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace starts");
    let server = Server::of(child);
    let policy = json!({"src": "actor User {}\ndeclare left(User);\n"});
    assert_eq!(server.call(KEY, "POST", "/api/policy", &policy).status, 200);
    // Answers to questions say when nothing has been written, so that the count would
    // notice a change that is answered like one.
    for n in 0..100 {
        let args = [json!({"type": "User", "id": n.to_string()})];
        let stored = server.post("facts", &json!({"predicate": "left", "args": args}));
        assert_eq!(stored.status, 200, "{stored:?}");
        assert_eq!(server.get("policy_metadata").status, 200);
    }
    end(&log, server);
    let (mut written, mut synced, mut after, mut before) = (false, false, 0, 0);
    for call in calls(&log) {
        let done = call.ends_with("= 0");
        if call.contains("pwrite64(") && call.contains("floe.redb") {
            written = true;
        } else if done && (call.contains("fdatasync") || call.contains("fsync")) {
            synced |= written;
        } else if call.contains("\"HTTP/1.1 200 OK") {
            if synced {
                after += 1;
            } else {
                before += 1;
            }
            (written, synced) = (false, false);
        }
    }
    // The policy and each of the changes; each of the questions.
    assert_eq!((after, before), (101, 100));
}

#[test]
fn a_name_is_followed_by_a_sync_of_its_directory() {
    let folder = folder("trace-names");
    let (data, copy) = (folder.join("new/data"), folder.join("copy"));
    let path = |path: &PathBuf| path.display().to_string();
    let commands = [
        (
            vec!["key", "create", "--data"],
            vec![path(&data)],
            "floe.redb",
        ),
        (
            vec!["backup", "--data"],
            vec![path(&data), path(&copy)],
            "copy",
        ),
        (
            vec!["restore", "--replace", "--data"],
            vec![path(&data), path(&copy)],
            "floe.redb",
        ),
    ];
    for (i, (command, places, name)) in commands.into_iter().enumerate() {
        let log = folder.join(format!("log-{i}"));
        let Some(mut strace) = strace(&log) else {
            return;
        };
        let ran = strace
            .args(&command)
            .args(&places)
            .output()
            .expect("it runs");
        assert!(ran.status.success(), "{ran:?}");
        let calls = calls(&log);
        let renamed = calls.iter().rposition(|call| {
            call.contains("rename") && call.contains(&format!("{name}\"")) && call.ends_with("= 0")
        });
        let renamed = renamed.unwrap_or_else(|| panic!("nothing is renamed: {calls:?}"));
        let (before, behind) = calls.split_at(renamed);
        let place = if name == "copy" { &folder } else { &data };
        let of = |call: &&String, what: &str| {
            call.contains("sync(") && call.contains(what) && call.ends_with("= 0")
        };
        assert!(
            before
                .iter()
                .any(|c| of(&c, ".new>") || of(&c, ".restored>")),
            "{command:?}: the content is not on disk before its name: {calls:?}"
        );
        let directory = format!("{}>", place.display());
        assert!(
            behind.iter().any(|c| of(&c, &directory)),
            "{command:?}: the name is not on disk: {calls:?}"
        );
        // The directory has a name too, and the one around it.
        for above in data.ancestors().skip(1).take(2).filter(|_| i == 0) {
            let above = format!("{}>", above.display());
            assert!(
                before.iter().any(|c| of(&c, &above)),
                "{above} is not synced: {calls:?}"
            );
        }
    }
}
