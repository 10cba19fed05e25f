//! Facts and changes, as they travel on the wire.

use std::borrow::Cow;
use std::fmt;

/// One argument of a fact: a type and an id within it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    /// The type, such as `User`.
    pub kind: &'static str,
    /// The id within the type.
    pub id: Cow<'static, str>,
}

impl Value {
    /// A value whose id is a letter and a number, such as `u17`.
    #[must_use]
    pub fn numbered(kind: &'static str, letter: char, number: u32) -> Value {
        Value {
            kind,
            id: Cow::Owned(format!("{letter}{number}")),
        }
    }

    /// A whole number.
    #[must_use]
    pub fn integer(number: i64) -> Value {
        Value {
            kind: "Integer",
            id: Cow::Owned(number.to_string()),
        }
    }

    /// The number in an id that is a letter and a number.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn number(&self) -> u32 {
        let number = self.id.get(1..).and_then(|digits| digits.parse().ok());
        number.expect("a letter and a number")
    }

    /// A string, such as the name of a role.
    #[must_use]
    pub fn string(text: &'static str) -> Value {
        Value {
            kind: "String",
            id: Cow::Borrowed(text),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            "String" => write!(f, "{:?}", self.id),
            "Integer" => f.write_str(&self.id),
            kind => write!(f, "{kind}{{{:?}}}", self.id),
        }
    }
}

/// A fact: a predicate and its arguments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// The predicate, such as `has_role`.
    pub predicate: &'static str,
    /// Its arguments in order.
    pub args: Vec<Value>,
}

impl Fact {
    /// A predicate of these arguments.
    #[must_use]
    pub fn new(predicate: &'static str, args: impl Into<Vec<Value>>) -> Fact {
        Fact {
            predicate,
            args: args.into(),
        }
    }

    /// `has_role(actor, role, resource)`.
    #[must_use]
    pub fn role(actor: Value, role: &'static str, resource: Value) -> Fact {
        Fact {
            predicate: "has_role",
            args: vec![actor, Value::string(role), resource],
        }
    }

    /// `has_relation(resource, relation, target)`.
    #[must_use]
    pub fn relation(resource: Value, relation: &'static str, target: Value) -> Fact {
        Fact {
            predicate: "has_relation",
            args: vec![resource, Value::string(relation), target],
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.predicate)?;
        for (i, arg) in self.args.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{arg}")?;
        }
        f.write_str(")")
    }
}

/// A fact that comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change<F> {
    /// What comes or goes.
    pub fact: F,
    /// True if it comes.
    pub insert: bool,
}

impl<F> Change<F> {
    /// The fact comes.
    pub fn insert(fact: F) -> Change<F> {
        Change { fact, insert: true }
    }

    /// The fact goes.
    pub fn delete(fact: F) -> Change<F> {
        Change {
            fact,
            insert: false,
        }
    }

    /// The change to a multiplicity: one more or one less.
    pub fn diff(&self) -> i64 {
        if self.insert { 1 } else { -1 }
    }

    /// The same change of another form of the fact.
    pub fn map<G>(self, form: impl FnOnce(F) -> G) -> Change<G> {
        Change {
            fact: form(self.fact),
            insert: self.insert,
        }
    }
}
