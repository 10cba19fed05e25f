//! Rules in the one form that is planned: over views of parts, with symbols for constants.
//!
//! A part is looked at in one of two views. Its *rows* are what it stores, hidden columns
//! included, whatever its residue says. Its *truth* is what holds of its arguments, every
//! condition judged; an argument at an unbound column can then be given, like any other.

use floe_frontend::ir::TypeSet;
use floe_frontend::ir::core::CompareOp;
use floe_frontend::ir::part::{
    Column, Condition, Mode, PartAtom, PartId, PartLiteral, PartRule, PartTerm, Slot,
};

use super::Goals;
use crate::value::{Sym, TypeIx};

/// An argument or operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Variable(u32),
    Sym(Sym),
    Now,
}

/// How a part is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum View {
    /// A place per stored column, then one per hidden one.
    Rows,
    /// A place per argument that is no constant.
    Truth,
}

/// What stands at a place of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Rows bring a value.
    Stored,
    /// An unbound column, in the view [`View::Truth`].
    Every {
        /// Whether some rule may give it a value all the same: the time, or that of an
        /// argument it must equal.
        may_bind: bool,
    },
}

/// A part under a view, applied to terms: one per place.
#[derive(Clone, Debug)]
pub(super) struct Atom {
    pub(super) part: PartId,
    pub(super) view: View,
    pub(super) terms: Vec<Term>,
    pub(super) places: Vec<Place>,
}

/// What a term must be for a negated atom to match at all.
#[derive(Clone, Debug)]
pub(super) enum Guard {
    Is(Sym),
    HasType(TypeSet),
}

/// Where a condition stands: what to name if it can never be judged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// A literal of a rule of the strata.
    Rule { rule: u32, literal: u32 },
    /// A condition of a part's residue.
    Residue { part: PartId, condition: u32 },
}

#[derive(Clone, Debug)]
pub(super) enum Literal {
    Positive(Atom),
    /// `mentions` are the arguments as written, existential ones left out.
    Negative {
        atom: Atom,
        guards: Vec<(Term, Guard)>,
        mentions: Vec<Option<Term>>,
        origin: Origin,
    },
    Compare {
        op: CompareOp,
        sides: [Term; 2],
        origin: Origin,
    },
    HasType(Term, TypeSet),
    /// In questions: the type a variable must have exactly (spec 5.6.5).
    IsExactly(Term, TypeIx),
}

impl Literal {
    /// Terms whose variables the literal shares with its surroundings, where they have any.
    pub(super) fn terms(&self) -> Vec<Term> {
        match self {
            Literal::Positive(atom) => atom.terms.clone(),
            Literal::Negative { atom, guards, .. } => {
                let guarded = guards.iter().map(|(term, _)| *term);
                atom.terms.iter().copied().chain(guarded).collect()
            }
            Literal::Compare { sides, .. } => sides.to_vec(),
            Literal::HasType(term, _) | Literal::IsExactly(term, _) => vec![*term],
        }
    }
}

/// A rule. The head has one term per place of the view it defines.
#[derive(Clone, Debug, Default)]
pub(super) struct Clause {
    pub(super) variables: u32,
    pub(super) head: Vec<Term>,
    pub(super) body: Vec<Literal>,
}

impl Clause {
    pub(super) fn fresh(&mut self) -> Term {
        self.variables += 1;
        Term::Variable(self.variables - 1)
    }

    /// Whether stored facts alone can fire it.
    pub(super) fn is_live(&self, goals: &Goals) -> bool {
        self.body.iter().all(|l| match l {
            Literal::Positive(atom) => goals.part(atom.part).live,
            _ => true,
        })
    }
}

impl Goals {
    fn term(&self, term: &PartTerm) -> Term {
        match term {
            PartTerm::Variable(v) => Term::Variable(*v),
            PartTerm::Value(value) => Term::Sym(self.sym(value)),
            PartTerm::Now => Term::Now,
        }
    }

    fn terms(&self, terms: &[PartTerm]) -> Vec<Term> {
        terms.iter().map(|t| self.term(t)).collect()
    }

