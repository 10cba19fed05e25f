//! The engine while several want something of it: many writers at once, a policy taking over
//! while facts change, and what loading costs before anything is derived.
//!
//! `cargo bench -p floe-benches --bench traffic -- --runs 3` prints the tables; `=writers`,
//! `=swap` and `=text` choose rows.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use floe_benches::floe::{change_set, program};
use floe_benches::measure::runs::{self, Block};
use floe_benches::measure::{Clock, Figures, Latency};
use floe_benches::workload::flat::Flat;
use floe_benches::workload::{Change, World};
use floe_engine::catalog::ChangeSet;
use floe_engine::plan::Maintain;
use floe_engine::{Config, Engine};

/// Facts of one change set while loading, and changes of a set of the stream.
const LOAD: usize = 100_000;
const SET: usize = 1_000;
/// Writers who wait for their own change before they make the next.
const WRITERS: usize = 64;
/// Changes that all writers make together, and those of the stream of sets.
const CHANGES: usize = 40_000;

fn main() {
    let writers = Block {
        title: "changes, flat",
        rows: vec!["writers"],
        columns: vec![
            ("sets of 1,000 /s", "sets"),
            ("sets of 1 from 64 writers /s", "writers"),
            ("of the former %", "share"),
            ("one change of one writer us p50", "one p50"),
        ],
    };
    let swap = Block {
        title: "a policy takes over, flat",
        rows: vec!["swap"],
        columns: vec![
            ("one change before us p50", "before p50"),
            ("p99", "before p99"),
            ("longest meanwhile us", "longest"),
            ("times p50", "times"),
            ("changes meanwhile", "changes"),
            ("until it answers s", "swap"),
        ],
    };
    let text = Block {
        title: "loading, flat",
        rows: vec!["text"],
        columns: vec![
            ("facts alone us each, wall", "alone wall"),
            ("cpu", "alone cpu"),
            ("with all grants us each, wall", "all wall"),
            ("cpu", "all cpu"),
            ("bytes a fact", "bytes"),
        ],
    };
    runs::report(&[writers, swap, text], |what, figures| match what {
        "writers" => many_writers(figures),
        "swap" => take_over(figures),
        _ => from_text(figures),
    });
}

fn start(world: &impl World, maintain: Maintain) -> Engine {
    let config = Config {
        maintain,
        on_demand_below: 0,
        ..Config::default()
    };
    let program = program(world.policy()).expect("the policy of a world is sound");
    Engine::start(program, config).expect("an engine starts")
}

/// Loads a world; the facts it has, and what that took.
fn load(engine: &Engine, world: &impl World, figures: &mut Figures, name: &str) -> usize {
    let mut facts = world.facts().peekable();
    let (mut count, mut wall, mut cpu) = (0, 0.0, 0.0);
    while facts.peek().is_some() {
        let set = change_set(facts.by_ref().take(LOAD).map(|fact| {
            count += 1;
            Change::insert(fact)
        }));
        let clock = Clock::start();
        engine.apply(&set).expect("the facts of a world are sound");
        let span = clock.elapsed();
        wall += span.wall.as_secs_f64();
        cpu += span.cpu.as_secs_f64();
    }
    figures.put(&format!("{name} wall"), wall * 1e6 / count as f64);
    figures.put(&format!("{name} cpu"), cpu * 1e6 / count as f64);
    count
}

fn many_writers(figures: &mut Figures) {
    let world = Flat::wide();
    let engine = start(&world, Maintain::All);
    load(&engine, &world, figures, "load");
    let mut changes = world.updates().flatten();
    let sets: Vec<ChangeSet> = (0..CHANGES / SET)
        .map(|_| change_set(changes.by_ref().take(SET)))
        .collect();
    let begin = Instant::now();
    for set in &sets {
        engine.apply(set).expect("a sound change");
    }
    let in_sets = CHANGES as f64 / begin.elapsed().as_secs_f64();
    let mut one = Latency::default();
    for change in changes.by_ref().take(2_000) {
        let set = change_set([change]);
        one.time(|| engine.apply(&set).expect("a sound change"));
    }
    one.put(figures, "one");
    let sets: Vec<ChangeSet> = changes.take(CHANGES).map(|c| change_set([c])).collect();
    let left = Mutex::new(sets.iter());
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                loop {
                    let next = left.lock().expect("no writer panics").next();
                    let Some(set) = next else { return };
                    engine.apply(set).expect("a sound change");
                }
            });
        }
    });
    let one_by_one = sets.len() as f64 / begin.elapsed().as_secs_f64();
    figures.put("sets", in_sets);
    figures.put("writers", one_by_one);
    figures.put("share", one_by_one / in_sets * 100.0);
}

/// The same rules again, under another version: everything is derived anew.
fn take_over(figures: &mut Figures) {
    let world = Flat::wide();
    let engine = start(&world, Maintain::All);
    load(&engine, &world, figures, "load");
    let mut changes = world.updates().flatten();
    let mut before = Latency::default();
    for change in changes.by_ref().take(5_000) {
        let set = change_set([change]);
        before.time(|| engine.apply(&set).expect("a sound change"));
    }
    let next = program(world.policy()).expect("the policy of a world is sound");
    let done = AtomicBool::new(false);
    let mut meanwhile = Latency::default();
    let mut count = 0.0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            engine.swap(next).expect("the policy takes over");
            done.store(true, Ordering::Relaxed);
        });
        let begin = Instant::now();
        for change in changes {
            if done.load(Ordering::Relaxed) {
                break;
            }
            let set = change_set([change]);
            meanwhile.time(|| engine.apply(&set).expect("a sound change"));
            count += 1.0;
        }
        figures.put("swap", begin.elapsed().as_secs_f64());
    });
    let longest = meanwhile.quantile(1.0).as_secs_f64() * 1e6;
    before.put(figures, "before");
    figures.put("longest", longest);
    let usual = before.quantile(0.5).as_secs_f64() * 1e6;
    figures.put("times", longest / usual);
    figures.put("changes", count);
}

fn from_text(figures: &mut Figures) {
    let world = Flat::wide();
    let alone = start(&world, Maintain::None);
    let count = load(&alone, &world, figures, "alone");
    let stats = alone.stats();
    let bytes = (stats.fact_bytes + stats.symbol_bytes) as f64;
    figures.put("bytes", bytes / count as f64);
    drop(alone);
    load(&start(&world, Maintain::All), &world, figures, "all");
}
