//! Worlds as Floe takes them: a program, change sets, and questions.

use std::sync::Arc;

use floe_engine::catalog::{Arg, ChangeSet};
use floe_engine::goal::Budget;
use floe_engine::value::Value;
use floe_engine::{Binding, Call, Engine, Names, Term, Unanswered};
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

use crate::workload::{self, Answer, Change, Fact, Question};

/// The program of a policy; `None` if it has errors.
#[must_use]
pub fn program(policy: &str) -> Option<Arc<Program>> {
    let mut sources = Sources::new();
    sources.add("policy.polar", policy);
    compile(&sources, &Limits::default()).program.map(Arc::new)
}

/// These changes as one change set.
#[must_use]
pub fn change_set(changes: impl IntoIterator<Item = Change<Fact>>) -> ChangeSet {
    let mut set = ChangeSet::new();
    for Change { fact, insert } in changes {
        let values = fact.args.iter().map(value);
        if insert {
            set.insert(fact.predicate, values);
        } else {
            set.delete(fact.predicate, values.map(Arg::Value));
        }
    }
    set
}

/// What the engine answers now; `now` is the time in seconds since 1970.
///
/// # Errors
/// It cannot tell, or only at too high a price.
pub fn ask(engine: &Engine, question: &Question, now: i64) -> Result<Answer, Unanswered> {
    let snapshot = engine.snapshot();
    let mut asking = snapshot.ask(now, &[], Budget::unlimited())?;
    match question {
        Question::Authorize {
            actor,
            action,
            resource,
        } => {
            let allowed = asking.authorize(value(actor), action, Some(value(resource)))?;
            Ok(Answer::Allowed(allowed))
        }
        Question::List {
            actor,
            action,
            kind,
        } => Ok(ids(asking.list(value(actor), action, kind)?)),
        Question::Actions { actor, resource } => {
            Ok(ids(asking.actions(value(actor), Some(value(resource)))?))
        }
        Question::Who {
            kind,
            action,
            resource,
        } => {
            let actor = Term::Variable {
                name: "actor",
                ty: Some(kind),
            };
            let action = Term::Value(("String", *action).into());
            let call = Call {
                predicate: "allow",
                args: vec![actor, action, Term::Value(value(resource))],
            };
            let bindings = asking.query(&[call])?.into_iter().flatten();
            let names = bindings.map(|binding| match binding {
                Binding::Every(_) => "*".to_owned(),
                Binding::Value(_, id) => id,
            });
            Ok(sorted(names.collect()))
        }
    }
}

/// A value as the engine takes it.
#[must_use]
pub fn value(value: &workload::Value) -> Value<'_> {
    Value {
        ty: value.kind,
        id: &value.id,
    }
}

fn ids(Names { every, mut names }: Names) -> Answer {
    if every {
        names.push("*".to_owned());
    }
    sorted(names)
}

fn sorted(mut names: Vec<String>) -> Answer {
    names.sort_unstable();
    Answer::Ids(names)
}
