//! Random policies, random worlds, random questions: cases for the equality test.
//!
//! One seed is one case, exactly, for ever on one version of this code. Policies are
//! Polar text and always compile; what they are made of can be taken away piece by piece,
//! which is how a difference becomes small enough to be read.
//!
//! * [`Dice`]: the numbers.
//! * [`policy`], [`Policy`]: policies, made of shorthand, of full rules over predicates in
//!   levels, and of shapes that random rules seldom take.
//! * [`Pool`], [`Domain`], [`pointed`], [`conjunction`]: facts and questions over few values.
//! * [`Store`], [`Operation`]: what change sets do.
//! * [`Script`]: a case. [`classes()`] says of what classes a policy is.
//! * [`run`], [`shrink`], [`markdown`]: a case run, made small, written down.

mod classes;
mod dice;
mod facts;
mod generate;
mod policy;
mod questions;
mod report;
mod rule;
mod run;
mod schema;
mod script;
mod shapes;
mod shorthand;
mod shrink;
mod store;

pub use classes::{SHARES, classes};
pub use dice::Dice;
pub use facts::{IDS, INTEGERS, Pool, TIMES, UNKNOWN, UNNAMED, possible};
pub use generate::policy;
pub use policy::{Block, Compiled, Policy, Rule};
pub use questions::{Domain, conjunction, pointed};
pub use report::{Tally, markdown};
pub use run::{Difference, Failure, Run, run};
pub use script::{Action, Round, Script, Step};
pub use shrink::shrink;
pub use store::{Operation, Slot, Store, agrees};
