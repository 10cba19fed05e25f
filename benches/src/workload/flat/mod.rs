//! Organizations with members and repositories, and nothing nested.
//!
//! Every member of an organization reads all its repositories, admins also write and delete
//! them. Grants are many more than facts, and one membership moves exactly as many grants as
//! an organization has repositories.

mod answers;

use super::oracle::{self, Domain, Kind, USER};
use super::{Answer, Change, Fact, Facts, Order, Question, Questions, Scatter, SplitMix, Updates};
use super::{Value, World};
use answers::FlatModel;

/// A fact of the flat world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlatFact {
    /// A user has a role on an organization.
    Member {
        /// Who.
        user: u32,
        /// True for `admin`, false for `member`.
        admin: bool,
        /// Where.
        org: u32,
    },
    /// A repository belongs to an organization.
    Repository {
        /// What.
        repo: u32,
        /// Where.
        org: u32,
    },
}

impl FlatFact {
    /// The same fact as text.
    #[must_use]
    pub fn text(self) -> Fact {
        match self {
            FlatFact::Member { user, admin, org } => {
                Fact::role(USER.value(user), ROLES[usize::from(admin)], ORG.value(org))
            }
            FlatFact::Repository { repo, org } => {
                Fact::relation(REPO.value(repo), "organization", ORG.value(org))
            }
        }
    }
}

/// The roles, by the number of [`FlatFact::Member::admin`].
pub const ROLES: [&str; 2] = ["member", "admin"];
/// The permissions on a repository, in the order the baselines number them.
pub const ACTIONS: [&str; 3] = ["read", "write", "delete"];

const ORG: Kind = Kind {
    name: "Organization",
    letter: 'o',
    ..USER
};
const REPO: Kind = Kind {
    name: "Repository",
    letter: 'r',
    actions: &ACTIONS,
    weight: 1,
};

/// The shape of a flat world.
#[derive(Clone, Copy, Debug)]
pub struct Flat {
    /// How many organizations.
    pub orgs: u32,
    /// How many users each has; a user starts in one organization.
    pub members: u32,
    /// How many of them are admins.
    pub admins: u32,
    /// How many of the admins hold the role `member` as well, so that they read for two reasons.
    pub doubled: u32,
    /// How many repositories each organization has.
    pub repos: u32,
    /// How facts arrive and ordinals lie.
    pub order: Order,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Flat {
    /// 1,000 organizations x 50 members x 100 repositories: 6.0 M grants.
    #[must_use]
    pub fn wide() -> Flat {
        Flat {
            orgs: 1_000,
            members: 50,
            admins: 5,
            doubled: 0,
            repos: 100,
            order: Order::Grouped,
            seed: 1,
        }
    }

    /// 100 organizations x 1,000 members x 1,000 repositories: 120 M grants.
    #[must_use]
    pub fn deep() -> Flat {
        Flat {
            orgs: 100,
            members: 1_000,
            admins: 100,
            repos: 1_000,
            ..Flat::wide()
        }
    }

    /// With about so many facts: organizations like those of [`Flat::wide`], at least two.
    #[must_use]
    pub fn at(facts: u32) -> Flat {
        Flat {
            orgs: (facts / 150).max(2),
            ..Flat::wide()
        }
    }

    /// A world small enough to ask everything.
    #[must_use]
    pub fn small() -> Flat {
        Flat {
            orgs: 3,
            members: 5,
            admins: 2,
            doubled: 1,
            repos: 40,
            ..Flat::wide()
        }
    }

    /// The same world with its facts in another order.
    #[must_use]
    pub fn ordered(self, order: Order) -> Flat {
        Flat { order, ..self }
    }

    /// How many users there are.
    #[must_use]
    pub fn users(&self) -> u32 {
        self.orgs * self.members
    }

    /// How many repositories there are.
    #[must_use]
    pub fn repositories(&self) -> u32 {
        self.orgs * self.repos
    }

    /// How many grants follow from the facts.
    #[must_use]
    pub fn grants(&self) -> u64 {
        let readers = u64::from(self.users());
        let admins = u64::from(self.orgs * self.admins);
        (readers + 2 * admins) * u64::from(self.repos)
    }

    /// The facts before the first update.
    pub fn rows(&self) -> impl Iterator<Item = FlatFact> + use<> {
        let world = *self;
        let each = world.repos + world.members + world.doubled;
        let total = world.orgs * each;
        let arrival = Scatter::of(world.order, total, world.seed);
        let (users, repos) = world.scatters();
        (0..total).map(move |index| {
            let at = arrival.at(index);
            let (org, nth) = (at / each, at % each);
            if nth < world.repos {
                FlatFact::Repository {
                    repo: repos.at(org * world.repos + nth),
                    org,
                }
            } else {
                let slot = nth - world.repos;
                let second = slot >= world.members;
                let slot = if second { slot - world.members } else { slot };
                FlatFact::Member {
                    user: users.at(org * world.members + slot),
                    admin: !second && slot < world.admins,
                    org,
                }
            }
        })
    }

    /// Users that are no admins leave one organization and join the next, one after the other.
    pub fn moves(&self) -> impl Iterator<Item = Change<FlatFact>> + use<> {
        let world = *self;
        let (users, _) = world.scatters();
        let movers = world.movers();
        let turn = Scatter::new(movers, world.seed ^ 0xF1A7);
        (0u64..).flat_map(move |step| {
            let (round, nth) = split(step, movers);
            let index = world.mover(turn.at(nth));
            let member = |round| FlatFact::Member {
                user: users.at(index),
                admin: false,
                org: world.org_in(index, round),
            };
            [
                Change::delete(member(round)),
                Change::insert(member(round + 1)),
            ]
        })
    }

    /// Where ordinals lie: users, repositories.
    fn scatters(&self) -> (Scatter, Scatter) {
        (
            Scatter::of(self.order, self.users(), self.seed ^ 0x05E5),
            Scatter::of(self.order, self.repositories(), self.seed ^ 0x4E90),
        )
    }

    /// How many users move about.
    fn movers(&self) -> u32 {
        self.orgs * (self.members - self.admins)
    }

    /// The place in the order of users of the one that moves as `nth`.
    fn mover(&self, nth: u32) -> u32 {
        let plain = self.members - self.admins;
        nth / plain * self.members + self.admins + nth % plain
    }

    /// The organization of a mover after it has moved `round` times.
    fn org_in(&self, index: u32, round: u64) -> u32 {
        let home = u64::from(index / self.members);
        split(home + round * 7, self.orgs).1
    }
}

/// Quotient and remainder; the remainder of a 32-bit divisor is a 32-bit number.
fn split(step: u64, by: u32) -> (u64, u32) {
    let by = u64::from(by);
    (step / by, u32::try_from(step % by).expect("a remainder"))
}

impl World for Flat {
    fn name(&self) -> &'static str {
        "flat"
    }

