//! Who may do what in the file manager, found by walking up.

use super::{FILE_ACTIONS, FOLDER_ACTIONS, Row};
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    /// What the rows between these two name second.
    fn second(&self, from: Row, to: Row) -> impl Iterator<Item = u32> {
        self.within(from..=to).filter_map(|row| match *row {
            Row::InGroup(_, second) | Row::Parent(_, second) | Row::LiesIn(_, second) => {
                Some(second)
            }
            _ => None,
        })
    }

    /// Whether the user has at least this role on the folder or on one around it.
    fn role(&self, user: u32, least: usize, folder: u32) -> bool {
        let groups: Vec<u32> = self
            .second(Row::InGroup(user, 0), Row::InGroup(user, u32::MAX))
            .collect();
        let above = |of: &u32| {
            let of = *of;
            self.second(Row::Parent(of, 0), Row::Parent(of, u32::MAX))
                .next()
        };
        std::iter::successors(Some(folder), above).any(|folder| {
            (least as u8..3).any(|role| {
                self.is(Row::User(folder, user, role))
                    || groups
                        .iter()
                        .any(|&group| self.is(Row::Group(folder, group, role)))
            })
        })
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(user), Some(action), Some(resource)) = (grant.user, grant.action, grant.resource)
        else {
            return false;
        };
        let least = |actions: [&str; 3]| actions.iter().position(|&known| known == action);
        if grant.kind == "Folder" {
            return least(FOLDER_ACTIONS).is_some_and(|least| self.role(user, least, resource));
        }
        let mut folders = self.second(Row::LiesIn(resource, 0), Row::LiesIn(resource, u32::MAX));
        let Some(least) = least(FILE_ACTIONS) else {
            return false;
        };
        self.is(Row::Owner(resource, user)) || folders.any(|folder| self.role(user, least, folder))
    }
}
