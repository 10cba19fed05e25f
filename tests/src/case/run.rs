//! Running a case: what it should say, beside what it says.

use floe_frontend::diag::render::{Style, render_all};
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

use super::document::{Block, Document, Expectation, Kind};
use super::engine;
use super::questions::Question;
use super::world::Facts;
use crate::policy_test;
use crate::reference::World;

/// Inline tests run at this time: the examples of the specification call 1000000000 the
/// past and 9999999999 the future.
pub(super) const TEST_TIME: i64 = 1_700_000_000;

/// What running a case found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What differs, for people; empty if the case passes.
    pub differences: Vec<String>,
    /// The case as it would have to be written to pass.
    pub text: String,
}

/// Runs a case. An error is something wrong with the case itself.
pub fn run(document: &Document) -> Result<Outcome, String> {
    let found = find(document)?;
    let mut differences = Vec::new();
    for (kind, block, body) in &found {
        let expected = block.map(|block| document.body(block));
        if expected != body.as_deref() {
            let line = block.map_or(String::new(), |block| format!(" (line {})", block.line));
            let text = difference(
                expected.unwrap_or_default(),
                body.as_deref().unwrap_or_default(),
            );
            differences.push(format!("{}{line}:\n{text}", kind.word()));
        }
    }
    let sources = sources(document)?;
    if let Some(program) = compile(&sources, &Limits::default()).program {
        let program = std::sync::Arc::new(program);
        differences.extend(engine::differences(document, &program, &sources)?);
    }
    Ok(Outcome {
        differences,
        text: document.rewrite(&found),
    })
}

/// What every expectation of the case would have to be.
fn find(document: &Document) -> Result<Vec<Expectation<'_>>, String> {
    let sources = sources(document)?;
    let compiled = compile(&sources, &Limits::default());
    let said = render_all(&compiled.diagnostics, &sources, Style::Plain);
    let mut found: Vec<Expectation> = Vec::new();
    let said = (compiled.diagnostics.iter().next().is_some()).then_some(said);
    found.push((Kind::Diagnostics, document.only(Kind::Diagnostics)?, said));

    let Some(program) = &compiled.program else {
        let needs = |block: &&Block| !matches!(block.kind, Kind::Polar | Kind::Diagnostics);
        if let Some(block) = document.blocks().iter().find(needs) {
            let said = found
                .pop()
                .and_then(|(_, _, said)| said)
                .unwrap_or_default();
            let (kind, line) = (block.kind.word(), block.line);
            return Err(format!(
                "{kind} (line {line}): the policy has errors\n{said}"
            ));
        }
        return Ok(found);
    };
    let reports = policy_test::run(program, &sources, TEST_TIME);
    let failures: String = (reports.iter().flat_map(|report| &report.failures))
        .map(|failure| format!("{failure}\n"))
        .collect();
    let failures = (!failures.is_empty()).then_some(failures);
    found.push((Kind::Failures, document.only(Kind::Failures)?, failures));
    found.extend(answers(document, program, &sources)?);
    Ok(found)
}

fn sources(document: &Document) -> Result<Sources, String> {
    let files: Vec<&Block> = document
        .blocks()
        .iter()
        .filter(|b| b.kind == Kind::Polar)
        .collect();
    let mut sources = Sources::new();
    for block in &files {
        let name = match (&block.name, files.len()) {
            (Some(name), _) => name.clone(),
            (None, 1) => "policy.polar".to_string(),
            (None, _) => {
                return Err(format!(
                    "line {}: one of several files has no name",
                    block.line
                ));
            }
        };
        sources.add(name, document.body(block));
    }
    match files.is_empty() {
        true => Err("there is no policy".to_string()),
        false => Ok(sources),
    }
}

/// Answers every block of questions in the world above it.
fn answers<'d>(
    document: &'d Document,
    program: &Program,
    sources: &Sources,
) -> Result<Vec<Expectation<'d>>, String> {
    let mut found = Vec::new();
    let mut facts = Facts::default();
    for block in document.blocks() {
        let body = document.body(block);
        let wrong = |what: String| format!("{} (line {}): {what}", block.kind.word(), block.line);
        match block.kind {
            Kind::Facts => facts = Facts::read(program, body).map_err(wrong)?,
            Kind::Context => facts.set_context(program, body).map_err(wrong)?,
            Kind::Questions => {
                let world = World::new(program, facts.all(), facts.now);
                let questions = Question::read(body).map_err(wrong)?;
                let answered = questions
                    .iter()
                    .map(|q| q.answered(&world, program, sources));
                found.push((Kind::Questions, Some(block), Some(answered.collect())));
            }
            Kind::Rules => {
                let printed = program.print_rules(Some(sources));
                found.push((Kind::Rules, Some(block), Some(printed)));
            }
            Kind::Ir => {
                let printed = program.print(Some(sources));
                found.push((Kind::Ir, Some(block), Some(printed)));
            }
            Kind::Polar | Kind::Diagnostics | Kind::Failures => {}
        }
    }
    Ok(found)
}

/// The lines that differ, those that should not be there with `-`, missing ones with `+`.
fn difference(expected: &str, actual: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let tail = (old.iter().rev().zip(new.iter().rev()))
        .take(rest)
        .take_while(|(a, b)| a == b)
        .count();
    let minus = old[same..old.len() - tail]
        .iter()
        .map(|line| format!("- {line}\n"));
    let plus = new[same..new.len() - tail]
        .iter()
        .map(|line| format!("+ {line}\n"));
    minus.chain(plus).collect()
}
