//! Asking: one policy, one set of facts, one moment.

use std::collections::BTreeSet;

use floe_frontend::ir::Program;

use super::model::Model;
use super::pattern::{Arg, Pattern};
use super::rules::{Atom, QUESTION, Rule, Rules};
use crate::question::{Answers, Argument, Call, CannotAnswer, Item, Row, Variable};
use crate::value::{Fact, Value};

/// A policy, facts and a moment: everything true of them is known.
pub struct World<'p> {
    rules: Rules<'p>,
    model: Result<Model, CannotAnswer>,
}

impl<'p> World<'p> {
    /// The world of these facts at the time `now`, in seconds since 1970. Facts are taken
    /// as they are; [`crate::value::fits`] says which ones a store accepts.
    pub fn new(program: &'p Program, facts: impl IntoIterator<Item = Fact>, now: i64) -> Self {
        let rules = Rules::new(program, facts.into_iter(), now);
        World {
            model: Model::stable(&rules),
            rules,
        }
    }

    /// The row of an answer. `None` if a value is of another type than asked for: two
    /// types that the policy does not name are alike to its rules, not to the question.
    fn row(&self, answer: &Pattern, variables: &[Variable]) -> Option<Result<Row, CannotAnswer>> {
        let mut row = Row::new();
        for (arg, variable) in answer.args.iter().zip(variables) {
            row.push(match arg {
                Arg::Known(known)
                    if variable.ty.as_ref().is_some_and(|ty| *ty != known.value.ty) =>
                {
                    return None;
                }
                Arg::Known(known) => Item::Value(known.value.clone()),
                Arg::Open(i) => Item::Every(answer.types[*i].clone()),
                Arg::Inner(_) => unreachable!("inner variables stand in conditions only"),
            });
        }
        if let Some(why) = self.rules.hopeless(answer) {
            return Some(Err(why));
        }
        for (a, arg) in answer.args.iter().enumerate() {
            let same = answer.args[..a].iter().position(|other| other == arg);
            if let (Arg::Open(_), Some(b)) = (arg, same) {
                let name = |i: usize| variables[i].name.clone();
                return Some(Err(CannotAnswer::Linked(name(b), name(a))));
            }
        }
        Some(Ok(row))
    }
}

impl Answers for World<'_> {
    fn holds(&self, predicate: &str, args: &[Value]) -> Result<bool, CannotAnswer> {
        let model = self.model.as_ref().map_err(Clone::clone)?;
        let Some(predicate) = self.rules.program.core.find(predicate, args.len()) else {
            return Ok(false);
        };
        let args = args.iter().map(|value| self.rules.known(value)).collect();
        self.rules
            .exists(&(predicate, args), &Pattern::default(), model)
    }

    fn query(&self, calls: &[Call]) -> Result<BTreeSet<Row>, CannotAnswer> {
        let model = self.model.as_ref().map_err(Clone::clone)?;
        let mut variables: Vec<Variable> = Vec::new();
        let mut atoms: Vec<Atom> = Vec::new();
        for call in calls {
            let terms = call.args.iter().map(|argument| match argument {
                Argument::Value(value) => self.rules.known(value),
                Argument::Variable(variable) => {
                    let known = variables.iter().position(|v| v.name == variable.name);
                    Arg::Open(known.unwrap_or_else(|| {
                        variables.push(variable.clone());
                        variables.len() - 1
                    }))
                }
            });
            let terms: Vec<Arg> = terms.collect();
            let Some(predicate) = self.rules.program.core.find(&call.predicate, terms.len()) else {
                return Ok(BTreeSet::new());
            };
            atoms.push((predicate, terms));
        }
        // The question is a rule without a name: its head is its variables.
        let types = &self.rules.program.types;
        let admitted = |variable: &Variable| match &variable.ty {
            Some(name) => types.only(types.classify(name)),
            None => types.any().clone(),
        };
        let open: Vec<Arg> = (0..variables.len()).map(Arg::Open).collect();
        let start = Pattern {
            args: open.clone(),
            types: variables.iter().map(admitted).collect(),
            conditions: BTreeSet::new(),
        };
        let rule = Rule {
            head: (QUESTION, open),
            atoms,
            start,
        };
        let mut answers = Vec::new();
        model.join(
            rule.start.clone(),
            &rule.atoms.iter().collect::<Vec<_>>(),
            &mut |joined| {
                answers.extend(self.rules.conclude(&rule, joined, model));
            },
        );
        let rows = answers
            .iter()
            .filter_map(|(_, answer)| self.row(answer, &variables));
        let (rows, refused): (Vec<_>, Vec<_>) = rows.partition(Result::is_ok);
        let refused = refused.into_iter().filter_map(Result::err).min();
        refused.map_or_else(|| Ok(rows.into_iter().flatten().collect()), Err)
    }
}
