//! Values and facts as they travel: two strings each, of types the policy may not know.

use std::fmt;

use floe_frontend::ir::{self, Entry, Program, Signature, TypeTable};
use floe_frontend::source::Text;

/// A value: the name of a concrete type, and an id. Two values are equal when both are;
/// that the policy names neither of two types does not make them one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    /// Its type.
    pub ty: Text,
    /// Its id: of an integer its decimal digits, of a boolean `true` or `false`.
    pub id: Text,
}

impl Value {
    /// The value of this type and id.
    pub fn new(ty: impl Into<Text>, id: impl Into<Text>) -> Value {
        Value {
            ty: ty.into(),
            id: id.into(),
        }
    }

    /// A string.
    pub fn string(text: impl Into<Text>) -> Value {
        Value::new("String", text)
    }

    /// An integer.
    #[must_use]
    pub fn integer(n: i64) -> Value {
        Value::new("Integer", n.to_string())
    }

    /// A constant of a policy.
    #[must_use]
    pub fn constant(value: &ir::Value, types: &TypeTable) -> Value {
        Value::new(types.get(value.ty()).name.clone(), value.id())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.ty {
            "String" => write!(f, "{}", ir::quoted(&self.id)),
            "Integer" | "Boolean" => write!(f, "{}", self.id),
            _ => write!(f, "{}{{{}}}", self.ty, ir::quoted(&self.id)),
        }
    }
}

/// A fact: a predicate name and values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// The predicate's name; with the number of values it says which predicate.
    pub predicate: Text,
    /// The values.
    pub args: Vec<Value>,
}

impl Fact {
    /// The fact `predicate(args)`.
    pub fn new(predicate: impl Into<Text>, args: impl IntoIterator<Item = Value>) -> Fact {
        Fact {
            predicate: predicate.into(),
            args: args.into_iter().collect(),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<String> = self.args.iter().map(Value::to_string).collect();
        write!(f, "{}({})", self.predicate, args.join(", "))
    }
}

/// Whether the fact fits one of the signatures (spec 6.2). With
/// [`Program::signatures`] it may be stored; with [`Program::context_signatures`] too it
/// counts in the context of a request (spec 6.5).
#[must_use]
pub fn fits(program: &Program, signatures: &[Signature], fact: &Fact) -> bool {
    signatures.iter().any(|signature| {
        let predicate = program.core.predicate(signature.predicate);
        predicate.name == fact.predicate
            && signature.entries.len() == fact.args.len()
            && signature
                .entries
                .iter()
                .zip(&fact.args)
                .all(|(entry, value)| match entry {
                    Entry::Exactly(text) => &*value.ty == "String" && value.id == *text,
                    Entry::Types(set) => set.has(program.types.classify(&value.ty)),
                })
    })
}