    /// A rule of the strata, as a definition of the view that its head's part is read in.
    pub(super) fn clause_of_rule(&self, index: u32) -> Clause {
        let rule = &self.program().strata.rules[index as usize];
        let mut clause = Clause {
            variables: rule.variables.len() as u32,
            ..Clause::default()
        };
        clause.head = self.positive(&rule.head).terms;
        for (literal, at) in rule.body.iter().zip(0..) {
            let origin = Origin::Rule {
                rule: index,
                literal: at,
            };
            let next = match literal {
                PartLiteral::Positive(atom) => Some(Literal::Positive(self.positive(atom))),
                PartLiteral::Negative(atom) => {
                    let shared = |t: &PartTerm| !is_alone(rule, at as usize, t);
                    let args = (atom.args.iter())
                        .map(|t| (self.term(t), shared(t)))
                        .collect();
                    self.absent(atom.part, args, origin, &mut clause)
                }
                PartLiteral::Compare(op, a, b) => Some(Literal::Compare {
                    op: *op,
                    sides: [self.term(a), self.term(b)],
                    origin,
                }),
                PartLiteral::HasType(t, types) => {
                    Some(Literal::HasType(self.term(t), types.clone()))
                }
            };
            clause.body.extend(next);
        }
        clause
    }

    /// The truth of a part that has rows and a residue.
    pub(super) fn clause_of_residue(&self, part: PartId) -> Clause {
        let data = self.part(part);
        let mut clause = Clause::default();
        let args: Vec<Term> = (data.columns.iter())
            .map(|column| match column {
                Column::Constant(value) => Term::Sym(self.sym(value)),
                _ => clause.fresh(),
            })
            .collect();
        let args = equated(args, &data.residue);
        let hidden: Vec<Term> = data.hidden.iter().map(|_| clause.fresh()).collect();
        let places = data.columns.iter().zip(&args);
        clause.head = (places.filter(|(c, _)| !matches!(c, Column::Constant(_))))
            .map(|(_, term)| *term)
            .collect();
        self.push_rows(part, &args, &hidden, &mut clause);
        clause
    }

    /// Appends the rows of a part and its residue; equalities of unbound columns the
    /// caller has dealt with.
    pub(super) fn push_rows(
        &self,
        part: PartId,
        args: &[Term],
        hidden: &[Term],
        clause: &mut Clause,
    ) {
        let data = self.part(part);
        let atom = self.atom(part, View::Rows, args, hidden);
        clause.body.push(Literal::Positive(atom));
        let open: Vec<Term> = data.open.iter().map(|_| clause.fresh()).collect();
        let term = |slot: &Slot| match slot {
            Slot::Argument(i) => args[*i as usize],
            Slot::Hidden(i) => hidden[*i as usize],
            Slot::Open(i) => open[*i as usize],
            Slot::Value(value) => Term::Sym(self.sym(value)),
            Slot::Now => Term::Now,
        };
        for (condition, at) in data.residue.iter().zip(0..) {
            let origin = Origin::Residue {
                part,
                condition: at,
            };
            let next = match condition {
                Condition::Compare(..) if linked(condition).is_some() => None,
                Condition::Compare(op, a, b) => Some(Literal::Compare {
                    op: *op,
                    sides: [term(a), term(b)],
                    origin,
                }),
                Condition::Absent(absent, slots) => {
                    let args = slots
                        .iter()
                        .map(|slot| match slot {
                            Some(slot) => (term(slot), true),
                            None => (clause.fresh(), false),
                        })
                        .collect();
                    self.absent(*absent, args, origin, clause)
                }
            };
            clause.body.extend(next);
        }
    }

    /// A positive atom of a rule: the truth of parts that have no rows, else rows.
    fn positive(&self, atom: &PartAtom) -> Atom {
        let view = match self.part(atom.part).mode {
            Mode::Demand => View::Truth,
            Mode::Rows => View::Rows,
        };
        self.atom(
            atom.part,
            view,
            &self.terms(&atom.args),
            &self.terms(&atom.hidden),
        )
    }

