//! Inline policy tests (spec section 8), each in its own small world.

use std::collections::BTreeSet;

use floe_frontend::ir::{self, Assertion, PolicyTest, Program};
use floe_frontend::source::{Sources, Text};

use crate::question::{Answers, Argument, Call, CannotAnswer, Item};
use crate::reference::World;
use crate::value::{Fact, Value};

/// How one test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub name: Text,
    /// Assertions that hold.
    pub passed: usize,
    /// All its assertions.
    pub total: usize,
    /// What is wrong with the others: place, test, assertion.
    pub failures: Vec<String>,
}

/// Runs every test of the policy; `now` is the time in each.
#[must_use]
pub fn run(program: &Program, sources: &Sources, now: i64) -> Vec<Report> {
    let tests = program.tests.iter();
    tests
        .map(|test| run_one(program, test, sources, now))
        .collect()
}

fn run_one(program: &Program, test: &PolicyTest, sources: &Sources, now: i64) -> Report {
    let facts = test.facts.iter().map(|fact| Fact {
        predicate: program.core.predicate(fact.predicate).name.clone(),
        args: fact
            .args
            .iter()
            .map(|v| Value::constant(v, &program.types))
            .collect(),
    });
    let world = World::new(program, facts, now);
    let failure = |assertion: &Assertion| {
        let wrong = check(program, &world, assertion, sources).err()?;
        let place = sources.locate(assertion.span);
        let name = ir::quoted(&test.name);
        Some(format!(
            "{place}: {name}: expected {} {wrong}",
            call(program, assertion)
        ))
    };
    let failures: Vec<String> = test.assertions.iter().filter_map(failure).collect();
    Report {
        name: test.name.clone(),
        passed: test.assertions.len() - failures.len(),
        total: test.assertions.len(),
        failures,
    }
}

/// The assertion without `assert`, `assert_not` and `iff`.
fn call(program: &Program, assertion: &Assertion) -> String {
    let predicate = program.core.predicate(assertion.predicate);
    let args = assertion.args.iter().map(|arg| match arg {
        ir::Argument::Value(value) => value.show(&program.types).to_string(),
        ir::Argument::Variable(name, Some(ty)) => {
            format!("{name}: {}", program.types.get(*ty).name)
        }
        ir::Argument::Variable(name, None) => name.to_string(),
    });
    format!(
        "{}({})",
        predicate.name,
        args.collect::<Vec<String>>().join(", ")
    )
}

/// What is wrong with the assertion, to be read behind "expected ...".
fn check(
    program: &Program,
    world: &World,
    assertion: &Assertion,
    sources: &Sources,
) -> Result<(), String> {
    let found = answers(program, world, assertion);
    let found = found.map_err(|why| format!("to have an answer: {}", why.explain(sources)))?;
    match (&assertion.expected, assertion.negated) {
        (None, false) if found.is_empty() => Err("to hold".to_string()),
        (None, true) if !found.is_empty() => Err("not to hold".to_string()),
        (None, _) => Ok(()),
        (Some(listed), _) => {
            let listed = listed
                .iter()
                .map(|v| Item::Value(Value::constant(v, &program.types)));
            let listed: BTreeSet<Item> = listed.collect();
            let missing = show(program, listed.difference(&found));
            let extra = show(program, found.difference(&listed));
            match (missing, extra) {
                (None, None) => Ok(()),
                (Some(missing), None) => Err(format!("for the listed values; missing: {missing}")),
                (None, Some(extra)) => Err(format!("for the listed values only; extra: {extra}")),
                (Some(missing), Some(extra)) => Err(format!(
                    "for the listed values only; missing: {missing}; extra: {extra}"
                )),
            }
        }
    }
}

/// The values of the assertion's variable. Without a variable, any value at all says that
/// it holds.
fn answers(
    program: &Program,
    world: &World,
    assertion: &Assertion,
) -> Result<BTreeSet<Item>, CannotAnswer> {
    let mut args = Vec::new();
    let mut values = Vec::new();
    for arg in &assertion.args {
        args.push(match arg {
            ir::Argument::Value(value) => {
                let value = Value::constant(value, &program.types);
                values.push(value.clone());
                Argument::Value(value)
            }
            ir::Argument::Variable(name, Some(ty)) => {
                Argument::variable(name, Some(&program.types.get(*ty).name))
            }
            // No value is of an abstract type exactly (spec 5.6.5).
            ir::Argument::Variable(_, None) => return Ok(BTreeSet::new()),
        });
    }
    let predicate = program.core.predicate(assertion.predicate).name.clone();
    if values.len() == args.len() {
        let holds = world.holds(&predicate, &values)?;
        return Ok(holds
            .then(|| Item::Every(program.types.any().clone()))
            .into_iter()
            .collect());
    }
    let rows = world.query(&[Call { predicate, args }])?;
    Ok(rows.into_iter().flatten().collect())
}

fn show<'a>(program: &Program, items: impl Iterator<Item = &'a Item>) -> Option<String> {
    let show = |item: &Item| match item {
        Item::Value(value) => value.to_string(),
        Item::Every(types) => format!("every {}", program.types.show(types)),
    };
    let shown: Vec<String> = items.map(show).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}
