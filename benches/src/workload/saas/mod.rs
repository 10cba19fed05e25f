//! Software for many tenants, each with roles of its own, which are data.
//!
//! A tenant has five roles, and each grants some of six actions; who grants a role another
//! action changes what everyone who holds it may do. Projects are spread over tenants by a
//! power law, tasks over projects. Updates are mostly tasks that move and users that get
//! another role; the rest is roles that grant more or less.

mod answers;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A user owns a tenant: tenant, user.
    Owns(u32, u32),
    /// A user holds a role in the tenant that it is of: user, role.
    Holds(u32, u32),
    /// A user holds a role on a project: project, user, role.
    Guest(u32, u32, u32),
    /// A role grants an action: role, number of the action.
    Grants(u32, u8),
    /// A project is of a tenant: project, tenant.
    ProjectOf(u32, u32),
    /// A task is of a project: task, project.
    TaskOf(u32, u32),
}

/// What can be done to a project, in the order in which actions are numbered.
pub const ACTIONS: [&str; 6] = ["view", "comment", "edit", "invite", "export", "archive"];
/// How many roles a tenant has; they are numbered tenant by tenant.
pub const ROLES: u32 = 5;

const ROLE: Kind = Kind {
    name: "Role",
    letter: 'r',
    ..USER
};
const TENANT: Kind = Kind {
    name: "Tenant",
    letter: 't',
    actions: &["configure"],
    weight: 1,
};
const PROJECT: Kind = Kind {
    name: "Project",
    letter: 'p',
    actions: &ACTIONS,
    weight: 8,
};
const TASK: Kind = Kind {
    name: "Task",
    letter: 'k',
    actions: &ACTIONS,
    weight: 8,
};

const OWNS: usize = 0;
const HOLDS: usize = 1;
const ALSO: usize = 2;
const GUEST: usize = 3;
const GRANTS: usize = 4;
const PROJECT_OF: usize = 5;
const TASK_OF: usize = 6;

/// The shape of the world: everything is in proportion to its tenants.
#[derive(Clone, Copy, Debug)]
pub struct Saas {
    /// How many tenants there are, at least two.
    pub tenants: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Saas {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> Saas {
        Saas {
            tenants: facts / 118 + 2,
            seed: 1,
        }
    }

    fn users(&self) -> u32 {
        self.tenants * 20
    }

    fn projects(&self) -> u32 {
        self.tenants * 10
    }

    fn tasks(&self) -> u32 {
        self.tenants * 60
    }
}

impl Domain for Saas {
    const KINDS: &'static [Kind] = &[USER, ROLE, TENANT, PROJECT, TASK];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'r' => self.tenants * ROLES,
            't' => self.tenants,
            'p' => self.projects(),
            _ => self.tasks(),
        }
    }

    /// A task or its project, or a tenant, and one of the tenant's users or its owner.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let task = random.below(self.tasks());
        let project = self.draw(TASK_OF, task, 0).skewed(self.projects());
        let tenant = self.draw(PROJECT_OF, project, 0).skewed(self.tenants);
        let owner = self.draw(OWNS, tenant, 0).below(self.users());
        let member = random.below(20) * self.tenants + tenant;
        match random.below(8) {
            0 => (USER.value(owner), TENANT.value(tenant)),
            1 => (USER.value(owner), PROJECT.value(project)),
            2..5 => (USER.value(member), PROJECT.value(project)),
            _ => (USER.value(member), TASK.value(task)),
        }
    }
}

impl Slots for Saas {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "saas";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        let actions = ACTIONS.len() as u32;
        vec![
            Family::new(self.tenants, 1),
            Family::new(self.users(), 20),
            Family::new(self.users(), 10),
            Family::new(self.projects(), 15),
            Family::new(self.tenants * ROLES * actions, 4),
            Family::new(self.projects(), 1),
            Family::new(self.tasks(), 40),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        // Users are dealt to tenants one by one.
        let home = index % self.tenants;
        let row = match family {
            OWNS => Row::Owns(index, random.below(self.users())),
            HOLDS => Row::Holds(index, home * ROLES + random.below(ROLES)),
            ALSO => {
                let other = (home + 1 + random.below(self.tenants - 1)) % self.tenants;
                let role = other * ROLES + random.below(ROLES);
                random.once_in(10).then_some(Row::Holds(index, role))?
            }
            GUEST => {
                let user = random.below(self.users());
                Row::Guest(index, user, random.below(self.tenants * ROLES))
            }
            GRANTS => {
                let actions = ACTIONS.len() as u32;
                let (role, action) = (index / actions, index % actions);
                // Half of them at any time, and the other half in the next round.
                let grants = self.once_in(2, GRANTS, index, round);
                grants.then_some(Row::Grants(role, action as u8))?
            }
            PROJECT_OF => Row::ProjectOf(index, random.skewed(self.tenants)),
            TASK_OF => Row::TaskOf(index, random.skewed(self.projects())),
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let holds =
            |user, role, on| Fact::new("has_role", [USER.value(user), ROLE.value(role), on]);
        match row {
            Row::Owns(tenant, user) => Fact::role(USER.value(user), "owner", TENANT.value(tenant)),
            Row::Holds(user, role) => holds(user, role, TENANT.value(role / ROLES)),
            Row::Guest(project, user, role) => holds(user, role, PROJECT.value(project)),
            Row::Grants(role, action) => Fact::new(
                "grants",
                [ROLE.value(role), Value::string(ACTIONS[action as usize])],
            ),
            Row::ProjectOf(project, tenant) => {
                Fact::relation(PROJECT.value(project), "tenant", TENANT.value(tenant))
            }
            Row::TaskOf(task, project) => {
                Fact::relation(TASK.value(task), "project", PROJECT.value(project))
            }
        }
    }
}
