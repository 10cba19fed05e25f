//! Recursion at its worst: chains, cycles, diamonds, deep trees; and closures that outgrow
//! their budget (design D6), which nobody who asks may notice.
//!
//! `LINKS=1000000 cargo test --release -p floe-engine --test closures` runs the long chains
//! at full length.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use floe_engine::catalog::{Arg, ChangeSet};
use floe_engine::goal::Budget;
use floe_engine::plan::{ClosureBudget, Maintain, Passes};
use floe_engine::value::Value;
use floe_engine::{Config, Engine, Observer, Snapshot};
use floe_frontend::ir::Program;
use floe_frontend::ir::part::PartId;
use floe_frontend::source::Sources;

const FOLDERS: &str = r#"
    actor User {}
    resource Folder { roles = ["owner", "viewer"]; permissions = ["read", "share"];
      relations = { parent: Folder };
      role if role on "parent"; "viewer" if "owner";
      "read" if "viewer"; "share" if "owner"; }
"#;

/// Relations that move along `parent`: the two roles, and any other role a fact may name.
const ROLES: usize = 3;

fn program(policy: &str) -> Arc<Program> {
    let mut sources = Sources::new();
    sources.add("test.polar", policy);
    let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
    Arc::new(compiled.program.expect("a policy without errors"))
}

fn config(closures: ClosureBudget, workers: usize) -> Config {
    Config {
        maintain: Maintain::All,
        on_demand_below: 0,
        passes: Passes {
            closures,
            ..Passes::default()
        },
        workers,
        ..Config::default()
    }
}

fn start(config: Config) -> Engine {
    Engine::start(program(FOLDERS), config).expect("an engine")
}

/// Pairs that fit in all of these tests, and so few that none of them do.
const ROOMY: ClosureBudget = ClosureBudget::DEFAULT;
const TIGHT: ClosureBudget = ClosureBudget {
    floor: 100,
    per_row: 1,
};

fn user(id: &str) -> Value<'_> {
    ("User", id).into()
}

fn folder(id: &str) -> Value<'_> {
    ("Folder", id).into()
}

fn word(id: &str) -> Value<'_> {
    ("String", id).into()
}

fn share(set: &mut ChangeSet, who: &str, role: &str, what: &str) {
    set.insert("has_role", [user(who), word(role), folder(what)]);
}

fn put(set: &mut ChangeSet, inner: &str, outer: &str) {
    set.insert(
        "has_relation",
        [folder(inner), word("parent"), folder(outer)],
    );
}

fn take(set: &mut ChangeSet, inner: &str, outer: &str) {
    let args = [folder(inner), word("parent"), folder(outer)];
    set.delete("has_relation", args.map(Arg::Value));
}

fn listed(snapshot: &Snapshot, who: &str, action: &str) -> BTreeSet<String> {
    let asking = snapshot.ask(0, &[], Budget::unlimited());
    let mut asking = asking.expect("a sound request");
    let names = asking.list(user(who), action, "Folder").expect("an answer");
    assert!(!names.every);
    names.names.into_iter().collect()
}

fn count(engine: &Engine, who: &str) -> usize {
    listed(&engine.snapshot(), who, "read").len()
}

/// Folders `0` to `links`, each in the one before.
fn chain(set: &mut ChangeSet, links: usize) {
    for i in 1..=links {
        put(set, &i.to_string(), &(i - 1).to_string());
    }
}

fn links(otherwise: usize) -> usize {
    let links = std::env::var("LINKS");
    links.map_or(otherwise, |text| text.parse().expect("it is a number"))
}

#[test]
fn a_long_chain_with_a_holder_on_top() {
    let links = links(3_000);
    let engine = start(config(ROOMY, 1));
    let mut set = ChangeSet::new();
    chain(&mut set, links);
    share(&mut set, "u", "viewer", "0");
    engine.apply(&set).expect("a sound change");
    assert_eq!(count(&engine, "u"), links + 1);
    assert_eq!(engine.stats().outgrown, 0);

    // The top link goes: everything below is lost, and comes back with it.
    let mut set = ChangeSet::new();
    take(&mut set, "1", "0");
    engine.apply(&set).expect("a sound change");
    assert_eq!(count(&engine, "u"), 1);
    let mut set = ChangeSet::new();
    put(&mut set, "1", "0");
    engine.apply(&set).expect("a sound change");
    assert_eq!(count(&engine, "u"), links + 1);
    engine.health().expect("nothing is wrong");
}

