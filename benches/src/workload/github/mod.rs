//! Code hosting: organizations, nested teams, repositories, issues.
//!
//! Sizes follow a power law: a few organizations own most repositories, a few teams have most
//! members, a few repositories have most issues. Teams nest in groups of eight, up to three
//! deep. Updates are mostly people who join and leave teams, issues that are locked or moved,
//! and repositories that are shared with another team.

mod answers;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A user belongs to an organization: `owner` or `member`.
    Belongs {
        /// Who.
        user: u32,
        /// As an owner?
        owner: bool,
        /// Where.
        org: u32,
    },
    /// A team of an organization: team, organization.
    TeamOf(u32, u32),
    /// A team lies in another: inner, outer.
    Nested(u32, u32),
    /// A user is in a team: `maintainer` or `member`.
    InTeam {
        /// Who.
        user: u32,
        /// As a maintainer?
        maintainer: bool,
        /// Where.
        team: u32,
    },
    /// A repository belongs to an organization: repository, organization.
    Owned(u32, u32),
    /// A team has a role on a repository: repository, number of the role, team.
    Shared(u32, u8, u32),
    /// A user has a role on a repository: repository, number of the role, user.
    Collaborates(u32, u8, u32),
    /// A repository is public.
    Public(u32),
    /// A repository is archived.
    Archived(u32),
    /// An issue is of a repository: issue, repository.
    IssueOf(u32, u32),
    /// A user has written an issue: issue, user.
    Author(u32, u32),
    /// An issue is locked.
    Locked(u32),
}

/// The roles on a repository that are given, the least first.
pub const ROLES: [&str; 4] = ["reader", "triager", "writer", "admin"];

const ORG: Kind = Kind {
    name: "Organization",
    letter: 'o',
    actions: &["invite", "create_repository"],
    weight: 1,
};
const TEAM: Kind = Kind {
    name: "Team",
    letter: 't',
    actions: &["add_member"],
    weight: 1,
};
const REPO: Kind = Kind {
    name: "Repository",
    letter: 'r',
    actions: &["read", "open_issue", "triage", "push", "delete"],
    weight: 8,
};
const ISSUE: Kind = Kind {
    name: "Issue",
    letter: 'i',
    actions: &["read", "comment", "close"],
    weight: 6,
};

/// Teams that may lie in each other.
const GROUP: u32 = 8;
/// Teams a user can be in at once.
const TEAMS: u32 = 2;

const BELONGS: usize = 0;
const TEAM_OF: usize = 1;
const NESTED: usize = 2;
const IN_TEAM: usize = 3;
const OWNED: usize = 4;
const SHARED: usize = 5;
const COLLABORATES: usize = 6;
const PUBLIC: usize = 7;
const ARCHIVED: usize = 8;
const ISSUE_OF: usize = 9;
const AUTHOR: usize = 10;
const LOCKED: usize = 11;

/// The shape of the world: everything is in proportion to its repositories.
#[derive(Clone, Copy, Debug)]
pub struct GitHub {
    /// How many repositories there are, and as many users.
    pub repos: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl GitHub {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> GitHub {
        GitHub {
            repos: facts / 14 + 1,
            seed: 1,
        }
    }

    fn users(&self) -> u32 {
        self.repos
    }

    fn orgs(&self) -> u32 {
        self.repos / 20 + 1
    }

    /// A number of whole groups.
    fn teams(&self) -> u32 {
        (self.repos / (4 * GROUP) + 1) * GROUP
    }

    fn issues(&self) -> u32 {
        self.repos * 4
    }

    /// The team that a slot of a user is in, if it is in any.
    fn team(&self, slot: u32, round: u32) -> Option<Row> {
        let (user, nth) = (slot / TEAMS, slot % TEAMS);
        let mut random = self.draw(IN_TEAM, slot, round);
        // The second slot is empty every other time.
        if nth > 0 && random.once_in(2) {
            return None;
        }
        // Each slot has teams of its own, so that no user is in one twice.
        let team = random.skewed(self.teams() / TEAMS) * TEAMS + nth;
        Some(Row::InTeam {
            user,
            maintainer: random.once_in(10),
            team,
        })
    }
}

impl Domain for GitHub {
    const KINDS: &'static [Kind] = &[USER, ORG, TEAM, REPO, ISSUE];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'o' => self.orgs(),
            't' => self.teams(),
            'r' => self.repos,
            _ => self.issues(),
        }
    }

    /// Someone who has a share of a repository, and the repository or one of its issues'
    /// authors and the issue.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let index = random.below(self.repos);
        match (random.below(4), self.row(BELONGS, index, 0)) {
            (0, Some(Row::Belongs { user, org, .. })) => (USER.value(user), ORG.value(org)),
            (1, _) => {
                let issue = random.below(self.issues());
                let author = self.draw(AUTHOR, issue, 0).below(self.users());
                (USER.value(author), ISSUE.value(issue))
            }
            _ => {
                let user = self.draw(COLLABORATES, index, 0).below(self.users());
                (USER.value(user), REPO.value(index))
            }
        }
    }
}

