//! The engine on its worlds: load, single changes, streams, reads, memory.
//!
//! `cargo bench -p floe-benches --bench engine -- --runs 3` prints the tables; words that
//! begin with `=` choose rows, as in `=wide`. The same worlds by hand are the bench
//! `baseline`: run both on the same machine and compare.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use floe_benches::floe::{change_set, program};
use floe_benches::measure::runs::{self, Block};
use floe_benches::measure::{Clock, Figures, Latency, Memory};
use floe_benches::workload::flat::Flat;
use floe_benches::workload::folders::{FolderFact, Folders};
use floe_benches::workload::{Change, Order, World};
use floe_engine::catalog::ChangeSet;
use floe_engine::goal::Budget;
use floe_engine::plan::{Maintain, Passes};
use floe_engine::value::{Sym, TypeIx, Value};
use floe_engine::{Config, Engine};

/// Facts of one change set while loading.
const LOAD: usize = 100_000;
/// How many changes a set of the stream has.
const SET: usize = 1_000;

fn main() {
    let flat = Block {
        title: "flat",
        rows: vec!["wide", "wide shuffled", "deep"],
        columns: vec![
            ("load s, wall", "load wall"),
            ("load s, cpu", "load cpu"),
            ("one change us p50", "one p50"),
            ("p99", "one p99"),
            ("stream /s", "stream wall"),
            ("MB", "memory"),
            ("index MB", "index"),
            ("facts+symbols MB", "facts"),
            ("M grants", "grants"),
        ],
    };
    let reads = Block {
        title: "reads on flat",
        rows: vec!["reads", "reads none"],
        columns: vec![
            ("authorize ns p50", "authorize p50"),
            ("p99", "authorize p99"),
            ("list 100 ns p50", "list p50"),
            ("p99", "list p99"),
            ("actions ns p50", "actions p50"),
            ("authorize in text ns p50", "text p50"),
            ("authorize while streaming p50", "busy p50"),
            ("p99", "busy p99"),
            ("5 context facts us p50", "context p50"),
        ],
    };
    let folders = Block {
        title: "folders",
        rows: vec!["folders", "folders shuffled", "folders as written"],
        columns: vec![
            ("load s, wall", "load wall"),
            ("load s, cpu", "load cpu"),
            ("share us p50", "share p50"),
            ("p99", "share p99"),
            ("document us p50", "document p50"),
            ("move us p50", "move p50"),
            ("M grants", "grants"),
            ("MB", "memory"),
        ],
    };
    runs::report(&[flat, reads, folders], measure);
}

fn measure(what: &str, figures: &mut Figures) {
    let wide = Flat::wide();
    let tall = Folders::tall();
    match what {
        "wide" => flat(wide, figures),
        "wide shuffled" => flat(wide.ordered(Order::Shuffled), figures),
        "deep" => flat(Flat::deep(), figures),
        "reads" => reads(wide, Maintain::All, figures),
        "reads none" => reads(wide, Maintain::None, figures),
        "folders" => folders(tall, true, figures),
        "folders shuffled" => folders(tall.ordered(Order::Shuffled), true, figures),
        _ => folders(tall, false, figures),
    }
}

fn start(world: &impl World, maintain: Maintain, separate: bool) -> Engine {
    let config = Config {
        maintain,
        on_demand_below: 0,
        passes: Passes {
            separate,
            ..Passes::default()
        },
        ..Config::default()
    };
    let program = program(world.policy()).expect("the policy of a world is sound");
    Engine::start(program, config).expect("an engine starts")
}

