//! The same questions put to the engine: what it says otherwise than the reference
//! evaluator.

use std::sync::Arc;

use floe_engine::goal::Budget;
use floe_engine::trial;
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;

use super::document::{Document, Kind};
use super::questions::Question;
use super::run::TEST_TIME;
use super::world::Facts;
use crate::equality::{Subject, agree, ask, show};
use crate::floe::Floe;
use crate::policy_test;
use crate::random::Operation;
use crate::reference::World;

/// With everything kept, and with nothing.
const TREATMENTS: [&str; 2] = ["all", "none"];

/// Every difference, for people.
pub(super) fn differences(
    document: &Document,
    program: &Arc<Program>,
    sources: &Sources,
) -> Result<Vec<String>, String> {
    let mut found = trials(program, sources);
    let mut facts = Facts::default();
    for block in document.blocks() {
        let body = document.body(block);
        match block.kind {
            Kind::Facts => facts = Facts::read(program, body)?,
            Kind::Context => facts.set_context(program, body)?,
            Kind::Questions => {
                let world = World::new(program, facts.all(), facts.now);
                let questions = Question::read(body)?;
                for treatment in TREATMENTS {
                    let mut floe = Floe::start(program, treatment);
                    let stored = facts.stored.iter().cloned();
                    let stored: Vec<Operation> = stored.map(Operation::Insert).collect();
                    floe.apply(&stored)?;
                    let engine = floe.answers(facts.now, &facts.context);
                    for question in questions.iter().filter_map(|q| q.ask.as_ref()) {
                        let (expected, said) = (ask(&world, question), ask(&*engine, question));
                        if !agree(&expected, &said) {
                            let question = show(question);
                            found.push(format!(
                                "{question}: the engine ({treatment}) says {said:?}, not {expected:?}"
                            ));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Inline tests that go otherwise.
fn trials(program: &Arc<Program>, sources: &Sources) -> Vec<String> {
    let expected = policy_test::run(program, sources, TEST_TIME);
    let said = trial::run(program, TEST_TIME, Budget::unlimited());
    let pairs = expected.iter().zip(&said);
    let differs = pairs.filter(|(e, s)| {
        e.name != s.name || e.total != s.assertions || e.failures.len() != s.failures.len()
    });
    let mut found: Vec<String> = differs
        .map(|(e, s)| {
            format!(
                "test {}: the engine says {:?}, not {:?}",
                e.name, s.failures, e.failures
            )
        })
        .collect();
    if expected.len() != said.len() {
        found.push(format!(
            "the engine has run {} of {} tests",
            said.len(),
            expected.len()
        ));
    }
    found
}
