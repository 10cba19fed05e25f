//! From clauses to plans: who is asked what, and which columns a batch has in between.

use std::convert::Infallible;

use super::Goals;
use super::clause::{Atom, Clause, Literal, Place, Term, View};
use super::order::{Turn, turns};
use super::plan::{
    Adorned, Antijoin, Call, Callee, Entry, Filter, HEADER, Join, Operand, Plan, Reading, RulePlan,
    Step,
};
use floe_frontend::ir::part::{Feed, Mode, PartId};

/// A clause under way, with the places of its head that are given and wanted.
struct Compiler<'c> {
    goals: &'c Goals,
    clause: &'c Clause,
    turns: &'c [Turn],
    /// Per turn, the variables that are needed after it.
    live: Vec<Vec<bool>>,
    /// The variable in each column of the batch, behind the header.
    layout: Vec<u32>,
    steps: Vec<Step>,
    calls: &'c mut usize,
}

impl Goals {
    /// The plan of an adorned view.
    pub(super) fn compile(&self, goal: &Adorned) -> Plan {
        let part = self.part(goal.part);
        let clauses: Vec<Clause> = match (goal.view, part.mode) {
            (View::Truth, Mode::Rows) => vec![self.clause_of_residue(goal.part)],
            _ => (self.rules_of(goal.part).iter())
                .map(|r| self.clause_of_rule(*r))
                .collect(),
        };
        // Facts have no unbound columns, so places are columns.
        let own_facts =
            part.feed != Feed::Rules && (goal.view == View::Rows || part.mode == Mode::Demand);
        let facts = own_facts.then(|| Reading {
            part: goal.part,
            width: part.stored().count(),
            bound: goal.bound.clone(),
            outputs: goal.wanted.clone(),
        });
        let free = &mut |_| Ok::<(), Infallible>(());
        let Ok(plan) = self.plan_of(
            &clauses,
            self.stratum(goal.part),
            (&goal.bound, &goal.wanted),
            facts,
            free,
        );
        plan
    }

    /// A plan that unites clauses over the same head, given which of its places are bound and
    /// which are wanted; `spend` is that of [`turns`].
    pub(super) fn plan_of<E>(
        &self,
        clauses: &[Clause],
        stratum: u32,
        (bound, wanted): (&[u16], &[u16]),
        facts: Option<Reading>,
        spend: &mut dyn FnMut(usize) -> Result<(), E>,
    ) -> Result<Plan, E> {
        let mut calls = 0;
        let mut rules = Vec::new();
        for clause in clauses {
            let mut known = vec![false; clause.variables as usize];
            for place in bound {
                if let Term::Variable(v) = clause.head[*place as usize] {
                    known[v as usize] = true;
                }
            }
            let asked: Vec<Term> = wanted.iter().map(|p| clause.head[*p as usize]).collect();
            for turns in turns(self, clause, known.clone(), &asked, spend)? {
                let compiler = Compiler {
                    goals: self,
                    clause,
                    turns: &turns,
                    live: Vec::new(),
                    layout: Vec::new(),
                    steps: Vec::new(),
                    calls: &mut calls,
                };
                rules.push(compiler.run(bound, &asked));
            }
        }
        Ok(Plan {
            stratum,
            inputs: bound.len(),
            outputs: wanted.len(),
            facts,
            rules,
            calls,
        })
    }
}

