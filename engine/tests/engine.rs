//! The engine as a whole: epochs, snapshots, policy swaps, refusals.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use floe_engine::catalog::{Arg, ChangeSet, Pattern};
use floe_engine::goal::Budget;
use floe_engine::plan::Maintain;
use floe_engine::value::{Sym, Value};
use floe_engine::{ApplyError, Config, Engine, Memory, Observer, Snapshot};
use floe_frontend::ir::Program;
use floe_frontend::ir::part::PartId;
use floe_frontend::source::Sources;

const SHARED: &str = r#"
    actor User {}
    resource Folder { roles = ["viewer"]; relations = { parent: Folder };
      role if role on "parent"; permissions = ["read"]; "read" if "viewer"; }
"#;

fn program(policy: &str) -> Arc<Program> {
    let mut sources = Sources::new();
    sources.add("test.polar", policy);
    let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
    Arc::new(compiled.program.expect("a policy without errors"))
}

fn start(policy: &str, maintain: Maintain) -> Engine {
    let config = Config {
        maintain,
        on_demand_below: 0,
        ..Config::default()
    };
    Engine::start(program(policy), config).expect("an engine")
}

fn user(id: &str) -> Value<'_> {
    ("User", id).into()
}

fn folder(id: &str) -> Value<'_> {
    ("Folder", id).into()
}

fn word(id: &str) -> Value<'_> {
    ("String", id).into()
}

fn may(snapshot: &Snapshot, who: &str, what: &str) -> bool {
    let asking = snapshot.ask(0, &[], Budget::unlimited());
    let mut asking = asking.expect("a sound request");
    let answer = asking.authorize(user(who), "read", Some(folder(what)));
    answer.expect("an answer")
}

