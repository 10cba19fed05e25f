//! Who may do what in the world of code hosting, found by walking through the facts.

use std::collections::BTreeSet;

use super::Row;
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    fn owns(&self, user: u32, org: u32) -> bool {
        self.is(Row::Belongs {
            user,
            owner: true,
            org,
        })
    }

    /// The organization or team, or whatever else, that rows from one to another name last.
    fn related(&self, from: Row, to: Row) -> impl Iterator<Item = u32> {
        self.within(from..=to).filter_map(|row| match *row {
            Row::TeamOf(_, other)
            | Row::Nested(_, other)
            | Row::Owned(_, other)
            | Row::Shared(_, _, other)
            | Row::IssueOf(_, other) => Some(other),
            Row::InTeam { team, .. } => Some(team),
            _ => None,
        })
    }

    /// The teams a user is in: those with such a fact, and all around them.
    fn teams(&self, user: u32) -> BTreeSet<u32> {
        let slot = |maintainer, team| Row::InTeam {
            user,
            maintainer,
            team,
        };
        let mut open: Vec<u32> = self.related(slot(false, 0), slot(true, u32::MAX)).collect();
        let mut teams = BTreeSet::new();
        while let Some(team) = open.pop() {
            if teams.insert(team) {
                open.extend(self.related(Row::Nested(team, 0), Row::Nested(team, u32::MAX)));
            }
        }
        teams
    }

    /// Whether the user has at least this role on the repository.
    fn role(&self, user: u32, least: u8, repo: u32) -> bool {
        let mut orgs = self.related(Row::Owned(repo, 0), Row::Owned(repo, u32::MAX));
        let shared = (Row::Shared(repo, least, 0), Row::Shared(repo, 3, u32::MAX));
        orgs.any(|org| self.owns(user, org))
            || (least..4).any(|role| self.is(Row::Collaborates(repo, role, user)))
            || {
                let teams = self.teams(user);
                self.related(shared.0, shared.1)
                    .any(|team| teams.contains(&team))
            }
    }

    /// What a user may do to a repository, or anyone.
    fn repository(&self, user: Option<u32>, action: &str, repo: u32) -> bool {
        let role = |least| user.is_some_and(|user| self.role(user, least, repo));
        let reads = || match user {
            Some(_) => role(0),
            None => self.is(Row::Public(repo)),
        };
        let lives = !self.is(Row::Archived(repo));
        match action {
            "read" => reads(),
            "open_issue" => lives && reads(),
            "triage" => lives && role(1),
            "push" => lives && role(2),
            "delete" => role(3),
            _ => false,
        }
    }

    /// What a user may do to an issue, or anyone.
    fn issue(&self, user: Option<u32>, action: &str, issue: u32) -> bool {
        let mut repos = self.related(Row::IssueOf(issue, 0), Row::IssueOf(issue, u32::MAX));
        let wrote = || user.is_some_and(|user| self.is(Row::Author(issue, user)));
        let needed = match action {
            "read" => "read",
            "comment" if self.is(Row::Locked(issue)) => return false,
            "comment" => "open_issue",
            "close" if wrote() => return true,
            _ => "triage",
        };
        repos.any(|repo| self.repository(user, needed, repo))
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(action), Some(resource)) = (grant.action, grant.resource) else {
            return false;
        };
        let user = grant.user;
        match grant.kind {
            "Organization" => user.is_some_and(|user| {
                self.owns(user, resource)
                    || action == "create_repository"
                        && self.is(Row::Belongs {
                            user,
                            owner: false,
                            org: resource,
                        })
            }),
            "Team" => user.is_some_and(|user| {
                self.is(Row::InTeam {
                    user,
                    maintainer: true,
                    team: resource,
                }) || self
                    .related(Row::TeamOf(resource, 0), Row::TeamOf(resource, u32::MAX))
                    .any(|org| self.owns(user, org))
            }),
            "Repository" => self.repository(user, action, resource),
            "Issue" => self.issue(user, action, resource),
            _ => false,
        }
    }
}
