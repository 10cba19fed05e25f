//! Values as they arrive, and their one canonical form (spec 3.3).

use std::fmt;

use floe_frontend::ir::ABSTRACT;

use super::TypeIx;

/// A value as text: the name of a concrete type and an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value<'a> {
    /// The type's name.
    pub ty: &'a str,
    /// The id; of an integer its decimal digits.
    pub id: &'a str,
}

impl<'a> From<(&'a str, &'a str)> for Value<'a> {
    fn from((ty, id): (&'a str, &'a str)) -> Value<'a> {
        Value { ty, id }
    }
}

/// An id in canonical form: what tells apart two values of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datum<'a> {
    /// Of every type but `Integer`.
    Text(&'a str),
    /// Of an `Integer`.
    Integer(i64),
}

impl<'a> Datum<'a> {
    /// The canonical form of an id of this type: `007` and `7` are one integer.
    ///
    /// # Errors
    /// The id is none of the type's: not a 64-bit integer, neither `true` nor `false`.
    pub fn new(ty: TypeIx, id: &'a str) -> Result<Datum<'a>, BadValue> {
        match ty {
            TypeIx::INTEGER => id
                .parse()
                .map(Datum::Integer)
                .map_err(|_| BadValue::Integer(id.into())),
            TypeIx::BOOLEAN if id != "true" && id != "false" => Err(BadValue::Boolean(id.into())),
            _ => Ok(Datum::Text(id)),
        }
    }
}

impl Value<'_> {
    /// Whether a fact, stored or of a request's context, may carry it, as far as that
    /// does not depend on the symbols: [`Datum::new`] says the rest.
    ///
    /// # Errors
    /// One half is empty or too long, the type is abstract, or the id a wildcard.
    pub fn check(&self, id_bytes: usize) -> Result<(), BadValue> {
        if self.ty.is_empty() {
            Err(BadValue::EmptyType)
        } else if ABSTRACT.contains(&self.ty) {
            Err(BadValue::Abstract(self.ty.into()))
        } else if self.id.is_empty() {
            Err(BadValue::EmptyId)
        } else if self.id == "*" {
            Err(BadValue::Wildcard)
        } else if self.id.len() > id_bytes || self.ty.len() > id_bytes {
            Err(BadValue::TooLong {
                bytes: self.id.len().max(self.ty.len()),
                limit: id_bytes,
            })
        } else {
            Ok(())
        }
    }
}

/// Why a value cannot stand in a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadValue {
    /// The type's name is empty.
    EmptyType,
    /// The id is empty.
    EmptyId,
    /// The id is `*`, which stands for any id in answers.
    Wildcard,
    /// The type is `Actor` or `Resource`, which have no values of their own.
    Abstract(Box<str>),
    /// The id of an `Integer` is not one that 64 bits hold.
    Integer(Box<str>),
    /// The id of a `Boolean` is neither `true` nor `false`.
    Boolean(Box<str>),
    /// The id, or the name of the type, is too long.
    TooLong {
        /// Its length.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A request brought more unknown values than it can number.
    TooMany,
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadValue::EmptyType => f.write_str("its type is empty"),
            BadValue::EmptyId => f.write_str("its id is empty"),
            BadValue::Wildcard => f.write_str("the id `*` is reserved for answers"),
            BadValue::Abstract(ty) => write!(f, "`{ty}` is abstract and has no values of its own"),
            BadValue::Integer(id) => {
                write!(f, "{:?} is not a signed 64-bit integer", Quoted(id))
            }
            BadValue::Boolean(id) => {
                let id = Quoted(id);
                write!(f, "{id:?} is not a Boolean: write `true` or `false`")
            }
            BadValue::TooLong { bytes, limit } => {
                write!(f, "it is {bytes} bytes long, more than the {limit} allowed")
            }
            BadValue::TooMany => f.write_str("the request names too many unknown values"),
        }
    }
}

impl std::error::Error for BadValue {}

/// Characters of a value that a message quotes: what is wrong with it comes behind.
const QUOTED: usize = 100;

struct Quoted<'a>(&'a str);

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(QUOTED) {
            Some((end, _)) => write!(f, "{:?}...", &self.0[..end]),
            None => fmt::Debug::fmt(self.0, f),
        }
    }
}
