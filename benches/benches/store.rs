//! What it costs that everything outlives the process.
//!
//! `cargo bench -p floe-benches --bench store -- --runs 3` prints the tables; words that
//! begin with `=` choose rows, as in `=import`. Data directories lie in FLOE_BENCH_DIR, else
//! in the system's place for what is temporary: name a real disk.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use floe_benches::floe::{change_set, program};
use floe_benches::measure::runs::{self, Block};
use floe_benches::measure::{Clock, Figures, Latency, Memory};
use floe_benches::workload::flat::Flat;
use floe_benches::workload::{Change, World};
use floe_engine::catalog::ChangeSet;
use floe_engine::plan::Maintain;
use floe_engine::store::Store;
use floe_engine::value::Limits;
use floe_engine::{Config, Engine};
use floe_frontend::ir::Program;

/// Facts of one change set of an import.
const IMPORT: usize = 5_000;
/// Single writes that are measured.
const WRITES: usize = 2_000;
const WRITERS: usize = 64;
/// How long writes are measured while nothing goes on beside them.
const ALONE: Duration = Duration::from_secs(5);

/// A million facts, 54 M grants.
fn million() -> Flat {
    Flat {
        orgs: 1_000,
        members: 50,
        admins: 5,
        repos: 950,
        ..Flat::wide()
    }
}

fn main() {
    let writes = Block {
        title: "single writes",
        rows: vec!["in memory", "append and sync", "durable"],
        columns: vec![
            ("us p50", "one p50"),
            ("p99", "one p99"),
            ("max", "one max"),
        ],
    };
    let beside = Block {
        title: "single writes, a million facts",
        rows: vec!["while saving", "during a backup"],
        columns: vec![
            ("us p50 alone", "alone p50"),
            ("p99", "alone p99"),
            ("max", "alone max"),
            ("beside it p50", "one p50"),
            ("p99", "one p99"),
            ("max", "one max"),
            ("p99, of alone", "ratio"),
            ("it takes s", "took"),
            ("file MB before", "before"),
            ("after", "after"),
        ],
    };
    let together = Block {
        title: "64 writers",
        rows: vec!["64 in memory", "64 durable"],
        columns: vec![
            ("/s", "rate"),
            ("writes per sync", "per sync"),
            ("us p99", "one p99"),
        ],
    };
    let whole = Block {
        title: "a million facts",
        rows: vec!["import in memory", "import", "import kept"],
        columns: vec![
            ("facts/s", "rate"),
            ("file MB", "file"),
            ("save s", "save"),
            ("MB", "memory"),
        ],
    };
    let restart = Block {
        title: "restart with a million facts",
        rows: vec!["facts only", "relations kept", "killed"],
        columns: vec![
            ("load s, snapshot", "cold"),
            ("load s, cache", "warm"),
            ("load s, log", "log"),
            ("open store s", "file open"),
            ("ready s", "ready"),
        ],
    };
    runs::report(&[writes, beside, together, whole, restart], measure);
}

fn measure(what: &str, figures: &mut Figures) {
    match what {
        "in memory" => single(&Place::Memory, figures),
        "append and sync" => append(figures),
        "durable" => single(&Place::disk(), figures),
        "while saving" => meanwhile(figures, |engine, _| _ = engine.save()),
        "during a backup" => meanwhile(figures, |_, place| {
            if let Place::Disk(dir, store) = place {
                let copy = dir.join("copy.redb");
                store.backup(&copy).expect("a backup");
            }
        }),
        "64 in memory" => together(&Place::Memory, figures),
        "64 durable" => together(&Place::disk(), figures),
        "import in memory" => import(&Place::Memory, Maintain::None, figures),
        "import" => import(&Place::disk(), Maintain::None, figures),
        "import kept" => import(&Place::disk(), Maintain::Auto, figures),
        "facts only" => restart(Maintain::None, false, figures),
        "killed" => restart(Maintain::None, true, figures),
        _ => restart(Maintain::Auto, false, figures),
    }
}

enum Place {
    Memory,
    Disk(PathBuf, Store),
}

