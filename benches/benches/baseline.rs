//! The hand-written baselines: load, single changes, streams, memory.
//!
//! `cargo bench --bench baseline -- --runs 5` prints the tables. `--all` adds the flat world of
//! 120 M grants and folders with the recursion as written, which takes a minute and gigabytes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use floe_benches::baseline::flat::{Emission, FlatFlow};
use floe_benches::baseline::folders::{FolderFlow, Recursion};
use floe_benches::baseline::index::Settle;
use floe_benches::baseline::{Hosted, Parked, Stepped};
use floe_benches::measure::runs::{self, Block};
use floe_benches::measure::{Clock, Figures, Latency, Memory};
use floe_benches::workload::flat::Flat;
use floe_benches::workload::folders::{FolderFact, Folders};
use floe_benches::workload::{Change, Order};

/// How many changes a set of the stream has.
const SET: usize = 1_000;
/// How many writers wait when change sets of one are streamed.
const WRITERS: usize = 64;

fn main() {
    let more = runs::flag("--all");
    let flat = Block {
        title: "flat",
        rows: [
            "plain",
            "sorted",
            "as they come",
            "consolidated",
            "straight",
            "distinct",
            "shuffled",
            "120 M",
        ][..if more { 8 } else { 7 }]
            .to_vec(),
        columns: vec![
            ("load s, wall", "load wall"),
            ("load s, cpu", "load cpu"),
            ("one change us p50", "one p50"),
            ("p99", "one p99"),
            ("stream /s, wall", "stream wall"),
            ("stream /s, cpu", "stream cpu"),
            ("deltas /s, cpu", "deltas cpu"),
            ("MB", "memory"),
        ],
    };
    let parked = Block {
        title: "flat, worker asleep",
        rows: vec!["parked"],
        columns: vec![
            ("one change us p50, heard", "heard p50"),
            ("p99", "heard p99"),
            ("watched p50", "watched p50"),
            ("p99", "watched p99"),
            ("stream of sets of 1,000 /s", "sets"),
            ("64 writers of one /s", "ones"),
        ],
    };
    let folders = Block {
        title: "folders",
        rows: ["separated", "separated shuffled", "as written"][..if more { 3 } else { 2 }]
            .to_vec(),
        columns: vec![
            ("load s, wall", "load wall"),
            ("load s, cpu", "load cpu"),
            ("share us p50", "share p50"),
            ("p99", "share p99"),
            ("document us p50", "document p50"),
            ("p99", "document p99"),
            ("move us p50", "move p50"),
            ("M grants", "grants"),
            ("MB", "memory"),
        ],
    };
    runs::report(&[flat, parked, folders], measure);
}

fn measure(what: &str, figures: &mut Figures) {
    let wide = Flat::wide();
    match what {
        "plain" => flat(wide, Emission::Plain, Settle::Held, figures),
        "sorted" => flat(wide, Emission::Sorted, Settle::Held, figures),
        "as they come" => flat(wide, Emission::Plain, Settle::AsTheyCome, figures),
        "consolidated" => flat(wide, Emission::Plain, Settle::Consolidated, figures),
        "straight" => flat(wide, Emission::Straight, Settle::Held, figures),
        "distinct" => flat(wide, Emission::Distinct, Settle::Held, figures),
        "shuffled" => {
            let world = wide.ordered(Order::Shuffled);
            flat(world, Emission::Plain, Settle::Held, figures);
        }
        "120 M" => flat(Flat::deep(), Emission::Plain, Settle::Held, figures),
        "parked" => parked(wide, figures),
        "separated" => folders(Folders::tall(), Recursion::Separated, 100, figures),
        "separated shuffled" => {
            let world = Folders::tall().ordered(Order::Shuffled);
            folders(world, Recursion::Separated, 100, figures);
        }
        _ => folders(Folders::tall(), Recursion::AsWritten, 5, figures),
    }
}

fn load<H: Hosted>(
    stepped: &mut Stepped<H>,
    facts: impl Iterator<Item = H::Fact>,
    settle: Settle,
    figures: &mut Figures,
) {
    let clock = Clock::start();
    stepped.load(facts, settle);
    let span = clock.elapsed();
    figures.put("load wall", span.wall.as_secs_f64());
    figures.put("load cpu", span.cpu.as_secs_f64());
    figures.put("memory", Memory::now().megabytes() as f64);
}

