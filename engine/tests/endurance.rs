//! Millions of changes over facts that stay as many as they were: memory stays what it was.
//!
//! `CHANGES=10000000 cargo test --release -p floe-engine --test endurance` runs ten million.
#![cfg(target_os = "linux")]

use std::sync::Arc;

use floe_engine::catalog::{Arg, ChangeSet};
use floe_engine::goal::Budget;
use floe_engine::value::Value;
use floe_engine::{Config, Engine};
use floe_frontend::source::Sources;

const POLICY: &str = r#"
    actor User {} actor Group {}
    resource Folder { roles = ["owner", "viewer"]; permissions = ["read"];
      relations = { parent: Folder };
      role if role on "parent"; "viewer" if "owner"; "read" if "viewer"; }
    in_group(u: User, g: Group) if h matches Group and in_group(u, h) and inside(h, g);
    has_role(u: User, role: String, f: Folder) if
      g matches Group and in_group(u, g) and has_role(g, role, f);
    allow(u: User, a: String, f: Folder) if has_permission(u, a, f) and not banned(u, f);
"#;

/// Bytes of memory that the process has.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux says");
    let pages = pages.split(' ').nth(1).expect("the second of some numbers");
    pages.parse::<u64>().expect("it is a number") * 4096
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

/// Facts of a fixed number: the one at a place is replaced by another.
struct World {
    engine: Engine,
    random: Random,
    facts: Vec<(&'static str, Vec<(&'static str, String)>)>,
}

impl World {
    fn another(&mut self, kind: u64) -> (&'static str, Vec<(&'static str, String)>) {
        let mut any = |ty: &'static str, n| (ty, self.random.below(n).to_string());
        let word = |text: &str| ("String", text.to_string());
        match kind {
            0 => (
                "has_role",
                vec![any("User", 40), word("viewer"), any("Folder", 60)],
            ),
            1 => (
                "has_role",
                vec![any("Group", 8), word("owner"), any("Folder", 60)],
            ),
            2 => ("in_group", vec![any("User", 40), any("Group", 8)]),
            3 => ("banned", vec![any("User", 40), any("Folder", 60)]),
            4 => ("inside", vec![any("Group", 8), any("Group", 8)]),
            _ => (
                "has_relation",
                vec![any("Folder", 60), word("parent"), any("Folder", 60)],
            ),
        }
    }

    /// Replaces so many facts in one change set.
    fn change(&mut self, facts: u64) {
        let mut set = ChangeSet::new();
        for _ in 0..facts {
            let place = self.random.below(self.facts.len() as u64) as usize;
            let new = self.another(place as u64 % 6);
            let old = std::mem::replace(&mut self.facts[place], new.clone());
            set.delete(
                old.0,
                old.1.iter().map(|(ty, id)| Arg::Value(Value { ty, id })),
            );
            set.insert(new.0, new.1.iter().map(|(ty, id)| Value { ty, id }));
        }
        self.engine.apply(&set).expect("a sound change");
    }
}

#[test]
fn memory_stays_what_it_was() {
    let changes: u64 =
        std::env::var("CHANGES").map_or(20_000, |text| text.parse().expect("it is a number"));
    let mut sources = Sources::new();
    sources.add("test.polar", POLICY);
    let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
    let config = Config {
        on_demand_below: 0,
        ..Config::default()
    };
    let program = compiled.program.expect("a policy without errors");
    let engine = Engine::start(Arc::new(program), config).expect("an engine");
    let mut world = World {
        engine,
        random: Random(3),
        facts: Vec::new(),
    };
    for place in 0..240 {
        let fact = world.another(place % 6);
        let mut set = ChangeSet::new();
        set.insert(fact.0, fact.1.iter().map(|(ty, id)| Value { ty, id }));
        world.engine.apply(&set).expect("a sound change");
        world.facts.push(fact);
    }
    // What is allocated once is there after a while.
    let mut made = 0;
    let mut before = 0;
    while made < changes {
        world.change(50);
        made += 100;
        if before == 0 && made >= changes / 4 {
            before = resident();
        }
    }
    let after = resident();
    assert!(
        after < before + before / 10 + (4 << 20),
        "{before} bytes after a quarter of {made} changes, {after} after all of them"
    );
    // And all that was not for nothing.
    let snapshot = world.engine.snapshot();
    let mut asking = snapshot.ask(0, &[], Budget::unlimited()).expect("sound");
    let listed = (0..40).map(|u| {
        let user = u.to_string();
        let user = Value {
            ty: "User",
            id: &user,
        };
        let names = asking.list(user, "read", "Folder").expect("an answer");
        names.names.len()
    });
    assert!(listed.sum::<usize>() > 100);
    world.engine.health().expect("nothing is wrong");
}
