//! Bodies of requests. Unknown fields are ignored.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::object::objects;
use super::{Fact, Pattern, Text, ValueIn};

objects! {
    PolicyUpload, Changes, Bulk, Authorize, AuthorizeResources, List, Actions, Solve, Conjunction,
    Constraint, Expect,
}

/// `POST /policy`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct PolicyUpload<'a> {
    /// The policy's text.
    #[serde(borrow)]
    pub(crate) src: Text<'a>,
    /// What the client calls it.
    #[serde(borrow, default)]
    pub(crate) filename: Option<Text<'a>>,
}

/// One element of `POST /batch`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Changes<'a> {
    /// Facts to store.
    #[serde(borrow, default)]
    pub(crate) inserts: Option<Vec<Fact<'a>>>,
    /// What to delete.
    #[serde(borrow, default)]
    pub(crate) deletes: Option<Vec<Pattern<'a>>>,
}

/// `POST /bulk`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Bulk<'a> {
    /// What to delete, first.
    #[serde(borrow, default)]
    pub(crate) delete: Option<Vec<Pattern<'a>>>,
    /// Facts to store, then.
    #[serde(borrow, default)]
    pub(crate) tell: Option<Vec<Fact<'a>>>,
}

/// `POST /authorize`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Authorize<'a> {
    #[serde(borrow)]
    pub(crate) actor_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) actor_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) action: Text<'a>,
    #[serde(borrow)]
    pub(crate) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) resource_id: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) context_facts: Option<Vec<Fact<'a>>>,
}

/// `POST /authorize_resources`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct AuthorizeResources<'a> {
    #[serde(borrow)]
    pub(crate) actor_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) actor_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) action: Text<'a>,
    #[serde(borrow)]
    pub(crate) resources: Vec<ValueIn<'a>>,
    #[serde(borrow, default)]
    pub(crate) context_facts: Option<Vec<Fact<'a>>>,
}

/// `POST /list`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct List<'a> {
    #[serde(borrow)]
    pub(crate) actor_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) actor_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) action: Text<'a>,
    #[serde(borrow)]
    pub(crate) resource_type: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) context_facts: Option<Vec<Fact<'a>>>,
    /// Ids per page; with neither this nor a token the answer has no pages.
    #[serde(default)]
    pub(crate) page_size: Option<Whole>,
    /// Where the page before ended.
    #[serde(borrow, default)]
    pub(crate) page_token: Option<Text<'a>>,
}

/// A whole number; one that no `i64` can hold is as good as the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Whole, D::Error> {
        from.deserialize_i64(Numbers)
    }
}

struct Numbers;

impl Visitor<'_> for Numbers {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

/// `POST /actions`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Actions<'a> {
    #[serde(borrow)]
    pub(crate) actor_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) actor_id: Text<'a>,
    #[serde(borrow)]
    pub(crate) resource_type: Text<'a>,
    #[serde(borrow)]
    pub(crate) resource_id: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) context_facts: Option<Vec<Fact<'a>>>,
}

/// `POST /query`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Solve<'a> {
    /// The predicate to solve.
    #[serde(borrow)]
    pub(crate) fact: Pattern<'a>,
    #[serde(borrow, default)]
    pub(crate) context_facts: Option<Vec<Fact<'a>>>,
}

/// A predicate and the variables that are its arguments.
pub(crate) type AtomIn<'a> = (Text<'a>, Vec<Text<'a>>);

/// `POST /evaluate_query`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Conjunction<'a> {
    /// The first atom.
    #[serde(borrow)]
    pub(crate) predicate: AtomIn<'a>,
    /// Further atoms.
    #[serde(borrow, default)]
    pub(crate) calls: Option<Vec<AtomIn<'a>>>,
    /// What is known of each variable.
    #[serde(borrow)]
    pub(crate) constraints: Constraints<'a>,
    #[serde(borrow, default)]
    pub(crate) context_facts: Option<Vec<Fact<'a>>>,
}

/// What a variable may be.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Constraint<'a> {
    /// Its type, exactly.
    #[serde(borrow, rename = "type")]
    pub(crate) ty: Text<'a>,
    /// The ids it may have; any if not given.
    #[serde(borrow, default)]
    pub(crate) ids: Option<Vec<Text<'a>>>,
}

/// Constraints in the order given.
pub(crate) struct Constraints<'a>(pub(crate) Vec<(Text<'a>, Constraint<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Constraints<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Constraints<'a>, D::Error> {
        from.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Constraints<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a constraint for each variable")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Constraints<'de>, M::Error> {
        let mut all: Vec<(Text<'de>, Constraint<'de>)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        while let Some((name, constraint)) = map.next_entry::<Text<'de>, _>()? {
            if !names.insert(name.clone()) {
                return Err(M::Error::custom(format_args!(
                    "variable `{}` is constrained twice",
                    &*name
                )));
            }
            all.push((name, constraint));
        }
        Ok(Constraints(all))
    }
}

/// `POST /expect`
#[derive(serde::Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Expect<'a> {
    /// The request whose answer is compared.
    #[serde(borrow)]
    pub(crate) request_id: Text<'a>,
    /// What the client thinks the answer should have been.
    pub(crate) expected: bool,
}
