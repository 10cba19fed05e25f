//! Datalog compiled into Rust by `ascent`: semi-naive, from scratch whenever a fact changes.

use anyhow::{Result, bail};
use ascent::ascent;
use floe_benches::workload::{Change, Fact};

use crate::contestant::{About, Contestant};
use crate::grants::{self, Grant, Grants, Key, Row};
use crate::locked::version;
use crate::stage::{Ask, Check, Stage};

ascent! {
    struct Flat;
    relation wanted(u32);
    relation role(u32, bool, u32);
    relation repository(u32, u32);
    relation may(u32, u8, u32);
    relation allow(u32, u8, u32);
    may(u, 0u8, o) <-- wanted(u), role(u, _, o);
    may(u, 1u8, o), may(u, 2u8, o) <-- wanted(u), role(u, admin, o), if *admin;
    allow(u, a, r) <-- may(u, a, o), repository(r, o);
}

ascent! {
    struct Folders;
    relation wanted(u32);
    relation role(u32, bool, u32);
    relation parent(u32, u32);
    relation document(u32, u32);
    relation may(u32, u8, u32);
    relation allow(u32, u8, u32);
    may(u, 0u8, f) <-- wanted(u), role(u, _, f);
    may(u, 1u8, f) <-- wanted(u), role(u, editor, f), if *editor;
    may(u, a, c) <-- may(u, a, p), parent(c, p);
    allow(u, a, d) <-- may(u, a, f), document(d, f);
}

/// Recomputes everything when a fact changes, or with `GOAL` for each question what concerns
/// its actor.
pub(crate) struct Ascent<const GOAL: bool> {
    nested: bool,
    users: Vec<(u32,)>,
    roles: Vec<(u32, bool, u32)>,
    leaves: Vec<(u32, u32)>,
    parents: Vec<(u32, u32)>,
    grants: Grants,
}

fn change<T: PartialEq>(rows: &mut Vec<T>, row: T, insert: bool) {
    if insert {
        rows.push(row);
    } else if let Some(place) = rows.iter().position(|known| *known == row) {
        rows.swap_remove(place);
    }
}

impl<const GOAL: bool> Ascent<GOAL> {
    fn put(&mut self, row: Row, insert: bool) {
        match row {
            Row::Role(user, high, place) => change(&mut self.roles, (user, high, place), insert),
            Row::Leaf(leaf, place) => change(&mut self.leaves, (leaf, place), insert),
            Row::Nested(child, parent) => change(&mut self.parents, (child, parent), insert),
        }
    }

    /// Grants on leaves, and on places where those are asked about.
    fn run(&self, wanted: Vec<(u32,)>) -> (Vec<Grant>, Vec<Grant>) {
        if self.nested {
            let mut program = Folders {
                wanted,
                role: self.roles.clone(),
                parent: self.parents.clone(),
                document: self.leaves.clone(),
                ..Folders::default()
            };
            program.run();
            (program.allow, program.may)
        } else {
            let mut program = Flat {
                wanted,
                role: self.roles.clone(),
                repository: self.leaves.clone(),
                ..Flat::default()
            };
            program.run();
            (program.allow, Vec::new())
        }
    }

    fn recompute(&mut self) {
        if GOAL {
            return;
        }
        let (leaves, places) = self.run(self.users.clone());
        self.grants = Grants::default();
        for (rows, leaf) in [(leaves, true), (places, false)] {
            for row in rows {
                self.grants.insert(row, leaf);
            }
        }
    }

    fn goal(&self, (user, action, leaf): Key) -> impl Iterator<Item = u32> {
        let (leaves, places) = self.run(vec![(user,)]);
        let rows = if leaf { leaves } else { places };
        let of_action = move |row: Grant| (row.1 == action).then_some(row.2);
        rows.into_iter().filter_map(of_action)
    }
}

impl<const GOAL: bool> Contestant for Ascent<GOAL> {
    type Load = Vec<Row>;
    type Change = Vec<(Row, bool)>;
    type Check = (Key, u32);
    type Ask = Key;
    type Ids = Vec<u32>;

    fn start(stage: &Stage) -> Result<Self> {
        let nested = match stage.world {
            "flat" => false,
            "folders" => true,
            other => bail!("{other} has no program for ascent"),
        };
        Ok(Ascent {
            nested,
            users: (0..stage.numbers.count("User"))
                .map(|user| (user,))
                .collect(),
            roles: Vec::new(),
            leaves: Vec::new(),
            parents: Vec::new(),
            grants: Grants::default(),
        })
    }

    fn about(&mut self) -> About {
        About {
            name: if GOAL { "ascent goal" } else { "ascent" },
            version: format!("ascent {}", version("ascent")),
            against: &["floe symbols"],
            data: "vectors of integers, the program compiled into the binary",
            freshness: "the newest change",
            completeness: if GOAL {
                "nothing in advance: each question derives all that its actor may do, from scratch"
            } else {
                "every grant derived from scratch after each change, then one bitmap a user and action; questions look there"
            },
            durability: "none",
            transport: "a call in the same process, ids as integers",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<Row>> {
        let rows = stage.facts.iter().map(|fact| Row::of(stage, fact));
        rows.collect()
    }

    fn prepare_change(&mut self, stage: &Stage, changes: &[Change<Fact>]) -> Result<Self::Change> {
        let row = |change: &Change<Fact>| Ok((Row::of(stage, &change.fact)?, change.insert));
        changes.iter().map(row).collect()
    }

    fn prepare_check(&mut self, stage: &Stage, check: &Check) -> Result<(Key, u32)> {
        grants::check(stage, check)
    }

    fn prepare_ask(&mut self, stage: &Stage, ask: &Ask) -> Result<Key> {
        grants::ask(stage, ask)
    }

    fn load(&mut self, facts: Vec<Row>) -> Result<()> {
        facts.into_iter().for_each(|row| self.put(row, true));
        self.recompute();
        Ok(())
    }

    fn change(&mut self, change: &Self::Change) -> Result<()> {
        change
            .iter()
            .for_each(|&(row, insert)| self.put(row, insert));
        self.recompute();
        Ok(())
    }

    fn authorize(&mut self, &(key, id): &(Key, u32)) -> Result<bool> {
        if GOAL {
            return Ok(self.goal(key).any(|found| found == id));
        }
        Ok(self.grants.holds(key, id))
    }

    fn list(&mut self, &key: &Key) -> Result<Vec<u32>> {
        if GOAL {
            return Ok(self.goal(key).collect());
        }
        Ok(self.grants.list(key))
    }

    fn ids(&self, stage: &Stage, ask: &Ask, ids: Vec<u32>) -> Vec<String> {
        let id = |number| stage.numbers.id(ask.kind, number).to_owned();
        ids.into_iter().map(id).collect()
    }
}
