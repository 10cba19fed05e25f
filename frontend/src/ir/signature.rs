//! Which facts a policy can use (spec 6.2).

use crate::source::{Span, Text};

use super::core::PredicateId;
use super::types::{TypeSet, TypeTable};
use super::value::{Value, quoted};

/// What a fact may have at one argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Exactly this string.
    Exactly(Text),
    /// Any value of these types.
    Types(TypeSet),
}

/// One shape of facts that the policy uses: a body atom or a `declare`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The predicate.
    pub predicate: PredicateId,
    /// One entry per argument.
    pub entries: Vec<Entry>,
    /// The first use; `None` for the injected rules.
    pub span: Option<Span>,
}

impl Entry {
    /// Whether a value may stand here.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Entry::Exactly(text), Value::String(s)) => text == s,
            (Entry::Exactly(_), _) => false,
            (Entry::Types(types), value) => types.has(value.ty()),
        }
    }
}

impl Signature {
    /// Whether a fact with these arguments has this shape.
    #[must_use]
    pub fn fits(&self, args: &[Value]) -> bool {
        self.entries.len() == args.len() && self.agreement(args) == args.len()
    }

    /// How many of the arguments fit.
    #[must_use]
    pub fn agreement(&self, args: &[Value]) -> usize {
        let pairs = self.entries.iter().zip(args);
        pairs.filter(|(entry, arg)| entry.admits(arg)).count()
    }

    /// The shape for people: `has_role(Actor, "owner", Repo)`.
    #[must_use]
    pub fn show(&self, name: &str, types: &TypeTable) -> String {
        let entries: Vec<String> = self
            .entries
            .iter()
            .map(|entry| match entry {
                Entry::Exactly(text) => quoted(text),
                Entry::Types(set) => types.show(set),
            })
            .collect();
        format!("{name}({})", entries.join(", "))
    }
}