#[test]
fn a_long_chain_with_a_holder_on_every_link_outgrows_its_closure() {
    let links = links(2_000);
    // So many holders are a million pairs on the small chain, and half a billion pairs on
    // the long one.
    let closures = match links {
        0..100_000 => ClosureBudget {
            floor: 1 << 16,
            ..ROOMY
        },
        _ => ROOMY,
    };
    for workers in [1, 2] {
        let engine = start(config(closures, workers));
        let mut set = ChangeSet::new();
        chain(&mut set, links);
        for i in 0..=links {
            share(&mut set, "u", "owner", &i.to_string());
        }
        engine.apply(&set).expect("a sound change");
        assert_eq!(count(&engine, "u"), links + 1);
        assert_eq!(engine.stats().outgrown, ROLES);
        let plan = engine.print_plan();
        assert!(
            plan.contains("its closure has outgrown its budget"),
            "{plan}"
        );
        assert!(!plan.contains("closure of"), "{plan}");

        let mut set = ChangeSet::new();
        let half = (links / 2).to_string();
        set.delete("has_role", [Arg::Any, Arg::Any, Arg::Value(folder(&half))]);
        engine.apply(&set).expect("a sound change");
        assert_eq!(count(&engine, "u"), links + 1);
        engine.health().expect("nothing is wrong");
    }
}

/// Notes what it hears.
#[derive(Default)]
struct Heard {
    renewed: AtomicBool,
}

impl Observer for Heard {
    fn delta(&self, _: PartId, _: &[floe_engine::value::Sym], _: i64) {}
    fn published(&self, _: u64) {}
    fn renewed(&self, _: u64) {
        self.renewed.store(true, Ordering::Relaxed);
    }
}

/// A closure that grows link by link, until it is too large while the policy is in force:
/// no reader sees anything but what holds at its epoch.
#[test]
fn a_closure_that_outgrows_its_budget_is_given_up_unnoticed() {
    for workers in [1, 2] {
        let heard = Arc::new(Heard::default());
        let engine = start(Config {
            observer: Some(Arc::clone(&heard) as Arc<dyn Observer>),
            ..config(TIGHT, workers)
        });
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut seen = 0;
                let mut last = (0, 0);
                while !done.load(Ordering::Relaxed) {
                    let snapshot = engine.snapshot();
                    let now = (snapshot.epoch(), listed(&snapshot, "u", "share").len());
                    // Every epoch adds one folder.
                    assert_eq!(now.0, now.1 as u64);
                    assert!(now >= last, "{now:?} after {last:?}");
                    last = now;
                    seen += 1;
                }
                seen
            });
            for i in 0..60 {
                let mut set = ChangeSet::new();
                if i > 0 {
                    put(&mut set, &i.to_string(), &(i - 1).to_string());
                }
                share(&mut set, "u", "owner", &i.to_string());
                let applied = engine.apply(&set).expect("a sound change");
                assert_eq!(applied.epoch, i + 1);
                let snapshot = engine.snapshot();
                let all: BTreeSet<String> = (0..=i).map(|i| i.to_string()).collect();
                assert_eq!(listed(&snapshot, "u", "share"), all);
                assert_eq!(listed(&snapshot, "u", "read"), all);
                if i == 5 {
                    assert_eq!(engine.stats().outgrown, 0, "it is small yet");
                }
            }
            done.store(true, Ordering::Relaxed);
            assert!(reader.join().expect("no panic") > 0);
        });
        assert_eq!(engine.stats().outgrown, ROLES);
        assert!(heard.renewed.load(Ordering::Relaxed));
        engine.health().expect("nothing is wrong");
    }
}

#[test]
fn cycles_and_diamonds() {
    for (closures, workers) in [(ROOMY, 1), (TIGHT, 1), (ROOMY, 2)] {
        let engine = start(config(closures, workers));
        // 2^50 ways from the top to the bottom, and a cycle through all of them.
        let mut set = ChangeSet::new();
        let mut all = BTreeSet::from(["0".to_string()]);
        for i in 0..50 {
            for side in ["l", "r"] {
                let side = format!("{side}{i}");
                put(&mut set, &side, &i.to_string());
                put(&mut set, &(i + 1).to_string(), &side);
                all.insert(side);
            }
            all.insert((i + 1).to_string());
        }
        share(&mut set, "u", "owner", "0");
        share(&mut set, "v", "viewer", "l49");
        engine.apply(&set).expect("a sound change");
        assert_eq!(listed(&engine.snapshot(), "u", "read"), all);
        assert_eq!(count(&engine, "v"), 2);

        let mut set = ChangeSet::new();
        put(&mut set, "0", "50");
        engine.apply(&set).expect("a sound change");
        assert_eq!(listed(&engine.snapshot(), "v", "read"), all);

        let mut set = ChangeSet::new();
        take(&mut set, "0", "50");
        take(&mut set, "l0", "0");
        take(&mut set, "r0", "0");
        engine.apply(&set).expect("a sound change");
        assert_eq!(count(&engine, "u"), 1);
        assert_eq!(count(&engine, "v"), 2);
        engine.health().expect("nothing is wrong");
    }
}
