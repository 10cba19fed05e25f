//! Values: a concrete type and an id (spec 3.2).

use std::fmt;

use crate::source::Text;

use super::types::{TypeId, TypeTable};

/// A constant of the policy. Equality is equality of both halves: type and id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// `"text"`
    String(Text),
    /// `42`
    Integer(i64),
    /// `true`
    Boolean(bool),
    /// `User{"ann"}`; never of a primitive type.
    Object(TypeId, Text),
}

impl Value {
    /// The concrete type.
    #[must_use]
    pub fn ty(&self) -> TypeId {
        match self {
            Value::String(_) => TypeId::STRING,
            Value::Integer(_) => TypeId::INTEGER,
            Value::Boolean(_) => TypeId::BOOLEAN,
            Value::Object(ty, _) => *ty,
        }
    }

    /// The id as it travels on the wire (spec 3.3).
    #[must_use]
    pub fn id(&self) -> Text {
        match self {
            Value::String(s) | Value::Object(_, s) => s.clone(),
            Value::Integer(n) => n.to_string().into(),
            Value::Boolean(b) => if *b { "true" } else { "false" }.into(),
        }
    }

    /// The value as policy text.
    #[must_use]
    pub fn show<'a>(&'a self, types: &'a TypeTable) -> impl fmt::Display + 'a {
        ShowValue { value: self, types }
    }
}

struct ShowValue<'a> {
    value: &'a Value,
    types: &'a TypeTable,
}

impl fmt::Display for ShowValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::String(s) => write!(f, "{}", quoted(s)),
            Value::Integer(n) => write!(f, "{n}"),
            Value::Boolean(b) => write!(f, "{b}"),
            Value::Object(ty, id) => write!(f, "{}{{{}}}", self.types.get(*ty).name, quoted(id)),
        }
    }
}

/// Text as a Polar string literal (spec 1.4).
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
