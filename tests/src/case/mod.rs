//! Policy cases: one Markdown file is one named test, explanation and test one text.
//!
//! Prose is free. Fenced blocks are the test; the word behind the fence says what a block
//! is:
//!
//! | Block | Meaning |
//! |---|---|
//! | `polar`, `polar teams.polar` | a file of the policy; several need names |
//! | `diagnostics` | what the compiler says about it, whole |
//! | `failures` | which inline tests fail, and how |
//! | `rules`, `ir` | the printed program at that stage |
//! | `facts` | a world: stored facts, one a line |
//! | `context` | facts that come along with each of the next questions |
//! | `questions` | questions to that world, each with its answer |
//!
//! Without a `diagnostics` block the compiler must have nothing to say; without `failures`
//! every inline test must pass. A new `facts` block is a new world, without context. A
//! block of another kind is an error.
//!
//! In `facts`, a line `now = 1700000000` sets the time (0 without it), and a fact followed
//! by `-> refused` must fit no signature of the policy, while every other fits. What a
//! context fact fits decides whether it counts (spec 6.5).
//!
//! ````text
//! ```questions
//! allow(User{"ann"}, "read", Doc{"d"}) -> true
//! list(User{"ann"}, "read", Doc) -> "*", "d"
//! actions(User{"ann"}, Doc{"d"}) -> nothing
//! has_role(u: User, role: String, Doc{"d"}) ->
//!   u = User:_, role = "reader"
//!   u = User{"ann"}, role = "owner"
//! small(n: Integer) -> error: variable `n` of the rule at policy.polar:3:1 has no set of possible values
//! ```
//! ````
//!
//! Conjunctions are written with `and`. An answer goes on over the indented lines that
//! follow it. Empty lines and lines that start with `#` are kept and mean nothing.

mod document;
mod engine;
mod questions;
mod run;
mod world;

pub use document::{Block, Document, Expectation, Kind};
pub use questions::{Ask, Question};
pub use run::{Outcome, run};
pub use world::Facts;
