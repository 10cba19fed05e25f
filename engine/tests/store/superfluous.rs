//! What a snapshot makes superfluous is gone when it has been written, and what is left is
//! held against its checksums, also if no start reads it.

use floe_engine::store::Store;
use floe_engine::value::Limits;
use redb::{Database, ReadableDatabase, ReadableTable};

use super::directory::Directory;
use super::script::{World, policy};
use super::tamper::{CHUNKS, LOG, POLICIES, STARTS, get, place, seal, tamper};

fn steps(world: &mut World, count: usize) {
    for _ in 0..count {
        world.step(|outcome| outcome.unwrap());
    }
    world.journal().wait(world.epoch()).unwrap();
}

fn written(dir: &Directory) -> Store {
    let store = Store::open(&dir.0).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    let (mut world, _) = World::open(&store, "main").unwrap();
    for count in [20, 25] {
        steps(&mut world, count);
        world.save().unwrap();
    }
    steps(&mut world, 5);
    store
}

#[test]
fn a_snapshot_leaves_nothing_of_what_it_replaces() {
    let dir = Directory::new("superfluous");
    drop(written(&dir));
    let db = Database::open(dir.0.join("floe.redb")).unwrap();
    let look = db.begin_read().unwrap();
    let log = look.open_table(LOG).unwrap();
    let log = log.iter().unwrap().map(|entry| entry.unwrap().0.value());
    let expected = (46..=50).map(|epoch| (1, epoch));
    assert_eq!(log.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let chunks = look.open_table(CHUNKS).unwrap();
    let chunks = chunks.iter().unwrap().map(|entry| entry.unwrap().0.value());
    let chunks: Vec<(u32, u64, u32)> = chunks.collect();
    assert!(!chunks.is_empty());
    for (environment, epoch, place) in chunks {
        assert_eq!((environment, epoch), (1, 45), "chunk {place}");
    }
}

#[test]
fn what_no_start_reads_is_verified() {
    let dir = Directory::new("unread");
    written(&dir).verify().unwrap();
    let flipped = {
        let mut policy = get(&dir.0, POLICIES, (1, 2));
        policy[20] ^= 1;
        policy
    };
    let begun = seal("starts", &place(1, 0, 0), &1_u32.to_le_bytes());
    tamper(&dir.0, |t| {
        let mut starts = t.open_table(STARTS).unwrap();
        starts.insert(1, &*begun).unwrap();
    });
    Store::open(&dir.0).unwrap().verify().unwrap();
    tamper(&dir.0, |t| {
        let mut policies = t.open_table(POLICIES).unwrap();
        policies.insert((1, 2), &*flipped).unwrap();
    });
    let complaint = || {
        let store = Store::open(&dir.0).unwrap();
        // It starts all the same: the policy in force is another one.
        store.load("main", &Limits::default()).unwrap();
        store.verify().unwrap_err().to_string()
    };
    let said = complaint();
    let version = "table `policies`, environment 1, epoch 0: version 2 of the policy";
    assert!(said.contains(version), "{said}");
    tamper(&dir.0, |t| {
        let mut starts = t.open_table(STARTS).unwrap();
        starts.insert(1, &begun[1..]).unwrap();
    });
    let said = complaint();
    assert!(said.contains("table `starts`, environment 1"), "{said}");
}