fn load(engine: &Engine, world: &impl World, figures: &mut Figures) {
    let mut facts = world.facts().peekable();
    let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
    while facts.peek().is_some() {
        let facts = change_set(facts.by_ref().take(LOAD).map(Change::insert));
        let clock = Clock::start();
        engine
            .apply(&facts)
            .expect("the facts of a world are sound");
        let span = clock.elapsed();
        wall += span.wall;
        cpu += span.cpu;
    }
    figures.put("load wall", wall.as_secs_f64());
    figures.put("load cpu", cpu.as_secs_f64());
    figures.put("memory", Memory::now().megabytes() as f64);
    let stats = engine.stats();
    figures.put("index", stats.index.bytes as f64 / 1e6);
    figures.put(
        "facts",
        (stats.fact_bytes + stats.symbol_bytes) as f64 / 1e6,
    );
    figures.put("grants", stats.index.rows as f64 / 1e6);
}

fn flat(world: Flat, figures: &mut Figures) {
    let engine = start(&world, Maintain::All, true);
    load(&engine, &world, figures);
    let mut updates = world.updates().flatten();
    let mut one = Latency::default();
    for change in updates.by_ref().take(5_000) {
        let set = change_set([change]);
        one.time(|| engine.apply(&set).expect("a sound change"));
    }
    one.put(figures, "one");
    let sets = if world.repos > 100 { 10 } else { 100 };
    let sets: Vec<ChangeSet> = (0..sets)
        .map(|_| change_set(updates.by_ref().take(SET)))
        .collect();
    let begin = Instant::now();
    for set in &sets {
        engine.apply(set).expect("a sound change");
    }
    let changes = (sets.len() * SET) as f64;
    figures.put("stream wall", changes / begin.elapsed().as_secs_f64());
}

fn reads(world: Flat, maintain: Maintain, figures: &mut Figures) {
    let engine = start(&world, maintain, true);
    load(&engine, &world, figures);
    let snapshot = engine.snapshot();
    let sym = |ty: &str, id: String| snapshot.symbol((ty, &*id).into()).expect("it is stored");
    let action = sym("String", "read".to_string());
    let repository = snapshot
        .symbols()
        .lookup_type("Repository")
        .expect("a type");
    let pair = |i: u32| {
        let user = i.wrapping_mul(2_654_435_761) % world.users();
        let repo = i.wrapping_mul(40_503) % world.repositories();
        (
            sym("User", format!("u{user}")),
            sym("Repository", format!("r{repo}")),
        )
    };
    let pairs: Vec<(Sym, Sym)> = (0..20_000).map(pair).collect();
    drop(snapshot);
    let asked = Asked {
        engine: &engine,
        action,
        repository,
    };
    if maintain == Maintain::All {
        asked.index(&pairs, figures);
        asked.busy(&world, &pairs, figures);
    }
    asked.text(&world, figures);
}

struct Asked<'e> {
    engine: &'e Engine,
    action: Sym,
    repository: TypeIx,
}

/// Calls of one kind in batches of a hundred, since the clock itself takes 25 ns.
fn batched(figures: &mut Figures, name: &str, pairs: &[(Sym, Sym)], ask: impl Fn(Sym, Sym)) {
    let mut nanoseconds: Vec<f64> = Vec::new();
    for batch in pairs.chunks(100) {
        let begin = Instant::now();
        for &(user, repo) in batch {
            ask(user, repo);
        }
        nanoseconds.push(begin.elapsed().as_secs_f64() * 1e9 / batch.len() as f64);
    }
    nanoseconds.sort_unstable_by(f64::total_cmp);
    for (suffix, share) in [("p50", 0.5), ("p99", 0.99)] {
        let at = (nanoseconds.len() as f64 * share) as usize;
        figures.put(&format!("{name} {suffix}"), nanoseconds[at]);
    }
}

