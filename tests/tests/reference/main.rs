//! The reference evaluator on core rules written by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot be read fails")]

mod grounding;
mod meaning;
mod negation;
mod policy;
mod wildcards;

use std::fmt::Display;

use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_tests::question::{Answers, Argument, CannotAnswer, Item};
use floe_tests::reference::World;
use floe_tests::text::Reader;
use floe_tests::value::Fact;

/// Asks at the time 1000. Facts and the question are text; the answer is `true`, `false`,
/// the rows, or why there is none.
fn ask(program: &Program, facts: &[&str], question: &str) -> String {
    let facts = facts.iter().map(|text| Reader::new(text).fact().unwrap());
    let world = World::new(program, facts.collect::<Vec<Fact>>(), 1000);
    let mut reader = Reader::new(question);
    let mut calls = vec![reader.call().unwrap()];
    while reader.take("and") {
        calls.push(reader.call().unwrap());
    }
    assert_eq!(reader.rest(), "");
    let values: Option<Vec<_>> = calls[0].args.iter().map(value).collect();
    match values {
        Some(values) if calls.len() == 1 => said(world.holds(&calls[0].predicate, &values)),
        _ => said(world.query(&calls).map(|rows| {
            let rows = rows.iter().map(|row| {
                let items: Vec<String> = row.iter().map(|item| show(program, item)).collect();
                items.join(" ")
            });
            rows.collect::<Vec<String>>().join(", ")
        })),
    }
}

fn value(argument: &Argument) -> Option<floe_tests::value::Value> {
    match argument {
        Argument::Value(value) => Some(value.clone()),
        Argument::Variable(_) => None,
    }
}

fn show(program: &Program, item: &Item) -> String {
    match item {
        Item::Every(types) => format!("{}:_", program.types.show(types)),
        Item::Value(value) => value.to_string(),
    }
}

fn said(answer: Result<impl Display, CannotAnswer>) -> String {
    match answer {
        Ok(answer) => answer.to_string(),
        Err(CannotAnswer::Unbound { variable, .. }) => format!("cannot list {variable}"),
        Err(other) => other.explain(&Sources::new()),
    }
}

/// Asks several questions of one world.
fn check(program: &str, facts: &[&str], expected: &[(&str, &str)]) {
    let program = policy::policy(program);
    for (question, answer) in expected {
        assert_eq!(ask(&program, facts, question), *answer, "{question}");
    }
}
