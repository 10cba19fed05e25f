//! Rules for everyone, for everything, or for every action, and what they reach.
//!
//! Most answers of this world hold for a reason that names something, and for another that
//! does not: administrators may do everything everywhere, auditors see everything, some stores
//! and products are for anyone. Stores pass all of that on to their products.

mod answers;

use super::oracle::{Domain, Kind, USER};
use super::slots::{Family, Slots};
use super::{Fact, SplitMix, Value};
pub use answers::Model;

/// A fact of the world, as small integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// A user is an administrator.
    Admin(u32),
    /// A user is an auditor.
    Auditor(u32),
    /// A user inspects all stores: user, number of the action.
    Inspects(u32, u8),
    /// A user manages a region: region, user.
    Region(u32, u32),
    /// A user works in a store: store, user, as a manager?
    Store(u32, u32, bool),
    /// A store lies in a region: store, region.
    LiesIn(u32, u32),
    /// A store is public.
    Public(u32),
    /// A store is there to be played with.
    Demo(u32),
    /// A product is of a store: product, store.
    Of(u32, u32),
    /// A product is listed.
    Listed(u32),
}

/// What can be done in a store, in the order in which actions are numbered.
pub const ACTIONS: [&str; 4] = ["view", "open", "count", "close"];

const REGION: Kind = Kind {
    name: "Region",
    letter: 'r',
    actions: &["view", "close"],
    weight: 1,
};
const STORE: Kind = Kind {
    name: "Store",
    letter: 's',
    actions: &ACTIONS,
    weight: 4,
};
const PRODUCT: Kind = Kind {
    name: "Product",
    letter: 'p',
    actions: &ACTIONS,
    weight: 6,
};

/// People who can work in a store.
const STAFF: u32 = 3;
/// Products of a store.
const PRODUCTS: u32 = 8;

const ADMIN: usize = 0;
const AUDITOR: usize = 1;
const INSPECTS: usize = 2;
const MANAGES: usize = 3;
const WORKS: usize = 4;
const LIES_IN: usize = 5;
const PUBLIC: usize = 6;
const DEMO: usize = 7;
const OF: usize = 8;
const LISTED: usize = 9;

/// The shape of the world: everything is in proportion to its stores.
#[derive(Clone, Copy, Debug)]
pub struct Wildcards {
    /// How many stores there are.
    pub stores: u32,
    /// What everything drawn is drawn from.
    pub seed: u64,
}

impl Wildcards {
    /// With about so many facts.
    #[must_use]
    pub fn at(facts: u32) -> Wildcards {
        Wildcards {
            stores: (u64::from(facts) * 10 / 142) as u32 + 1,
            seed: 1,
        }
    }

    fn users(&self) -> u32 {
        (self.stores / STAFF + 1) * STAFF
    }

    fn regions(&self) -> u32 {
        self.stores / 20 + 1
    }

    fn products(&self) -> u32 {
        self.stores * PRODUCTS
    }
}

impl Domain for Wildcards {
    const KINDS: &'static [Kind] = &[USER, REGION, STORE, PRODUCT];

    fn count(&self, kind: &Kind) -> u32 {
        match kind.letter {
            'u' => self.users(),
            'r' => self.regions(),
            's' => self.stores,
            _ => self.products(),
        }
    }

    /// Someone who works in a store, or the manager of its region, and a place or product.
    fn related(&self, random: &mut SplitMix) -> (Value, Value) {
        let store = random.below(self.stores);
        let slot = store * STAFF + random.below(STAFF);
        let (_, staff, _) = self.staff(slot, 0);
        let region = self.draw(LIES_IN, store, 0).skewed(self.regions());
        let manager = self.draw(MANAGES, region, 0).below(self.users());
        let user = random.pick(&[staff, staff, manager]);
        let product = store * PRODUCTS + random.below(PRODUCTS);
        match random.below(5) {
            0 => (USER.value(manager), REGION.value(region)),
            1..3 => (USER.value(user), STORE.value(store)),
            _ => (USER.value(user), PRODUCT.value(product)),
        }
    }
}

impl Wildcards {
    /// Store, user, and whether as a manager.
    fn staff(&self, slot: u32, round: u32) -> (u32, u32, bool) {
        let mut random = self.draw(WORKS, slot, round);
        let (store, nth) = (slot / STAFF, slot % STAFF);
        // Each slot has users of its own, so that nobody works in a store twice.
        let user = random.below(self.users() / STAFF) * STAFF + nth;
        (store, user, nth == 0)
    }
}

impl Slots for Wildcards {
    type Row = Row;
    type Model = Model;

    const NAME: &'static str = "wildcards";
    const POLICY: &'static str = include_str!("policy.polar");

    fn seed(&self) -> u64 {
        self.seed
    }

    fn families(&self) -> Vec<Family> {
        let (users, stores) = (self.users(), self.stores);
        vec![
            Family::new(users, 2),
            Family::new(users, 2),
            Family::new(users, 2),
            Family::new(self.regions(), 2),
            Family::new(stores * STAFF, 30),
            Family::new(stores, 5),
            Family::new(stores, 5),
            Family::new(stores, 2),
            Family::new(self.products(), 20),
            Family::new(self.products(), 20),
        ]
    }

    fn row(&self, family: usize, index: u32, round: u32) -> Option<Row> {
        let mut random = self.draw(family, index, round);
        let once_in = |times| self.once_in(times, family, index, round);
        let row = match family {
            ADMIN => once_in(50).then_some(Row::Admin(index))?,
            AUDITOR => once_in(30).then_some(Row::Auditor(index))?,
            INSPECTS => {
                let row = Row::Inspects(index, random.pick(&[0, 1, 2, 2]));
                random.once_in(20).then_some(row)?
            }
            MANAGES => Row::Region(index, random.below(self.users())),
            WORKS => {
                let (store, user, manages) = self.staff(index, round);
                Row::Store(store, user, manages)
            }
            LIES_IN => Row::LiesIn(index, random.skewed(self.regions())),
            PUBLIC => once_in(5).then_some(Row::Public(index))?,
            DEMO => once_in(50).then_some(Row::Demo(index))?,
            // In one store at first, so that stores are alike; then anywhere.
            OF if round == 0 => Row::Of(index, index / PRODUCTS),
            OF => Row::Of(index, random.below(self.stores)),
            LISTED => once_in(5).then_some(Row::Listed(index))?,
            _ => return None,
        };
        Some(row)
    }

    fn text(row: Row) -> Fact {
        let global = |user, role| Fact::new("has_role", [USER.value(user), Value::string(role)]);
        match row {
            Row::Admin(user) => global(user, "admin"),
            Row::Auditor(user) => global(user, "auditor"),
            Row::Inspects(user, action) => {
                let action = Value::string(ACTIONS[action as usize]);
                Fact::new("inspects", [USER.value(user), action])
            }
            Row::Region(region, user) => {
                Fact::role(USER.value(user), "manager", REGION.value(region))
            }
            Row::Store(store, user, manages) => {
                let role = if manages { "manager" } else { "clerk" };
                Fact::role(USER.value(user), role, STORE.value(store))
            }
            Row::LiesIn(store, region) => {
                Fact::relation(STORE.value(store), "region", REGION.value(region))
            }
            Row::Public(store) => Fact::new("is_public", [STORE.value(store)]),
            Row::Demo(store) => Fact::new("is_demo", [STORE.value(store)]),
            Row::Of(product, store) => {
                Fact::relation(PRODUCT.value(product), "store", STORE.value(store))
            }
            Row::Listed(product) => Fact::new("is_listed", [PRODUCT.value(product)]),
        }
    }
}
