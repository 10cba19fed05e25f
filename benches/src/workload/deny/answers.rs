//! Who may do what in the forums, found by walking through the facts.

use super::{DENIED, Row};
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    fn forum(&self, post: u32) -> Option<u32> {
        match self
            .within(Row::In(post, 0)..=Row::In(post, u32::MAX))
            .next()
        {
            Some(Row::In(_, forum)) => Some(*forum),
            _ => None,
        }
    }

    fn member(&self, user: u32, forum: u32) -> bool {
        let mut roles = [false, true].into_iter();
        roles.any(|moderates| self.is(Row::Member(user, forum, moderates)))
    }

    fn reads(&self, user: u32, forum: u32) -> bool {
        self.member(user, forum) || self.is(Row::Public(forum))
    }

    fn writes(&self, user: u32, forum: u32) -> bool {
        self.member(user, forum) && !self.is(Row::Archived(forum))
    }

    fn has(&self, user: u32, kind: &str, action: &str, resource: u32) -> bool {
        let forum = self.forum(resource);
        let open = || !self.is(Row::Locked(resource));
        match (kind, action) {
            ("Forum", "read") => self.reads(user, resource),
            ("Forum", "write") => self.writes(user, resource),
            ("Post", "read") => forum.is_some_and(|forum| self.reads(user, forum)),
            ("Post", "reply") => open() && forum.is_some_and(|forum| self.writes(user, forum)),
            ("Post", "edit") => open() && self.is(Row::Author(resource, user)),
            ("Post", "remove") => {
                forum.is_some_and(|forum| self.is(Row::Member(user, forum, true)))
            }
            _ => false,
        }
    }

    fn denied(&self, user: u32, action: &str, forum: u32) -> bool {
        let number = DENIED.iter().position(|&known| known == action);
        self.is(Row::Banned(user, forum))
            || number.is_some_and(|number| self.is(Row::Denied(user, forum, number as u8)))
    }
}

impl Oracle for Held<Row> {
    /// With a user, an action and a resource, rows for everyone are included: what is taken
    /// away from whom cannot be said otherwise.
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(user), Some(action), Some(resource)) = (grant.user, grant.action, grant.resource)
        else {
            return false;
        };
        let forum = match grant.kind {
            "Forum" => Some(resource),
            _ => self.forum(resource),
        };
        self.has(user, grant.kind, action, resource)
            && !self.is(Row::Suspended(user))
            && !forum.is_some_and(|forum| self.denied(user, action, forum))
    }
}
