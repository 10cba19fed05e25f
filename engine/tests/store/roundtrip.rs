//! What is written is read, by every way there is.

use floe_engine::store::{Store, StoreError};
use floe_engine::value::Limits;

use super::directory::Directory;
use super::disk::{Disk, Event};
use super::script::{Digest, World, begin, names, policy, run};

fn steps(world: &mut World, count: usize) {
    for _ in 0..count {
        world.step(|outcome| outcome.unwrap());
    }
    world.journal().wait(world.epoch()).unwrap();
}

#[test]
fn restarts_snapshots_and_the_cache_agree() {
    let dir = Directory::new("roundtrip");
    let store = Store::open(&dir.0).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    let mut expected = None;
    drop(store);
    for round in 0..6_u64 {
        let store = Store::open(&dir.0).unwrap();
        let limits = Limits::default();
        let cold = store.load_cold("main", &limits).unwrap().1;
        assert!(!cold.warm);
        let (journal, warm) = store.load("main", &limits).unwrap();
        assert_eq!(warm.warm, round > 0, "the cache of the snapshot before");
        assert_eq!(
            (warm.epoch, Digest::of(&warm)),
            (cold.epoch, Digest::of(&cold))
        );
        if let Some(expected) = expected.take() {
            assert_eq!((warm.epoch, Digest::of(&warm)), expected);
        }
        drop(journal);
        let (mut world, _) = World::open(&store, "main").unwrap();
        steps(&mut world, 20);
        world.save().unwrap();
        steps(&mut world, 20);
        expected = Some((world.epoch(), world.digest()));
    }
}

#[test]
fn a_doubtful_cache_is_ignored() {
    let dir = Directory::new("cache");
    let store = Store::open(&dir.0).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    let (mut world, _) = World::open(&store, "main").unwrap();
    steps(&mut world, 50);
    world.save().unwrap();
    let right = world.digest();
    drop(world);
    let path = dir.0.join("warm-1");
    let whole = std::fs::read(&path).unwrap();
    let load = || {
        let (_, loaded) = store.load("main", &Limits::default()).unwrap();
        assert_eq!(Digest::of(&loaded), right);
        loaded.warm
    };
    assert!(load());
    // Every byte counts: of the header, and of the columns behind it.
    for at in (0..64).chain((64..whole.len()).step_by(41)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, damaged).unwrap();
        assert!(!load(), "byte {at} does not count");
    }
    for cut in [0, 1, 63, 64, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(!load());
    }
    std::fs::write(&path, &whole).unwrap();
    assert!(load());
    std::fs::remove_file(&path).unwrap();
    assert!(!load());
}

#[test]
fn settings_and_environments_come_and_go() {
    let disk = Disk::default();
    let store = begin(&disk);
    store.set("key/a", Some(b"1")).unwrap();
    store.set("key/b", Some(b"2")).unwrap();
    store.set("other", Some(b"3")).unwrap();
    store.set("key/a", None).unwrap();
    assert!(run(&disk, &store, 30).is_ok());
    let [first, second] = names();
    let exists = store.create(&first, b"");
    assert_eq!(exists, Err(StoreError::Exists(first.clone())));
    let open = store.load(&first, &Limits::default()).unwrap();
    assert_eq!(store.remove(&first), Err(StoreError::InUse(first.clone())));
    assert!(matches!(
        store.load(&first, &Limits::default()).err(),
        Some(StoreError::InUse(_))
    ));
    drop(open);
    store.remove(&first).unwrap();
    drop(store);

    let store = Store::with_backend("disk", Disk::of(disk.content())).unwrap();
    assert_eq!(store.environments().unwrap(), [&*second]);
    assert_eq!(store.setting("key/b").unwrap().unwrap(), b"2");
    assert_eq!(store.setting("key/a").unwrap(), None);
    let keys = store.settings("key/").unwrap();
    assert_eq!(keys, [("key/b".to_owned(), b"2".to_vec())]);
    assert_eq!(
        store.policy(&second, 1).unwrap().unwrap(),
        policy(1).as_bytes()
    );
    assert_eq!(store.policy(&second, 99).unwrap(), None);
    store.verify().unwrap();
    // A name that is used again is another environment.
    store.create(&first, policy(1).as_bytes()).unwrap();
    let (_, loaded) = store.load(&first, &Limits::default()).unwrap();
    assert_eq!((loaded.epoch, loaded.facts.len()), (0, 0));
}

#[test]
fn a_backup_is_the_store_of_one_moment() {
    let dir = Directory::new("backup");
    let store = Store::open(&dir.0).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    let (mut world, _) = World::open(&store, "main").unwrap();
    steps(&mut world, 40);
    world.save().unwrap();
    steps(&mut world, 10);
    let (epoch, digest) = (world.epoch(), world.digest());
    let file = dir.0.join("copy");
    store.backup(&file).unwrap();
    assert!(store.backup(&file).is_err());
    steps(&mut world, 10);
    let copy = Directory::new("backup-copy");
    let store = Store::restore(&file, &copy.0).unwrap();
    assert!(Store::restore(&file, &copy.0).is_err());
    store.verify().unwrap();
    let (_, loaded) = store.load("main", &Limits::default()).unwrap();
    assert_eq!((loaded.epoch, Digest::of(&loaded)), (epoch, digest));
}

#[test]
fn writers_of_all_environments_share_a_sync() {
    let disk = Disk::default();
    let store = begin(&disk);
    let mut worlds: Vec<World> = (names().iter())
        .map(|name| World::open(&store, name).unwrap().0)
        .collect();
    let syncs = || {
        let history = disk.history();
        let syncs = history.iter().filter(|event| matches!(event, Event::Sync));
        syncs.count() as u64
    };
    let before = (store.commits(), syncs());
    for _ in 0..500 {
        for world in &mut worlds {
            world.step(|outcome| outcome.unwrap());
        }
    }
    for world in &worlds {
        world.journal().wait(world.epoch()).unwrap();
    }
    let after = (store.commits(), syncs());
    let transactions = after.0.transactions - before.0.transactions;
    assert_eq!(
        after.0.records - before.0.records,
        500 * names().len() as u64
    );
    // Fewer than rounds: those of several environments are in one.
    assert!(transactions < 250, "{transactions} commits");
    assert_eq!(after.1 - before.1, transactions, "a commit is one sync");
}
