//! Data directories written by every format there has been (R25): each opens, and holds
//! what it held.
//!
//! A new format gets a new directory, written once by
//! `cargo test -p floe-engine --test store -- --ignored fixture`; the old ones stay.

use std::fmt::Write;
use std::path::PathBuf;

use floe_engine::store::Store;
use floe_engine::value::Limits;

use super::directory::Directory;
use super::script::{Digest, World, policy};

/// Every one that a release has written, or the next one will write.
const FORMATS: &[&str] = &["format-1"];

fn place(format: &str) -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/store/fixtures");
    tests.join(format)
}

/// Everything a store holds, for people.
fn described(store: &Store) -> String {
    let mut text = String::new();
    for (name, value) in store.settings("").unwrap() {
        writeln!(text, "setting {name}: {}", String::from_utf8_lossy(&value)).unwrap();
    }
    for name in store.environments().unwrap() {
        let (_, loaded) = store.load(&name, &Limits::default()).unwrap();
        let digest = Digest::of(&loaded);
        let (epoch, replayed) = (loaded.epoch, loaded.replayed);
        writeln!(
            text,
            "environment {name}: epoch {epoch}, {replayed} rows in the log"
        )
        .unwrap();
        writeln!(text, "policy {}", digest.version).unwrap();
        text.push_str(&String::from_utf8_lossy(&digest.policy));
        for fact in digest.facts {
            writeln!(text, "{fact}").unwrap();
        }
    }
    text
}

#[test]
#[ignore = "writes into the source tree, once per format"]
fn write_the_fixture_of_this_format() {
    let dir = Directory::new("fixture");
    let store = Store::open(&dir.0).unwrap();
    store.set("key/1", Some(b"a digest")).unwrap();
    store.create("main", policy(1).as_bytes()).unwrap();
    store.create("empty", policy(1).as_bytes()).unwrap();
    let (mut world, _) = World::open(&store, "main").unwrap();
    for step in 1..=30 {
        world.step(|outcome| outcome.unwrap());
        world.journal().wait(step).unwrap();
        if step == 20 {
            world.save().unwrap();
        }
    }
    drop(world);
    let text = described(&store);
    drop(store);
    let to = place("format-1");
    std::fs::create_dir_all(&to).unwrap();
    std::fs::copy(dir.0.join("floe.redb"), to.join("floe.redb")).unwrap();
    std::fs::write(to.join("holds.txt"), text).unwrap();
}

#[test]
fn every_format_opens() {
    for format in FORMATS {
        let dir = Directory::new("fixtures");
        std::fs::create_dir_all(&dir.0).unwrap();
        std::fs::copy(place(format).join("floe.redb"), dir.0.join("floe.redb")).unwrap();
        let store = Store::open(&dir.0).unwrap();
        let holds = std::fs::read_to_string(place(format).join("holds.txt")).unwrap();
        assert_eq!(described(&store), holds, "{format}");
        store.verify().unwrap();
        // And it can be written to.
        let (mut world, _) = World::open(&store, "main").unwrap();
        world.step(|outcome| outcome.unwrap());
        world.journal().wait(world.epoch()).unwrap();
        world.save().unwrap();
    }
}
