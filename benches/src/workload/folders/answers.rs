//! What the world of folders answers, by walking up the tree.

use std::collections::BTreeSet;

use super::{ACTIONS, Change, FolderFact, Folders, document_value, folder_value, user_value};
use crate::workload::{Answer, Question, Value};

/// The facts, remembered, with answers found by walking up. For small worlds.
#[derive(Clone, Debug, Default)]
pub struct FolderModel(BTreeSet<FolderFact>);

impl FromIterator<FolderFact> for FolderModel {
    fn from_iter<I: IntoIterator<Item = FolderFact>>(facts: I) -> FolderModel {
        FolderModel(facts.into_iter().collect())
    }
}

impl FolderModel {
    /// Takes a change in.
    pub fn change(&mut self, change: Change<FolderFact>) {
        if change.insert {
            self.0.insert(change.fact);
        } else {
            self.0.remove(&change.fact);
        }
    }

    /// May the user do this to the folder? Actions are numbered as in [`ACTIONS`].
    #[must_use]
    pub fn folder(&self, user: u32, action: usize, folder: u32) -> bool {
        let shared = |editor| {
            self.0.contains(&FolderFact::Share {
                user,
                editor,
                folder,
            })
        };
        let above = |parent| FolderFact::Parent {
            child: folder,
            parent,
        };
        shared(true)
            || action == 0 && shared(false)
            || self.0.range(above(0)..=above(u32::MAX)).any(|up| {
                matches!(up, FolderFact::Parent { parent, .. } if self.folder(user, action, *parent))
            })
    }

    /// May the user do this to the document?
    #[must_use]
    pub fn document(&self, user: u32, action: usize, document: u32) -> bool {
        let lies = |folder| FolderFact::Document { document, folder };
        self.0.range(lies(0)..=lies(u32::MAX)).any(|fact| {
            matches!(fact, FolderFact::Document { folder, .. } if self.folder(user, action, *folder))
        })
    }

    /// The documents there are.
    fn documents(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter_map(|fact| match fact {
            FolderFact::Document { document, .. } => Some(*document),
            _ => None,
        })
    }

    /// Everything that can be asked of this model.
    pub(super) fn questions(&self, world: &Folders) -> Vec<(Question, Answer)> {
        let mut asked = Vec::new();
        for user in 0..world.users {
            for (number, action) in ACTIONS.into_iter().enumerate() {
                let folders = (0..world.tree().nodes())
                    .map(|folder| (folder_value(folder), self.folder(user, number, folder)));
                ask(&mut asked, user, action, "Folder", folders);
                let documents = self.documents().map(|document| {
                    (
                        document_value(document),
                        self.document(user, number, document),
                    )
                });
                ask(&mut asked, user, action, "Document", documents);
            }
        }
        asked
    }
}

/// Asks for every resource by itself, and for the list of them.
fn ask(
    asked: &mut Vec<(Question, Answer)>,
    user: u32,
    action: &'static str,
    kind: &'static str,
    resources: impl Iterator<Item = (Value, bool)>,
) {
    let mut ids = Vec::new();
    for (resource, allowed) in resources {
        if allowed {
            ids.push(resource.id.to_string());
        }
        let actor = user_value(user);
        let question = Question::Authorize {
            actor,
            action,
            resource,
        };
        asked.push((question, Answer::Allowed(allowed)));
    }
    ids.sort_unstable();
    let actor = user_value(user);
    let question = Question::List {
        actor,
        action,
        kind,
    };
    asked.push((question, Answer::Ids(ids)));
}
