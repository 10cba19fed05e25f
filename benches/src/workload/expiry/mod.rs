//! Access that ends by itself: every membership, share and publication has a time.
//!
//! Times lie before 2024 or after 2099, half and half, so that any clock until then gives the
//! same answers. Updates prolong and shorten.

mod answers;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A time in seconds since 1970.
pub type Time = i64;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A user is a member until then: user, organization.
    Member(u32, u32, Time),
    /// A document is of an organization: document, organization.
    Of(u32, u32),
    /// A document is shared with a user until then: document, user, as an editor?
    Shared(u32, u32, bool, Time),
    /// A document is public from then on and until then.
    Published(u32, Time, Time),
    /// A document cannot be written until then.
    Frozen(u32, Time),
}

const ORG: Kind = Kind {
    name: "Organization",
    letter: 'o',
    actions: &["enter"],
    weight: 1,
};
const DOCUMENT: Kind = Kind {
    name: "Document",
    letter: 'd',
    actions: &["read", "write"],
    weight: 8,
};

/// Shares that a document can have at once.
const SHARES: u32 = 3;

const MEMBER: usize = 0;
const OF: usize = 1;
const SHARED: usize = 2;
const PUBLISHED: usize = 3;
const FROZEN: usize = 4;

/// Begins after 2099, in seconds since 1970.
const LATER: Time = 4_102_444_800;

/// The shape of the world: everything is in proportion to its documents.
#[derive(Clone, Copy, Debug)]
pub struct Expiry {
    /// How many documents there are.
    pub documents: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Expiry {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> Expiry {
        Expiry {
            documents: (u64::from(facts) * 100 / 335) as u32 + 1,
            seed: 1,
        }
    }

    fn users(&self) -> u32 {
        (self.documents / (4 * SHARES) + 1) * SHARES
    }

    fn orgs(&self) -> u32 {
        self.documents / 40 + 1
    }
}

/// A time that has passed, or one that is far off.
fn until(random: &mut SplitMix) -> Time {
    let first = random.pick(&[1_000_000_000, LATER]);
    first + Time::from(random.below(700_000_000))
}

impl Domain for Expiry {
    const KINDS: &'static [Kind] = &[USER, ORG, DOCUMENT];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'o' => self.orgs(),
            _ => self.documents,
        }
    }

    /// Someone with whom a document is shared, or a member of an organization.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let user = random.below(self.users());
        match (random.below(4), self.row(MEMBER, user, 0)) {
            (0, Some(Row::Member(user, org, _))) => (USER.value(user), ORG.value(org)),
            _ => {
                let document = random.below(self.documents);
                let slot = document * SHARES + random.below(SHARES);
                let user = match self.row(SHARED, slot, 0) {
                    Some(Row::Shared(_, user, ..)) => user,
                    _ => user,
                };
                (USER.value(user), DOCUMENT.value(document))
            }
        }
    }
}

impl Slots for Expiry {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "expiry";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        vec![
            Family::new(self.users(), 10),
            Family::new(self.documents, 5),
            Family::new(self.documents * SHARES, 40),
            Family::new(self.documents, 5),
            Family::new(self.documents, 5),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let row = match family {
            MEMBER => Row::Member(index, random.below(self.orgs()), until(&mut random)),
            OF => Row::Of(index, random.skewed(self.orgs())),
            SHARED => {
                let (document, nth) = (index / SHARES, index % SHARES);
                // Each slot has users of its own, so that nobody has a document twice.
                let user = random.below(self.users() / SHARES) * SHARES + nth;
                let row = Row::Shared(document, user, random.once_in(3), until(&mut random));
                (nth == 0 || random.once_in(2)).then_some(row)?
            }
            PUBLISHED => {
                let (one, other) = (until(&mut random), until(&mut random));
                let row = Row::Published(index, one.min(other), one.max(other));
                random.once_in(20).then_some(row)?
            }
            FROZEN => {
                let row = Row::Frozen(index, until(&mut random));
                random.once_in(20).then_some(row)?
            }
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let time = Value::integer;
        match row {
            Row::Member(user, org, until) => Fact::new(
                "member_until",
                [USER.value(user), ORG.value(org), time(until)],
            ),
            Row::Of(document, org) => {
                Fact::relation(DOCUMENT.value(document), "organization", ORG.value(org))
            }
            Row::Shared(document, user, editor, until) => {
                let role = Value::string(if editor { "editor" } else { "viewer" });
                let (user, document) = (USER.value(user), DOCUMENT.value(document));
                Fact::new("shared_until", [user, role, document, time(until)])
            }
            Row::Published(document, from, until) => Fact::new(
                "published",
                [DOCUMENT.value(document), time(from), time(until)],
            ),
            Row::Frozen(document, until) => {
                Fact::new("frozen_until", [DOCUMENT.value(document), time(until)])
            }
        }
    }
}
