//! All worlds, by name.

use super::World;
use super::deny::Deny;
use super::drive::Drive;
use super::expiry::Expiry;
use super::files::Files;
use super::flat::Flat;
use super::folders::Folders;
use super::github::GitHub;
use super::orgchart::OrgChart;
use super::saas::Saas;
use super::wildcards::Wildcards;

/// A world that can be made in any size.
#[derive(Clone, Copy, Debug)]
pub struct WorldKind {
    /// Its name.
    pub name: &'static str,
    /// What it is like, in a line.
    pub about: &'static str,
    make: fn(u32) -> Box<dyn World>,
}

impl WorldKind {
    /// The world with about so many facts, at least 1,000 and at most 200,000,000; a quarter
    /// more or less.
    #[must_use]
    pub fn at(&self, facts: u32) -> Box<dyn World> {
        (self.make)(facts.clamp(1_000, 200_000_000))
    }
}

/// Every kind of world there is.
#[must_use]
pub fn worlds() -> &'static [WorldKind] {
    &[
        WorldKind {
            name: "flat",
            about: "organizations of 50 members and 100 repositories; nothing nested, 40 grants a fact",
            make: |facts| Box::new(Flat::at(facts)),
        },
        WorldKind {
            name: "folders",
            about: "one tree of folders, six wide, shared with users near its top",
            make: |facts| Box::new(Folders::at(facts)),
        },
        WorldKind {
            name: "github",
            about: "organizations, nested teams, repositories and issues, sizes by a power law",
            make: |facts| Box::new(GitHub::at(facts)),
        },
        WorldKind {
            name: "drive",
            about: "folders 8 to 12 deep, nested groups, public documents, people kept out",
            make: |facts| Box::new(Drive::at(facts)),
        },
        WorldKind {
            name: "saas",
            about: "tenants whose roles are data: what a role grants is a fact",
            make: |facts| Box::new(Saas::at(facts)),
        },
        WorldKind {
            name: "orgchart",
            about: "managers of managers, who read what is written below them",
            make: |facts| Box::new(OrgChart::at(facts)),
        },
        WorldKind {
            name: "expiry",
            about: "memberships, shares and publications that end at a time",
            make: |facts| Box::new(Expiry::at(facts)),
        },
        WorldKind {
            name: "deny",
            about: "forums in which bans and suspensions outweigh roles",
            make: |facts| Box::new(Deny::at(facts)),
        },
        WorldKind {
            name: "wildcards",
            about: "rules for everyone, everything, or every action",
            make: |facts| Box::new(Wildcards::at(facts)),
        },
        WorldKind {
            name: "files",
            about: "a file manager in which files and folders are moved all the time",
            make: |facts| Box::new(Files::at(facts)),
        },
    ]
}

/// The world of this name with about so many facts; see [`WorldKind::at`].
#[must_use]
pub fn world(name: &str, facts: u32) -> Option<Box<dyn World>> {
    let kind = worlds().iter().find(|kind| kind.name == name)?;
    Some(kind.at(facts))
}
