//! The order of system calls (R26): between an acknowledgement and the one before lies a
//! write to the file and a sync of it, completed. Needs `strace`; without it the test says
//! so and passes.

use std::io::Write;
use std::process::Command;

use floe_engine::store::Store;

use super::directory::Directory;
use super::kill::ALONE;
use super::world::POLICY;

/// How many acknowledgements had no completed sync before them, of how many.
fn early(hasty: bool) -> Option<(usize, usize)> {
    let dir = Directory::new(if hasty { "trace-hasty" } else { "trace" });
    let store = Store::open(&dir.0).unwrap();
    store.create("main", POLICY.as_bytes()).unwrap();
    drop(store);
    let log = dir.0.join("trace");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env("FLOE_KILL_DIR", &dir.0)
        .env("FLOE_KILL_GENERATION", "0")
        .env("FLOE_KILL_ALONE", "1");
    if hasty {
        command.env("FLOE_KILL_HASTY", "1");
    }
    let Ok(ran) = command.output() else {
        // Past the test harness, which keeps what a test that passes prints to itself.
        let said = "skipped: the order of system calls: strace is not installed\n";
        _ = std::io::stderr().write_all(said.as_bytes());
        return None;
    };
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let (mut written, mut synced, mut early, mut all) = (false, false, 0, 0);
    for call in std::fs::read_to_string(&log).unwrap().lines() {
        let completed = call.ends_with("= 0");
        if call.contains("pwrite64(") {
            written = true;
        } else if completed && (call.contains("fdatasync") || call.contains("fsync")) {
            synced |= written;
        } else if call.contains("write(1, \"0 ") {
            all += 1;
            early += usize::from(!synced);
            (written, synced) = (false, false);
        }
    }
    Some((early, all))
}

#[test]
fn every_acknowledgement_follows_a_sync() {
    if let Some(found) = early(false) {
        assert_eq!(found, (0, ALONE as usize));
    }
}

#[test]
fn an_acknowledgement_before_the_sync_is_noticed() {
    if let Some((early, all)) = early(true) {
        assert!(early > all / 2, "{early} of {all}");
    }
}
