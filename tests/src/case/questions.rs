//! Questions with their answers, as text.

use std::collections::BTreeSet;

use floe_frontend::ir::Program;
use floe_frontend::source::{Sources, Text};

use crate::question::{Answers, Argument, Call, CannotAnswer, Item, Row, Variable};
use crate::text::Reader;
use crate::value::Value;

/// A question.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Whether a predicate holds.
    Holds(Text, Vec<Value>),
    /// The rows of a conjunction.
    Query(Vec<Call>),
    /// `list(actor, action, type)`
    List(Value, Text, Text),
    /// `actions(actor, resource)`
    Actions(Value, Value),
}

/// A question in a block, or a line between questions.
#[derive(Clone, Debug)]
pub struct Question {
    /// The line up to the arrow.
    pub text: String,
    /// What it asks; `None` for an empty line or a comment.
    pub ask: Option<Ask>,
}

impl Question {
    /// Reads a block; answers are passed over, since they are compared as text.
    pub fn read(text: &str) -> Result<Vec<Question>, String> {
        let mut questions = Vec::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                questions.push(Question {
                    text: line.to_string(),
                    ask: None,
                });
            } else if !line.starts_with(' ') {
                let (question, _) = line
                    .split_once("->")
                    .ok_or(format!("no `->` in `{line}`"))?;
                questions.push(Question {
                    text: question.trim_end().to_string(),
                    ask: Some(Ask::read(question)?),
                });
            }
        }
        Ok(questions)
    }

    /// The question with its answer, as it should stand in the block.
    #[must_use]
    pub fn answered(&self, world: &dyn Answers, program: &Program, sources: &Sources) -> String {
        match &self.ask {
            Some(ask) => {
                let answer = ask.answer(world, program, sources);
                let space = if answer.starts_with('\n') { "" } else { " " };
                format!("{} ->{space}{answer}\n", self.text)
            }
            None => format!("{}\n", self.text),
        }
    }
}

impl Ask {
    fn read(text: &str) -> Result<Ask, String> {
        let mut reader = Reader::new(text);
        let mut calls = vec![reader.call()?];
        while reader.take("and") {
            calls.push(reader.call()?);
        }
        if !reader.rest().is_empty() {
            return Err(format!("expected `and` or `->` at `{}`", reader.rest()));
        }
        let [call] = &calls[..] else {
            return Ok(Ask::Query(calls));
        };
        match (&*call.predicate, &call.args[..]) {
            (
                "list",
                [
                    Argument::Value(actor),
                    Argument::Value(action),
                    Argument::Variable(ty),
                ],
            ) => Ok(Ask::List(actor.clone(), action.id.clone(), ty.name.clone())),
            ("actions", [Argument::Value(actor), Argument::Value(resource)]) => {
                Ok(Ask::Actions(actor.clone(), resource.clone()))
            }
            _ => {
                let value = |argument: &Argument| match argument {
                    Argument::Value(value) => Some(value.clone()),
                    Argument::Variable(_) => None,
                };
                match call.args.iter().map(value).collect() {
                    Some(values) => Ok(Ask::Holds(call.predicate.clone(), values)),
                    None => Ok(Ask::Query(calls)),
                }
            }
        }
    }

    fn answer(&self, world: &dyn Answers, program: &Program, sources: &Sources) -> String {
        let ids = |ids: Vec<Text>| match ids.is_empty() {
            true => "nothing".to_string(),
            false => ids
                .iter()
                .map(|id| floe_frontend::ir::quoted(id))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let answer: Result<String, CannotAnswer> = match self {
            Ask::Holds(predicate, args) => {
                world.holds(predicate, args).map(|holds| holds.to_string())
            }
            Ask::Query(calls) => world.query(calls).map(|rows| show(calls, &rows, program)),
            Ask::List(actor, action, ty) => world.list(actor, action, ty).map(ids),
            Ask::Actions(actor, resource) => world.actions(actor, resource).map(ids),
        };
        answer.unwrap_or_else(|why| format!("error: {}", why.explain(sources)))
    }
}

/// The rows: one on the same line, several on lines of their own.
fn show(calls: &[Call], rows: &BTreeSet<Row>, program: &Program) -> String {
    let mut variables: Vec<&Variable> = Vec::new();
    for argument in calls.iter().flat_map(|call| &call.args) {
        match argument {
            Argument::Variable(v) if !variables.iter().any(|known| known.name == v.name) => {
                variables.push(v);
            }
            _ => {}
        }
    }
    let item = |(variable, item): (&&Variable, &Item)| match (item, &variable.ty) {
        (Item::Value(value), _) => format!("{} = {value}", variable.name),
        (Item::Every(_), Some(ty)) => format!("{} = {ty}:_", variable.name),
        (Item::Every(types), None) if types == program.types.any() => {
            format!("{} = _", variable.name)
        }
        (Item::Every(types), None) => {
            format!("{} = {}:_", variable.name, program.types.show(types))
        }
    };
    let row = |row: &Row| {
        let items: Vec<String> = variables.iter().zip(row).map(item).collect();
        items.join(", ")
    };
    match rows.len() {
        0 => "nothing".to_string(),
        1 => rows.iter().map(row).collect(),
        _ => rows.iter().map(|r| format!("\n  {}", row(r))).collect(),
    }
}
