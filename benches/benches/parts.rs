//! The parts by themselves: symbols, the index, records of the log.
//!
//! Run with `cargo bench -p floe-benches --bench parts`; the compiler has the bench `compile`.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use floe_benches::floe::{change_set, program};
use floe_benches::workload::{Change, World, world};
use floe_engine::catalog::{Catalog, FactSet, Vocabulary};
use floe_engine::index::{Load, PartShape, Writer};
use floe_engine::store::record::{self, Replayed};
use floe_engine::value::{Datum, Interner, Limits, Sym, TypeIx};
use floe_frontend::ir::Program;
use floe_frontend::ir::part::PartId;

/// Users and resources in the index, each user with a hundred resources.
const USERS: u32 = 2_000;
const RESOURCES: u32 = 50_000;
const EACH: u32 = 100;

fn intern(c: &mut Criterion) {
    let mut group = c.benchmark_group("intern");
    let ids: Vec<String> = (0..10_000).map(|n| format!("user-{n}")).collect();
    group.throughput(Throughput::Elements(ids.len() as u64));
    let fill = |interner: &mut Interner, ty: TypeIx| {
        for id in &ids {
            black_box(interner.intern(ty, Datum::Text(id)).expect("room"));
        }
    };
    let start = || {
        let mut interner = Interner::new(Limits::default());
        let ty = interner.intern_type("User").expect("room");
        (interner, ty)
    };
    group.bench_function("new", |b| {
        let run = |(mut interner, ty): (Interner, TypeIx)| {
            fill(&mut interner, ty);
            interner
        };
        b.iter_batched(start, run, BatchSize::LargeInput);
    });
    let (mut interner, ty) = start();
    fill(&mut interner, ty);
    group.bench_function("known", |b| b.iter(|| fill(&mut interner, ty)));
    group.bench_function("lookup", |b| {
        let symbols = interner.symbols();
        b.iter(|| {
            ids.iter()
                .filter(|id| symbols.lookup(ty, id).is_some())
                .count()
        });
    });
    group.finish();
}

/// An index of one part: user, action, resource.
struct Rows {
    writer: Writer,
    users: Vec<Sym>,
    action: Sym,
    resources: Vec<Sym>,
    ty: TypeIx,
}

const PART: PartId = PartId(0);

fn rows() -> Rows {
    let mut interner = Interner::new(Limits::default());
    let mut symbols = |name: &str, count: u32| -> (TypeIx, Vec<Sym>) {
        let ty = interner.intern_type(name).expect("room");
        let of = |n: u32| {
            interner
                .intern(ty, Datum::Text(&n.to_string()))
                .expect("room")
        };
        (ty, (0..count).map(of).collect())
    };
    let (_, users) = symbols("User", USERS);
    let (ty, resources) = symbols("Resource", RESOURCES);
    let (_, actions) = symbols("Action", 1);
    let action = actions[0];
    let mut load = Load::new(&[(PART, PartShape::new(3, 0))], interner.symbols());
    for (nth, &user) in (0..).zip(&users) {
        for n in 0..EACH {
            let resource = resources[((nth * 7_919 + n * 503) % RESOURCES) as usize];
            load.add(PART, &[user, action, resource], 1);
        }
    }
    let (_, writer) = load.publish(1).expect("counts above zero");
    Rows {
        writer,
        users,
        action,
        resources,
        ty,
    }
}

fn index(c: &mut Criterion) {
    let mut group = c.benchmark_group("index");
    let mut rows = rows();
    let mut epoch = 1;
    // A hundred rows come, and go in the next round.
    group.throughput(Throughput::Elements(100));
    group.bench_function("apply and publish", |b| {
        b.iter(|| {
            let diff = if epoch % 2 == 1 { 1 } else { -1 };
            for n in 0..100 {
                let row = [rows.users[n * 17], rows.action, rows.resources[n * 401 + 1]];
                rows.writer.add(PART, &row, diff);
            }
            epoch += 1;
            rows.writer.prepare(epoch).expect("counts above zero");
            rows.writer.publish();
            rows.writer.settle();
        });
    });
    let index = Arc::clone(rows.writer.index());
    group.throughput(Throughput::Elements(1));
    let mut turn = (0..USERS as usize).cycle();
    group.bench_function("contains", |b| {
        let reading = index.read();
        b.iter(|| {
            let user = turn.next().unwrap_or_default();
            let row = [rows.users[user], rows.action, rows.resources[user * 7]];
            black_box(reading.contains(PART, &row))
        });
    });
    group.bench_function("list of 100", |b| {
        let reading = index.read();
        b.iter(|| {
            let user = turn.next().unwrap_or_default();
            let set = reading.set(PART, &[rows.users[user], rows.action], rows.ty);
            set.map_or(0, |set| set.iter().map(|ordinal| ordinal.0 as usize).sum())
        });
    });
    group.finish();
}

/// Symbols, facts and the catalog of a world with nothing in it yet.
fn empty(program: &Arc<Program>) -> (Interner, FactSet, Catalog) {
    let mut interner = Interner::new(Limits::default());
    let vocabulary = Vocabulary::intern(program, &mut interner).expect("room");
    let facts = FactSet::new(Arc::clone(interner.symbols()));
    let catalog = Catalog::new(Arc::clone(program), vocabulary);
    (interner, facts, catalog)
}

fn codec(c: &mut Criterion) {
    let mut group = c.benchmark_group("log record");
    let world: Box<dyn World> = world("github", 10_000).expect("a world");
    let program = program(world.policy()).expect("a sound policy");
    for count in [1, 1_000] {
        let (mut interner, mut facts, catalog) = empty(&program);
        let set = change_set(world.facts().take(count).map(Change::insert));
        let checked = set
            .check(&catalog, interner.symbols())
            .expect("sound facts");
        let net = checked.commit(&mut interner, &mut facts).expect("room");
        let written = record::of_change(&net, &facts);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("write {count}"), |b| {
            b.iter(|| record::of_change(black_box(&net), &facts));
        });
        // As at a start: values become symbols, and rows become facts, with their indexes.
        group.bench_function(format!("read {count}"), |b| {
            let start = || empty(&program);
            let read = |(mut interner, mut facts, _): (Interner, FactSet, Catalog)| {
                let read = record::replay(black_box(&written), &mut interner, &mut facts);
                assert!(matches!(read, Ok(Replayed::Facts(rows)) if rows == count));
                (interner, facts)
            };
            b.iter_batched(start, read, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, intern, index, codec);
criterion_main!(benches);