impl Compiler<'_> {
    fn run(mut self, bound: &[u16], asked: &[Term]) -> RulePlan {
        let needed = self.liveness(asked);
        let mut entry = Entry::default();
        let mut columns: Vec<(u32, u16)> = Vec::new();
        for (place, column) in bound.iter().zip(0..) {
            match self.clause.head[*place as usize] {
                Term::Variable(v) => match columns.iter().find(|(u, _)| *u == v) {
                    Some((_, first)) => entry.equal.push((*first, column)),
                    None => columns.push((v, column)),
                },
                Term::Sym(sym) => entry.fixed.push((column, Operand::Sym(sym))),
                Term::Now => entry.fixed.push((column, Operand::Now)),
            }
        }
        for (v, column) in columns {
            if needed[v as usize] {
                self.layout.push(v);
                entry.take.push(column);
            }
        }
        for at in 0..self.turns.len() {
            self.step(at);
        }
        RulePlan {
            live: self.clause.is_live(self.goals),
            entry,
            head: asked.iter().map(|t| self.operand(*t)).collect(),
            steps: self.steps,
        }
    }

    /// Fills [`Compiler::live`], from the last turn to the first; what is needed before
    /// all of them comes back.
    fn liveness(&mut self, asked: &[Term]) -> Vec<bool> {
        let mut live = vec![false; self.clause.variables as usize];
        let need = |terms: &[Term], live: &mut Vec<bool>| {
            for term in terms {
                if let Term::Variable(v) = term {
                    live[*v as usize] = true;
                }
            }
        };
        need(asked, &mut live);
        let mut after = Vec::with_capacity(self.turns.len());
        for turn in self.turns.iter().rev() {
            after.push(live.clone());
            match turn {
                Turn::Filter(i) | Turn::Without(i) | Turn::Join { literal: i, .. } => {
                    need(&self.clause.body[*i].terms(), &mut live);
                }
                Turn::Time(..) | Turn::Unlistable(..) => {}
            }
        }
        after.reverse();
        self.live = after;
        live
    }

    fn step(&mut self, at: usize) {
        let step = match &self.turns[at] {
            Turn::Filter(i) => match &self.clause.body[*i] {
                Literal::Compare { op, sides, .. } => {
                    Step::Compare(*op, self.operand(sides[0]), self.operand(sides[1]))
                }
                Literal::HasType(term, types) => Step::HasType(self.operand(*term), types.clone()),
                Literal::IsExactly(term, ty) => Step::IsExactly(self.operand(*term), *ty),
                Literal::Positive(_) | Literal::Negative { .. } => {
                    unreachable!("atoms are no filters")
                }
            },
            Turn::Time(v) => {
                self.layout.push(*v);
                Step::Time
            }
            Turn::Join {
                literal,
                wild,
                proposes,
            } => self.join(at, *literal, wild, *proposes),
            Turn::Without(i) => self.without(*i),
            Turn::Unlistable(i, v, both) => {
                let it = Term::Variable(*v);
                let origin = match &self.clause.body[*i] {
                    Literal::Compare { sides, origin, .. } => {
                        Some((*origin, (!both).then_some(usize::from(sides[1] == it))))
                    }
                    Literal::Negative {
                        mentions, origin, ..
                    } => Some((*origin, mentions.iter().position(|m| *m == Some(it)))),
                    _ => None,
                };
                let code = origin.map_or(0, |(origin, place)| self.goals.unlistable(origin, place));
                Step::Unlistable(code)
            }
        };
        self.steps.push(step);
    }

    fn column(&self, v: u32) -> Option<u16> {
        let at = self.layout.iter().position(|u| *u == v)?;
        Some((HEADER + at) as u16)
    }

    fn operand(&self, term: Term) -> Operand {
        match term {
            Term::Variable(v) => self.column(v).map_or(Operand::Wild, Operand::Column),
            Term::Sym(sym) => Operand::Sym(sym),
            Term::Now => Operand::Now,
        }
    }

    fn is_known(&self, term: Term) -> bool {
        match term {
            Term::Variable(v) => self.column(v).is_some(),
            Term::Sym(_) | Term::Now => true,
        }
    }

    fn join(&mut self, at: usize, literal: usize, wild: &[(u32, bool)], proposes: bool) -> Step {
        let Literal::Positive(atom) = &self.clause.body[literal] else {
            unreachable!("only positive atoms are joined");
        };
        let live = self.live[at].clone();
        let mut ask = Ask::default();
        // Variables that get their value here, with the output that brings it.
        let mut fresh: Vec<(u32, u16)> = Vec::new();
        for (place, (term, kind)) in (0..).zip(atom.terms.iter().zip(&atom.places)) {
            let v = match term {
                Term::Variable(v) if !self.is_known(*term) => *v,
                _ => {
                    ask.bound.push(place);
                    ask.key.push(self.operand(*term));
                    continue;
                }
            };
            if let Place::Every { .. } = kind {
                match wild.iter().find(|(u, _)| *u == v) {
                    Some((_, stays)) => {
                        let output = ask.want(place);
                        ask.filter.wild.push((output, *stays));
                        if !stays {
                            ask.equate_or_bind(v, output, &mut fresh);
                        }
                    }
                    None => ask.projects = true,
                }
                continue;
            }
            let again = atom.terms.iter().filter(|t| *t == term).count() > 1;
            if live[v as usize] || again {
                let output = ask.want(place);
                ask.equate_or_bind(v, output, &mut fresh);
            } else {
                ask.projects = true;
            }
        }
        let keep: Vec<u16> = (self.layout.iter().zip(HEADER as u16..))
            .filter(|(v, _)| live[**v as usize])
            .map(|(_, column)| column)
            .collect();
        let duplicates = keep.len() < self.layout.len() || ask.projects;
        self.layout.retain(|v| live[*v as usize]);
        fresh.retain(|(v, _)| live[*v as usize]);
        self.layout.extend(fresh.iter().map(|(v, _)| *v));
        let callee = self.callee(atom, &ask);
        Step::Join(Join {
            callee,
            key: ask.key.into(),
            keep: keep.into(),
            take: fresh.iter().map(|(_, output)| *output).collect(),
            filter: ask.filter,
            duplicates,
            proposes,
        })
    }

    fn without(&mut self, literal: usize) -> Step {
        let Literal::Negative { atom, guards, .. } = &self.clause.body[literal] else {
            unreachable!("only negated atoms are left out");
        };
        let mut ask = Ask::default();
        let mut inner: Vec<(u32, u16)> = Vec::new();
        for (place, term) in (0..).zip(&atom.terms) {
            match term {
                Term::Variable(v) if !self.is_known(*term) => {
                    if atom.terms.iter().filter(|t| *t == term).count() > 1 {
                        let output = ask.want(place);
                        ask.equate_or_bind(*v, output, &mut inner);
                    }
                }
                _ => {
                    ask.bound.push(place);
                    ask.key.push(self.operand(*term));
                }
            }
        }
        let guards = guards
            .iter()
            .map(|(t, guard)| (self.operand(*t), guard.clone()))
            .collect();
        let callee = self.callee(atom, &ask);
        Step::Without(Antijoin {
            callee,
            key: ask.key.into(),
            guards,
            filter: ask.filter,
        })
    }

    fn callee(&mut self, atom: &Atom, ask: &Ask) -> Callee {
        let goals = self.goals;
        let call = (!goals.is_leaf(atom.part)).then(|| {
            *self.calls += 1;
            Call {
                plan: goals.plan_id(Adorned {
                    part: atom.part,
                    view: atom.view,
                    bound: ask.bound.clone().into(),
                    wanted: ask.wanted.clone().into(),
                }),
                stratum: goals.stratum(atom.part),
                inputs: ask.bound.len(),
                outputs: ask.wanted.len(),
                number: (*self.calls - 1) as u16,
                readable: atom.is_readable(),
            }
        });
        Callee {
            reading: goals.reading(atom.part, &ask.bound, &ask.wanted),
            call,
            live: goals.part(atom.part).live,
        }
    }
}

impl Goals {
    /// Reading rows of a part whose places are columns: the view [`View::Rows`], or any
    /// view of a part without rules.
    pub(super) fn reading(&self, part: PartId, bound: &[u16], wanted: &[u16]) -> Reading {
        let data = self.part(part);
        Reading {
            part,
            width: data.stored().count() + data.hidden.len(),
            bound: bound.into(),
            outputs: wanted.into(),
        }
    }
}

/// What an atom asks of its view.
#[derive(Default)]
struct Ask {
    key: Vec<Operand>,
    bound: Vec<u16>,
    wanted: Vec<u16>,
    filter: Filter,
    /// Whether a place is neither.
    projects: bool,
}

impl Ask {
    /// The output that brings a place.
    fn want(&mut self, place: u16) -> u16 {
        self.wanted.push(place);
        (self.wanted.len() - 1) as u16
    }

    /// The first output of a variable binds it, others must be equal.
    fn equate_or_bind(&mut self, v: u32, output: u16, fresh: &mut Vec<(u32, u16)>) {
        match fresh.iter().find(|(u, _)| *u == v) {
            Some((_, first)) => self.filter.same.push((*first, output)),
            None => fresh.push((v, output)),
        }
    }
}
