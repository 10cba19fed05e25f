//! Who may do what in the world of tenants, found by walking through the facts.

use super::{ACTIONS, ROLES, Row};
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    /// Whether some role that the user holds for the project grants the action; without an
    /// action, whether the user may do everything.
    fn project(&self, user: u32, action: Option<&str>, project: u32) -> bool {
        let of = Row::ProjectOf(project, 0)..=Row::ProjectOf(project, u32::MAX);
        let tenants: Vec<u32> = (self.within(of))
            .filter_map(|row| match *row {
                Row::ProjectOf(_, tenant) => Some(tenant),
                _ => None,
            })
            .collect();
        let Some(action) = action else {
            let mut tenants = tenants.iter();
            return tenants.any(|&tenant| self.is(Row::Owns(tenant, user)));
        };
        let number = ACTIONS.iter().position(|&known| known == action);
        let grants = |role| number.is_some_and(|number| self.is(Row::Grants(role, number as u8)));
        let guest = Row::Guest(project, user, 0)..=Row::Guest(project, user, u32::MAX);
        let mut everywhere = tenants
            .iter()
            .flat_map(|tenant| tenant * ROLES..(tenant + 1) * ROLES);
        everywhere.any(|role| self.is(Row::Holds(user, role)) && grants(role))
            || self
                .within(guest)
                .any(|row| matches!(*row, Row::Guest(_, _, role) if grants(role)))
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(user), Some(resource)) = (grant.user, grant.resource) else {
            return false;
        };
        match grant.kind {
            "Tenant" => grant.action.is_some() && self.is(Row::Owns(resource, user)),
            "Project" => self.project(user, grant.action, resource),
            _ => {
                let of = Row::TaskOf(resource, 0)..=Row::TaskOf(resource, u32::MAX);
                self.within(of).any(|row| {
                    matches!(*row, Row::TaskOf(_, project)
                        if self.project(user, grant.action, project))
                })
            }
        }
    }
}
