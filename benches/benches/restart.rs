//! How long `floe serve` takes from its start until `/readyz` says that it is ready.
//!
//! `cargo build --release --bin floe && cargo bench -p floe-benches --bench restart` prints the
//! table; words that begin with `=` choose rows, as in `"=1 M"`. The binary is the one beside the
//! bench, or FLOE_BINARY. Data directories lie in FLOE_BENCH_DIR, else in the system's place for
//! what is temporary: name a real disk.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use floe_benches::floe::{change_set, program};
use floe_benches::measure::runs::{self, Block};
use floe_benches::measure::{Clock, Figures};
use floe_benches::workload::flat::Flat;
use floe_benches::workload::folders::Folders;
use floe_benches::workload::{Change, World};
use floe_engine::plan::Maintain;
use floe_engine::store::Store;
use floe_engine::{Config, Engine};
use floe_frontend::ir::Program;

/// Facts of one change set.
const IMPORT: usize = 20_000;

fn main() {
    let restart = Block {
        title: "floe serve, until it is ready",
        rows: vec!["1 M", "1 M, many grants", "1 M, log only", "drive", "10 M"],
        columns: vec![
            ("s, cache", "warm"),
            ("s, no cache", "cold"),
            ("engine's own load s", "load"),
            ("facts", "facts"),
            ("grants", "grants"),
            ("file MB", "file"),
            ("cache MB", "cache"),
            ("server MB", "memory"),
        ],
    };
    runs::report(&[restart], measure);
}

fn measure(what: &str, figures: &mut Figures) {
    let few = Flat {
        orgs: 10_000,
        members: 5,
        admins: 1,
        repos: 94,
        ..Flat::wide()
    };
    let many = Flat {
        orgs: 1_000,
        members: 50,
        admins: 5,
        repos: 950,
        ..Flat::wide()
    };
    match what {
        "1 M" => restart(&few, true, figures),
        "1 M, log only" => restart(&few, false, figures),
        "1 M, many grants" => restart(&many, true, figures),
        "drive" => restart(&Folders::tall(), true, figures),
        _ => restart(
            &Flat {
                orgs: 100_000,
                ..few
            },
            true,
            figures,
        ),
    }
}

fn restart(world: &impl World, save: bool, figures: &mut Figures) {
    let dir = directory();
    prepare(&dir, world, save, figures);
    let megabytes = |name: &str| {
        let there = fs::metadata(dir.join(name));
        there.map_or(0.0, |there| there.len() as f64 / 1e6)
    };
    figures.put("file", megabytes("floe.redb"));
    let caches = (1..4).map(|n| megabytes(&format!("warm-{n}")));
    figures.put("cache", caches.sum());
    if save {
        let spent = ready(&dir, Some(figures));
        figures.put("warm", spent);
    }
    for n in 1..4 {
        _ = fs::remove_file(dir.join(format!("warm-{n}")));
    }
    figures.put("cold", ready(&dir, None));
    _ = fs::remove_dir_all(dir);
}

fn directory() -> PathBuf {
    let under = std::env::var_os("FLOE_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = under.join(format!("floe-restart-{}", std::process::id()));
    _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a directory");
    dir
}

/// A directory as a server would have left it.
fn prepare(dir: &Path, world: &impl World, save: bool, figures: &mut Figures) {
    let text = world.policy();
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    let stored = format!("{{\"src\":\"{}\"}}", escaped.replace('\n', "\\n"));
    let compile = |_: &[u8]| -> Result<Arc<Program>, String> {
        program(text).ok_or_else(|| "it has errors".to_owned())
    };
    let store = Store::open(dir).expect("a new store");
    store
        .create("main", stored.as_bytes())
        .expect("a new environment");
    let config = Config {
        maintain: Maintain::None,
        snapshot_after: u64::MAX,
        ..Config::default()
    };
    let engine = Engine::open(&store, "main", config, compile).expect("an engine");
    let mut facts = world.facts().peekable();
    while facts.peek().is_some() {
        let set = change_set(facts.by_ref().take(IMPORT).map(Change::insert));
        engine.apply(&set).expect("sound facts");
    }
    if save {
        engine.save().expect("a snapshot");
    }
    figures.put("facts", engine.stats().facts as f64);
    drop((engine, store));

    // What the relations alone cost: the same facts, loaded already.
    let store = Store::open(dir).expect("the store");
    let clock = Clock::start();
    let engine = loop {
        match Engine::open(&store, "main", Config::default(), compile) {
            Ok(engine) => break engine,
            Err(_) => std::thread::yield_now(),
        }
    };
    figures.put("load", clock.elapsed().wall.as_secs_f64());
    figures.put("grants", engine.stats().index.rows as f64);
}

fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("FLOE_BINARY") {
        return path.into();
    }
    let this = std::env::current_exe().expect("a path");
    // target/release/deps/restart-...
    let release = this.parent().and_then(Path::parent).expect("a target");
    release.join("floe")
}

/// Seconds from the start of the process until it is ready.
fn ready(dir: &Path, figures: Option<&mut Figures>) -> f64 {
    let since = Instant::now();
    let mut child = Command::new(binary())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(dir)
        .env_remove("FLOE_CONFIG")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary floe: build it first");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    out.read_line(&mut line).expect("a greeting");
    let (_, address) = line.trim().split_once("://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = "GET /readyz HTTP/1.1\r\nHost: floe\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let spent = since.elapsed().as_secs_f64();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    if let Some(figures) = figures {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let rss = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        let kilobytes = rss.and_then(|rss| rss.trim().trim_end_matches("kB").trim().parse().ok());
        figures.put("memory", kilobytes.unwrap_or(0.0) / 1e3);
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    spent
}