impl Asked<'_> {
    fn index(&self, pairs: &[(Sym, Sym)], figures: &mut Figures) {
        let Asked {
            engine,
            action,
            repository,
        } = *self;
        batched(figures, "authorize", pairs, |user, repo| {
            let answer = engine.snapshot().authorize(user, action, repo);
            assert!(std::hint::black_box(answer).is_some());
        });
        batched(figures, "list", pairs, |user, _| {
            let snapshot = engine.snapshot();
            let listed = snapshot.list(user, action, repository).expect("listed");
            let symbol = |o| snapshot.symbols().at(repository, o);
            let symbols: Vec<Sym> = listed.values.iter().filter_map(symbol).collect();
            assert!(!std::hint::black_box(symbols).is_empty());
        });
        batched(figures, "actions", pairs, |user, repo| {
            let mut names = Vec::new();
            let found = engine
                .snapshot()
                .actions(user, repo, &mut |a| names.push(a));
            assert!(std::hint::black_box(found).is_some());
        });
    }

    /// Single questions while the stream runs.
    fn busy(&self, world: &Flat, pairs: &[(Sym, Sym)], figures: &mut Figures) {
        let done = AtomicBool::new(false);
        let mut updates = world.updates().flatten();
        let sets: Vec<ChangeSet> = (0..50)
            .map(|_| change_set(updates.by_ref().take(SET)))
            .collect();
        let mut latency = Latency::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for set in &sets {
                    self.engine.apply(set).expect("a sound change");
                }
                done.store(true, Ordering::Relaxed);
            });
            for &(user, repo) in pairs.iter().cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                latency.time(|| self.engine.snapshot().authorize(user, self.action, repo));
            }
        });
        figures.put("busy p50", latency.quantile(0.5).as_secs_f64() * 1e9);
        figures.put("busy p99", latency.quantile(0.99).as_secs_f64() * 1e9);
    }

    fn text(&self, world: &Flat, figures: &mut Figures) {
        let mut latency = Latency::default();
        let mut context = Latency::default();
        for i in 0..2_000_u32 {
            let user = format!("u{}", i.wrapping_mul(2_654_435_761) % world.users());
            let repo = format!("r{}", i.wrapping_mul(40_503) % world.repositories());
            let (user, repo) = (("User", &*user).into(), ("Repository", &*repo).into());
            let ask = |facts: &[(&str, &[Value<'_>])]| {
                let snapshot = self.engine.snapshot();
                let asking = snapshot.ask(0, facts, Budget::unlimited());
                asking.expect("sound").authorize(user, "read", Some(repo))
            };
            latency.time(|| ask(&[])).expect("an answer");
            let orgs: Vec<String> = (0..5)
                .map(|n| format!("o{}", (i + n) % world.orgs))
                .collect();
            let args: Vec<[Value<'_>; 3]> = (orgs.iter())
                .map(|org| {
                    [
                        user,
                        ("String", "member").into(),
                        ("Organization", &**org).into(),
                    ]
                })
                .collect();
            let facts: Vec<(&str, &[Value<'_>])> =
                args.iter().map(|args| ("has_role", &args[..])).collect();
            context.time(|| ask(&facts)).expect("an answer");
        }
        figures.put("text p50", latency.quantile(0.5).as_secs_f64() * 1e9);
        figures.put("context p50", context.quantile(0.5).as_secs_f64() * 1e6);
    }
}

fn folders(world: Folders, separate: bool, figures: &mut Figures) {
    let engine = start(&world, Maintain::All, separate);
    load(&engine, &world, figures);
    let times = if separate { 500 } else { 20 };
    let text = |change: Change<FolderFact>| change.map(FolderFact::text);
    let mut time = |name: &str, sets: Vec<ChangeSet>| {
        let mut latency = Latency::default();
        for set in &sets {
            latency.time(|| engine.apply(set).expect("a sound change"));
        }
        latency.put(figures, name);
    };
    let shares = world.shares().take(times);
    time("share", shares.map(|c| change_set([text(c)])).collect());
    let documents = world.new_documents().take(times);
    time(
        "document",
        documents.map(|c| change_set([text(c)])).collect(),
    );
    let moves = world.moves().take(times / 20);
    time(
        "move",
        moves.map(|pair| change_set(pair.map(text))).collect(),
    );
}
