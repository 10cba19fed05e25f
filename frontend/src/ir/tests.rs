//! Inline policy tests as data (spec section 8).

use crate::source::{Span, Text};

use super::core::PredicateId;
use super::types::TypeId;
use super::value::Value;

/// A concrete fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fact {
    /// The predicate.
    pub predicate: PredicateId,
    /// Its arguments.
    pub args: Vec<Value>,
}

/// One test: its own small world and what must hold in it.
#[derive(Clone, Debug)]
pub struct PolicyTest {
    /// Its name.
    pub name: Text,
    /// Facts of the setup and of the fixtures it names, in order.
    pub facts: Vec<Fact>,
    /// What must hold.
    pub assertions: Vec<Assertion>,
    /// The whole test.
    pub span: Span,
}

/// One assertion.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// `assert_not`
    pub negated: bool,
    /// The predicate asked about.
    pub predicate: PredicateId,
    /// Its arguments.
    pub args: Vec<Argument>,
    /// With `iff`: the exact set of values the variable must have.
    pub expected: Option<Vec<Value>>,
    /// The whole assertion; its text is what failure messages quote.
    pub span: Span,
}

/// An argument of an assertion; at most one is a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A value.
    Value(Value),
    /// A variable over values of exactly this type (spec 5.6.5); `None` for an abstract
    /// type, which has no values.
    Variable(Text, Option<TypeId>),
}
