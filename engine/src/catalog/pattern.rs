//! Patterns: which facts to read or to delete.

use super::relation::Bound;
use crate::value::{Symbols, Value};

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arg<'a> {
    /// Any value.
    Any,
    /// Any value of exactly this type.
    Type(&'a str),
    /// A value of any type, with this id.
    Id(&'a str),
    /// This value.
    Value(Value<'a>),
}

/// Facts that agree with it, argument by argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern<'a> {
    /// Their predicate; `None`: any.
    pub predicate: Option<&'a str>,
    /// Their first arguments.
    pub args: Vec<Arg<'a>>,
    /// Whether they may have more arguments.
    pub open: bool,
}

impl Arg<'_> {
    /// In symbols; `None` if nothing stored can agree.
    pub(super) fn bound(&self, symbols: &Symbols) -> Option<Bound> {
        match *self {
            Arg::Any => Some(Bound::Any),
            Arg::Type(ty) => symbols.lookup_type(ty).map(Bound::Type),
            Arg::Value(Value { ty, id }) => {
                let ty = symbols.lookup_type(ty)?;
                symbols.lookup(ty, id).map(Bound::Sym)
            }
            Arg::Id(id) => {
                let found = symbols.lookup_any_type(id);
                (!found.is_empty()).then_some(Bound::Syms(found))
            }
        }
    }
}
