//! An environment after a restart is what it was.

use floe_engine::catalog::ChangeSet;
use floe_engine::store::Store;
use floe_engine::{Engine, OpenError, PolicyError};

use super::Dice;
use super::directory::Directory;
use super::world::{POLICY, compile, config, facts, grant, granted, may_read, open, pair};

fn store(dir: &Directory) -> Store {
    let store = Store::open(&dir.0).unwrap();
    if store.environments().unwrap().is_empty() {
        store.create("main", POLICY.as_bytes()).unwrap();
    }
    store
}

#[test]
fn facts_policies_and_epochs_outlive_the_process() {
    let dir = Directory::new("restart");
    let mut dice = Dice(3);
    let mut before = None;
    for round in 0..8 {
        let store = store(&dir);
        // Kept from the start, outgrown on the way, never kept.
        let engine = open(&store, config([0, 60, u64::MAX][round % 3]));
        if let Some((epoch, version, facts_)) = before.take() {
            let snapshot = engine.snapshot();
            assert_eq!(
                (snapshot.epoch(), snapshot.policy_version()),
                (epoch, version)
            );
            assert_eq!(facts(&engine), facts_);
        }
        for step in 0..30 {
            let mut set = ChangeSet::new();
            for _ in 0..dice.below(4) {
                let user = format!("user-{}", dice.below(40));
                grant(&mut set, &user, &format!("document-{}", dice.below(40)));
            }
            let applied = engine.apply(&set).unwrap();
            assert!(engine.snapshot().epoch() >= applied.epoch);
            if step == 10 && round % 2 == 0 {
                let source = format!("{POLICY}# round {round}\n");
                let program = compile(source.as_bytes()).unwrap();
                engine.swap_stored(program, source.as_bytes()).unwrap();
            }
            if step == 15 && round > 3 {
                engine.save().unwrap();
            }
        }
        engine
            .apply(&granted(&format!("last-{round}"), "plan"))
            .unwrap();
        assert!(may_read(&engine, &format!("last-{round}"), "plan"));
        for earlier in 0..round {
            assert!(may_read(&engine, &format!("last-{earlier}"), "plan"));
        }
        assert!(engine.degraded().is_none());
        engine.accepts_changes().unwrap();
        let snapshot = engine.snapshot();
        before = Some((snapshot.epoch(), snapshot.policy_version(), facts(&engine)));
    }
}

#[test]
fn writers_and_uploads_at_once_leave_no_gap() {
    let dir = Directory::new("uploads");
    let store = store(&dir);
    let mut config = config(100);
    config.snapshot_after = 50;
    let engine = open(&store, config.clone());
    std::thread::scope(|threads| {
        for writer in 0..4 {
            let engine = engine.clone();
            threads.spawn(move || {
                for n in 0..150 {
                    let user = format!("user-{writer}-{n}");
                    engine.apply(&granted(&user, "plan")).unwrap();
                    assert!(may_read(&engine, &user, "plan"));
                }
            });
        }
        // What is served is on disk, at any moment.
        threads.spawn(|| {
            for _ in 0..20 {
                let read = engine.read_back().unwrap().unwrap();
                assert_eq!((read.differences, &read.example), (0, &None));
                assert_eq!(read.policies, None);
            }
        });
        for version in 2..8 {
            let source = format!("{POLICY}# version {version}\n");
            let program = compile(source.as_bytes()).unwrap();
            let swapped = engine.swap_stored(program, source.as_bytes()).unwrap();
            assert_eq!(swapped.policy_version, version);
        }
    });
    let before = (engine.snapshot().epoch(), facts(&engine));
    let read = engine.read_back().unwrap().unwrap();
    assert_eq!((read.epoch, read.facts), (before.0, 600));
    drop(engine);
    let engine = open(&store, config);
    assert_eq!((engine.snapshot().epoch(), facts(&engine)), before);
    assert_eq!(engine.snapshot().policy_version(), 7);
    assert_eq!(before.1.len(), 600);
}

