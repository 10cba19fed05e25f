//! What happens to folders: shares come and go, documents come and go, folders move.

use super::{Change, FolderFact, Folders, Scatter};

impl Folders {
    /// A user gets to view a folder of the second level; the oldest such share goes.
    ///
    /// The first `window` updates only add.
    pub fn shares(&self) -> impl Iterator<Item = Change<FolderFact>> + use<> {
        let tree = self.tree();
        let level = tree.depth().min(2);
        let (users, folders) = self.scatters();
        let (width, of_users) = (tree.on_level(level), self.users);
        let turn = Scatter::new(of_users * width, self.seed ^ 0x5A4E);
        sliding(self.window, move |nth| {
            let at = turn.at(nth % (of_users * width));
            FolderFact::Share {
                user: users.at(at / width),
                editor: false,
                folder: folders.at(tree.node(level, at % width)),
            }
        })
    }

    /// A document appears in a leaf; the oldest such document goes.
    ///
    /// The first `window` updates only add.
    pub fn new_documents(&self) -> impl Iterator<Item = Change<FolderFact>> + use<> {
        let tree = self.tree();
        let (_, folders) = self.scatters();
        let leaves = tree.on_level(tree.depth());
        let turn = Scatter::new(leaves, self.seed ^ 0xD0C5);
        let first = self.documents;
        sliding(self.window, move |nth| FolderFact::Document {
            document: first + nth,
            folder: folders.at(tree.node(tree.depth(), turn.at(nth % leaves))),
        })
    }

    /// A folder of the second level moves to another folder of the first: two changes, which
    /// belong into one change set.
    pub fn moves(&self) -> impl Iterator<Item = [Change<FolderFact>; 2]> + use<> {
        let tree = self.tree();
        let (_, folders) = self.scatters();
        let (movers, places) = (tree.on_level(2), tree.on_level(1));
        let turn = Scatter::new(movers, self.seed ^ 0x303E);
        (0u32..).map(move |step| {
            let (round, nth) = (step / movers, turn.at(step % movers));
            let lies = |round: u32| FolderFact::Parent {
                child: folders.at(tree.node(2, nth)),
                parent: folders.at(tree.node(1, (nth / places + round % places) % places)),
            };
            [Change::delete(lies(round)), Change::insert(lies(round + 1))]
        })
    }

    /// All of them in turn: a share, a document, a move (two changes).
    pub fn mixed(&self) -> impl Iterator<Item = Change<FolderFact>> + use<> {
        self.shares()
            .zip(self.new_documents())
            .zip(self.moves())
            .flat_map(|((share, document), [leave, enter])| [share, document, leave, enter])
    }
}

/// Facts that are added one by one, each removed again once `window` newer ones are there.
fn sliding(
    window: u32,
    fact: impl Fn(u32) -> FolderFact,
) -> impl Iterator<Item = Change<FolderFact>> {
    (0u32..).map(move |step| {
        let later = step.checked_sub(window);
        match later {
            None => Change::insert(fact(step)),
            Some(later) if later % 2 == 0 => Change::delete(fact(later / 2)),
            Some(later) => Change::insert(fact(window + later / 2)),
        }
    })
}
