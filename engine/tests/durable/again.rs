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
use redb::{Database, ReadableTable, TableDefinition};

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

/// What the test exists to notice.
#[derive(Clone, Copy, PartialEq)]
enum Bug {
    None,
    /// A start that is not wholly there or not at all.
    Start,
    /// A snapshot of that kind.
    Save,
}

const HEADS: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("heads");

/// Replaces the heads of all snapshots with two commits, where the store takes one.
fn by_halves(dir: &Path) {
    // The threads of an engine end shortly after its last handle.
    let db = loop {
        match Database::open(dir.join("floe.redb")) {
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => std::thread::yield_now(),
            db => break db.unwrap(),
        }
    };
    let taken = db.begin_write().unwrap();
    let mut heads = Vec::new();
    {
        let mut table = taken.open_table(HEADS).unwrap();
        for entry in table.iter().unwrap() {
            let (number, head) = entry.unwrap();
            heads.push((number.value(), head.value().to_vec()));
        }
        for (number, _) in &heads {
            table.remove(number).unwrap();
        }
    }
    taken.commit().unwrap();
    // As long as chunks take.
    std::thread::sleep(Duration::from_millis(30));
    let put = db.begin_write().unwrap();
    {
        let mut table = put.open_table(HEADS).unwrap();
        for (number, head) in &heads {
            table.insert(number, &**head).unwrap();
        }
    }
    put.commit().unwrap();
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
    let dir = Path::new(&dir);
    let bug = std::env::var("FLOE_AGAIN_BUG").unwrap();
    say("");
    say("starting");
    if bug == "start" {
        by_halves(dir);
    }
    let mut store = Store::open(dir).unwrap();
    let mut engine = Engine::open(&store, "main", unsaved(), compile).unwrap();
    say("started");
    loop {
        // A snapshot of the epoch before would be the one that is there.
        let mut set = ChangeSet::new();
        pair(&mut set, "moving");
        engine.apply(&set).unwrap();
        say("saving");
        engine.save().unwrap();
        if bug == "save" {
            drop((engine, store));
            by_halves(dir);
            store = Store::open(dir).unwrap();
            engine = Engine::open(&store, "main", unsaved(), compile).unwrap();
        }
        say("saved");
        let mut set = ChangeSet::new();
        unpair(&mut set, "moving");
        engine.apply(&set).unwrap();
    }
}

/// Kills one process at some moment; the last thing it has said.
fn kill(dir: &Path, after: Duration, bug: Bug) -> String {
    let bug = match bug {
        Bug::None => "none",
        Bug::Start => "start",
        Bug::Save => "save",
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["again::child", "--exact", "--ignored", "--nocapture"])
        .env("FLOE_AGAIN_DIR", dir)
        .env("FLOE_AGAIN_BUG", bug)
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

/// Kills so often; how often while it started and while it saved, or the first complaint.
fn killed(kills: usize, bug: Bug) -> Result<(usize, usize), String> {
    let dir = Directory::new(&format!("again-{}", bug as u8));
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
        let last = kill(&dir.0, after, bug);
        match &*last {
            "starting" => starting += 1,
            "saving" => saving += 1,
            _ => {}
        }
        if starting > saving {
            longest += longest / 8;
        } else if saving > starting {
            longest -= (longest / 16).min(longest - 20);
        }
        let complain = |why: &str| format!("kill {round}, {last}: {why}");
        let store = Store::open(&dir.0).map_err(|why| complain(&why.to_string()))?;
        let loaded = store.load("main", &floe_engine::value::Limits::default());
        let (_, loaded) = loaded.map_err(|why| complain(&why.to_string()))?;
        let (left, right) = ("left", "right");
        let count = |name: &str| loaded.facts.count(name);
        if count(left) != count(right) || count(left) > 1 {
            return Err(complain("half a change set"));
        }
        if loaded.facts.count("has_role") != FACTS as u64 {
            return Err(complain("facts are missing"));
        }
    }
    // Opened again and again, it stays what it was.
    let mut seen: BTreeSet<(u64, BTreeSet<String>)> = BTreeSet::new();
    for _ in 0..if kills > 100 { 100 } else { 5 } {
        let store = Store::open(&dir.0).unwrap();
        let engine = open(&store, config(u64::MAX));
        seen.insert((engine.snapshot().epoch(), facts(&engine)));
    }
    if seen.len() != 1 {
        return Err("opening it changes it".to_owned());
    }
    let (_, found) = seen.pop_first().unwrap();
    let moving = |fact: &&String| !fact.contains("moving");
    if !found.iter().filter(moving).eq(expected.iter()) {
        return Err("the facts are others".to_owned());
    }
    Ok((starting, saving))
}

#[test]
fn a_start_and_a_snapshot_that_are_cut_off_change_nothing() {
    let kills = std::env::var("KILLS").ok();
    let kills: usize = kills.map_or(16, |n| n.parse().unwrap());
    let (starting, saving) = killed(kills, Bug::None).unwrap();
    println!("{kills} kills: {starting} while starting, {saving} while saving");
    assert!(
        starting > 0 && saving > 0,
        "{starting} while starting, {saving} while saving"
    );
}

#[test]
fn a_start_and_a_snapshot_of_two_commits_are_noticed() {
    for (bug, place) in [(Bug::Start, "starting"), (Bug::Save, "saving")] {
        let complaint = killed(400, bug).expect_err("the test would not notice");
        assert!(complaint.contains(place), "{complaint}");
        assert!(complaint.contains("has no snapshot"), "{complaint}");
    }
}