    /// A view of a part applied to its arguments; hidden columns for [`View::Rows`].
    pub(super) fn atom(&self, part: PartId, view: View, args: &[Term], hidden: &[Term]) -> Atom {
        let mut atom = Atom {
            part,
            view,
            terms: Vec::new(),
            places: Vec::new(),
        };
        for (i, (column, term)) in self.part(part).columns.iter().zip(args).enumerate() {
            let place = match (column, view) {
                (Column::Constant(_), _) | (Column::Every(_), View::Rows) => continue,
                (Column::Stored(..), _) => Place::Stored,
                (Column::Every(_), View::Truth) => Place::Every {
                    may_bind: self.may_bind(part, i),
                },
            };
            atom.terms.push(*term);
            atom.places.push(place);
        }
        if view == View::Rows {
            atom.terms.extend_from_slice(hidden);
            atom.places.extend(hidden.iter().map(|_| Place::Stored));
        }
        atom
    }

    /// The view in which a part says whether something holds.
    pub(super) fn truth(&self, part: PartId) -> View {
        let data = self.part(part);
        if data.mode == Mode::Demand || !data.residue.is_empty() {
            View::Truth
        } else {
            View::Rows
        }
    }

    /// That a part has no match; `None` if it cannot have one. Each argument comes with
    /// whether it is shared with the surroundings; others match anything.
    pub(super) fn absent(
        &self,
        part: PartId,
        args: Vec<(Term, bool)>,
        origin: Origin,
        clause: &mut Clause,
    ) -> Option<Literal> {
        let data = self.part(part);
        let hidden: Vec<Term> = data.hidden.iter().map(|_| clause.fresh()).collect();
        let mut guards = Vec::new();
        for (column, &(term, shared)) in data.columns.iter().zip(&args) {
            match (column, term) {
                (Column::Stored(..), _) => {}
                _ if !shared => {}
                (Column::Constant(value), Term::Sym(sym)) => {
                    if self.sym(value) != sym {
                        return None;
                    }
                }
                (Column::Constant(value), _) => guards.push((term, Guard::Is(self.sym(value)))),
                (Column::Every(types), _) => guards.push((term, Guard::HasType(types.clone()))),
            }
        }
        let mentions = args
            .iter()
            .map(|&(term, shared)| shared.then_some(term))
            .collect();
        let args: Vec<Term> = args.into_iter().map(|(term, _)| term).collect();
        Some(Literal::Negative {
            atom: self.atom(part, self.truth(part), &args, &hidden),
            guards,
            mentions,
            origin,
        })
    }
}

/// Whether a term of a literal is a variable that the rest of the rule does not mention.
fn is_alone(rule: &PartRule, literal: usize, term: &PartTerm) -> bool {
    let mentions = |l: &PartLiteral| match l {
        PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => {
            atom.args.contains(term) || atom.hidden.contains(term)
        }
        PartLiteral::Compare(_, a, b) => a == term || b == term,
        PartLiteral::HasType(t, _) => t == term,
    };
    let mut others = rule.body.iter().enumerate().filter(|(i, _)| *i != literal);
    matches!(term, PartTerm::Variable(_))
        && !rule.head.args.contains(term)
        && !rule.head.hidden.contains(term)
        && !others.any(|(_, l)| mentions(l))
}

/// Arguments that a residue makes equal, if that is all it says.
pub(super) fn linked(condition: &Condition) -> Option<(usize, usize)> {
    match condition {
        Condition::Compare(CompareOp::Eq, Slot::Argument(a), Slot::Argument(b)) => {
            Some((*a as usize, *b as usize))
        }
        _ => None,
    }
}

/// One term for arguments that must be equal.
fn equated(mut args: Vec<Term>, residue: &[Condition]) -> Vec<Term> {
    for (a, b) in residue.iter().filter_map(linked) {
        let (keep, drop) = (args[a], args[b]);
        args.iter_mut()
            .filter(|t| **t == drop)
            .for_each(|t| *t = keep);
    }
    args
}
