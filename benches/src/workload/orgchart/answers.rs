//! Who may do what along an organization chart, found by walking up.

use super::Row;
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    fn manager(&self, user: u32) -> Option<u32> {
        let mut rows = self.within(Row::Manager(user, 0)..=Row::Manager(user, u32::MAX));
        match rows.next() {
            Some(Row::Manager(_, manager)) => Some(*manager),
            _ => None,
        }
    }

    fn author(&self, report: u32) -> Option<u32> {
        let mut rows = self.within(Row::Author(report, 0)..=Row::Author(report, u32::MAX));
        match rows.next() {
            Some(Row::Author(_, user)) => Some(*user),
            _ => None,
        }
    }

    /// Whether the first is above the second.
    fn superior(&self, above: u32, user: u32) -> bool {
        std::iter::successors(self.manager(user), |&user| self.manager(user))
            .any(|user| user == above)
    }

    fn reads(&self, user: u32, report: u32) -> bool {
        let author = self.author(report);
        author == Some(user)
            || self.is(Row::Reviewer(report, user))
            || !self.is(Row::Sealed(report))
                && author.is_some_and(|author| self.superior(user, author))
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(user), Some(resource)) = (grant.user, grant.resource) else {
            return false;
        };
        match (grant.kind, grant.action) {
            ("User", Some("review")) => self.superior(user, resource),
            ("User", Some("promote")) => self.manager(resource) == Some(user),
            ("Report", Some("read")) => self.reads(user, resource),
            ("Report", Some("comment")) => {
                self.reads(user, resource) && !self.is(Row::Closed(resource))
            }
            ("Report", Some("approve")) => {
                let author = self.author(resource);
                author.is_some_and(|author| self.manager(author) == Some(user))
            }
            _ => false,
        }
    }
}
