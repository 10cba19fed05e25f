//! The index against a table of counts: random changes, readers of old epochs, readers on
//! threads, and what happens to memory.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use floe_engine::index::{Index, Load, Negative, PartShape, Reading, Writer};
use floe_engine::value::{Datum, Interner, Limits, Ordinal, Sym, Symbols, TypeIx};
use floe_frontend::ir::part::PartId;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const TYPES: u32 = 3;

/// Symbols of a few types, interleaved.
struct World {
    interner: Interner,
    types: Vec<TypeIx>,
    symbols: Vec<Sym>,
}

impl World {
    fn new(count: u32) -> World {
        let mut interner = Interner::new(Limits::default());
        let types: Vec<TypeIx> = (0..TYPES)
            .map(|t| interner.intern_type(&format!("T{t}")).unwrap())
            .collect();
        let symbols = (0..count)
            .map(|i| {
                let ty = types[(i % TYPES) as usize];
                interner.intern(ty, Datum::Text(&i.to_string())).unwrap()
            })
            .collect();
        World {
            interner,
            types,
            symbols,
        }
    }

    fn symbols(&self) -> &Arc<Symbols> {
        self.interner.symbols()
    }
}

/// Shapes that differ in every way a shape can: part `i` has the `i`th.
fn shapes() -> Vec<(PartId, PartShape)> {
    [
        PartShape::new(0, 0),
        PartShape::new(1, 0),
        PartShape::new(2, 0),
        PartShape::new(2, 0).reversed(),
        PartShape::new(3, 0),
        PartShape::new(3, 0).reversed(),
        PartShape::new(0, 1),
        PartShape::new(1, 1),
        PartShape::new(2, 1),
        PartShape::new(3, 2),
        PartShape::new(8, 0).reversed(),
    ]
    .into_iter()
    .enumerate()
    .map(|(i, shape)| (PartId(i as u32 * 2), shape))
    .collect()
}

type Row = (usize, Vec<Sym>);
type Model = BTreeMap<Row, i64>;

/// Everything the index says must be what the table of counts says.
fn compare(reading: &Reading<'_>, model: &Model, world: &World, probes: &[Row]) {
    let shapes = shapes();
    let symbols = world.symbols();
    for (at, (part, shape)) in shapes.iter().enumerate() {
        let rows: BTreeSet<&[Sym]> = model
            .iter()
            .filter(|((p, _), count)| *p == at && **count > 0)
            .map(|((_, row), _)| &row[..])
            .collect();
        for row in &rows {
            assert!(reading.contains(*part, row));
        }
        for (_, row) in probes.iter().filter(|(p, _)| *p == at) {
            assert_eq!(reading.contains(*part, row), rows.contains(&row[..]));
            // Every pattern that the row matches.
            for given in 0..1_u32 << shape.width().min(5) {
                let pattern: Vec<Option<Sym>> = row
                    .iter()
                    .enumerate()
                    .map(|(c, &sym)| (given >> c.min(31) & 1 != 0).then_some(sym))
                    .collect();
                let matches = |r: &&&[Sym]| {
                    pattern
                        .iter()
                        .zip(r.iter())
                        .all(|(p, s)| p.is_none_or(|p| p == *s))
                };
                let wanted: Vec<&[Sym]> = rows.iter().filter(matches).copied().collect();
                let mut found = Vec::new();
                let all = reading.each(*part, &pattern, &mut |row| {
                    found.push(row.to_vec());
                    ControlFlow::Continue(())
                });
                assert!(all.is_continue());
                found.sort();
                assert_eq!(found, wanted);
                let first = reading.each(*part, &pattern, &mut |_| ControlFlow::Break(()));
                assert_eq!(first.is_break(), !wanted.is_empty());
            }
            // Its set, and the set the other way round.
            let ordinals = |column: usize, ty: TypeIx| -> Vec<Ordinal> {
                rows.iter()
                    .filter(|r| (0..row.len()).all(|c| c == column || r[c] == row[c]))
                    .filter(|r| symbols.type_of(r[column]) == ty)
                    .map(|r| symbols.ordinal(r[column]))
                    .collect()
            };
            let without = |column: usize| -> Vec<Sym> {
                (0..row.len())
                    .filter(|&c| c != column)
                    .map(|c| row[c])
                    .collect()
            };
            for &ty in &world.types {
                if let Some(column) = set_column(at) {
                    let set = reading.set(*part, &without(column), ty);
                    let have: Vec<Ordinal> = set.iter().flatten().collect();
                    assert_eq!(have, ordinals(column, ty));
                    assert_eq!(set.map_or(0, |s| s.len()), have.len() as u64);
                } else {
                    let set = reading.set(*part, row, ty);
                    assert_eq!(set.is_some(), rows.contains(&row[..]));
                }
                if shape.is_reversed() {
                    let set = reading.reverse_set(*part, &without(0), ty);
                    let have: Vec<Ordinal> = set.iter().flatten().collect();
                    assert_eq!(have, ordinals(0, ty));
                }
            }
        }
    }
}

