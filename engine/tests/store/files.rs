//! Missing, empty, foreign, newer and locked files (R22, R25): one sentence that says what
//! to do, and never invented data.

use std::path::Path;

use floe_engine::store::{Store, StoreError};
use floe_engine::value::Limits;

use super::directory::Directory;
use super::script::{Digest, World, policy};
use super::tamper::{
    Backwards, CHUNKS, ENVIRONMENTS, LOG, META, NEWEST, POLICIES, forge, get, place, seal, tamper,
};

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
        Ok(store) => {
            let environments = store.environments().map(drop);
            let main = || store.load("main", &Limits::default()).map(drop);
            let noticed = environments.and_then(|()| main());
            noticed.expect_err("nothing was noticed").to_string()
        }
    }
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
                let moved = get(dir, LOG, (1, 31));
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
        (
            "a missing environment",
            |dir| {
                tamper(dir, |t| {
                    _ = t.open_table(ENVIRONMENTS).unwrap().remove("main").unwrap();
                });
            },
            &["table `environments`", "some of them are missing"],
        ),
        (
            "names that are not found where they are",
            |dir| {
                let store = Store::open(dir).unwrap();
                store.create("other", b"").unwrap();
                drop(store);
                let names = ["main", "other"].map(|name| (name, get(dir, ENVIRONMENTS, name)));
                tamper(dir, |t| {
                    let mut table = t.open_table(ENVIRONMENTS).unwrap();
                    names
                        .iter()
                        .for_each(|(name, _)| drop(table.remove(*name).unwrap()));
                    drop(table);
                    let mut table = t.open_table(Backwards::ENVIRONMENTS).unwrap();
                    for (name, sealed) in &names {
                        table.insert(*name, &**sealed).unwrap();
                    }
                });
            },
            &["table `environments`", "its order is wrong"],
        ),
        (
            "a missing policy",
            |dir| {
                tamper(dir, |t| {
                    _ = t.open_table(POLICIES).unwrap().remove((1, 4)).unwrap();
                });
            },
            &[
                "table `policies`, environment 1, epoch 40",
                "version 4 of the policy is missing",
            ],
        ),
        (
            "no newest epoch",
            |dir| {
                tamper(dir, |t| {
                    _ = t.open_table(NEWEST).unwrap().remove(1).unwrap();
                });
            },
            &[
                "table `newest`, environment 1",
                "the newest epoch is not noted",
            ],
        ),
        (
            "a change that was made before",
            |dir| {
                let again = get(dir, LOG, (1, 31));
                forge(dir, LOG, (1, 30), &place(1, 30, 0), &again[8..]);
            },
            &[
                "table `log`, environment 1, epoch 31",
                "it inserts a fact that is there",
            ],
        ),
        (
            "another snapshot's chunk",
            |dir| {
                std::fs::remove_file(dir.join("warm-1")).unwrap();
                let mut chunk = get(dir, CHUNKS, (1, 21, 0)).split_off(8);
                let at = chunk.windows(5).position(|w| w == b"user-").unwrap();
                chunk[at] ^= 1;
                forge(dir, CHUNKS, (1, 21, 0), &place(1, 21, 0), &chunk);
            },
            &[
                "table `chunks`, environment 1, epoch 21",
                "the chunks are not those of this snapshot",
            ],
        ),
        (
            "half a chunk",
            |dir| {
                std::fs::remove_file(dir.join("warm-1")).unwrap();
                // Kind, relation, rows of one symbol each.
                let mut chunk = get(dir, CHUNKS, (1, 21, 1)).split_off(8);
                chunk.truncate(chunk.len() - 4);
                forge(dir, CHUNKS, (1, 21, 1), &place(1, 21, 1), &chunk);
            },
            &[
                "table `chunks`, environment 1, epoch 21",
                "facts or symbols are missing",
            ],
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
    let mut value = get(&dir.0, LOG, (1, 40)).split_off(8);
    let at = value.windows(5).position(|w| w == b"user-").unwrap();
    value[at] ^= 1;
    forge(&dir.0, LOG, (1, 40), &place(1, 40, 0), &value);
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
