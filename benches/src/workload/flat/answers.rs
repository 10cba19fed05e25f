//! What the flat world answers, from its facts alone.

use std::collections::BTreeSet;

use super::FlatFact;
use crate::workload::Change;
use crate::workload::oracle::{Grant, Oracle};

/// The facts, remembered. For small worlds.
#[derive(Clone, Debug, Default)]
pub(super) struct FlatModel(BTreeSet<FlatFact>);

impl FromIterator<FlatFact> for FlatModel {
    fn from_iter<I: IntoIterator<Item = FlatFact>>(facts: I) -> FlatModel {
        FlatModel(facts.into_iter().collect())
    }
}

impl FlatModel {
    /// Takes a change in.
    pub(super) fn change(&mut self, change: Change<FlatFact>) {
        if change.insert {
            self.0.insert(change.fact);
        } else {
            self.0.remove(&change.fact);
        }
    }

    /// Whether the user is an admin of the organization, or at least a member.
    fn belongs(&self, user: u32, as_admin: bool, org: u32) -> bool {
        let has = |admin| self.0.contains(&FlatFact::Member { user, admin, org });
        has(true) || !as_admin && has(false)
    }
}

impl Oracle for FlatModel {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let (Some(user), Some(action), Some(repo)) = (grant.user, grant.action, grant.resource)
        else {
            return false;
        };
        let of = |org| FlatFact::Repository { repo, org };
        grant.kind == "Repository"
            && self.0.range(of(0)..=of(u32::MAX)).any(|fact| {
                matches!(*fact, FlatFact::Repository { org, .. }
                    if self.belongs(user, action != "read", org))
            })
    }
}
