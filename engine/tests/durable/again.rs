//! Killed while it starts, and while it writes a snapshot (R23): the next start finds what
//! was there, as often as it happens.
//!
//! `KILLS=500 cargo test -p floe-engine --release --test durable again` kills more often.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use floe_engine::catalog::ChangeSet;
use floe_engine::store::Store;
use floe_engine::{Config, Engine};

use super::Dice;
use super::directory::Directory;
use super::world::{POLICY, compile, config, facts, grant, open, pair, unpair};

/// Facts that stay: enough for a start and a snapshot to take a while.
const FACTS: usize = 20_000;

fn unsaved() -> Config {
    Config {
        snapshot_after: u64::MAX,
        ..config(0)
    }
}

/// The process that is killed: says where it is.
#[test]
#[ignore = "started by the other test here, as a process of its own"]
fn child() {
    let Ok(dir) = std::env::var("FLOE_AGAIN_DIR") else {
        return;
    };
    let say = |what: &str| {
        let mut out = std::io::stdout().lock();
        _ = out.write_all(format!("{what}\n").as_bytes());
        _ = out.flush();
    };
    say("");
    say("starting");
    let store = Store::open(Path::new(&dir)).unwrap();
    let engine = Engine::open(&store, "main", unsaved(), compile).unwrap();
    say("started");
    loop {
        // A snapshot of the epoch before would be the one that is there.
        let mut set = ChangeSet::new();
        pair(&mut set, "moving");
        engine.apply(&set).unwrap();
        say("saving");
        engine.save().unwrap();
        say("saved");
        let mut set = ChangeSet::new();
        unpair(&mut set, "moving");
        engine.apply(&set).unwrap();
    }
}

/// Kills one process at some moment; the last thing it has said.
fn kill(dir: &Path, after: Duration) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["again::child", "--exact", "--ignored", "--nocapture"])
        .env("FLOE_AGAIN_DIR", dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let known = ["starting", "started", "saving", "saved"];
        let lines = out.lines().map_while(Result::ok);
        lines.filter(|l| known.contains(&&**l)).last()
    });
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap().unwrap_or_default()
}

#[test]
fn a_start_and_a_snapshot_that_are_cut_off_change_nothing() {
    let kills = std::env::var("KILLS").ok();
    let kills: usize = kills.map_or(16, |n| n.parse().unwrap());
    let dir = Directory::new("again");
    let store = Store::open(&dir.0).unwrap();
    store.create("main", POLICY.as_bytes()).unwrap();
    let engine = open(&store, unsaved());
    let mut set = ChangeSet::new();
    for n in 0..FACTS {
        grant(
            &mut set,
            &format!("user-{n}"),
            &format!("document-{}", n % 700),
        );
    }
    engine.apply(&set).unwrap();
    let expected = facts(&engine);
    drop((engine, store));

    let mut dice = Dice(11);
    let (mut starting, mut saving) = (0, 0);
    // The longest wait adapts to the machine: about half of the kills before it has started.
    let mut longest = 400_usize;
    for round in 0..kills {
        let after = Duration::from_millis(1 + dice.below(longest) as u64);
        let last = kill(&dir.0, after);
        match &*last {
            "starting" => starting += 1,
            "saving" => saving += 1,
            _ => {}
        }
        if starting > saving {
            longest += longest / 8;
        }
        let store = Store::open(&dir.0).unwrap_or_else(|why| panic!("kill {round}: {why}"));
        let (_, loaded) = store
            .load("main", &floe_engine::value::Limits::default())
            .unwrap();
        let (left, right) = ("left", "right");
        let count = |name: &str| loaded.facts.count(name);
        assert!(
            count(left) == count(right) && count(left) <= 1,
            "half a change set"
        );
        assert_eq!(
            loaded.facts.count("has_role"),
            FACTS as u64,
            "after kill {round}"
        );
    }
    // Opened again and again, it stays what it was.
    let mut seen: BTreeSet<(u64, BTreeSet<String>)> = BTreeSet::new();
    for _ in 0..if kills > 100 { 100 } else { 5 } {
        let store = Store::open(&dir.0).unwrap();
        let engine = open(&store, config(u64::MAX));
        seen.insert((engine.snapshot().epoch(), facts(&engine)));
    }
    assert_eq!(seen.len(), 1);
    let (_, found) = seen.pop_first().unwrap();
    let moving = |fact: &&String| !fact.contains("moving");
    assert!(found.iter().filter(moving).eq(expected.iter()));
    println!("{kills} kills: {starting} while starting, {saving} while saving");
    assert!(
        starting > 0 && saving > 0,
        "{starting} while starting, {saving} while saving"
    );
}
