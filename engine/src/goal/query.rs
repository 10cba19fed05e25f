//! Conjunctive queries: one clause per way to take a part for each atom.
//!
//! Parts are chosen atom by atom, and a choice that types or constants exclude is not
//! followed up. What remains is a rule like any other, with the residues of its parts as
//! conditions and the variables of the question as its head.

use std::sync::Arc;

use floe_frontend::ir::TypeSet;
use floe_frontend::ir::part::{Column, Mode, PartId};

use super::candidates::Kind;
use super::clause::{Clause, Literal, Term, View, linked};
use super::machine::{Machine, Outcome, read};
use super::plan::{HEADER, Operand, Plan, STUCK, Step, WILD};
use super::{Argument, Atom, CannotAnswer, Item};
use crate::value::{Sym, TypeIx};

/// What is known of the variables of a question while parts are chosen.
#[derive(Clone)]
pub(super) struct Choice {
    chosen: Vec<Way>,
    variables: Vec<State>,
}

/// How an atom may hold.
#[derive(Clone)]
enum Way {
    Part(PartId),
    /// It stands in the context, and no rule reads its predicate.
    Given(Box<[Sym]>),
}

/// One variable, or several that must be equal.
#[derive(Clone)]
struct State {
    /// The variable that stands for this one.
    same: usize,
    types: TypeSet,
    value: Option<Sym>,
}

/// Atoms and variables of a choice that are copied in the time of one step.
const COPIED: usize = 16;
/// Words that a plan and its tables take for each atom and variable, about.
const PLANNED: usize = 256;

/// Takes an answer: one symbol per variable, or [`WILD`].
pub(super) type Sink<'a> = dyn FnMut(&Choice, &[Sym]) + 'a;

impl Machine<'_, '_> {
    /// Finds every way to give the variables values. An answer may come several times.
    pub(super) fn query(
        &mut self,
        atoms: &[Atom],
        variables: &[Option<TypeIx>],
        found: &mut Sink<'_>,
    ) -> Outcome {
        // To say something twice says no more, but would double the ways it may hold.
        let atoms = &distinct(atoms);
        let size = atoms.len() + variables.len();
        let mut ways: Vec<Vec<Way>> = Vec::with_capacity(atoms.len());
        for atom in atoms {
            ways.push(self.ways(atom, variables, atoms.len() > 1));
        }
        let mut open = vec![self.start(variables)];
        let mut asked: Vec<(u32, Choice)> = Vec::new();
        while let Some(choice) = open.pop() {
            self.meter.spend(1 + size / COPIED)?;
            let Some(atom) = atoms.get(choice.chosen.len()) else {
                if self.is_typed(&choice, variables) {
                    self.meter.keep(PLANNED * size)?;
                    let plan = self.plan_choice(&choice, atoms, variables)?;
                    let node = self.work.question(Arc::new(plan));
                    self.call(node, &[])?;
                    asked.push((node, choice));
                }
                continue;
            };
            for way in &ways[choice.chosen.len()] {
                let mut next = choice.clone();
                if self.choose(&mut next, way, atom) {
                    open.push(next);
                }
            }
        }
        self.run(None)?;
        let mut stuck = 0;
        for (node, choice) in asked {
            let answers = &self.work.nodes[node as usize].answers;
            for answer in 0..answers.len() as u32 {
                let answer = answers.get(answer);
                self.meter.step()?;
                self.meter.keep(answer.len())?;
                if answer[STUCK].0 == 0 {
                    found(&choice, &answer[HEADER..]);
                } else {
                    stuck = self.goals.first_cause(stuck, answer[STUCK].0);
                }
            }
        }
        match stuck {
            0 => Ok(()),
            code => Err(self.goals.cause_of(code)),
        }
    }

