//! A file manager in which things are moved about all the time.
//!
//! With 215,000 facts: 1,000 users in 100 groups, 100,000 files in 10,000 folders. Nine of ten
//! updates put a file or a folder, with everything in it, somewhere else.

mod answers;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A user is in a group: user, group.
    InGroup(u32, u32),
    /// A folder lies in another: inner, outer.
    Parent(u32, u32),
    /// A user has a role on a folder: folder, user, number of the role.
    User(u32, u32, u8),
    /// A group has a role on a folder: folder, group, number of the role.
    Group(u32, u32, u8),
    /// A file lies in a folder: file, folder.
    LiesIn(u32, u32),
    /// A user owns a file: file, user.
    Owner(u32, u32),
}

/// The roles, the least first.
pub const ROLES: [&str; 3] = ["reader", "writer", "manager"];
/// What each of them lets one do with a folder.
pub const FOLDER_ACTIONS: [&str; 3] = ["list", "add", "move"];
/// What each of them lets one do with a file.
pub const FILE_ACTIONS: [&str; 3] = ["read", "write", "move"];

const GROUP: Kind = Kind {
    name: "Group",
    letter: 'g',
    ..USER
};
const FOLDER: Kind = Kind {
    name: "Folder",
    letter: 'd',
    actions: &FOLDER_ACTIONS,
    weight: 1,
};
const FILE: Kind = Kind {
    name: "File",
    letter: 'f',
    actions: &FILE_ACTIONS,
    weight: 3,
};

const IN_GROUP: usize = 0;
const PARENT: usize = 1;
const SHARED: usize = 2;
const LIES_IN: usize = 3;
const OWNER: usize = 4;

/// The shape of the world: everything is in proportion to its files.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    /// How many files there are.
    pub files: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Files {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> Files {
        Files {
            files: (u64::from(facts) * 100 / 215) as u32 + 1,
            seed: 1,
        }
    }

    fn users(&self) -> u32 {
        self.files.div_ceil(100) + 4
    }

    fn groups(&self) -> u32 {
        self.files.div_ceil(1_000).max(4)
    }

    fn folders(&self) -> u32 {
        self.files.div_ceil(10)
    }
}

impl Domain for Files {
    const KINDS: &'static [Kind] = &[USER, GROUP, FOLDER, FILE];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'g' => self.groups(),
            'd' => self.folders(),
            _ => self.files,
        }
    }

    /// The owner of a file and that file, or its folder.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let file = random.below(self.files);
        let owner = self.draw(OWNER, file, 0).below(self.users());
        let resource = match self.row(LIES_IN, file, 0) {
            Some(Row::LiesIn(_, folder)) if random.once_in(4) => FOLDER.value(folder),
            _ => FILE.value(file),
        };
        (USER.value(owner), resource)
    }
}

impl Slots for Files {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "files";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        vec![
            Family::new(self.users(), 3),
            Family::new(self.folders(), 20),
            Family::new(self.folders(), 5),
            Family::new(self.files, 70),
            Family::new(self.files, 2),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let row = match family {
            IN_GROUP => Row::InGroup(index, random.below(self.groups())),
            PARENT => {
                let below = index.checked_sub(1)?;
                // Older folders lie outside younger ones, so that none lies in itself.
                let (first, last) = (below / 8, below / 4);
                Row::Parent(index, first + random.below(last - first + 1))
            }
            SHARED => {
                let role = random.pick(&[0, 0, 0, 1, 1, 2]);
                match random.below(10) {
                    0..2 => Row::User(index, random.below(self.users()), role),
                    2 => Row::Group(index, random.below(self.groups()), role),
                    _ => return None,
                }
            }
            LIES_IN => Row::LiesIn(index, random.skewed(self.folders())),
            OWNER => Row::Owner(index, random.below(self.users())),
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let role =
            |actor, role: u8, folder| Fact::role(actor, ROLES[role as usize], FOLDER.value(folder));
        match row {
            Row::InGroup(user, group) => Fact::role(USER.value(user), "member", GROUP.value(group)),
            Row::Parent(inner, outer) => {
                Fact::relation(FOLDER.value(inner), "parent", FOLDER.value(outer))
            }
            Row::User(folder, user, number) => role(USER.value(user), number, folder),
            Row::Group(folder, group, number) => role(GROUP.value(group), number, folder),
            Row::LiesIn(file, folder) => {
                Fact::relation(FILE.value(file), "folder", FOLDER.value(folder))
            }
            Row::Owner(file, user) => Fact::relation(FILE.value(file), "owner", USER.value(user)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_it_is_named_for() {
        let world = Files::at(215_000);
        let sizes = [world.users(), world.groups(), world.files];
        assert_eq!(sizes, [1_005, 101, 100_001]);
    }
}
