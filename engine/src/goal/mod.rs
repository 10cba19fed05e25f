//! Answers derived when asked: goal-directed, tabled, sets of bindings at a time (design
//! D7).
//!
//! Owns: plans for the rules of a policy, one per way its parts are called ([`Goals`]);
//! and the evaluation of one request over stored facts, the facts of its context, and
//! whatever is maintained ([`Evaluation`]). Must not know: how rows are kept ([`Rows`] is
//! the seam), epochs, JSON, the text of a policy.
//!
//! # From a question to its answer
//!
//! `candidates` finds the parts that can hold an answer, `query` makes a clause of
//! each way to take one part per atom. A `clause` is a rule with symbols for constants;
//! `order` and `compile` turn it into a `plan`: joins in an order that starts from
//! what is bound. A plan is for a part, the places of it that are given and those that are
//! wanted. At work it is a node with a table (`work`): every input it has been called
//! with, once, and every answer, once. `machine` lets the nodes take turns until nothing
//! is left to do; `step` is what a turn consists of.
//!
//! # What cannot be enumerated
//!
//! A condition that lacks a value in the end (spec 5.6.3) does not stop the evaluation:
//! the row goes on with the reason attached, since a later join may still drop it, and
//! what rests on it rests on a doubt. Only if such a row is an answer is the question
//! refused ([`CannotAnswer::CannotList`]); what holds for another reason holds.
//!
//! # What holds
//!
//! On entry: rows are those of the parts of one program, symbols those of its environment
//! or of the request. On exit: the answer is exact for the rows, the context and the time
//! of the request, or there is none. Nothing is remembered between requests but plans.

mod answer;
mod budget;
mod candidates;
mod clause;
mod compile;
mod context;
mod derive;
mod evaluation;
mod goals;
mod machine;
mod order;
mod origin;
mod plan;
mod query;
mod reach;
mod rows;
mod step;
mod tuples;
mod work;

use floe_frontend::ir::core::PredicateId;

use crate::value::Sym;

pub use answer::{CannotAnswer, Item, Listing};
pub use budget::{Budget, Exceeded};
pub use context::Context;
pub use evaluation::{Evaluation, Request};
pub use goals::Goals;
pub use rows::Rows;

/// An argument of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A value.
    Value(Sym),
    /// A variable of the question, by number: the same number is the same variable.
    Variable(usize),
}

/// A predicate with the arguments of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// The predicate.
    pub predicate: PredicateId,
    /// As many as it has arguments.
    pub args: Vec<Argument>,
}

/// One answer to a query: what each variable is.
pub type Row = Vec<Item>;