/// The column of the set, by place in [`shapes`].
fn set_column(at: usize) -> Option<usize> {
    [
        None,
        Some(0),
        Some(1),
        Some(1),
        Some(2),
        Some(2),
        None,
        None,
        Some(1),
        Some(2),
        Some(7),
    ][at]
}

#[derive(Clone, Debug)]
struct Change {
    part: usize,
    row: Vec<usize>,
    diff: i64,
}

fn change(values: usize) -> impl Strategy<Value = Change> {
    // Few distinct values in the key, many in the set.
    let row = prop::collection::vec((0..values, 0..3_usize), 8);
    let diff = prop_oneof![6 => Just(1_i64), 5 => Just(-1), 1 => -3..=5_i64, 1 => Just(1 << 40)];
    (0..shapes().len(), row, diff).prop_map(move |(part, row, diff)| {
        let width = shapes()[part].1.width();
        let set = set_column(part);
        let row = (0..width)
            .map(|c| if set == Some(c) { row[c].0 } else { row[c].1 })
            .collect();
        Change { part, row, diff }
    })
}

/// Applies a change to a model so that no count goes below zero; what came of it.
fn settle(model: &mut Model, world: &World, change: &Change) -> Option<(Row, i64)> {
    let row: Vec<Sym> = change.row.iter().map(|&v| world.symbols[v]).collect();
    let key = (change.part, row);
    let before = model.get(&key).copied().unwrap_or(0);
    let diff = change.diff.max(-before);
    if diff == 0 {
        return None;
    }
    if before + diff == 0 {
        model.remove(&key);
    } else {
        model.insert(key.clone(), before + diff);
    }
    Some((key, diff))
}