#[test]
fn a_policy_without_source_is_refused() {
    let dir = Directory::new("source");
    let store = store(&dir);
    let engine = open(&store, config(0));
    let refused = engine.swap(compile(POLICY.as_bytes()).unwrap());
    assert!(matches!(refused, Err(PolicyError::NoSource)));
    assert_eq!(engine.snapshot().policy_version(), 1);
}

#[test]
fn a_policy_that_does_not_compile_any_more_is_named() {
    let dir = Directory::new("compile");
    let store = store(&dir);
    let open = Engine::open(&store, "main", config(0), |_| Err("E999".to_owned()));
    let why = open.err().unwrap();
    assert!(matches!(why, OpenError::Policy { version: 1, .. }));
    for words in [
        "floe.redb",
        "table `policies`",
        "environment `main`",
        "epoch 0",
        "E999",
    ] {
        assert!(why.to_string().contains(words), "{why}");
    }
    let missing = Engine::open(&store, "other", config(0), compile)
        .err()
        .unwrap();
    assert_eq!(missing.to_string(), "there is no environment `other`");
}

/// A start that does not come to its end.
fn begin(store: &Store) {
    let loaded = loop {
        if let Ok(loaded) = store.load("main", &floe_engine::value::Limits::default()) {
            break loaded;
        }
    };
    loaded.0.begin_start().unwrap();
}

#[test]
fn starts_that_fail_again_and_again_end_without_kept_relations() {
    let dir = Directory::new("starts");
    let store = store(&dir);
    let engine = open(&store, config(0));
    engine.apply(&granted("ann", "plan")).unwrap();
    assert!(engine.stats().maintained);
    drop(engine);
    // Two processes that died on the way.
    for _ in 0..2 {
        begin(&store);
    }
    let engine = open(&store, config(0));
    assert!(!engine.stats().maintained);
    assert!(may_read(&engine, "ann", "plan"));
    let why = engine.degraded().unwrap();
    assert!(why.contains("2 starts in a row"), "{why}");
    let mut set = ChangeSet::new();
    pair(&mut set, "bob");
    engine.apply(&set).unwrap();
    drop(engine);
    // That start was complete, so the next one tries again.
    let engine = open(&store, config(0));
    assert!(engine.degraded().is_none() && engine.stats().maintained);
}

#[test]
fn a_policy_that_takes_over_ends_what_a_start_has_given_up() {
    let dir = Directory::new("recovered");
    let store = store(&dir);
    open(&store, config(0))
        .apply(&granted("ann", "plan"))
        .unwrap();
    for _ in 0..2 {
        begin(&store);
    }
    let engine = open(&store, config(0));
    assert!(engine.degraded().is_some() && !engine.stats().maintained);
    let source = format!("{POLICY}# another\n");
    let program = compile(source.as_bytes()).unwrap();
    engine.swap_stored(program, source.as_bytes()).unwrap();
    assert!(engine.stats().maintained);
    assert_eq!(engine.degraded(), None);
    assert!(may_read(&engine, "ann", "plan"));
}

#[test]
fn snapshots_come_by_themselves() {
    let dir = Directory::new("snapshots");
    let store = store(&dir);
    let mut config = config(u64::MAX);
    config.snapshot_after = 20;
    let engine = open(&store, config);
    for n in 0..2000 {
        engine
            .apply(&granted("ann", &format!("document-{n}")))
            .unwrap();
    }
    let before = facts(&engine);
    drop(engine);
    let (_, loaded) = loop {
        if let Ok(loaded) = store.load("main", &floe_engine::value::Limits::default()) {
            break loaded;
        }
    };
    assert!(loaded.warm);
    assert!(
        loaded.replayed < 1500,
        "{} rows of 2000 are still in the log",
        loaded.replayed
    );
    assert_eq!(before.len() as u64, loaded.facts.len());
}