    fn start(&self, variables: &[Option<TypeIx>]) -> Choice {
        let types = &self.goals.program().types;
        let state = |(v, ty): (usize, &Option<TypeIx>)| State {
            same: v,
            types: match ty {
                Some(ty) => types.only(self.goals.type_id(*ty)),
                None => types.any().clone(),
            },
            value: None,
        };
        Choice {
            chosen: Vec::new(),
            variables: variables.iter().enumerate().map(state).collect(),
        }
    }

    /// How an atom by itself may hold; with others, parts without a single row are left
    /// out, which keeps the number of combinations down.
    fn ways(&mut self, atom: &Atom, variables: &[Option<TypeIx>], joined: bool) -> Vec<Way> {
        let kinds = Kind::of(&atom.args, variables);
        let mut ways: Vec<Way> = (self.context.answers(atom.predicate))
            .filter(|row| row.len() == kinds.len())
            .map(|row| Way::Given(row.into()))
            .collect();
        for candidate in &self.candidates(atom.predicate, &kinds) {
            let possible = self.goals.part(candidate.part).live || self.context.has_rows();
            if possible && !(joined && self.is_empty(candidate.part)) {
                ways.push(Way::Part(candidate.part));
            }
        }
        ways
    }

    /// Whether a part without rules has no rows at all.
    fn is_empty(&mut self, part: PartId) -> bool {
        if !self.goals.is_leaf(part) || self.context.touches(part) {
            return false;
        }
        let mut empty = true;
        let reading = self.goals.reading(part, &[], &[]);
        let mut pattern = std::mem::take(&mut self.work.pattern);
        read(
            (self.rows, self.context),
            &reading,
            &[],
            false,
            &mut pattern,
            &mut |_| {
                empty = false;
                false
            },
        );
        self.work.pattern = pattern;
        empty
    }

    /// Takes a part for the next atom; false if nothing can be in both.
    fn choose(&self, choice: &mut Choice, way: &Way, atom: &Atom) -> bool {
        choice.chosen.push(way.clone());
        let part = match way {
            Way::Part(part) => self.goals.part(*part),
            Way::Given(row) => {
                return atom.args.iter().zip(row).all(|(arg, sym)| match arg {
                    Argument::Value(value) => value == sym,
                    Argument::Variable(v) => self.set(choice, *v, *sym),
                });
            }
        };
        for (column, arg) in part.columns.iter().zip(&atom.args) {
            let Argument::Variable(v) = arg else {
                continue;
            };
            let possible = match column {
                Column::Constant(value) => self.set(choice, *v, self.goals.sym(value)),
                Column::Stored(types, _) | Column::Every(types) => self.restrict(choice, *v, types),
            };
            if !possible {
                return false;
            }
        }
        part.residue
            .iter()
            .filter_map(linked)
            .all(|(a, b)| match (atom.args[a], atom.args[b]) {
                (Argument::Value(a), Argument::Value(b)) => a == b,
                (Argument::Variable(v), Argument::Value(sym))
                | (Argument::Value(sym), Argument::Variable(v)) => self.set(choice, v, sym),
                (Argument::Variable(a), Argument::Variable(b)) => self.equate(choice, a, b),
            })
    }

    fn has_type(&self, types: &TypeSet, sym: Sym) -> bool {
        types.has(self.goals.type_id(self.locals.type_of(sym)))
    }

    fn set(&self, choice: &mut Choice, v: usize, sym: Sym) -> bool {
        let root = choice.root(v);
        let state = &mut choice.variables[root];
        let known = *state.value.get_or_insert(sym);
        known == sym && self.has_type(&state.types, sym)
    }

    fn restrict(&self, choice: &mut Choice, v: usize, types: &TypeSet) -> bool {
        let root = choice.root(v);
        let state = &mut choice.variables[root];
        state.types = state.types.and(types);
        match state.value {
            Some(value) => self.has_type(&state.types, value),
            None => !state.types.is_empty(),
        }
    }