fn part(place: usize) -> PartId {
    PartId(place as u32 * 2)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60),
        ..ProptestConfig::default()
    })]

    /// Readers of every epoch so far stay exact, whatever comes and settles after.
    #[test]
    fn every_reader_sees_its_epoch(
        load in prop::collection::vec(change(40), 0..120),
        epochs in prop::collection::vec((prop::collection::vec(change(40), 0..40), 0..6_usize, any::<bool>(), any::<bool>()), 1..10),
    ) {
        let world = World::new(40);
        let mut model = Model::new();
        let mut loading = Load::new(&shapes(), world.symbols());
        let mut probes = Vec::new();
        for change in &load {
            if let Some(((place, row), diff)) = settle(&mut model, &world, change) {
                loading.add(part(place), &row, diff);
            }
        }
        let (index, mut writer): (Arc<Index>, Writer) = loading.publish(0).unwrap();
        let mut readers: Vec<(Reading<'_>, Model)> = Vec::new();
        for (epoch, (changes, drop_one, consolidated, settles)) in epochs.iter().enumerate() {
            readers.push((index.read(), model.clone()));
            let mut net: BTreeMap<Row, i64> = BTreeMap::new();
            for change in changes {
                if let Some((row, diff)) = settle(&mut model, &world, change) {
                    probes.push(row.clone());
                    if *consolidated {
                        *net.entry(row).or_default() += diff;
                    } else {
                        writer.add(part(row.0), &row.1, diff);
                    }
                }
            }
            for ((place, row), diff) in net.into_iter().filter(|(_, diff)| *diff != 0) {
                writer.add(part(place), &row, diff);
            }
            writer.prepare(epoch as u64 + 1).unwrap();
            writer.publish();
            if *settles {
                writer.settle();
            }
            if *drop_one < readers.len() {
                readers.swap_remove(*drop_one);
            }
            let few = &probes[probes.len().saturating_sub(12)..];
            for (reading, then) in &readers {
                compare(reading, then, &world, few);
            }
            let reading = index.read();
            prop_assert_eq!(reading.epoch(), epoch as u64 + 1);
            compare(&reading, &model, &world, few);
        }
        drop(readers);
        writer.settle();
        compare(&index.read(), &model, &world, &probes[..probes.len().min(12)]);
        let stats = index.stats();
        prop_assert_eq!(stats.pending, 0);
        prop_assert_eq!(stats.rows, model.len() as u64);
        prop_assert_eq!(stats.extra_rows, model.values().filter(|&&count| count > 1).count() as u64);
    }

    /// In any order inside an epoch only what is left at its end counts.
    #[test]
    fn a_count_below_zero_at_the_end_of_an_epoch_is_named(
        changes in prop::collection::vec((0..2_usize, 0..6_usize, -2..=2_i64), 1..25),
        live in any::<bool>(),
    ) {
        let world = World::new(6);
        let mut loading = Load::new(&shapes(), world.symbols());
        let mut counts: BTreeMap<Vec<Sym>, i64> = BTreeMap::new();
        let rows = changes.iter().map(|&(a, b, diff)| (vec![world.symbols[a], world.symbols[b]], diff));
        let rows: Vec<(Vec<Sym>, i64)> = rows.collect();
        for (row, diff) in &rows {
            *counts.entry(row.clone()).or_default() += diff;
        }
        let result = if live {
            let (_, mut writer) = loading.publish(0).unwrap();
            for (row, diff) in &rows {
                writer.add(part(3), row, *diff);
            }
            writer.prepare(1)
        } else {
            for (row, diff) in &rows {
                loading.add(part(3), row, *diff);
            }
            loading.publish(0).map(drop)
        };
        let wrong = counts.into_iter().find(|(_, count)| *count < 0);
        let wrong = wrong.map(|(row, count)| Negative { part: part(3), row, count });
        prop_assert_eq!(result.err(), wrong);
    }
}

/// Sets of every size, with readers before and after: list, window, bitmap and back.
#[test]
fn sets_grow_and_shrink_under_readers() {
    let world = World::new(9_000);
    let (index, mut writer) = Load::new(&shapes(), world.symbols()).publish(0).unwrap();
    let user = world.symbols[0];
    let ty = world.types[1];
    let of_type: Vec<Sym> = (0..9_000)
        .filter(|i| i % 3 == 1)
        .map(|i| world.symbols[i])
        .collect();
    let mut epoch = 0;
    for stride in [1, 7] {
        let ids: Vec<Sym> = of_type.iter().copied().step_by(stride).collect();
        for on in [true, false] {
            let mut done = 0;
            while done < ids.len() {
                let next = (done * 2 + 3).min(ids.len());
                let before = index.read();
                for &sym in &ids[done..next] {
                    writer.add(part(3), &[user, sym], if on { 1 } else { -1 });
                }
                epoch += 1;
                writer.prepare(epoch).unwrap();
                writer.publish();
                for (reading, turned) in [(&before, done), (&index.read(), next)] {
                    let len = if on { turned } else { ids.len() - turned };
                    let set = reading.set(part(3), &[user], ty);
                    assert_eq!(set.map_or(0, |s| s.len()), len as u64);
                    for (i, &sym) in ids.iter().enumerate().step_by(13) {
                        assert_eq!(reading.contains(part(3), &[user, sym]), (i < turned) == on);
                    }
                }
                drop(before);
                writer.settle();
                done = next;
            }
        }
    }
    assert_eq!(index.stats().entries, 0);
    assert_eq!(index.stats().pending, 0);
}

