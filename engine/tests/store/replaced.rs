//! A store in the place of another, and copies of it.

use std::path::Path;
use std::sync::Barrier;
use std::sync::mpsc::channel;

use floe_engine::store::{Record, Store, StoreError, stage};
use floe_engine::value::{Datum, Limits};

use super::directory::Directory;
use super::script::{Digest, World, policy};

/// A store with one fact about a value of this type, a snapshot and its cache.
fn of_type(dir: &Path, ty: &str) -> Store {
    let store = Store::open(dir).unwrap();
    store.create("main", b"").unwrap();
    let (journal, mut loaded) = store.load("main", &Limits::default()).unwrap();
    let ty = loaded.interner.intern_type(ty).unwrap();
    let ann = Datum::new(ty, "ann").unwrap();
    let ann = loaded.interner.intern(ty, ann).unwrap();
    let tall = loaded.facts.enter_relation("tall", 1);
    assert!(loaded.facts.insert(tall, &[ann]));
    let again = Record::Policy {
        version: 1,
        source: None,
    };
    journal.append(1, again, |outcome| outcome.unwrap());
    journal.wait(1).unwrap();
    let symbols = loaded.interner.symbols();
    journal
        .save(&loaded.facts.snapshot(), symbols, 1, 1)
        .unwrap();
    drop(journal);
    store
}

/// What is loaded, and whether from the cache.
fn holds(store: &Store) -> (Vec<String>, bool) {
    let (_, loaded) = store.load("main", &Limits::default()).unwrap();
    let facts = Digest::of(&loaded).facts;
    (facts.into_iter().collect(), loaded.warm)
}

fn one(fact: &str, warm: bool) -> (Vec<String>, bool) {
    (vec![fact.to_owned()], warm)
}

/// Chunks name types by their place, so those of both stores are the same.
#[test]
fn a_cache_of_another_store_is_not_believed() {
    let (users, persons) = (Directory::new("users"), Directory::new("persons"));
    let store = of_type(&users.0, "User");
    assert_eq!(holds(&store), one("tall(User:ann)", true));
    drop(store);
    drop(of_type(&persons.0, "Person"));
    std::fs::copy(persons.0.join("floe.redb"), users.0.join("floe.redb")).unwrap();
    let store = Store::open(&users.0).unwrap();
    assert_eq!(holds(&store), one("tall(Person:ann)", false));
}

#[test]
fn a_restored_store_has_no_cache_of_the_one_before() {
    let (users, persons) = (Directory::new("restored"), Directory::new("restored-from"));
    drop(of_type(&users.0, "User"));
    let copy = persons.0.join("copy");
    of_type(&persons.0, "Person").backup(&copy).unwrap();
    assert!(users.0.join("warm-1").exists());
    let replaced = stage(&copy, &users.0).unwrap().put().unwrap();
    assert!(!users.0.join("warm-1").exists());
    let store = Store::open(&users.0).unwrap();
    assert_eq!(holds(&store), one("tall(Person:ann)", false));
    drop(store);
    replaced.undo().unwrap();
    let store = Store::open(&users.0).unwrap();
    assert_eq!(holds(&store), one("tall(User:ann)", false));
}

#[test]
fn a_retired_store_takes_nothing_and_lets_go_of_its_file() {
    let dir = Directory::new("retired");
    let store = Store::open(&dir.0).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    let (mut world, _) = World::open(&store, "main").unwrap();
    let (told, hears) = channel();
    for _ in 0..20 {
        let told = told.clone();
        world.step(move |outcome| told.send(outcome.is_ok()).unwrap());
    }
    store.retire("too late");
    // What was acknowledged before is there, and nothing that comes behind it.
    let acknowledged = (0..20).filter(|_| hears.recv().unwrap()).count() as u64;
    let sentence = store.health().unwrap_err();
    assert!(sentence.ends_with("floe.redb: too late"), "{sentence}");
    let tell = sentence.clone();
    world.step(move |outcome| told.send(outcome == Err(tell)).unwrap());
    assert_eq!(hears.recv(), Ok(true));
    let broken = Err(StoreError::Broken(sentence));
    assert_eq!(store.set("name", Some(b"value")), broken);
    assert_eq!(store.environments().map(|_| ()), broken);
    let again = Store::open(&dir.0).unwrap();
    let (_, loaded) = again.load("main", &Limits::default()).unwrap();
    assert_eq!(loaded.epoch, acknowledged);
}

#[test]
fn one_restore_at_a_time() {
    let (dir, from) = (Directory::new("alone"), Directory::new("alone-from"));
    drop(of_type(&dir.0, "User"));
    let copy = from.0.join("copy");
    of_type(&from.0, "Person").backup(&copy).unwrap();
    let refused = || {
        let why = stage(&copy, &dir.0).map(drop).unwrap_err().to_string();
        assert!(why.contains("another backup is being restored"), "{why}");
    };
    let staged = stage(&copy, &dir.0).unwrap();
    refused();
    // Nor before it is known whether it can be served.
    let replaced = staged.put().unwrap();
    refused();
    replaced.undo().unwrap();
    stage(&copy, &dir.0).unwrap().put().unwrap();
}

/// Neither writes into what the other has begun.
#[test]
fn of_two_backups_to_one_file_the_second_is_refused() {
    let dir = Directory::new("two-backups");
    let store = of_type(&dir.0, "User");
    for n in 0..8 {
        let large = vec![n; 1 << 20];
        store.set(&format!("large {n}"), Some(&large)).unwrap();
    }
    for round in 0..3 {
        let copy = dir.0.join(format!("copy-{round}"));
        let both = Barrier::new(2);
        let outcomes = std::thread::scope(|threads| {
            let backup = || {
                both.wait();
                store.backup(&copy)
            };
            let both = [threads.spawn(backup), threads.spawn(backup)];
            both.map(|one| one.join().unwrap())
        });
        let refused: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().err()).collect();
        assert_eq!(refused.len(), 1, "{outcomes:?}");
        assert!(refused[0].to_string().contains("exists"), "{outcomes:?}");
        let other = Directory::new("two-backups-other");
        let store = Store::restore(&copy, &other.0).unwrap();
        store.verify().unwrap();
        assert_eq!(holds(&store).0, ["tall(User:ann)"]);
    }
}

#[cfg(unix)]
#[test]
fn a_backup_is_its_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Directory::new("private-backup");
    let copy = dir.0.join("copy");
    of_type(&dir.0, "User").backup(&copy).unwrap();
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_store_that_has_to_be_there_is_not_made() {
    let dir = Directory::new("misspelt");
    std::fs::create_dir_all(&dir.0).unwrap();
    let refused = Store::open_existing(&dir.0).map(drop).unwrap_err();
    assert!(refused.to_string().contains("no such store"), "{refused}");
    assert_eq!(std::fs::read_dir(&dir.0).unwrap().count(), 0);
    drop(of_type(&dir.0, "User"));
    Store::open_existing(&dir.0).unwrap();
}
