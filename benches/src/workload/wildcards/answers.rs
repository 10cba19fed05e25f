//! Which rows `allow` has in the world of stores, with everything that is left open in them.

use super::{ACTIONS, Row};
use crate::workload::oracle::{Grant, Oracle};
use crate::workload::slots::Held;

/// The facts, remembered.
pub type Model = Held<Row>;

impl Held<Row> {
    /// What the rows between these two name second.
    fn second(&self, from: Row, to: Row) -> impl Iterator<Item = u32> {
        self.within(from..=to).filter_map(|row| match *row {
            Row::LiesIn(_, second) | Row::Of(_, second) => Some(second),
            _ => None,
        })
    }

    /// Rows about every store or region: by administrators and auditors.
    fn everywhere(&self, user: u32, action: Option<&str>) -> bool {
        match action {
            None => self.is(Row::Admin(user)),
            Some("view") => self.is(Row::Auditor(user)),
            Some(_) => false,
        }
    }

    fn manages(&self, user: u32, region: u32) -> bool {
        self.is(Row::Region(region, user))
    }

    fn store(&self, user: Option<u32>, action: Option<&str>, store: Option<u32>) -> bool {
        let works = |user, store, manages| self.is(Row::Store(store, user, manages));
        match (user, action, store) {
            (Some(user), action, None) => {
                let number = ACTIONS.iter().position(|&known| Some(known) == action);
                self.everywhere(user, action)
                    || number.is_some_and(|number| self.is(Row::Inspects(user, number as u8)))
            }
            (Some(user), None, Some(store)) => self
                .second(Row::LiesIn(store, 0), Row::LiesIn(store, u32::MAX))
                .any(|region| self.manages(user, region)),
            (Some(user), Some(action), Some(store)) => {
                works(user, store, true) || action != "close" && works(user, store, false)
            }
            (None, None, Some(store)) => self.is(Row::Demo(store)),
            (None, Some("view"), Some(store)) => self.is(Row::Public(store)),
            (None, ..) => false,
        }
    }

    fn product(&self, user: Option<u32>, action: Option<&str>, product: u32) -> bool {
        let listed = user.is_none() && action == Some("view") && self.is(Row::Listed(product));
        let mut stores = self.second(Row::Of(product, 0), Row::Of(product, u32::MAX));
        // A row about every store is also one about this.
        listed
            || stores.any(|store| {
                self.store(user, action, Some(store)) || self.store(user, action, None)
            })
    }
}

impl Oracle for Held<Row> {
    fn derives(&self, grant: Grant<'_>) -> bool {
        let Grant { user, action, .. } = grant;
        match (grant.kind, grant.resource) {
            ("Region", None) => user.is_some_and(|user| self.everywhere(user, action)),
            ("Region", Some(region)) => {
                action.is_none() && user.is_some_and(|user| self.manages(user, region))
            }
            ("Store", store) => self.store(user, action, store),
            ("Product", Some(product)) => self.product(user, action, product),
            _ => false,
        }
    }
}