    fn equate(&self, choice: &mut Choice, a: usize, b: usize) -> bool {
        let (a, b) = (choice.root(a), choice.root(b));
        if a == b {
            return true;
        }
        let dropped = choice.variables[b].clone();
        choice.variables[b].same = a;
        self.restrict(choice, a, &dropped.types)
            && dropped.value.is_none_or(|sym| self.set(choice, a, sym))
    }

    /// Whether the values that variables have by now are of the types asked for; others
    /// will be tested.
    fn is_typed(&self, choice: &Choice, variables: &[Option<TypeIx>]) -> bool {
        (0..)
            .zip(variables)
            .all(|(v, ty)| match (choice.value(v), ty) {
                (Some(sym), Some(ty)) => self.locals.type_of(sym) == *ty,
                _ => true,
            })
    }

    fn plan_choice(
        &mut self,
        choice: &Choice,
        atoms: &[Atom],
        variables: &[Option<TypeIx>],
    ) -> Outcome<Plan> {
        let goals = self.goals;
        let mut clause = Clause {
            variables: variables.len() as u32,
            ..Clause::default()
        };
        for (way, atom) in choice.chosen.iter().zip(atoms) {
            let Way::Part(part) = way else {
                continue;
            };
            let data = goals.part(*part);
            let args: Vec<Term> = atom.args.iter().map(|arg| choice.term(arg)).collect();
            match data.mode {
                Mode::Demand => {
                    let atom = goals.atom(*part, View::Truth, &args, &[]);
                    clause.body.push(Literal::Positive(atom));
                }
                Mode::Rows => {
                    let hidden: Vec<Term> = data.hidden.iter().map(|_| clause.fresh()).collect();
                    goals.push_rows(*part, &args, &hidden, &mut clause);
                }
            }
            for (column, term) in data.columns.iter().zip(&args) {
                if let (Column::Every(types), Term::Variable(_)) = (column, term) {
                    clause.body.push(Literal::HasType(*term, types.clone()));
                }
            }
        }
        for (v, ty) in variables.iter().enumerate() {
            let term = choice.term(&Argument::Variable(v));
            if let (Some(ty), Term::Variable(_)) = (ty, term) {
                clause.body.push(Literal::IsExactly(term, *ty));
            }
            clause.head.push(term);
        }
        let wanted: Vec<u16> = (0..variables.len() as u16).collect();
        let spend = &mut |literals| self.meter.spend(literals);
        let mut plan = goals.plan_of(&[clause], u32::MAX, (&[], &wanted), None, spend)?;
        for second in 0..variables.len() {
            let same = |first: &usize| choice.root(*first) == choice.root(second);
            let Some(first) = (0..second).find(same) else {
                continue;
            };
            for rule in &mut plan.rules {
                if rule.head[second] == Operand::Wild {
                    let code = goals.cause(CannotAnswer::Linked { first, second });
                    rule.steps.push(Step::Unlistable(code));
                }
            }
        }
        Ok(plan)
    }
}

/// The atoms, each once.
fn distinct(atoms: &[Atom]) -> Vec<Atom> {
    let mut distinct: Vec<Atom> = Vec::with_capacity(atoms.len());
    for atom in atoms {
        if !distinct.contains(atom) {
            distinct.push(atom.clone());
        }
    }
    distinct
}

impl Choice {
    fn root(&self, mut v: usize) -> usize {
        while self.variables[v].same != v {
            v = self.variables[v].same;
        }
        v
    }

    fn value(&self, v: usize) -> Option<Sym> {
        self.variables[self.root(v)].value
    }

    fn term(&self, arg: &Argument) -> Term {
        match arg {
            Argument::Value(sym) => Term::Sym(*sym),
            Argument::Variable(v) => match self.value(*v) {
                Some(sym) => Term::Sym(sym),
                None => Term::Variable(self.root(*v) as u32),
            },
        }
    }

    /// What an answer says of a variable.
    pub(super) fn item(&self, v: usize, sym: Sym) -> Item {
        if sym == WILD {
            Item::Every(self.variables[self.root(v)].types.clone())
        } else {
            Item::Value(sym)
        }
    }
}
