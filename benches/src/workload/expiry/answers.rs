//! Who may still do what, found by walking through the facts.

use super::{LATER, Row, Time};
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

/// Whether a time is still to come: none is between 2024 and then.
fn lasts(until: Time) -> bool {
    until >= LATER
}

impl Held<Row> {
    fn member(&self, user: u32, org: u32) -> bool {
        let rows = Row::Member(user, org, Time::MIN)..=Row::Member(user, org, Time::MAX);
        let mut rows = self.within(rows);
        rows.any(|row| matches!(*row, Row::Member(.., until) if lasts(until)))
    }

    fn shared(&self, document: u32, user: u32, editor: bool) -> bool {
        let at = |time| Row::Shared(document, user, editor, time);
        let mut rows = self.within(at(Time::MIN)..=at(Time::MAX));
        rows.any(|row| matches!(*row, Row::Shared(.., until) if lasts(until)))
    }

    fn published(&self, document: u32) -> bool {
        let at = |time| Row::Published(document, time, time);
        let mut rows = self.within(at(Time::MIN)..=at(Time::MAX));
        rows.any(
            |row| matches!(*row, Row::Published(_, from, until) if !lasts(from) && lasts(until)),
        )
    }

    fn frozen(&self, document: u32) -> bool {
        let at = |time| Row::Frozen(document, time);
        let mut rows = self.within(at(Time::MIN)..=at(Time::MAX));
        rows.any(|row| matches!(*row, Row::Frozen(_, until) if lasts(until)))
    }

    fn of_own(&self, user: u32, document: u32) -> bool {
        let mut rows = self.within(Row::Of(document, 0)..=Row::Of(document, u32::MAX));
        rows.any(|row| matches!(*row, Row::Of(_, org) if self.member(user, org)))
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let Some(resource) = grant.resource else {
            return false;
        };
        match (grant.kind, grant.action, grant.user) {
            ("Organization", Some("enter"), Some(user)) => self.member(user, resource),
            ("Document", Some("read"), None) => self.published(resource),
            ("Document", Some("read"), Some(user)) => {
                [false, true]
                    .iter()
                    .any(|&editor| self.shared(resource, user, editor))
                    || self.of_own(user, resource)
            }
            ("Document", Some("write"), Some(user)) => {
                self.shared(resource, user, true) && !self.frozen(resource)
            }
            _ => false,
        }
    }
}