    fn policy(&self) -> &'static str {
        include_str!("policy.polar")
    }

    fn facts(&self) -> Facts {
        Box::new(self.rows().map(FlatFact::text))
    }

    /// Each is one change: a user leaves an organization, or joins one.
    fn updates(&self) -> Updates {
        Box::new(self.moves().map(|change| vec![change.map(FlatFact::text)]))
    }

    fn asks(&self) -> Questions {
        oracle::asks(*self)
    }

    fn questions(&self, updates: usize) -> Vec<(Question, Answer)> {
        let mut model: FlatModel = self.rows().collect();
        for change in self.moves().take(updates) {
            model.change(change);
        }
        oracle::questions(self, &model)
    }
}

impl Domain for Flat {
    const KINDS: &'static [Kind] = &[USER, ORG, REPO];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'o' => self.orgs,
            _ => self.repositories(),
        }
    }

    /// A user and a repository of the organization the user is in at first.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let (users, repos) = self.scatters();
        let org = random.below(self.orgs);
        let user = org * self.members + random.below(self.members);
        let repo = org * self.repos + random.below(self.repos);
        (USER.value(users.at(user)), REPO.value(repos.at(repo)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn facts_are_distinct_and_updates_take_turns() {
        for order in [Order::Grouped, Order::Shuffled] {
            let world = Flat::small().ordered(order);
            let mut facts = BTreeSet::new();
            for fact in world.rows() {
                assert!(facts.insert(fact), "{fact:?} twice");
            }
            assert_eq!(facts.len(), 3 * (5 + 1 + 40));
            for change in world.moves().take(500) {
                let fresh = if change.insert {
                    facts.insert(change.fact)
                } else {
                    facts.remove(&change.fact)
                };
                assert!(fresh, "{change:?} has no effect");
            }
        }
    }

    #[test]
    fn the_named_worlds_have_the_sizes_they_are_named_for() {
        assert_eq!(Flat::wide().grants(), 6_000_000);
        assert_eq!(Flat::deep().grants(), 120_000_000);
    }
}