fn directory() -> PathBuf {
    let under = std::env::var_os("FLOE_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = under.join(format!("floe-bench-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a directory");
    dir
}

impl Place {
    fn disk() -> Place {
        let dir = directory();
        let store = Store::open(&dir).expect("a new store");
        let policy = million().policy();
        store
            .create("main", policy.as_bytes())
            .expect("a new environment");
        Place::Disk(dir, store)
    }

    fn engine(&self, maintain: Maintain) -> Engine {
        let config = config(maintain);
        match self {
            Place::Memory => {
                let program = compile(million().policy().as_bytes());
                Engine::start(program.expect("a sound policy"), config).expect("an engine")
            }
            Place::Disk(_, store) => {
                Engine::open(store, "main", config, compile).expect("an engine")
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::Disk(dir, _) = self {
            _ = std::fs::remove_dir_all(dir);
        }
    }
}

fn config(maintain: Maintain) -> Config {
    Config {
        maintain,
        on_demand_below: 0,
        ..Config::default()
    }
}

fn compile(source: &[u8]) -> Result<Arc<Program>, String> {
    program(&String::from_utf8_lossy(source)).ok_or_else(|| "it has errors".to_owned())
}

/// An environment with the small flat world in it.
fn prepared(place: &Place) -> Engine {
    let engine = place.engine(Maintain::Auto);
    let world = Flat::wide();
    let facts = change_set(world.facts().map(Change::insert));
    engine.apply(&facts).expect("sound facts");
    engine
}

fn single(place: &Place, figures: &mut Figures) {
    let engine = prepared(place);
    let mut latency = Latency::default();
    let world = Flat::wide();
    for update in world.updates().take(WRITES) {
        let set = change_set(update);
        latency.time(|| engine.apply(&set)).expect("a sound change");
    }
    latency.put(figures, "one");
}

/// What a write cannot be faster than: the bytes of a record at the end of a file.
fn append(figures: &mut Figures) {
    let dir = directory();
    let mut file = File::create(dir.join("append")).expect("a file");
    let mut latency = Latency::default();
    for _ in 0..WRITES {
        latency.time(|| {
            file.write_all(&[7; 100]).expect("room on the disk");
            file.sync_data().expect("a sync");
        });
    }
    latency.put(figures, "one");
    _ = std::fs::remove_dir_all(dir);
}

/// Single writes while something goes on beside them, on a million facts, and as many while
/// nothing does.
fn meanwhile(figures: &mut Figures, beside: impl Fn(&Engine, &Place) + Send + Sync) {
    let place = Place::disk();
    let mut config = config(Maintain::None);
    config.snapshot_after = u64::MAX;
    let Place::Disk(dir, store) = &place else {
        return;
    };
    let engine = Engine::open(store, "main", config, compile).expect("an engine");
    fill(&engine);
    let size = || {
        let file = std::fs::metadata(dir.join("floe.redb")).expect("the file");
        file.len() as f64 / 1e6
    };
    let world = million();
    let mut updates = world.updates().flatten();
    let mut write = |latency: &mut Latency| {
        let set = change_set(updates.next());
        let applied = latency.time(|| engine.apply(&set)).expect("a sound change");
        assert_eq!(applied.changed, 1, "a change that needs a sync");
    };
    let (mut alone, mut latency) = (Latency::default(), Latency::default());
    let since = Instant::now();
    while since.elapsed() < ALONE {
        write(&mut alone);
    }
    figures.put("before", size());
    let done = AtomicBool::new(false);
    let since = Instant::now();
    std::thread::scope(|threads| {
        threads.spawn(|| {
            beside(&engine, &place);
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            write(&mut latency);
        }
    });
    figures.put("took", since.elapsed().as_secs_f64());
    figures.put("after", size());
    let p99 = latency.quantile(0.99).as_secs_f64();
    figures.put("ratio", p99 / alone.quantile(0.99).as_secs_f64());
    alone.put(figures, "alone");
    latency.put(figures, "one");
}

fn fill(engine: &Engine) -> Duration {
    let world = million();
    let mut facts = world.facts().peekable();
    let mut spent = Duration::ZERO;
    let (told, hears) = std::sync::mpsc::channel();
    let mut sent = 0;
    while facts.peek().is_some() {
        let set = change_set(facts.by_ref().take(IMPORT).map(Change::insert));
        let told = told.clone();
        let since = Instant::now();
        engine.submit(&set, move |outcome| _ = told.send(outcome));
        sent += 1;
        // A few on their way, as an import over one connection has them.
        if sent > 8 {
            hears.recv().expect("an answer").expect("sound facts");
        }
        spent += since.elapsed();
    }
    let since = Instant::now();
    for _ in 0..sent.min(8) {
        hears.recv().expect("an answer").expect("sound facts");
    }
    spent + since.elapsed()
}

fn together(place: &Place, figures: &mut Figures) {
    let engine = prepared(place);
    let before = match place {
        Place::Memory => None,
        Place::Disk(_, store) => Some(store.commits()),
    };
    let since = Instant::now();
    let mut latency = Latency::default();
    let each = 500;
    let all: Vec<Vec<Duration>> = std::thread::scope(|threads| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let engine = engine.clone();
                threads.spawn(move || {
                    let mut spans = Vec::with_capacity(each);
                    for n in 0..each {
                        let (user, org) = (format!("w{writer}-{n}"), format!("o{}", n % 1000));
                        let mut set = ChangeSet::new();
                        let args = [
                            ("User", &*user),
                            ("String", "member"),
                            ("Organization", &*org),
                        ];
                        set.insert("has_role", args.map(Into::into));
                        let since = Instant::now();
                        engine.apply(&set).expect("a sound change");
                        spans.push(since.elapsed());
                    }
                    spans
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|w| w.join().expect("a writer"))
            .collect()
    });
    let spent = since.elapsed();
    for span in all.into_iter().flatten() {
        latency.push(span);
    }
    figures.put("rate", (WRITERS * each) as f64 / spent.as_secs_f64());
    latency.put(figures, "one");
    if let (Place::Disk(_, store), Some(before)) = (place, before) {
        let after = store.commits();
        let syncs = (after.transactions - before.transactions) as f64;
        figures.put("per sync", (after.records - before.records) as f64 / syncs);
    }
}

fn import(place: &Place, maintain: Maintain, figures: &mut Figures) {
    let engine = place.engine(maintain);
    let spent = fill(&engine);
    figures.put("rate", engine.stats().facts as f64 / spent.as_secs_f64());
    figures.put("memory", Memory::now().megabytes() as f64);
    if let Place::Disk(dir, _) = place {
        let clock = Clock::start();
        engine.save().expect("a snapshot");
        figures.put("save", clock.elapsed().wall.as_secs_f64());
        let file = std::fs::metadata(dir.join("floe.redb")).expect("the file");
        figures.put("file", file.len() as f64 / 1e6);
    }
}

fn restart(maintain: Maintain, killed: bool, figures: &mut Figures) {
    let place = Place::disk();
    let Place::Disk(dir, store) = &place else {
        return;
    };
    let mut unsaved = config(Maintain::None);
    unsaved.snapshot_after = u64::MAX;
    let engine = Engine::open(store, "main", unsaved, compile).expect("an engine");
    fill(&engine);
    let crashed = dir.with_extension("crashed");
    if killed {
        // As a kill leaves it: nothing was closed, so the file has to be repaired.
        _ = std::fs::remove_dir_all(&crashed);
        std::fs::create_dir_all(&crashed).expect("a directory");
        std::fs::copy(dir.join("floe.redb"), crashed.join("floe.redb")).expect("a copy");
    }
    drop(engine);
    let timed = |name: &str, figures: &mut Figures, work: &mut dyn FnMut()| {
        let clock = Clock::start();
        work();
        figures.put(name, clock.elapsed().wall.as_secs_f64());
    };
    if killed {
        let mut opened = None;
        timed("file open", figures, &mut || {
            opened = Some(Store::open(&crashed).expect("it opens"));
        });
        timed("ready", figures, &mut || {
            let store = opened.as_ref().expect("it is open");
            drop(Engine::open(store, "main", config(maintain), compile).expect("an engine"));
        });
        drop(opened);
        _ = std::fs::remove_dir_all(&crashed);
        return;
    }
    let limits = Limits::default();
    timed("log", figures, &mut || {
        drop(store.load("main", &limits).expect("it loads"))
    });
    let engine = Engine::open(store, "main", config(Maintain::None), compile).expect("an engine");
    engine.save().expect("a snapshot");
    drop(engine);
    timed("cold", figures, &mut || {
        drop(store.load_cold("main", &limits).expect("it loads"))
    });
    timed("warm", figures, &mut || {
        drop(store.load("main", &limits).expect("it loads"))
    });
    timed("ready", figures, &mut || {
        drop(Engine::open(store, "main", config(maintain), compile).expect("an engine"));
    });
}
