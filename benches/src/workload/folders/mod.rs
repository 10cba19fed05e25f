//! Folders in folders, shared with users, and documents at the leaves.
//!
//! A share reaches everything below it, so grants outnumber facts by far and a folder that
//! moves takes its whole subtree along. The tree is complete; every user views one folder of
//! the first level and edits one of the second.

mod answers;
mod tree;
mod updates;

use super::oracle::{self, Domain, Kind, USER};
use super::{Answer, Change, Fact, Facts, Order, Question, Questions, Scatter, SplitMix, Updates};
use super::{Value, World};
pub use answers::FolderModel;
pub use tree::Tree;

/// A fact of the world of folders, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FolderFact {
    /// A user has a role on a folder.
    Share {
        /// Who.
        user: u32,
        /// True for `editor`, false for `viewer`.
        editor: bool,
        /// On what.
        folder: u32,
    },
    /// A folder lies in another.
    Parent {
        /// The folder.
        child: u32,
        /// Where it lies.
        parent: u32,
    },
    /// A document lies in a folder.
    Document {
        /// The document.
        document: u32,
        /// Where it lies.
        folder: u32,
    },
}

impl FolderFact {
    /// The same fact as text.
    #[must_use]
    pub fn text(self) -> Fact {
        match self {
            FolderFact::Share {
                user,
                editor,
                folder,
            } => Fact::role(
                USER.value(user),
                ROLES[usize::from(editor)],
                FOLDER.value(folder),
            ),
            FolderFact::Parent { child, parent } => {
                Fact::relation(FOLDER.value(child), "parent", FOLDER.value(parent))
            }
            FolderFact::Document { document, folder } => {
                Fact::relation(DOCUMENT.value(document), "folder", FOLDER.value(folder))
            }
        }
    }
}

/// The roles, by the number of [`FolderFact::Share::editor`].
pub const ROLES: [&str; 2] = ["viewer", "editor"];
/// The permissions on folders and documents, in the order the baselines number them.
pub const ACTIONS: [&str; 2] = ["read", "write"];

const FOLDER: Kind = Kind {
    name: "Folder",
    letter: 'f',
    actions: &ACTIONS,
    weight: 1,
};
const DOCUMENT: Kind = Kind {
    name: "Document",
    letter: 'd',
    ..FOLDER
};

/// The shape of a world of folders.
#[derive(Clone, Copy, Debug)]
pub struct Folders {
    /// How many folders lie in one that is not a leaf.
    pub fanout: u32,
    /// How many levels lie below the root.
    pub depth: u32,
    /// How many users, each with two shares.
    pub users: u32,
    /// How many documents there are before the first update.
    pub documents: u32,
    /// How many shares, and how many documents, the updates add before they remove the oldest.
    pub window: u32,
    /// How facts arrive and ordinals lie.
    pub order: Order,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Folders {
    /// 111,111 folders and 2,000 users: 26.4 M grants.
    #[must_use]
    pub fn tall() -> Folders {
        Folders {
            fanout: 10,
            depth: 5,
            users: 2_000,
            documents: 0,
            window: 1_000,
            order: Order::Grouped,
            seed: 1,
        }
    }

    /// With about so many facts, most of them documents; of the folders of the first levels
    /// every user has a share.
    #[must_use]
    pub fn at(facts: u32) -> Folders {
        let (fanout, users) = (6, (facts / 50).clamp(20, 200));
        let fits = |depth: &u32| Tree::new(fanout, *depth).nodes() <= facts / 2;
        let depth = (1..10).rev().find(fits).unwrap_or(1);
        let folders = Tree::new(fanout, depth).nodes() - 1;
        Folders {
            fanout,
            depth,
            users,
            documents: facts - folders - 2 * users,
            ..Folders::tall()
        }
    }

    /// A world small enough to ask everything.
    #[must_use]
    pub fn small() -> Folders {
        Folders {
            fanout: 3,
            depth: 3,
            users: 6,
            documents: 5,
            window: 4,
            ..Folders::tall()
        }
    }

    /// The same world with its facts in another order.
    #[must_use]
    pub fn ordered(self, order: Order) -> Folders {
        Folders { order, ..self }
    }

    /// The tree of folders, as it is before the first update.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::new(self.fanout, self.depth)
    }

