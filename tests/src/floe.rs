//! The engine, asked as the reference evaluator is.

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_engine::catalog::{Arg, ChangeSet};
use floe_engine::goal::{Budget, CannotAnswer as Cannot};
use floe_engine::plan::{ClosureBudget, Maintain, Passes};
use floe_engine::value::Value as Short;
use floe_engine::{
    Asking, Binding, Call as EngineCall, Config, Engine, Names, Snapshot, Term, Unanswered,
};
use floe_frontend::ir::Program;
use floe_frontend::source::Text;

use crate::equality::Subject;
use crate::question::{Answers, Argument, Call, CannotAnswer, Item, Row};
use crate::random::{Operation, Slot};
use crate::value::{Fact, Value};

/// An environment.
pub struct Floe {
    /// The engine itself.
    pub engine: Engine,
}

/// The configuration that a treatment names.
fn config(treatment: &str) -> Config {
    let mut config = Config {
        on_demand_below: 0,
        ..Config::default()
    };
    for word in treatment.split(' ') {
        match word {
            "all" => config.maintain = Maintain::All,
            "none" => config.maintain = Maintain::None,
            "auto" => config.maintain = Maintain::Auto,
            "outgrown" => config.on_demand_below = 6,
            "two-workers" => config.workers = 2,
            "dead-rules-kept" => config.passes.dead_rules = false,
            "recursion-as-written" => config.passes.separate = false,
            "own-arrangements" => config.passes.share = false,
            "small-closures" => {
                config.passes.closures = ClosureBudget {
                    floor: 2,
                    per_row: 0,
                }
            }
            "derivations-repeated" => config.passes.subsume = false,
            "joins-as-written" => config.passes.join_order = false,
            "no-passes" => config.passes = Passes::NONE,
            other => panic!("no treatment {other}"),
        }
    }
    config
}

impl Subject for Floe {
    fn treatments(seed: u64) -> Vec<String> {
        let others = [
            "auto outgrown",
            "all dead-rules-kept",
            "all derivations-repeated",
            "all joins-as-written",
            "all own-arrangements",
            "all recursion-as-written",
            "all small-closures",
            "auto no-passes",
            "auto two-workers",
        ];
        let other = others[seed as usize % others.len()];
        ["all", "none", other].map(ToString::to_string).to_vec()
    }

    fn start(program: &Arc<Program>, treatment: &str) -> Floe {
        let engine = Engine::start(Arc::clone(program), config(treatment));
        Floe {
            engine: engine.expect("an environment starts"),
        }
    }

    fn apply(&mut self, changes: &[Operation]) -> Result<(), String> {
        let mut set = ChangeSet::new();
        for change in changes {
            match change {
                Operation::Insert(fact) => {
                    set.insert(&fact.predicate, fact.args.iter().map(short));
                }
                Operation::Delete(predicate, slots) => {
                    set.delete(predicate, slots.iter().map(arg));
                }
            }
        }
        self.engine.apply(&set).map(drop).map_err(|e| e.to_string())
    }

    fn swap(&mut self, program: &Arc<Program>) {
        let swapped = self.engine.swap(Arc::clone(program));
        swapped.expect("a policy takes over");
    }

    fn answers<'a>(&'a self, now: i64, context: &'a [Fact]) -> Box<dyn Answers + 'a> {
        Box::new(Moment {
            snapshot: self.engine.snapshot(),
            now,
            context,
        })
    }
}

/// An epoch, with the time and context of its questions.
pub struct Moment<'a> {
    /// The epoch.
    pub snapshot: Snapshot,
    /// The time.
    pub now: i64,
    /// The context.
    pub context: &'a [Fact],
}

fn short(value: &Value) -> Short<'_> {
    Short {
        ty: &value.ty,
        id: &value.id,
    }
}

fn arg(slot: &Slot) -> Arg<'_> {
    match slot {
        Slot::Any => Arg::Any,
        Slot::Type(ty) => Arg::Type(ty),
        Slot::Id(id) => Arg::Id(id),
        Slot::Value(value) => Arg::Value(short(value)),
    }
}

fn term(argument: &Argument) -> Term<'_> {
    match argument {
        Argument::Value(value) => Term::Value(short(value)),
        Argument::Variable(variable) => Term::Variable {
            name: &variable.name,
            ty: variable.ty.as_deref(),
        },
    }
}

impl Moment<'_> {
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut Asking<'_>) -> Result<T, Unanswered>,
    ) -> Result<T, CannotAnswer> {
        let rows: Vec<Vec<Short<'_>>> = (self.context.iter())
            .map(|fact| fact.args.iter().map(short).collect())
            .collect();
        let facts = self.context.iter().zip(&rows);
        let context: Vec<(&str, &[Short<'_>])> = facts
            .map(|(fact, row)| (&*fact.predicate, &row[..]))
            .collect();
        let asking = self.snapshot.ask(self.now, &context, Budget::unlimited());
        let mut asking = asking.expect("the values of cases are sound");
        question(&mut asking).map_err(|why| self.cannot(&why))
    }

    fn cannot(&self, why: &Unanswered) -> CannotAnswer {
        match why {
            Unanswered::Cannot(Cannot::CannotList { variable, rule }) => CannotAnswer::Unbound {
                variable: variable.clone(),
                rule: self.snapshot.program().core.rule(*rule).span,
            },
            Unanswered::Cannot(Cannot::Linked { first, second }) => {
                CannotAnswer::Linked(first.to_string().into(), second.to_string().into())
            }
            other => panic!("{other}"),
        }
    }
}

fn ids(names: Names) -> Vec<Text> {
    let mut ids: Vec<Text> = names.names.into_iter().map(Into::into).collect();
    ids.sort_unstable();
    if names.every {
        ids.insert(0, "*".into());
    }
    ids
}

impl Answers for Moment<'_> {
    fn holds(&self, predicate: &str, args: &[Value]) -> Result<bool, CannotAnswer> {
        let args: Vec<Short<'_>> = args.iter().map(short).collect();
        self.ask(|asking| asking.holds(predicate, &args))
    }

    fn list(&self, actor: &Value, action: &str, ty: &str) -> Result<Vec<Text>, CannotAnswer> {
        self.ask(|asking| asking.list(short(actor), action, ty))
            .map(ids)
    }

    fn actions(&self, actor: &Value, resource: &Value) -> Result<Vec<Text>, CannotAnswer> {
        self.ask(|asking| asking.actions(short(actor), Some(short(resource))))
            .map(ids)
    }

    fn query(&self, calls: &[Call]) -> Result<BTreeSet<Row>, CannotAnswer> {
        let calls: Vec<EngineCall<'_>> = (calls.iter())
            .map(|call| EngineCall {
                predicate: &call.predicate,
                args: call.args.iter().map(term).collect(),
            })
            .collect();
        let rows = self.ask(|asking| asking.query(&calls))?;
        let item = |binding: Binding| match binding {
            Binding::Every(types) => Item::Every(types),
            Binding::Value(ty, id) => Item::Value(Value::new(ty, id)),
        };
        let row = |row: Vec<Binding>| row.into_iter().map(item).collect();
        Ok(rows.into_iter().map(row).collect())
    }
}
