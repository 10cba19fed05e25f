//! A disk that fails while the engine runs: nobody is told that all is well, nothing more
//! is accepted, answers go on as of the last published epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use floe_engine::store::{StorageBackend, Store};
use floe_engine::{ApplyError, Engine, PolicyError};

use super::disk::Disk;
use super::world::{POLICY, compile, config, facts, granted, may_read, open};

/// A disk whose syncs wait while it is shut, and fail if it is broken then; one that is
/// unreadable fails when it is read.
#[derive(Clone, Debug, Default)]
struct Gate {
    disk: Disk,
    shut: Arc<AtomicBool>,
    broken: Arc<AtomicBool>,
    unreadable: Arc<AtomicBool>,
}

impl StorageBackend for Gate {
    fn len(&self) -> std::io::Result<u64> {
        self.disk.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        if self.unreadable.load(Ordering::SeqCst) {
            return Err(std::io::Error::other("the read fails"));
        }
        self.disk.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.disk.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        while self.shut.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(std::io::Error::other("the sync fails"));
        }
        self.disk.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.disk.write(offset, data)
    }
}

fn start(gate: &Gate, on_demand_below: u64) -> (Store, Engine) {
    let store = Store::with_backend("disk", gate.clone()).unwrap();
    store.create("main", POLICY.as_bytes()).unwrap();
    let engine = open(&store, config(on_demand_below));
    engine.apply(&granted("ann", "plan")).unwrap();
    (store, engine)
}

#[test]
fn nothing_is_visible_before_it_is_durable() {
    for on_demand_below in [0, u64::MAX] {
        let gate = Gate::default();
        let (_store, engine) = start(&gate, on_demand_below);
        let before = (engine.snapshot().epoch(), facts(&engine));
        gate.shut.store(true, Ordering::SeqCst);
        let (told, hears) = std::sync::mpsc::channel();
        let tell = told.clone();
        engine.submit(&granted("bob", "plan"), move |o| _ = tell.send(o.is_ok()));
        // Judged by what is not durable, so it waits for that though it changes nothing.
        engine.submit(&granted("bob", "plan"), move |o| _ = told.send(o.is_ok()));
        std::thread::sleep(Duration::from_millis(50));
        assert!(hears.try_recv().is_err(), "acknowledged before the sync");
        assert_eq!((engine.snapshot().epoch(), facts(&engine)), before);
        assert!(!may_read(&engine, "bob", "plan"));
        gate.shut.store(false, Ordering::SeqCst);
        assert_eq!((hears.recv(), hears.recv()), (Ok(true), Ok(true)));
        assert!(may_read(&engine, "bob", "plan"));
    }
}

#[test]
fn a_failed_sync_ends_writing_and_not_reading() {
    for on_demand_below in [0, u64::MAX] {
        let gate = Gate::default();
        let (store, engine) = start(&gate, on_demand_below);
        let before = (engine.snapshot().epoch(), facts(&engine));
        gate.shut.store(true, Ordering::SeqCst);
        gate.broken.store(true, Ordering::SeqCst);
        let (told, hears) = std::sync::mpsc::channel();
        for writer in 0..10 {
            let tell = told.clone();
            let set = granted(&format!("user-{writer}"), "plan");
            engine.submit(&set, move |outcome| _ = tell.send(outcome));
        }
        gate.shut.store(false, Ordering::SeqCst);
        let sentence = store_sentence(&store);
        for _ in 0..10 {
            assert_eq!(
                hears.recv().unwrap(),
                Err(ApplyError::Unknown(Arc::clone(&sentence)))
            );
        }
        assert!(
            sentence.contains("unknown") && sentence.contains("the sync fails"),
            "{sentence}"
        );
        let again = engine.apply(&granted("bob", "plan"));
        assert_eq!(again, Err(ApplyError::ReadOnly(Arc::clone(&sentence))));
        assert_eq!(engine.accepts_changes(), Err(sentence.to_string()));
        let swapped = engine.swap_stored(compile(POLICY.as_bytes()).unwrap(), b"");
        assert!(matches!(swapped, Err(PolicyError::ReadOnly(why)) if why == sentence));
        assert!(engine.save().is_err());

        engine.health().unwrap();
        assert_eq!((engine.snapshot().epoch(), facts(&engine)), before);
        assert!(may_read(&engine, "ann", "plan"));
        assert!(!may_read(&engine, "user-3", "plan"));

        // Opened again, it goes on from what is on the disk.
        drop((engine, store));
        gate.broken.store(false, Ordering::SeqCst);
        let store = Store::with_backend("disk", Disk::of(gate.disk.content())).unwrap();
        let engine = open(&store, config(on_demand_below));
        assert!(may_read(&engine, "ann", "plan"));
        engine.apply(&granted("bob", "plan")).unwrap();
    }
}

/// What redb keeps in memory has to go first: more than that is written.
#[test]
fn a_failed_read_ends_writing_and_not_answers() {
    let gate = Gate::default();
    let (store, engine) = start(&gate, 0);
    let large = vec![7; 8 << 20];
    for n in 0..12 {
        store.set(&format!("large {n}"), Some(&large)).unwrap();
    }
    let before = (engine.snapshot().epoch(), facts(&engine));
    gate.unreadable.store(true, Ordering::SeqCst);
    let failed = store.set("large 0", None).unwrap_err();
    let sentence = store.health().unwrap_err();
    assert_eq!(failed.to_string(), *sentence);
    assert!(sentence.contains("the read fails"), "{sentence}");
    assert!(store.setting("large 1").is_err());
    let again = engine.apply(&granted("bob", "plan"));
    assert_eq!(again, Err(ApplyError::ReadOnly(Arc::clone(&sentence))));
    assert_eq!(engine.accepts_changes(), Err(sentence.to_string()));

    engine.health().unwrap();
    assert_eq!((engine.snapshot().epoch(), facts(&engine)), before);
    assert!(may_read(&engine, "ann", "plan"));
    assert!(!may_read(&engine, "bob", "plan"));
}

/// Waits for the failure.
fn store_sentence(store: &Store) -> Arc<str> {
    loop {
        match store.health() {
            Ok(()) => std::thread::sleep(Duration::from_millis(1)),
            Err(why) => return why,
        }
    }
}

#[test]
fn a_policy_is_durable_before_it_answers() {
    for on_demand_below in [0, u64::MAX] {
        let gate = Gate::default();
        let (_store, engine) = start(&gate, on_demand_below);
        gate.shut.store(true, Ordering::SeqCst);
        let swap = std::thread::spawn({
            let engine = engine.clone();
            move || {
                let source = "actor User {}";
                engine.swap_stored(compile(source.as_bytes()).unwrap(), source.as_bytes())
            }
        });
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(engine.snapshot().policy_version(), 1);
        assert!(may_read(&engine, "ann", "plan"));
        gate.broken.store(true, Ordering::SeqCst);
        gate.shut.store(false, Ordering::SeqCst);
        let outcome = swap.join().unwrap();
        assert!(
            matches!(outcome, Err(PolicyError::Unknown(_))),
            "{outcome:?}"
        );
        assert_eq!(engine.snapshot().policy_version(), 1);
        assert!(may_read(&engine, "ann", "plan"));
    }
}
