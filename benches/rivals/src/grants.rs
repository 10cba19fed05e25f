//! Derived grants as an application would keep them: a bitmap for each user and action.

use anyhow::{Context, Result, bail};
use floe_benches::workload::Fact;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;

use crate::stage::{Ask, Check, Stage};

/// A derived row: user, action, resource.
pub(crate) type Grant = (u32, u8, u32);

/// The number of an action in every world.
pub(crate) fn action(name: &str) -> Result<u8> {
    let known = ["read", "write", "delete"];
    let place = known.iter().position(|&known| known == name);
    Ok(u8::try_from(place.context("an action of the worlds")?)?)
}

/// A fact as typed integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Row {
    /// User, whether of the higher role, where.
    Role(u32, bool, u32),
    /// What is listed, and where it lies.
    Leaf(u32, u32),
    /// A place in a place.
    Nested(u32, u32),
}

impl Row {
    /// The fact of a world whose places may be nested.
    pub(crate) fn of(stage: &Stage, fact: &Fact) -> Result<Row> {
        let (shape, row) = stage.numbers.row(fact);
        Ok(match (&*shape, &row[..]) {
            (
                "has_role(User,\"member\",Organization)" | "has_role(User,\"viewer\",Folder)",
                &[user, place],
            ) => Row::Role(user, false, place),
            (
                "has_role(User,\"admin\",Organization)" | "has_role(User,\"editor\",Folder)",
                &[user, place],
            ) => Row::Role(user, true, place),
            (
                "has_relation(Repository,\"organization\",Organization)"
                | "has_relation(Document,\"folder\",Folder)",
                &[leaf, place],
            ) => Row::Leaf(leaf, place),
            ("has_relation(Folder,\"parent\",Folder)", &[child, parent]) => {
                Row::Nested(child, parent)
            }
            _ => bail!("no program takes {shape}"),
        })
    }
}

/// Which bitmap: of user, action and whether of leaves (or of places).
pub(crate) type Key = (u32, u8, bool);

/// The bitmap and the bit of a question.
pub(crate) fn check(stage: &Stage, check: &Check) -> Result<(Key, u32)> {
    let user = stage.numbers.of(&check.actor);
    let key = (user, action(check.action)?, check.resource.kind != "Folder");
    Ok((key, stage.numbers.of(&check.resource)))
}

/// The bitmap of a question.
pub(crate) fn ask(stage: &Stage, ask: &Ask) -> Result<Key> {
    let user = stage.numbers.of(&ask.actor);
    Ok((user, action(ask.action)?, ask.kind != "Folder"))
}

/// What is granted.
#[derive(Default)]
pub(crate) struct Grants {
    sets: FxHashMap<Key, RoaringBitmap>,
}

impl Grants {
    /// A row is there.
    pub(crate) fn insert(&mut self, (user, action, id): Grant, leaf: bool) {
        self.sets
            .entry((user, action, leaf))
            .or_default()
            .insert(id);
    }

    /// Is the row there?
    pub(crate) fn holds(&self, key: Key, id: u32) -> bool {
        self.sets.get(&key).is_some_and(|set| set.contains(id))
    }

    /// All rows of a bitmap.
    pub(crate) fn list(&self, key: Key) -> Vec<u32> {
        self.sets.get(&key).into_iter().flatten().collect()
    }
}
