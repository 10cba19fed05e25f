//! What the world of folders answers, by walking up the tree.

use std::collections::BTreeSet;

use super::{ACTIONS, Change, FolderFact};
use crate::workload::oracle::{Grant, Kind, Oracle};

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
}

impl Oracle for FolderModel {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(user), Some(action), Some(resource)) = (grant.user, grant.action, grant.resource)
        else {
            return false;
        };
        let action = ACTIONS.iter().position(|&known| known == action);
        let action = action.unwrap_or(ACTIONS.len());
        match grant.kind {
            "Folder" => self.folder(user, action, resource),
            _ => self.document(user, action, resource),
        }
    }

    fn grown(&self, kind: &Kind) -> u32 {
        let documents = self.0.iter().filter_map(|fact| match fact {
            FolderFact::Document { document, .. } => Some(document + 1),
            _ => None,
        });
        match kind.name {
            "Document" => documents.max().unwrap_or_default(),
            _ => 0,
        }
    }
}
