//! Deny by negation: forums with members, some of whom are banned, muted or suspended.
//!
//! A tenth of the forums can be read by anyone; that anyone is then anyone but those who are
//! banned, which no list can say. So questions are about what an actor may do, never about who
//! may.

mod answers;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A user is in a forum: user, forum, as a moderator?
    Member(u32, u32, bool),
    /// A forum is public.
    Public(u32),
    /// A forum is archived.
    Archived(u32),
    /// A post is in a forum: post, forum.
    In(u32, u32),
    /// A user has written a post: post, user.
    Author(u32, u32),
    /// A post is locked.
    Locked(u32),
    /// A user is suspended everywhere.
    Suspended(u32),
    /// A user may do nothing in a forum: user, forum.
    Banned(u32, u32),
    /// A user may not do one thing in a forum: user, forum, number of the action.
    Denied(u32, u32, u8),
}

/// What can be denied in a forum.
pub const DENIED: [&str; 4] = ["read", "write", "reply", "remove"];

const FORUM: Kind = Kind {
    name: "Forum",
    letter: 'f',
    actions: &["read", "write"],
    weight: 1,
};
const POST: Kind = Kind {
    name: "Post",
    letter: 'p',
    actions: &["read", "reply", "edit", "remove"],
    weight: 6,
};

/// Forums a user can be in at once.
const FORUMS: u32 = 3;

const MEMBER: usize = 0;
const PUBLIC: usize = 1;
const ARCHIVED: usize = 2;
const IN: usize = 3;
const AUTHOR: usize = 4;
const LOCKED: usize = 5;
const SUSPENDED: usize = 6;
const BANNED: usize = 7;
const MUTED: usize = 8;

/// The shape of the world: everything is in proportion to its users.
#[derive(Clone, Copy, Debug)]
pub struct Deny {
    /// How many users there are.
    pub users: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Deny {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> Deny {
        Deny {
            users: (u64::from(facts) * 10 / 127) as u32 + 1,
            seed: 1,
        }
    }

    fn forums(&self) -> u32 {
        (self.users / (10 * FORUMS) + 1) * FORUMS
    }

    fn posts(&self) -> u32 {
        self.users * 4
    }
}

impl Domain for Deny {
    const KINDS: &'static [Kind] = &[USER, FORUM, POST];
    const WHO: bool = false;

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users,
            'f' => self.forums(),
            _ => self.posts(),
        }
    }

    /// A member and the forum, or an author and the post, or any user and a post of a forum.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let post = random.below(self.posts());
        let slot = random.below(self.users * FORUMS);
        match (random.below(3), self.row(MEMBER, slot, 0)) {
            (0, Some(Row::Member(user, forum, _))) => (USER.value(user), FORUM.value(forum)),
            (1, _) => {
                let author = self.draw(AUTHOR, post, 0).below(self.users);
                (USER.value(author), POST.value(post))
            }
            _ => (USER.value(slot / FORUMS), POST.value(post)),
        }
    }
}

impl Slots for Deny {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "deny";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        let (users, forums, posts) = (self.users, self.forums(), self.posts());
        vec![
            Family::new(users * FORUMS, 20),
            Family::new(forums, 1),
            Family::new(forums, 1),
            Family::new(posts, 10),
            Family::new(posts, 0),
            Family::new(posts, 20),
            Family::new(users, 10),
            Family::new(users, 20),
            Family::new(users, 20),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let once_in = |times| self.once_in(times, family, index, round);
        let row = match family {
            MEMBER => {
                let (user, nth) = (index / FORUMS, index % FORUMS);
                // Each slot has forums of its own, so that nobody is in one twice.
                let forum = random.below(self.forums() / FORUMS) * FORUMS + nth;
                let row = Row::Member(user, forum, random.once_in(20));
                (nth == 0 || random.once_in(2)).then_some(row)?
            }
            PUBLIC => once_in(10).then_some(Row::Public(index))?,
            ARCHIVED => once_in(10).then_some(Row::Archived(index))?,
            IN => Row::In(index, random.skewed(self.forums())),
            AUTHOR => Row::Author(index, random.below(self.users)),
            LOCKED => once_in(6).then_some(Row::Locked(index))?,
            SUSPENDED => once_in(25).then_some(Row::Suspended(index))?,
            BANNED => {
                let forum = random.skewed(self.forums());
                random.once_in(2).then_some(Row::Banned(index, forum))?
            }
            MUTED => {
                let forum = random.skewed(self.forums());
                let action = random.pick(&[0, 1, 1, 2, 2, 3]);
                random
                    .once_in(2)
                    .then_some(Row::Denied(index, forum, action))?
            }
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        match row {
            Row::Member(user, forum, moderates) => {
                let role = if moderates { "moderator" } else { "member" };
                Fact::role(USER.value(user), role, FORUM.value(forum))
            }
            Row::Public(forum) => Fact::new("is_public", [FORUM.value(forum)]),
            Row::Archived(forum) => Fact::new("is_archived", [FORUM.value(forum)]),
            Row::In(post, forum) => Fact::relation(POST.value(post), "forum", FORUM.value(forum)),
            Row::Author(post, user) => Fact::relation(POST.value(post), "author", USER.value(user)),
            Row::Locked(post) => Fact::new("is_locked", [POST.value(post)]),
            Row::Suspended(user) => Fact::new("suspended", [USER.value(user)]),
            Row::Banned(user, forum) => Fact::new("banned", [USER.value(user), FORUM.value(forum)]),
            Row::Denied(user, forum, action) => {
                let action = Value::string(DENIED[action as usize]);
                Fact::new("denied", [USER.value(user), action, FORUM.value(forum)])
            }
        }
    }
}
