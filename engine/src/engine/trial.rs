//! Inline policy tests (spec section 8), each in its own small world.

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_frontend::ir::{self, Assertion, PolicyTest, Program, quoted};
use floe_frontend::source::{Span, Text};

use super::{Asking, Binding, Call, Config, Engine, Term};
use crate::catalog::ChangeSet;
use crate::goal::Budget;
use crate::plan::Maintain;
use crate::value::Value;

/// How one test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub name: Text,
    /// How many assertions it has.
    pub assertions: usize,
    /// Those that do not hold.
    pub failures: Vec<Failure>,
}

/// An assertion that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it stands.
    pub span: Span,
    /// What was expected of what, as a sentence without its first word "expected".
    pub expected: String,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs every test of a policy. `now` is the time in each, `budget` what an assertion may
/// cost.
#[must_use]
pub fn run(program: &Arc<Program>, now: i64, budget: Budget<'_>) -> Vec<Report> {
    each(program, now, budget).collect()
}

/// The same, one test after the other: what is not asked for does not run.
pub fn each(program: &Arc<Program>, now: i64, budget: Budget<'_>) -> impl Iterator<Item = Report> {
    program.tests.iter().map(move |test| Report {
        name: test.name.clone(),
        assertions: test.assertions.len(),
        failures: failures(program, test, now, budget),
    })
}

fn failures(
    program: &Arc<Program>,
    test: &PolicyTest,
    now: i64,
    budget: Budget<'_>,
) -> Vec<Failure> {
    let whole = |why: String| {
        vec![Failure {
            span: test.span,
            expected: format!("the facts of the test to be stored: {why}"),
        }]
    };
    let config = Config {
        maintain: Maintain::None,
        ..Config::default()
    };
    let engine = match Engine::start(Arc::clone(program), config) {
        Ok(engine) => engine,
        Err(why) => return whole(why.to_string()),
    };
    let mut set = ChangeSet::new();
    for fact in &test.facts {
        let args: Vec<(Text, Text)> = fact.args.iter().map(|v| text(program, v)).collect();
        let name = &program.core.predicate(fact.predicate).name;
        set.insert(name, args.iter().map(value));
    }
    if let Err(why) = engine.apply(&set) {
        return whole(why.to_string());
    }
    let snapshot = engine.snapshot();
    let failure = |assertion: &Assertion| {
        let asking = snapshot.ask(now, &[], budget);
        let wrong = asking
            .map_err(|why| format!("to have an answer: {why}"))
            .and_then(|mut asking| check(program, &mut asking, assertion))
            .err()?;
        Some(Failure {
            span: assertion.span,
            expected: format!("{} {wrong}", shown(program, assertion)),
        })
    };
    test.assertions.iter().filter_map(failure).collect()
}

/// What is wrong with an assertion, to be read behind "expected ...".
fn check(program: &Program, asking: &mut Asking<'_>, assertion: &Assertion) -> Result<(), String> {
    let found = answers(program, asking, assertion)?;
    let Some(listed) = &assertion.expected else {
        return match (found.is_empty(), assertion.negated) {
            (true, false) => Err("to hold".to_string()),
            (false, true) => Err("not to hold".to_string()),
            _ => Ok(()),
        };
    };
    let listed = listed.iter().map(|v| {
        let (ty, id) = text(program, v);
        Binding::Value(ty.to_string(), id.to_string())
    });
    let listed: BTreeSet<Binding> = listed.collect();
    let show = |items: Vec<&Binding>| {
        let shown: Vec<String> = items.into_iter().map(|b| show(program, b)).collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    };
    let missing = show(listed.difference(&found).collect());
    let extra = show(found.difference(&listed).collect());
    match (missing, extra) {
        (None, None) => Ok(()),
        (Some(missing), None) => Err(format!("for the listed values; missing: {missing}")),
        (None, Some(extra)) => Err(format!("for the listed values only; extra: {extra}")),
        (Some(missing), Some(extra)) => Err(format!(
            "for the listed values only; missing: {missing}; extra: {extra}"
        )),
    }
}

/// The values of the assertion's variable; without a variable anything at all says that it
/// holds.
fn answers(
    program: &Program,
    asking: &mut Asking<'_>,
    assertion: &Assertion,
) -> Result<BTreeSet<Binding>, String> {
    let mut texts = Vec::new();
    for arg in &assertion.args {
        texts.push(match arg {
            ir::Argument::Value(v) => Ok(text(program, v)),
            ir::Argument::Variable(name, Some(ty)) => {
                Err((name.clone(), program.types.get(*ty).name.clone()))
            }
            // No value is of an abstract type exactly (spec 5.6.5).
            ir::Argument::Variable(_, None) => return Ok(BTreeSet::new()),
        });
    }
    let cannot = |why: super::Unanswered| format!("to have an answer: {why}");
    let predicate = &*program.core.predicate(assertion.predicate).name;
    let values: Vec<Value<'_>> = texts.iter().flatten().map(value).collect();
    if values.len() == texts.len() {
        let holds = asking.holds(predicate, &values).map_err(cannot)?;
        let anything = Binding::Every(program.types.any().clone());
        return Ok(holds.then_some(anything).into_iter().collect());
    }
    let args = texts.iter().map(|text| match text {
        Ok(text) => Term::Value(value(text)),
        Err((name, ty)) => Term::Variable { name, ty: Some(ty) },
    });
    let call = Call {
        predicate,
        args: args.collect(),
    };
    let rows = asking.query(&[call]).map_err(cannot)?;
    Ok(rows.into_iter().flatten().collect())
}

fn text(program: &Program, value: &ir::Value) -> (Text, Text) {
    (program.types.get(value.ty()).name.clone(), value.id())
}

fn value(text: &(Text, Text)) -> Value<'_> {
    Value {
        ty: &text.0,
        id: &text.1,
    }
}

/// The assertion without `assert`, `assert_not` and `iff`.
fn shown(program: &Program, assertion: &Assertion) -> String {
    let args = assertion.args.iter().map(|arg| match arg {
        ir::Argument::Value(value) => value.show(&program.types).to_string(),
        ir::Argument::Variable(name, Some(ty)) => {
            format!("{name}: {}", program.types.get(*ty).name)
        }
        ir::Argument::Variable(name, None) => name.to_string(),
    });
    let args: Vec<String> = args.collect();
    let predicate = program.core.predicate(assertion.predicate);
    format!("{}({})", predicate.name, args.join(", "))
}

fn show(program: &Program, binding: &Binding) -> String {
    match binding {
        Binding::Every(types) => format!("every {}", program.types.show(types)),
        Binding::Value(ty, id) => match &**ty {
            "String" => quoted(id),
            "Integer" | "Boolean" => id.clone(),
            _ => format!("{ty}{{{}}}", quoted(id)),
        },
    }
}
