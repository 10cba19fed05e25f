//! Meaning by definition: every variable is tried with every value of the domain.

use std::collections::BTreeSet;

use floe_frontend::ir::Program;
use floe_frontend::ir::core::{Atom, CompareOp, Literal, Rule, Term, VariableId};
use floe_tests::question::Item;
use floe_tests::value::{Fact, Value};

use super::programs::PREDICATES;

/// What holds, predicate by predicate, as places in the domain.
pub(super) struct Ground<'p> {
    program: &'p Program,
    pub(super) domain: Vec<Value>,
    pub(super) holds: Vec<BTreeSet<Vec<usize>>>,
}

impl Ground<'_> {
    pub(super) fn new<'p>(program: &'p Program, domain: Vec<Value>, facts: &[Fact]) -> Ground<'p> {
        let mut ground = Ground {
            program,
            holds: vec![BTreeSet::new(); program.core.predicates.len()],
            domain,
        };
        for fact in facts {
            if let Some(predicate) = program.core.find(&fact.predicate, fact.args.len()) {
                let row = fact.args.iter().map(|v| ground.place(v)).collect();
                ground.holds[predicate.0 as usize].insert(row);
            }
        }
        for predicates in PREDICATES {
            let here = |rule: &&Rule| {
                let name = &program.core.predicate(rule.head.predicate).name;
                predicates
                    .iter()
                    .any(|(predicate, _)| **name == **predicate)
            };
            loop {
                let mut found = Vec::new();
                for rule in program.core.rules.iter().filter(here) {
                    let mut values = vec![None; rule.variables.len()];
                    ground.fire(rule, 0, &mut values, &mut found);
                }
                let new = found
                    .into_iter()
                    .map(|(p, row)| ground.holds[p].insert(row));
                if new.filter(|new| *new).count() == 0 {
                    break;
                }
            }
        }
        ground
    }

    fn place(&self, value: &Value) -> usize {
        self.domain.iter().position(|v| v == value).unwrap()
    }

    /// Tries every value for every variable, the next literal first.
    fn fire(
        &self,
        rule: &Rule,
        next: usize,
        values: &mut Vec<Option<usize>>,
        found: &mut Vec<(usize, Vec<usize>)>,
    ) {
        let free = |values: &[Option<usize>], atom: &Atom| {
            let mut variables = atom.args.iter().filter_map(Term::variable);
            variables.find(|v| values[v.0 as usize].is_none())
        };
        // Positive atoms first, then what the head needs.
        let positive = |literal: &&Literal| matches!(literal, Literal::Positive(_));
        let atoms: Vec<&Literal> = rule.body.iter().filter(positive).collect();
        let atom = match atoms.get(next) {
            Some(Literal::Positive(atom)) => atom,
            _ => &rule.head,
        };
        let mut variable = free(values, atom);
        if next >= atoms.len() && variable.is_none() {
            // Comparisons and shared variables of negated atoms.
            variable = rule
                .body
                .iter()
                .enumerate()
                .find_map(|(i, literal)| match literal {
                    Literal::Compare(_, a, b) => [a, b]
                        .into_iter()
                        .filter_map(Term::variable)
                        .find(|v| values[v.0 as usize].is_none()),
                    Literal::Negative(atom) => {
                        let shared = |v: &_| !inner(rule, i, *v) && values[v.0 as usize].is_none();
                        atom.args.iter().filter_map(Term::variable).find(shared)
                    }
                    Literal::Positive(_) => None,
                });
        }
        if let Some(v) = variable {
            for value in 0..self.domain.len() {
                if rule
                    .variable(v)
                    .types
                    .has(self.program.types.classify(&self.domain[value].ty))
                {
                    values[v.0 as usize] = Some(value);
                    self.fire(rule, next, values, found);
                }
            }
            values[v.0 as usize] = None;
            return;
        }
        if next < atoms.len() {
            if self.holds[atom.predicate.0 as usize].contains(&self.row(atom, values)) {
                self.fire(rule, next + 1, values, found);
            }
        } else if rule
            .body
            .iter()
            .all(|literal| self.judge(rule, literal, values))
        {
            found.push((rule.head.predicate.0 as usize, self.row(&rule.head, values)));
        }
    }

    fn row(&self, atom: &Atom, values: &[Option<usize>]) -> Vec<usize> {
        atom.args
            .iter()
            .map(|term| self.value(term, values).unwrap())
            .collect()
    }

    fn value(&self, term: &Term, values: &[Option<usize>]) -> Option<usize> {
        match term {
            Term::Variable(v) => values[v.0 as usize],
            Term::Value(value) => Some(self.place(&Value::constant(value, &self.program.types))),
            Term::Now => unreachable!("these programs have no time"),
        }
    }

    fn judge(&self, rule: &Rule, literal: &Literal, values: &[Option<usize>]) -> bool {
        match literal {
            Literal::Positive(_) => true,
            Literal::Compare(op, a, b) => {
                (self.value(a, values) == self.value(b, values)) == (*op == CompareOp::Eq)
            }
            Literal::Negative(atom) => !self.holds[atom.predicate.0 as usize].iter().any(|row| {
                let mut values = values.to_vec();
                atom.args.iter().zip(row).all(|(term, place)| match term {
                    Term::Variable(v) if values[v.0 as usize].is_none() => {
                        values[v.0 as usize] = Some(*place);
                        let ty = self.program.types.classify(&self.domain[*place].ty);
                        rule.variable(*v).types.has(ty)
                    }
                    _ => self.value(term, &values) == Some(*place),
                })
            }),
        }
    }
}

fn inner(rule: &Rule, place: usize, variable: VariableId) -> bool {
    let it = |term: &Term| term.variable() == Some(variable);
    let mentions = |literal: &Literal| match literal {
        Literal::Positive(atom) | Literal::Negative(atom) => atom.args.iter().any(it),
        Literal::Compare(_, a, b) => it(a) || it(b),
    };
    let mut others = rule.body.iter().enumerate().filter(|&(i, _)| i != place);
    !rule.head.args.iter().any(it) && !others.any(|(_, literal)| mentions(literal))
}

impl Ground<'_> {
    /// The places of the domain that an item of an answer stands for.
    pub(super) fn choices(&self, item: &Item) -> Vec<usize> {
        let places = 0..self.domain.len();
        match item {
            Item::Value(value) => vec![self.place(value)],
            Item::Every(types) => {
                let ty = |i: &usize| self.program.types.classify(&self.domain[*i].ty);
                places.filter(|i| types.has(ty(i))).collect()
            }
        }
    }
}