fn listed(snapshot: &Snapshot, who: &str) -> BTreeSet<String> {
    let asking = snapshot.ask(0, &[], Budget::unlimited());
    let names = asking
        .expect("a sound request")
        .list(user(who), "read", "Folder");
    names.expect("an answer").names.into_iter().collect()
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// A role on a folder, or a parent of one.
type Row = (bool, u64, u64);

/// Who may read what, by hand.
fn expected(facts: &BTreeSet<Row>, who: u64) -> BTreeSet<String> {
    let roles = facts.iter().filter(|(role, u, _)| *role && *u == who);
    let mut open: Vec<u64> = roles.map(|(_, _, f)| *f).collect();
    let mut seen = BTreeSet::new();
    while let Some(f) = open.pop() {
        if seen.insert(f) {
            let children = facts.iter().filter(|(role, _, p)| !*role && *p == f);
            open.extend(children.map(|(_, child, _)| *child));
        }
    }
    seen.into_iter().map(|f| f.to_string()).collect()
}

#[test]
fn a_snapshot_stays_what_it_was() {
    for maintain in [Maintain::All, Maintain::None] {
        let engine = start(SHARED, maintain);
        let mut random = Random(7);
        let mut facts: BTreeSet<Row> = BTreeSet::new();
        let mut held: Vec<(Snapshot, BTreeSet<Row>)> = Vec::new();
        for _ in 0..200 {
            let mut set = ChangeSet::new();
            for _ in 0..=random.below(5) {
                let row = (random.below(2) == 0, random.below(6), random.below(6));
                let (a, b) = (row.1.to_string(), row.2.to_string());
                let (predicate, args) = if row.0 {
                    ("has_role", [user(&a), word("viewer"), folder(&b)])
                } else {
                    ("has_relation", [folder(&a), word("parent"), folder(&b)])
                };
                match random.below(4) {
                    0 => {
                        let [first, ..] = args;
                        set.delete(predicate, [Arg::Value(first), Arg::Any, Arg::Any]);
                        facts.retain(|f| (f.0, f.1) != (row.0, row.1));
                    }
                    1 => {
                        set.delete(predicate, args.map(Arg::Value));
                        facts.remove(&row);
                    }
                    _ => {
                        set.insert(predicate, args);
                        facts.insert(row);
                    }
                }
            }
            let applied = engine.apply(&set).expect("a sound change");
            let snapshot = engine.snapshot();
            assert_eq!(snapshot.epoch(), applied.epoch);
            held.push((snapshot, facts.clone()));
            if held.len() > 8 {
                held.remove(random.below(8) as usize);
            }
            for (snapshot, facts) in &held {
                for who in 0..6 {
                    let name = who.to_string();
                    let expected = expected(facts, who);
                    assert_eq!(listed(snapshot, &name), expected, "{maintain:?}");
                    assert_eq!(may(snapshot, &name, "3"), expected.contains("3"));
                }
                let count = |predicate| {
                    let any = Pattern {
                        predicate: Some(predicate),
                        args: vec![Arg::Any; 3],
                        open: false,
                    };
                    snapshot.facts(&any).len()
                };
                let roles = facts.iter().filter(|f| f.0).count();
                assert_eq!(count("has_role"), roles);
                assert_eq!(count("has_relation"), facts.len() - roles);
            }
        }
    }
}

/// A reader must never see half of a change set, nor one policy at another's epoch.
#[test]
fn readers_see_whole_change_sets_and_one_policy() {
    let second = SHARED.replace(
        "\"read\" if \"viewer\";",
        "\"read\" if \"viewer\" and good(resource);",
    );
    for maintain in [Maintain::All, Maintain::None] {
        let engine = start(SHARED, maintain);
        let policies = [program(SHARED), program(&second)];
        let done = AtomicBool::new(false);
        let asked = AtomicUsize::new(0);
        // Two folders take turns in having the role; under the second policy none is good.
        let move_to = |to: &str, from: &str| {
            let mut set = ChangeSet::new();
            let any = [Arg::Any, Arg::Any, Arg::Value(folder(from))];
            set.delete("has_role", any);
            set.insert("has_role", [user("u"), word("viewer"), folder(to)]);
            set
        };
        engine.apply(&move_to("a", "b")).expect("a sound change");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        let snapshot = engine.snapshot();
                        let both = (may(&snapshot, "u", "a"), may(&snapshot, "u", "b"));
                        // Odd versions are the first policy.
                        let grants = snapshot.policy_version() % 2 == 1;
                        assert_eq!(
                            both.0 ^ both.1,
                            grants,
                            "version {}",
                            snapshot.policy_version()
                        );
                        assert_eq!(listed(&snapshot, "u").len(), usize::from(grants));
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let swaps = scope.spawn(|| {
                for i in 0..20 {
                    let policy = &policies[(i + 1) % 2];
                    engine
                        .swap(Arc::clone(policy))
                        .expect("a policy takes over");
                }
            });
            let mut turn = 0;
            while !swaps.is_finished() || turn < 400 || asked.load(Ordering::Relaxed) < 100 {
                let (to, from) = if turn % 2 == 0 {
                    ("b", "a")
                } else {
                    ("a", "b")
                };
                engine.apply(&move_to(to, from)).expect("a sound change");
                turn += 1;
            }
            done.store(true, Ordering::Relaxed);
        });
        engine.health().expect("a sound environment");
        assert!(asked.load(Ordering::Relaxed) >= 100);
    }
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    let engine = start(SHARED, Maintain::All);
    let mut set = ChangeSet::new();
    set.insert("has_role", [user("u"), word("viewer"), folder("f")]);
    set.insert("has_rule", [user("u"), word("viewer"), folder("f")]);
    let before = engine.stats();
    let error = engine.apply(&set).expect_err("no such fact");
    let ApplyError::Refused(refusal) = &error else {
        panic!("{error}");
    };
    assert_eq!(refusal.operation, 1);
    assert!(error.to_string().contains("has_rule"), "{error}");
    assert!(error.to_string().contains("has_role"), "{error}");
    assert_eq!(engine.stats(), before);
    assert!(!may(&engine.snapshot(), "u", "f"));
}

