//! Two evaluators asked the same question.
//!
//! [`Subject`] is what has to be plugged in to hold an engine against the reference
//! evaluator: [`crate::random`] makes the cases, [`crate::random::run()`] plays them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use floe_frontend::ir::Program;
use floe_frontend::source::Text;

use crate::case::Ask;
use crate::question::{Answers, CannotAnswer, Item, Row};
use crate::random::Operation;
use crate::value::Fact;

/// Something that is started with a policy, follows changes, and answers.
///
/// A panic in any of these is a difference like any other.
pub trait Subject: Sized {
    /// The configurations in which a case is run, side by side; at least one.
    fn treatments(seed: u64) -> Vec<String>;

    /// An environment without facts.
    fn start(program: &Arc<Program>, treatment: &str) -> Self;

    /// Applies all operations in order, or none of them; an error says that one is refused.
    fn apply(&mut self, changes: &[Operation]) -> Result<(), String>;

    /// Another policy takes over. Facts stay, also those that it cannot use (spec 6.4).
    fn swap(&mut self, program: &Arc<Program>);

    /// Answers at this moment, with these facts in the context of each question. Some may
    /// be of no use to the policy: they are to be ignored (spec 6.5).
    fn answers<'a>(&'a self, now: i64, context: &'a [Fact]) -> Box<dyn Answers + 'a>;
}

/// An answer to any question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Whether it holds.
    Holds(bool),
    /// Ids of a list, names of actions.
    Ids(Vec<Text>),
    /// Rows of a conjunction.
    Rows(BTreeSet<Row>),
}

/// An answer, or why there is none.
pub type Said = Result<Answer, CannotAnswer>;

impl Answer {
    /// Whether it says yes, or lists anything.
    #[must_use]
    pub fn is_something(&self) -> bool {
        match self {
            Answer::Holds(holds) => *holds,
            Answer::Ids(ids) => !ids.is_empty(),
            Answer::Rows(rows) => !rows.is_empty(),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = |item: &Item| match item {
            Item::Every(types) => format!("{types:?}:_"),
            Item::Value(value) => value.to_string(),
        };
        match self {
            Answer::Holds(holds) => write!(f, "{holds}"),
            Answer::Ids(ids) => write!(f, "{ids:?}"),
            Answer::Rows(rows) => {
                write!(f, "{} rows", rows.len())?;
                rows.iter().try_for_each(|row| {
                    let items: Vec<String> = row.iter().map(item).collect();
                    write!(f, "\n    {}", items.join(", "))
                })
            }
        }
    }
}

/// Asks.
pub fn ask(world: &dyn Answers, question: &Ask) -> Said {
    match question {
        Ask::Holds(predicate, args) => world.holds(predicate, args).map(Answer::Holds),
        Ask::List(actor, action, ty) => world.list(actor, action, ty).map(Answer::Ids),
        Ask::Actions(actor, resource) => world.actions(actor, resource).map(Answer::Ids),
        Ask::Query(calls) => world.query(calls).map(Answer::Rows),
    }
}

/// Whether two evaluators agree. That there is no answer is an answer too, whatever the
/// reason given: of several variables without values each may name another.
#[must_use]
pub fn agree(expected: &Said, said: &Said) -> bool {
    match (expected, said) {
        (Ok(a), Ok(b)) => a == b,
        (Err(_), Err(_)) => true,
        // The reference evaluator gave up; that says nothing.
        (Err(CannotAnswer::TooLarge), _) => true,
        _ => false,
    }
}

/// The question as cases write it.
#[must_use]
pub fn show(question: &Ask) -> String {
    use crate::question::Argument;
    let argument = |argument: &Argument| match argument {
        Argument::Value(value) => value.to_string(),
        Argument::Variable(v) => match &v.ty {
            Some(ty) => format!("{}: {ty}", v.name),
            None => v.name.to_string(),
        },
    };
    let quoted = floe_frontend::ir::quoted;
    match question {
        Ask::Holds(predicate, args) => Fact::new(predicate.clone(), args.clone()).to_string(),
        Ask::List(actor, action, ty) => format!("list({actor}, {}, {ty})", quoted(action)),
        Ask::Actions(actor, resource) => format!("actions({actor}, {resource})"),
        Ask::Query(calls) => {
            let calls = calls.iter().map(|call| {
                let args: Vec<String> = call.args.iter().map(argument).collect();
                format!("{}({})", call.predicate, args.join(", "))
            });
            calls.collect::<Vec<_>>().join(" and ")
        }
    }
}