fn flat(world: Flat, emission: Emission, settle: Settle, figures: &mut Figures) {
    let mut stepped =
        Stepped::new(|worker| FlatFlow::build(worker, emission, settle, Arc::default()));
    load(&mut stepped, world.rows(), settle, figures);
    let mut moves = world.moves();
    let mut one = Latency::default();
    for change in moves.by_ref().take(20_000) {
        one.time(|| stepped.apply(Some(change)));
    }
    one.put(figures, "one");
    let sets = if world.repos > 100 { 20 } else { 200 };
    let before = stepped.hosted().ledger().borrow().deltas();
    let clock = Clock::start();
    for _ in 0..sets {
        stepped.apply(moves.by_ref().take(SET));
    }
    let span = clock.elapsed();
    let deltas = stepped.hosted().ledger().borrow().deltas() - before;
    let changes = (sets * SET) as f64;
    figures.put("stream wall", changes / span.wall.as_secs_f64());
    figures.put("stream cpu", changes / span.cpu.as_secs_f64());
    figures.put("deltas cpu", deltas as f64 / span.cpu.as_secs_f64());
}

fn parked(world: Flat, figures: &mut Figures) {
    let visible = Arc::new(AtomicU64::new(0));
    let publishes = Arc::clone(&visible);
    let parked = Parked::new(visible, move |worker| {
        FlatFlow::build(worker, Emission::Plain, Settle::Held, publishes)
    });
    parked.run(move |stepped| stepped.load(world.rows(), Settle::Held));
    let mut moves = world.moves();
    let mut heard = Latency::default();
    let mut watched = Latency::default();
    for _ in 0..500 {
        let changes = moves.by_ref().take(1).collect();
        // Long enough for the worker to have gone to sleep.
        std::thread::sleep(Duration::from_micros(300));
        heard.time(|| parked.apply(changes));
        let changes = moves.by_ref().take(1).collect();
        std::thread::sleep(Duration::from_micros(300));
        watched.time(|| parked.apply_watching(changes));
    }
    heard.put(figures, "heard");
    watched.put(figures, "watched");
    let start = Instant::now();
    for _ in 0..200 {
        parked.apply(moves.by_ref().take(SET).collect());
    }
    figures.put("sets", 200_000.0 / start.elapsed().as_secs_f64());
    let start = Instant::now();
    let mut waiting = VecDeque::new();
    for change in moves.take(100_000) {
        waiting.push_back(parked.submit(vec![change]));
        if waiting.len() == WRITERS
            && let Some(done) = waiting.pop_front()
        {
            done.recv().expect("the worker lives");
        }
    }
    for done in waiting {
        done.recv().expect("the worker lives");
    }
    figures.put("ones", 100_000.0 / start.elapsed().as_secs_f64());
}

fn folders(world: Folders, recursion: Recursion, times: usize, figures: &mut Figures) {
    let settle = Settle::Held;
    let mut stepped =
        Stepped::new(|worker| FolderFlow::build(worker, recursion, settle, Arc::default()));
    load(&mut stepped, world.rows(), settle, figures);
    let rows = stepped.hosted().ledger().borrow().index().rows();
    figures.put("grants", rows as f64 / 1e6);
    each(
        &mut stepped,
        "share",
        world.shares().take(times * 10),
        figures,
    );
    each(
        &mut stepped,
        "document",
        world.new_documents().take(times * 10),
        figures,
    );
    let mut moves = Latency::default();
    for pair in world.moves().take(times / 2 + 1) {
        moves.time(|| stepped.apply(pair));
    }
    moves.put(figures, "move");
}

fn each(
    stepped: &mut Stepped<FolderFlow>,
    name: &str,
    changes: impl Iterator<Item = Change<FolderFact>>,
    figures: &mut Figures,
) {
    let mut latency = Latency::default();
    for change in changes {
        latency.time(|| stepped.apply(Some(change)));
    }
    latency.put(figures, name);
}