#[test]
fn a_change_without_effect_has_the_epoch_it_was_judged_at() {
    let engine = start(SHARED, Maintain::All);
    let mut set = ChangeSet::new();
    set.insert("has_role", [user("u"), word("viewer"), folder("f")]);
    let first = engine.apply(&set).expect("a sound change");
    let again = engine.apply(&set).expect("a sound change");
    assert_eq!((first.changed, again.changed), (1, 0));
    assert_eq!(first.epoch, again.epoch);
}

#[test]
fn ceilings_refuse_changes_and_nothing_else() {
    let config = Config {
        on_demand_below: 0,
        memory: Some(Memory {
            bytes: 1 << 20,
            used: Arc::new(|| (1 << 20) - 100),
        }),
        ..Config::default()
    };
    let engine = Engine::start(program(SHARED), config).expect("an engine");
    let mut set = ChangeSet::new();
    set.insert("has_role", [user("u"), word("viewer"), folder("f")]);
    let error = engine.apply(&set).expect_err("no room");
    assert!(matches!(error, ApplyError::Memory { .. }), "{error}");
    assert!(!may(&engine.snapshot(), "u", "f"));

    let config = Config {
        queue: 0,
        ..Config::default()
    };
    let engine = Engine::start(program(SHARED), config).expect("an engine");
    assert_eq!(engine.apply(&set), Err(ApplyError::Busy));
}

#[test]
fn an_environment_outgrows_its_facts() {
    let config = Config {
        on_demand_below: 50,
        ..Config::default()
    };
    let engine = Engine::start(program(SHARED), config).expect("an engine");
    for i in 0..60 {
        let mut set = ChangeSet::new();
        let f = i.to_string();
        set.insert("has_role", [user("u"), word("viewer"), folder(&f)]);
        engine.apply(&set).expect("a sound change");
        assert_eq!(listed(&engine.snapshot(), "u").len(), i + 1);
    }
    let begin = std::time::Instant::now();
    while !engine.stats().maintained {
        assert!(begin.elapsed().as_secs() < 60, "nothing is kept yet");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(listed(&engine.snapshot(), "u").len(), 60);
    assert!(engine.stats().index.rows > 0);
}

type Counts = BTreeMap<(PartId, Vec<Sym>), i64>;

/// Sums what it hears, up to an epoch.
#[derive(Default)]
struct Sums(Mutex<(Counts, u64)>);

impl Observer for Sums {
    fn delta(&self, part: PartId, row: &[Sym], diff: i64) {
        let mut sums = self.0.lock().expect("no panic");
        *sums.0.entry((part, row.to_vec())).or_default() += diff;
    }

    fn published(&self, epoch: u64) {
        self.0.lock().expect("no panic").1 = epoch;
    }
}

#[test]
fn an_observer_hears_every_difference() {
    let sums = Arc::new(Sums::default());
    let config = Config {
        on_demand_below: 0,
        observer: Some(Arc::clone(&sums) as Arc<dyn Observer>),
        ..Config::default()
    };
    let engine = Engine::start(program(SHARED), config).expect("an engine");
    for (i, insert) in [(0, true), (1, true), (0, false), (2, true)] {
        let f = i.to_string();
        let args = [user("u"), word("viewer"), folder(&f)];
        let mut set = ChangeSet::new();
        if insert {
            set.insert("has_role", args);
        } else {
            set.delete("has_role", args.map(Arg::Value));
        }
        let applied = engine.apply(&set).expect("a sound change");
        let sums = sums.0.lock().expect("no panic");
        assert_eq!(sums.1, applied.epoch);
        let rows = sums.0.values().filter(|count| **count > 0).count();
        assert_eq!(rows as u64, engine.stats().index.rows);
        assert!(sums.0.values().all(|count| *count >= 0));
    }
}