/// Two rows in different parts, shards and tables always change together; so do the
/// members of a set.
#[test]
fn a_reader_on_a_thread_sees_exactly_one_epoch() {
    let world = World::new(300);
    let (index, mut writer) = Load::new(&shapes(), world.symbols()).publish(0).unwrap();
    let (users, things) = world.symbols.split_at(30);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for seed in 0..3_usize {
            let (index, done, world) = (&index, &done, &world);
            scope.spawn(move || {
                let (mut turn, mut changes, mut last) = (seed, 0, 0);
                while !done.load(Ordering::Relaxed) {
                    turn = turn.wrapping_mul(31).wrapping_add(7);
                    let user = users[turn % users.len()];
                    let reading = index.read();
                    assert!(reading.epoch() >= last);
                    changes += usize::from(reading.epoch() > last);
                    last = reading.epoch();
                    // At an odd epoch everything is on, at an even one off.
                    let on = reading.epoch() % 2 == 1;
                    assert_eq!(
                        reading.contains(part(2), &[user, things[turn % things.len()]]),
                        on
                    );
                    let len: u64 = world
                        .types
                        .iter()
                        .filter_map(|&ty| reading.set(part(3), &[user], ty))
                        .map(|s| s.len())
                        .sum();
                    assert_eq!(len, if on { things.len() as u64 } else { 0 });
                    let mut rows = 0;
                    let pattern = [None, Some(things[turn % things.len()])];
                    let _ = reading.each(part(3), &pattern, &mut |_| {
                        rows += 1;
                        ControlFlow::Continue(())
                    });
                    assert_eq!(rows, if on { users.len() } else { 0 });
                    assert_eq!(reading.contains(part(0), &[]), on);
                }
                assert!(changes > 0);
            });
        }
        for epoch in 1..=60_u64 {
            let diff = if epoch % 2 == 1 { 1 } else { -1 };
            for place in [2, 3] {
                for &user in users {
                    for &thing in things {
                        writer.add(part(place), &[user, thing], diff);
                    }
                }
            }
            writer.add(part(0), &[], diff);
            writer.prepare(epoch).unwrap();
            writer.publish();
            writer.settle();
        }
        done.store(true, Ordering::Relaxed);
    });
    writer.settle();
    assert_eq!((index.stats().rows, index.stats().pending), (0, 0));
}

#[test]
fn memory_stays_flat_over_many_epochs() {
    let world = World::new(3_000);
    let mut load = Load::new(&shapes(), world.symbols());
    for &thing in &world.symbols[100..] {
        load.add(part(3), &[world.symbols[0], thing], 1);
    }
    let (index, mut writer) = load.publish(0).unwrap();
    let mut turn = 1_u64;
    let mut least = u64::MAX;
    let mut present: BTreeSet<(usize, usize)> = BTreeSet::new();
    for epoch in 1..=20_000 {
        let reading = (epoch % 5 == 0).then(|| index.read());
        for _ in 0..4 {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let row = (
                (turn >> 33) as usize % 80 + 1,
                (turn >> 45) as usize % 50 + 100,
            );
            let symbols = [world.symbols[row.0], world.symbols[row.1]];
            if present.remove(&row) {
                writer.add(part(3), &symbols, -2);
            } else {
                present.insert(row);
                writer.add(part(3), &symbols, 2);
            }
        }
        writer.prepare(epoch).unwrap();
        writer.publish();
        drop(reading);
        writer.settle();
        if epoch == 8_000 {
            least = index.stats().bytes;
        }
    }
    let stats = index.stats();
    assert_eq!(stats.pending, 0);
    assert!(
        stats.bytes < least + least / 10,
        "{} after {least}",
        stats.bytes
    );
    for (user, thing) in present {
        writer.add(part(3), &[world.symbols[user], world.symbols[thing]], -2);
    }
    writer.prepare(30_000).unwrap();
    writer.publish();
    writer.settle();
    let stats = index.stats();
    assert_eq!(
        (stats.extra_rows, stats.extra_bytes, stats.entries),
        (0, 0, 3)
    );
}

#[test]
fn symbols_of_a_request_are_in_no_row() {
    let world = World::new(6);
    let mut load = Load::new(&shapes(), world.symbols());
    load.add(part(2), &[world.symbols[0], world.symbols[1]], 1);
    let (index, _) = load.publish(0).unwrap();
    let reading = index.read();
    assert!(!reading.contains(part(2), &[world.symbols[0], Sym::FIRST_LOCAL]));
    assert!(!reading.contains(part(2), &[Sym::FIRST_LOCAL, world.symbols[1]]));
    let pattern = [None, Some(Sym::FIRST_LOCAL)];
    assert!(
        reading
            .each(part(2), &pattern, &mut |_| ControlFlow::Break(()))
            .is_continue()
    );
}

