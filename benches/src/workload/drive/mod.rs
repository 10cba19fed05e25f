//! Shared drives: folders eight to twelve deep, nested groups, people who are kept out.
//!
//! A drive is a root folder with levels below it; every folder of a level lies in some folder
//! of the level above, so subtrees are of all sizes. Drives come in cycles of eight, of 17 to
//! 161 folders. A third of the folders is shared, two times of five with a group; groups nest
//! in chains of four. Updates are mostly shares that change and documents that move; now and
//! then a whole subtree does.

mod answers;
mod shape;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A group lies in another: inner, outer.
    Nested(u32, u32),
    /// A user is in a group: user, group.
    InGroup(u32, u32),
    /// A folder lies in another: inner, outer.
    Parent(u32, u32),
    /// A user has a role on a folder: folder, user, number of the role.
    Folder(u32, u32, u8),
    /// A group has a role on a folder: folder, group, number of the role.
    FolderGroup(u32, u32, u8),
    /// A user is kept out of a folder: folder, user.
    Blocked(u32, u32),
    /// A document lies in a folder: document, folder.
    LiesIn(u32, u32),
    /// A user has a role on a document: document, user, number of the role.
    Document(u32, u32, u8),
    /// A document is public.
    Public(u32),
}

/// The roles, the least first.
pub const ROLES: [&str; 3] = ["viewer", "editor", "owner"];
/// What each of them lets one do.
pub const ACTIONS: [&str; 3] = ["read", "write", "share"];
const OWNER: u8 = 2;

const GROUP: Kind = Kind {
    name: "Group",
    letter: 'g',
    ..USER
};
const FOLDER: Kind = Kind {
    name: "Folder",
    letter: 'f',
    actions: &ACTIONS,
    weight: 1,
};
const DOCUMENT: Kind = Kind {
    name: "Document",
    letter: 'd',
    weight: 3,
    ..FOLDER
};

/// Groups in a chain.
const CHAIN: u32 = 4;
/// Groups a user can be in at once.
const GROUPS: u32 = 2;
/// Documents for each folder.
const DOCUMENTS: u32 = 3;

const NESTED: usize = 0;
const IN_GROUP: usize = 1;
const PARENT: usize = 2;
const OWNS: usize = 3;
const SHARED: usize = 4;
const BLOCKED: usize = 5;
const LIES_IN: usize = 6;
const DOCUMENT_SHARED: usize = 7;
const PUBLIC: usize = 8;

/// The shape of the world: everything is in proportion to its folders.
#[derive(Clone, Copy, Debug)]
pub struct Drive {
    /// How many folders there are; the last drive may be unfinished.
    pub folders: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Drive {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> Drive {
        Drive {
            folders: (u64::from(facts) * 10 / 58) as u32 + 1,
            seed: 1,
        }
    }

    fn users(&self) -> u32 {
        self.folders / 4 + 2
    }

    /// A number of whole chains.
    fn groups(&self) -> u32 {
        (self.folders / (16 * CHAIN) + 1) * CHAIN
    }

    fn documents(&self) -> u32 {
        self.folders * DOCUMENTS
    }
}

impl Domain for Drive {
    const KINDS: &'static [Kind] = &[USER, GROUP, FOLDER, DOCUMENT];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'g' => self.groups(),
            'f' => self.folders,
            _ => self.documents(),
        }
    }

    /// Someone with a share, or the owner of a drive, and the folder or a document in it.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let folder = random.below(self.folders);
        let shared = self.row(SHARED, folder, 0).or(self.row(OWNS, folder, 0));
        let user = match shared {
            Some(Row::Folder(_, user, _)) => user,
            _ => random.below(self.users()),
        };
        if random.once_in(3) {
            return (USER.value(user), FOLDER.value(folder));
        }
        let nth = random.below(DOCUMENTS);
        (USER.value(user), DOCUMENT.value(folder * DOCUMENTS + nth))
    }
}

impl Slots for Drive {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "drive";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        let (folders, documents) = (self.folders, self.documents());
        vec![
            Family::new(self.groups(), 0),
            Family::new(self.users() * GROUPS, 10),
            Family::new(folders, 5),
            Family::new(folders, 1),
            Family::new(folders, 30),
            Family::new(folders, 4),
            Family::new(documents, 30),
            Family::new(documents, 20),
            Family::new(documents, 5),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let place = || shape::place(index);
        let row = match family {
            NESTED => (!index.is_multiple_of(CHAIN)).then(|| Row::Nested(index, index - 1))?,
            IN_GROUP => {
                // Each slot has groups of its own, so that no user is in one twice.
                let nth = index % GROUPS;
                let group = random.skewed(self.groups() / GROUPS) * GROUPS + nth;
                Row::InGroup(index / GROUPS, group)
            }
            PARENT => Row::Parent(index, place().parent(&mut random)?),
            OWNS => {
                let user = random.below(self.users());
                (place().level == 0).then_some(Row::Folder(index, user, OWNER))?
            }
            SHARED => {
                let role = random.pick(&[0, 0, 1]);
                match random.below(15) {
                    0..3 => Row::Folder(index, random.below(self.users()), role),
                    3..5 => Row::FolderGroup(index, random.below(self.groups()), role),
                    _ => return None,
                }
            }
            BLOCKED => {
                let user = random.below(self.users());
                random.once_in(20).then_some(Row::Blocked(index, user))?
            }
            // In one folder at first, then anywhere in the drives around it.
            LIES_IN if round == 0 => Row::LiesIn(index, index / DOCUMENTS),
            LIES_IN => {
                let near = shape::near(index / DOCUMENTS, self.folders);
                Row::LiesIn(index, near.start + random.below(near.end - near.start))
            }
            DOCUMENT_SHARED => {
                let (user, role) = (random.below(self.users()), random.pick(&[0, 0, 1]));
                random
                    .once_in(6)
                    .then_some(Row::Document(index, user, role))?
            }
            PUBLIC => self
                .once_in(10, PUBLIC, index, round)
                .then_some(Row::Public(index))?,
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let role = |actor, role: u8, on| Fact::role(actor, ROLES[role as usize], on);
        match row {
            Row::Nested(inner, outer) => {
                Fact::relation(GROUP.value(inner), "parent", GROUP.value(outer))
            }
            Row::InGroup(user, group) => Fact::role(USER.value(user), "member", GROUP.value(group)),
            Row::Parent(inner, outer) => {
                Fact::relation(FOLDER.value(inner), "parent", FOLDER.value(outer))
            }
            Row::Folder(folder, user, number) => {
                role(USER.value(user), number, FOLDER.value(folder))
            }
            Row::FolderGroup(folder, group, number) => {
                role(GROUP.value(group), number, FOLDER.value(folder))
            }
            Row::Blocked(folder, user) => {
                Fact::new("blocked", [USER.value(user), FOLDER.value(folder)])
            }
            Row::LiesIn(document, folder) => {
                Fact::relation(DOCUMENT.value(document), "folder", FOLDER.value(folder))
            }
            Row::Document(document, user, number) => {
                role(USER.value(user), number, DOCUMENT.value(document))
            }
            Row::Public(document) => Fact::new("is_public", [DOCUMENT.value(document)]),
        }
    }
}
