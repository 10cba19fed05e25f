//! Who may do what in shared drives, found by walking up.

use std::collections::BTreeSet;

use super::{ACTIONS, Row};
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    /// What the rows between these two name second.
    fn second(&self, from: Row, to: Row) -> impl Iterator<Item = u32> {
        self.within(from..=to).filter_map(|row| match *row {
            Row::Nested(_, second)
            | Row::InGroup(_, second)
            | Row::Parent(_, second)
            | Row::LiesIn(_, second) => Some(second),
            _ => None,
        })
    }

    /// The folder and all around it.
    fn upwards(&self, folder: u32) -> Vec<u32> {
        let mut path = vec![folder];
        let parent = |of| {
            self.second(Row::Parent(of, 0), Row::Parent(of, u32::MAX))
                .next()
        };
        path.extend(std::iter::successors(parent(folder), |&above| {
            parent(above)
        }));
        path
    }

    /// The groups a user is in, directly or through others.
    fn groups(&self, user: u32) -> BTreeSet<u32> {
        let direct = self.second(Row::InGroup(user, 0), Row::InGroup(user, u32::MAX));
        let around = |of: &u32| {
            let of = *of;
            self.second(Row::Nested(of, 0), Row::Nested(of, u32::MAX))
                .next()
        };
        direct
            .flat_map(|group| std::iter::successors(Some(group), around))
            .collect()
    }

    /// Whether the user has at least this role on one of the folders.
    fn role(&self, user: u32, least: u8, folders: &[u32]) -> bool {
        let groups = self.groups(user);
        folders.iter().any(|&folder| {
            (least..3).any(|role| {
                self.is(Row::Folder(folder, user, role))
                    || groups
                        .iter()
                        .any(|&group| self.is(Row::FolderGroup(folder, group, role)))
            })
        })
    }

    fn blocked(&self, user: u32, folders: &[u32]) -> bool {
        let mut folders = folders.iter();
        folders.any(|&folder| self.is(Row::Blocked(folder, user)))
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(action), Some(resource)) = (grant.action, grant.resource) else {
            return false;
        };
        let Some(user) = grant.user else {
            return grant.kind == "Document" && action == "read" && self.is(Row::Public(resource));
        };
        let Some(least) = ACTIONS.iter().position(|&known| known == action) else {
            return false;
        };
        let least = least as u8;
        let (own, folders) = if grant.kind == "Folder" {
            (false, self.upwards(resource))
        } else {
            let lies = self.second(Row::LiesIn(resource, 0), Row::LiesIn(resource, u32::MAX));
            let own = (least..3).any(|role| self.is(Row::Document(resource, user, role)));
            (own, lies.flat_map(|folder| self.upwards(folder)).collect())
        };
        (own || self.role(user, least, &folders))
            && (action == "share" || !self.blocked(user, &folders))
    }
}