/// What this thread has run, where the system says: the machine may be busy with others.
fn on_cpu() -> std::time::Duration {
    static FIRST: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    let first = *FIRST;
    let ran = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ran = ran.and_then(|s| s.split(' ').next()?.parse().ok());
    ran.map_or_else(|| first.elapsed(), std::time::Duration::from_nanos)
}

/// The flat world: `cargo test --release -p floe-engine --test index -- --ignored --nocapture`.
///
/// Members of an organization have one or three actions on its repositories. `FLOE_FLAT`
/// is organizations x members x repositories, 1000x50x100 by default.
#[test]
#[ignore = "a measurement"]
fn measure_the_flat_world() {
    let sizes = std::env::var("FLOE_FLAT").unwrap_or_else(|_| "1000x50x100".to_owned());
    let sizes: Vec<usize> = sizes.split('x').map(|n| n.parse().unwrap()).collect();
    let (orgs, members, repos) = (sizes[0], sizes[1], sizes[2]);
    let shuffled = std::env::var("FLOE_SHUFFLED").is_ok();
    for reversed in [false, true] {
        measure_flat(orgs, members, repos, reversed, shuffled);
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::too_many_lines,
    reason = "a script"
)]
fn measure_flat(orgs: usize, members: usize, repos: usize, reversed: bool, shuffled: bool) {
    use std::time::Instant;
    let mut interner = Interner::new(Limits {
        symbols: u32::MAX / 2,
        ..Limits::default()
    });
    let (user, repo) = (
        interner.intern_type("User").unwrap(),
        interner.intern_type("Repo").unwrap(),
    );
    let mut next = 1_u64;
    let mut random = move |below: usize| {
        next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (next >> 33) as usize % below
    };
    let mut intern = |ty, count: usize| -> Vec<Sym> {
        let one = |i: usize| interner.intern(ty, Datum::Text(&i.to_string())).unwrap();
        let mut all: Vec<Sym> = (0..count).map(one).collect();
        if shuffled {
            for i in 1..count {
                all.swap(i, random(i + 1));
            }
        }
        all
    };
    let users = intern(user, orgs * members);
    let things = intern(repo, orgs * repos);
    let shape = PartShape::new(2, 0);
    let shape = if reversed { shape.reversed() } else { shape };
    let parts: Vec<(PartId, PartShape)> = (0..3).map(|p| (PartId(p), shape.clone())).collect();
    // One member in ten may do all three.
    let actions = |user: usize| if user.is_multiple_of(10) { 3 } else { 1 };
    let grants = |user: usize| {
        let org = user / members;
        let mut of_org: Vec<Sym> = things[org * repos..][..repos].to_vec();
        of_org.sort_unstable();
        of_org
    };
    let mut order: Vec<usize> = (0..users.len()).collect();
    order.sort_unstable_by_key(|&u| users[u]);
    let of: Vec<Vec<Sym>> = (0..orgs).map(|org| grants(org * members)).collect();
    let started = on_cpu();
    let mut load = Load::new(&parts, interner.symbols());
    for action in 0..3 {
        for &u in &order {
            if action < actions(u) {
                for &thing in &of[u / members] {
                    load.add(PartId(action), &[users[u], thing], 1);
                }
            }
        }
    }
    let (index, mut writer) = load.publish(0).unwrap();
    let loaded = on_cpu() - started;
    let stats = index.stats();
    println!(
        "reversed {reversed}: {} rows in {loaded:?}, {:.1} ns each; {:.2} bytes a row, {:.2} of them reverse",
        stats.rows,
        loaded.as_nanos() as f64 / stats.rows as f64,
        stats.bytes as f64 / stats.rows as f64,
        stats.reverse_bytes as f64 / stats.rows as f64,
    );

    let percentiles = |mut times: Vec<u64>| {
        times.sort_unstable();
        let at = |p: usize| times[(times.len() - 1) * p / 1000];
        format!(
            "p50 {} ns, p99 {} ns, p99.9 {} ns",
            at(500),
            at(990),
            at(999)
        )
    };
    let mut random = {
        let mut next = 7_u64;
        move |below: usize| {
            next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (next >> 33) as usize % below
        }
    };
    // Questions prepared beforehand: half are granted.
    let questions: Vec<[Sym; 2]> = (0..1 << 20)
        .map(|i| {
            let u = random(users.len());
            let thing = if i % 2 == 0 {
                of[u / members][random(repos)]
            } else {
                things[random(things.len())]
            };
            [users[u], thing]
        })
        .collect();
    let started = on_cpu();
    let granted = questions
        .iter()
        .filter(|row| index.read().contains(PartId(0), &row[..]))
        .count();
    println!(
        "  read + contains {:.1} ns ({granted} granted)",
        (on_cpu() - started).as_nanos() as f64 / questions.len() as f64
    );
    let reading = index.read();
    let started = on_cpu();
    let again = questions
        .iter()
        .filter(|row| reading.contains(PartId(0), &row[..]))
        .count();
    println!(
        "  contains {:.1} ns",
        (on_cpu() - started).as_nanos() as f64 / questions.len() as f64
    );
    assert_eq!(granted, again);
    let started = on_cpu();
    let mut listed = 0_u64;
    for row in &questions[..100_000] {
        let set = index.read().set(PartId(0), &row[..1], repo).unwrap();
        listed += set
            .iter()
            .map(|o| u64::from(reading.symbol(repo, o).0 > 0))
            .sum::<u64>();
    }
    println!(
        "  list of {}: {:.0} ns",
        listed / 100_000,
        (on_cpu() - started).as_nanos() as f64 / 1e5
    );
    if reversed {
        let started = on_cpu();
        let mut listed = 0_u64;
        for row in &questions[..100_000] {
            let set = index
                .read()
                .reverse_set(PartId(0), &row[1..], user)
                .unwrap();
            listed += set
                .iter()
                .map(|o| u64::from(reading.symbol(user, o).0 > 0))
                .sum::<u64>();
        }
        println!(
            "  who can, {}: {:.0} ns",
            listed / 100_000,
            (on_cpu() - started).as_nanos() as f64 / 1e5
        );
    }
    drop(reading);

    let timed = |index: &Index, stop: &dyn Fn(usize) -> bool, asks: &[[Sym; 2]]| {
        let mut times = Vec::new();
        let mut i = 0;
        while !stop(i) {
            let started = Instant::now();
            std::hint::black_box(index.read().contains(PartId(0), &asks[i % asks.len()]));
            times.push(started.elapsed().as_nanos() as u64);
            i += 1;
        }
        percentiles(times)
    };
    println!(
        "  timed contains, idle: {}",
        timed(&index, &|i| i == 1 << 20, &questions)
    );
    // Single memberships go and come; then a thousand to an epoch.
    let mut epoch = 0;
    let mut absent = vec![false; users.len()];
    let mut singles = Vec::new();
    let mut toggle = |writer: &mut Writer, u: usize| {
        let diff = if absent[u] { 1 } else { -1 };
        absent[u] = !absent[u];
        for &thing in &of[u / members] {
            writer.add(PartId(0), &[users[u], thing], diff);
        }
    };
    for _ in 0..5_000 {
        let u = random(users.len());
        let started = Instant::now();
        toggle(&mut writer, u);
        epoch += 1;
        writer.prepare(epoch).unwrap();
        writer.publish();
        singles.push(started.elapsed().as_nanos() as u64);
        writer.settle();
    }
    println!("  one membership: {}", percentiles(singles));
    let hot: Vec<usize> = (0..100_000).map(|_| random(users.len())).collect();
    let asks: Vec<[Sym; 2]> = hot
        .iter()
        .map(|&u| [users[u], of[u / members][u % repos]])
        .collect();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| timed(&index, &|_| done.load(Ordering::Relaxed), &asks));
        let started = on_cpu();
        for batch in hot.chunks(1000) {
            let mut batch = batch.to_vec();
            batch.sort_unstable_by_key(|&u| users[u]);
            for u in batch {
                toggle(&mut writer, u);
            }
            epoch += 1;
            writer.prepare(epoch).unwrap();
            writer.publish();
            writer.settle();
        }
        let deltas = (hot.len() * repos) as f64;
        println!(
            "  stream: {:.1} ns a delta",
            (on_cpu() - started).as_nanos() as f64 / deltas
        );
        done.store(true, Ordering::Relaxed);
        println!("  timed contains, streaming: {}", reader.join().unwrap());
    });
}