impl Slots for GitHub {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "github";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        let (repos, issues) = (self.repos, self.issues());
        vec![
            Family::new(self.users(), 4),
            Family::new(self.teams(), 0),
            Family::new(self.teams(), 1),
            Family::new(self.users() * TEAMS, 30),
            Family::new(repos, 1),
            Family::new(repos, 10),
            Family::new(repos, 10),
            Family::new(repos, 2),
            Family::new(repos, 1),
            Family::new(issues, 10),
            Family::new(issues, 0),
            Family::new(issues, 20),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let once_in = |times| self.once_in(times, family, index, round);
        let row = match family {
            BELONGS => Row::Belongs {
                user: index,
                owner: random.once_in(16),
                org: random.skewed(self.orgs()),
            },
            TEAM_OF => Row::TeamOf(index, random.skewed(self.orgs())),
            NESTED => {
                let at = index % GROUP;
                // Only into one with a smaller number: a team never lies in itself.
                let outer = ((at.checked_sub(1)?) / 2 + round) % at;
                Row::Nested(index, index - at + outer)
            }
            IN_TEAM => return self.team(index, round),
            OWNED => Row::Owned(index, random.skewed(self.orgs())),
            SHARED => {
                let role = random.pick(&[0, 0, 1, 2, 2, 3]);
                Row::Shared(index, role, random.below(self.teams()))
            }
            COLLABORATES => {
                let user = random.below(self.users());
                let role = random.pick(&[0, 1, 2, 2]);
                (random.once_in(2)).then_some(Row::Collaborates(index, role, user))?
            }
            PUBLIC => once_in(5).then_some(Row::Public(index))?,
            ARCHIVED => once_in(20).then_some(Row::Archived(index))?,
            ISSUE_OF => Row::IssueOf(index, random.skewed(self.repos)),
            AUTHOR => Row::Author(index, random.below(self.users())),
            LOCKED => once_in(30).then_some(Row::Locked(index))?,
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let flag = |name, value| Fact::new(name, [value]);
        match row {
            Row::Belongs { user, owner, org } => {
                let role = if owner { "owner" } else { "member" };
                Fact::role(USER.value(user), role, ORG.value(org))
            }
            Row::TeamOf(team, org) => {
                Fact::relation(TEAM.value(team), "organization", ORG.value(org))
            }
            Row::Nested(inner, outer) => {
                Fact::relation(TEAM.value(inner), "parent", TEAM.value(outer))
            }
            Row::InTeam {
                user,
                maintainer,
                team,
            } => {
                let role = if maintainer { "maintainer" } else { "member" };
                Fact::role(USER.value(user), role, TEAM.value(team))
            }
            Row::Owned(repo, org) => {
                Fact::relation(REPO.value(repo), "organization", ORG.value(org))
            }
            Row::Shared(repo, role, team) => {
                Fact::role(TEAM.value(team), ROLES[role as usize], REPO.value(repo))
            }
            Row::Collaborates(repo, role, user) => {
                Fact::role(USER.value(user), ROLES[role as usize], REPO.value(repo))
            }
            Row::Public(repo) => flag("is_public", REPO.value(repo)),
            Row::Archived(repo) => flag("is_archived", REPO.value(repo)),
            Row::IssueOf(issue, repo) => {
                Fact::relation(ISSUE.value(issue), "repository", REPO.value(repo))
            }
            Row::Author(issue, user) => {
                Fact::relation(ISSUE.value(issue), "author", USER.value(user))
            }
            Row::Locked(issue) => flag("is_locked", ISSUE.value(issue)),
        }
    }
}