    /// The facts before the first update.
    pub fn rows(&self) -> impl Iterator<Item = FolderFact> + use<> {
        let world = *self;
        let tree = world.tree();
        let (parents, shares) = (tree.nodes() - 1, 2 * world.users);
        let total = parents + shares + world.documents;
        let arrival = Scatter::of(world.order, total, world.seed);
        let (users, folders) = world.scatters();
        (0..total).map(move |index| {
            let at = arrival.at(index);
            if at < parents {
                let child = at + 1;
                let parent = tree.parent(child).expect("only the root has no parent");
                FolderFact::Parent {
                    child: folders.at(child),
                    parent: folders.at(parent),
                }
            } else if at < parents + shares {
                let (user, second) = ((at - parents) / 2, (at - parents) % 2 == 1);
                FolderFact::Share {
                    user: users.at(user),
                    editor: second,
                    folder: folders.at(world.shared(&tree, user, second)),
                }
            } else {
                let document = at - parents - shares;
                let leaf = document % tree.on_level(tree.depth());
                FolderFact::Document {
                    document,
                    folder: folders.at(tree.node(tree.depth(), leaf)),
                }
            }
        })
    }

    /// The folder a user views (on the first level) or edits (on the second).
    fn shared(&self, tree: &Tree, user: u32, editor: bool) -> u32 {
        let mut random = SplitMix::new(self.seed ^ (u64::from(user) * 2 + u64::from(editor)) << 20);
        let level = tree.depth().min(if editor { 2 } else { 1 });
        tree.node(level, random.below(tree.on_level(level)))
    }

    /// Where ordinals lie: users, folders.
    fn scatters(&self) -> (Scatter, Scatter) {
        (
            Scatter::of(self.order, self.users, self.seed ^ 0x05E5),
            Scatter::of(self.order, self.tree().nodes(), self.seed ^ 0xF01D),
        )
    }
}

impl World for Folders {
    fn name(&self) -> &'static str {
        "folders"
    }

    fn policy(&self) -> &'static str {
        include_str!("policy.polar")
    }

    fn facts(&self) -> Facts {
        Box::new(self.rows().map(FolderFact::text))
    }

    /// In turn: a share, a document, and a move, whose two changes belong together.
    fn updates(&self) -> Updates {
        let text = |changes: Vec<Change<FolderFact>>| {
            let changes = changes.into_iter();
            changes.map(|change| change.map(FolderFact::text)).collect()
        };
        let singles = self.shares().zip(self.new_documents());
        let all = singles
            .zip(self.moves())
            .flat_map(|((share, document), [leave, enter])| {
                [vec![share], vec![document], vec![leave, enter]]
            });
        Box::new(all.map(text))
    }

    fn asks(&self) -> Questions {
        oracle::asks(*self)
    }

    fn questions(&self, updates: usize) -> Vec<(Question, Answer)> {
        // Every third update is two changes.
        self.answers(updates + updates / 3)
    }
}

impl Folders {
    /// Questions with their answers after so many of the changes of [`Folders::mixed`].
    pub(crate) fn answers(&self, changes: usize) -> Vec<(Question, Answer)> {
        let mut model: FolderModel = self.rows().collect();
        for change in self.mixed().take(changes) {
            model.change(change);
        }
        oracle::questions(self, &model)
    }
}

impl Domain for Folders {
    const KINDS: &'static [Kind] = &[USER, FOLDER, DOCUMENT];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users,
            'f' => self.tree().nodes(),
            _ => self.documents,
        }
    }

    /// A user and the folder that the user edits at first.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let (users, folders) = self.scatters();
        let user = random.below(self.users);
        let folder = self.shared(&self.tree(), user, true);
        (USER.value(users.at(user)), FOLDER.value(folders.at(folder)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn facts_are_distinct_and_updates_have_effect() {
        for order in [Order::Grouped, Order::Shuffled] {
            let world = Folders::small().ordered(order);
            let mut facts = BTreeSet::new();
            for fact in world.rows() {
                assert!(facts.insert(fact), "{fact:?} twice");
            }
            assert_eq!(facts.len(), 39 + 12 + 5);
            for change in world.mixed().take(2_000) {
                let fresh = if change.insert {
                    facts.insert(change.fact)
                } else {
                    facts.remove(&change.fact)
                };
                assert!(fresh, "{change:?} has no effect");
            }
        }
    }
}
