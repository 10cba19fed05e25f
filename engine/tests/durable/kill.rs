//! A process that is killed (R16): whatever it has acknowledged is there afterwards, and
//! no change set by half.
//!
//! `KILLS=1000 cargo test -p floe-engine --release --test durable kill` kills more often, and
//! with `WRITES=1000000` until so many changes have been acknowledged, each process living
//! for at most `KILL_AFTER` milliseconds more; the figures are printed with `-- --nocapture`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use floe_engine::catalog::{ChangeSet, Pattern};
use floe_engine::store::Store;
use floe_engine::{Config, Engine};

use super::Dice;
use super::directory::Directory;
use super::world::{POLICY, compile, config, open, pair, unpair};

const WRITERS: usize = 4;
/// Changes of a process that is not killed, and has one writer.
pub(crate) const ALONE: u64 = 100;
/// Pairs of a writer that are there at a time.
const WINDOW: u64 = 50;

fn name(generation: usize, writer: usize, n: u64) -> String {
    format!("{generation}/{writer}/{n}")
}

fn config_of(generation: usize) -> Config {
    Config {
        snapshot_after: 3000,
        ..config([0, u64::MAX][generation % 2])
    }
}

/// The process that is killed: writes and says so until then.
#[test]
#[ignore = "started by the other tests here, as a process of its own"]
fn child() {
    let Ok(dir) = std::env::var("FLOE_KILL_DIR") else {
        return;
    };
    let generation: usize = std::env::var("FLOE_KILL_GENERATION")
        .unwrap()
        .parse()
        .unwrap();
    let hasty = std::env::var("FLOE_KILL_HASTY").is_ok();
    let store = Store::open(Path::new(&dir)).unwrap();
    let engine = open(&store, config_of(generation));
    println!();
    if std::env::var("FLOE_KILL_ALONE").is_ok() {
        return write(&engine, generation, 0, hasty, ALONE);
    }
    let swapping = engine.clone();
    std::thread::spawn(move || {
        for n in 0.. {
            std::thread::sleep(Duration::from_millis(20));
            let source = format!("{POLICY}# {generation} {n}\n");
            let program = compile(source.as_bytes()).unwrap();
            let swapped = swapping.swap_stored(program, source.as_bytes()).unwrap();
            say(&format!("policy {}\n", swapped.policy_version));
        }
    });
    std::thread::scope(|threads| {
        for writer in 0..WRITERS {
            let engine = &engine;
            threads.spawn(move || write(engine, generation, writer, hasty, u64::MAX));
        }
    });
}

/// One write, so that no line is there by half unless it is the last.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    _ = out.write_all(line.as_bytes());
    _ = out.flush();
}

fn write(engine: &Engine, generation: usize, writer: usize, hasty: bool, last: u64) {
    for n in 1..=last {
        let mut set = ChangeSet::new();
        pair(&mut set, &name(generation, writer, n));
        if n > WINDOW {
            unpair(&mut set, &name(generation, writer, n - WINDOW));
        }
        let say = || say(&format!("{writer} {n}\n"));
        if hasty {
            // What this test exists to notice: an acknowledgement before the sync.
            say();
            engine.submit(&set, |_| {});
            std::thread::sleep(Duration::from_micros(200));
        } else {
            engine.apply(&set).unwrap();
            say();
        }
    }
}

/// Kills so many processes at least, until they have acknowledged so many changes; returns
/// how many both were.
fn kill(kills: usize, writes: u64, hasty: bool) -> Result<(usize, u64), String> {
    let dir = Directory::new(if hasty { "kill-hasty" } else { "kill" });
    let store = Store::open(&dir.0).unwrap();
    store.create("main", POLICY.as_bytes()).unwrap();
    drop(store);
    let mut dice = Dice(5);
    let mut total = 0;
    let mut policies = 0;
    let mut windows = BTreeSet::new();
    let mut generations = 0;
    while generations < kills || total < writes {
        let generation = generations;
        generations += 1;
        let (acknowledged, policy) = run(&dir.0, generation, hasty, &mut dice);
        total += acknowledged.iter().sum::<u64>();
        let complain = |why: String| format!("after kill {generation}: {why}");

        let store = Store::open(&dir.0).map_err(|why| complain(why.to_string()))?;
        let engine = open(&store, config(u64::MAX));
        let version = engine.snapshot().policy_version();
        if version < policy {
            return Err(complain(format!(
                "policy {policy} was acknowledged, {version} is in force"
            )));
        }
        policies += u64::from(policy > 0);
        let side = |name: &str| -> BTreeSet<String> {
            let pattern = Pattern {
                predicate: Some(name),
                args: Vec::new(),
                open: true,
            };
            let facts = engine.snapshot().facts(&pattern);
            facts.into_iter().map(|f| f.args[0].1.clone()).collect()
        };
        let (left, right) = (side("left"), side("right"));
        if left != right {
            return Err(complain("half a change set".into()));
        }
        for (writer, acknowledged) in acknowledged.iter().enumerate() {
            let newest = (*acknowledged..)
                .take_while(|n| *n == 0 || left.contains(&name(generation, writer, *n)))
                .last();
            let Some(newest) = newest else {
                return Err(complain(format!("writer {writer} lost {acknowledged}")));
            };
            for n in newest.saturating_sub(WINDOW) + 1..=newest {
                windows.insert(name(generation, writer, n));
            }
        }
        if windows != left {
            return Err(complain("the facts are not those of any moment".into()));
        }
    }
    if policies == 0 && !hasty {
        return Err("no process has acknowledged a policy".to_owned());
    }
    Ok((generations, total))
}

/// One process until it is killed; what each writer has acknowledged, and which policy.
fn run(dir: &Path, generation: usize, hasty: bool, dice: &mut Dice) -> ([u64; WRITERS], u64) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["kill::child", "--exact", "--ignored", "--nocapture"])
        .env("FLOE_KILL_DIR", dir)
        .env("FLOE_KILL_GENERATION", generation.to_string())
        .stdout(Stdio::piped());
    if hasty {
        command.env("FLOE_KILL_HASTY", "1");
    }
    let mut child = command.spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let (mut acknowledged, mut policy) = ([0; WRITERS], 0);
        for line in out.lines().map_while(Result::ok) {
            if let Some(version) = line.strip_prefix("policy ") {
                policy = version.parse().unwrap_or(policy);
            }
            let numbers = line.split_once(' ').map(|(w, n)| (w.parse(), n.parse()));
            if let Some((Ok(writer), Ok(n))) = numbers {
                let writer: usize = writer;
                acknowledged[writer] = n;
            }
        }
        (acknowledged, policy)
    });
    let longest = std::env::var("KILL_AFTER")
        .ok()
        .and_then(|n| n.parse().ok());
    let wait = 20 + dice.below(longest.unwrap_or(150)) as u64;
    std::thread::sleep(Duration::from_millis(wait));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn a_killed_process_loses_nothing_it_has_acknowledged() {
    let number = |name| std::env::var(name).ok().map(|n| n.parse::<u64>().unwrap());
    let kills = number("KILLS").unwrap_or(50) as usize;
    let writes = number("WRITES").unwrap_or(kills as u64 + 1);
    let (kills, acknowledged) = kill(kills, writes, false).unwrap();
    println!("{kills} kills, {acknowledged} acknowledged changes, none lost");
}

#[test]
fn an_early_acknowledgement_is_noticed() {
    let complaint = kill(50, 0, true);
    assert!(
        complaint.is_err(),
        "the test would not notice a lost change"
    );
}
