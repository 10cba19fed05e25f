//! Missing, empty, foreign, newer and locked files (R22, R25): one sentence that says what
//! to do, and never invented data.

use std::path::Path;

use floe_engine::store::{Store, StoreError};
use floe_engine::value::Limits;
use redb::{Database, ReadableDatabase, TableDefinition};
use twox_hash::XxHash3_64;

use super::directory::Directory;
use super::script::{Digest, World, policy};

/// A data directory with a snapshot and some log behind it; what it holds.
fn written(dir: &Path) -> Digest {
    let store = Store::open(dir).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    let (mut world, _) = World::open(&store, "main").unwrap();
    for step in 0..40 {
        world.step(|outcome| outcome.unwrap());
        if step == 20 {
            world.save().unwrap();
        }
    }
    world.journal().wait(40).unwrap();
    world.digest()
}

fn complaint(dir: &Path) -> String {
    match Store::open(dir) {
        Err(why) => why.to_string(),
        Ok(store) => match store.load("main", &Limits::default()) {
            Err(why) => why.to_string(),
            Ok(_) => panic!("nothing was noticed"),
        },
    }
}

const LOG: TableDefinition<'_, (u32, u64), &[u8]> = TableDefinition::new("log");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const CHUNKS: TableDefinition<'_, (u32, u64, u32), &[u8]> = TableDefinition::new("chunks");

/// Changes the file behind the store's back.
fn tamper(dir: &Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let db = Database::open(dir.join("floe.redb")).unwrap();
    let transaction = db.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

fn record(dir: &Path, epoch: u64) -> Vec<u8> {
    let db = Database::open(dir.join("floe.redb")).unwrap();
    let transaction = db.begin_read().unwrap();
    let table = transaction.open_table(LOG).unwrap();
    table.get((1, epoch)).unwrap().unwrap().value().to_vec()
}

fn seal(table: &str, key: &[u8], value: &[u8]) -> Vec<u8> {
    let table = XxHash3_64::oneshot(table.as_bytes());
    let key = XxHash3_64::oneshot_with_seed(table, key);
    let sum = XxHash3_64::oneshot_with_seed(key, value);
    [&sum.to_le_bytes()[..], value].concat()
}

/// What is done to the directory, and what has to be said about it.
type Case = (&'static str, fn(&Path), &'static [&'static str]);

#[test]
fn refusals_name_file_table_and_epoch() {
    let table: &[Case] = &[
        (
            "an empty file",
            |dir| std::fs::write(dir.join("floe.redb"), "").unwrap(),
            &["floe.redb", "the file is empty"],
        ),
        (
            "a foreign file",
            |dir| std::fs::write(dir.join("floe.redb"), "hello ".repeat(1000)).unwrap(),
            &["floe.redb", "rejected"],
        ),
        (
            "a missing file",
            |dir| std::fs::remove_file(dir.join("floe.redb")).unwrap(),
            &["floe.redb", "the file is missing", "warm-1"],
        ),
        (
            "a gap",
            |dir| {
                tamper(dir, |t| {
                    _ = t.open_table(LOG).unwrap().remove((1, 30)).unwrap()
                })
            },
            &[
                "table `log`, environment 1, epoch 31",
                "epoch 30 was expected",
            ],
        ),
        (
            "a lost end",
            |dir| {
                tamper(dir, |t| {
                    _ = t.open_table(LOG).unwrap().remove((1, 40)).unwrap()
                })
            },
            &["table `log`", "ends at epoch 39, not at 40"],
        ),
        (
            "a record in another's place",
            |dir| {
                let moved = record(dir, 31);
                tamper(dir, |t| {
                    _ = t.open_table(LOG).unwrap().insert((1, 30), &*moved).unwrap()
                });
            },
            &["table `log`, environment 1, epoch 30", "checksum"],
        ),
        (
            "a missing chunk",
            |dir| {
                _ = std::fs::remove_file(dir.join("warm-1"));
                tamper(dir, |t| {
                    _ = t.open_table(CHUNKS).unwrap().remove((1, 21, 0)).unwrap()
                });
            },
            &[
                "table `chunks`, environment 1, epoch 21",
                "chunk 0 is missing",
            ],
        ),
        (
            "another database",
            |dir| {
                tamper(dir, |t| _ = t.delete_table(META).unwrap());
            },
            &["table `meta`", "not one of Floe's"],
        ),
        (
            "a newer format",
            |dir| {
                let sealed = seal("meta", b"format", &9_u32.to_le_bytes());
                tamper(dir, |t| {
                    _ = t
                        .open_table(META)
                        .unwrap()
                        .insert("format", &*sealed)
                        .unwrap();
                });
            },
            &["format 9", "up to 1", "newer"],
        ),
    ];
    for (what, damage, expected) in table {
        let dir = Directory::new("refused");
        written(&dir.0);
        damage(&dir.0);
        let said = complaint(&dir.0);
        for words in *expected {
            assert!(said.contains(words), "{what}: {words:?} is not in {said:?}");
        }
        // And it says the same the next time: nothing was mended by looking.
        assert_eq!(complaint(&dir.0), said, "{what}");
    }
}

/// Without the checksum the tests above would see a difference: a record changed and
/// sealed again is believed.
#[test]
fn only_the_seal_stands_between_a_flipped_bit_and_a_wrong_fact() {
    let dir = Directory::new("sealed");
    let right = written(&dir.0);
    let mut value = record(&dir.0, 40)[8..].to_vec();
    let at = value.windows(5).position(|w| w == b"user-").unwrap();
    value[at] ^= 1;
    let mut key = [0; 16];
    key[0] = 1;
    key[4] = 40;
    let sealed = seal("log", &key, &value);
    tamper(&dir.0, |t| {
        _ = t
            .open_table(LOG)
            .unwrap()
            .insert((1, 40), &*sealed)
            .unwrap()
    });
    let store = Store::open(&dir.0).unwrap();
    let (_, loaded) = store.load("main", &Limits::default()).unwrap();
    assert_ne!(Digest::of(&loaded), right);
}

#[test]
fn one_process_at_a_time() {
    let dir = Directory::new("locked");
    let store = Store::open(&dir.0).unwrap();
    let second = Store::open(&dir.0).map(drop);
    assert!(
        matches!(second, Err(StoreError::Locked { .. })),
        "{second:?}"
    );
    drop(store);
    Store::open(&dir.0).unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Directory::new("private");
    written(&dir.0);
    for (name, mode) in [("", 0o700), ("floe.redb", 0o600), ("warm-1", 0o600)] {
        let found = std::fs::metadata(dir.0.join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(found & 0o777, mode, "{name}");
    }
}
