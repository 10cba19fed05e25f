//! The order in which a clause's literals are evaluated.
//!
//! Conditions as soon as their variables are known; then positive atoms with everything
//! known, negated atoms, and last the positive atom that promises to bind the least. An
//! argument at an unbound column of a part on demand is bound by others first, if any can.
//! If only such columns can, there is a way for each of them to be the one that does, and
//! one in which the argument stays unbound: in each way atoms that were asked too early are
//! asked again. What is left in the end has no set of possible values.

use super::Goals;
use super::clause::{Atom, Clause, Literal, Place, Term, View};
use crate::faults::{Fault, has};

/// One literal in its turn.
#[derive(Clone, Debug)]
pub(super) enum Turn {
    /// A condition on what is known.
    Filter(usize),
    /// `v = @now`, with `v` unknown.
    Time(u32),
    /// A positive atom.
    Join {
        literal: usize,
        /// Variables at unbound columns, unknown before, with whether they stay so.
        wild: Vec<(u32, bool)>,
        /// Whether it only proposes values for its other variables and comes again.
        proposes: bool,
    },
    /// A negated atom.
    Without(usize),
    /// A condition that cannot be judged, and the variable that is to blame; of a comparison
    /// perhaps both.
    Unlistable(usize, u32, bool),
}

#[derive(Clone)]
struct Search<'c> {
    goals: &'c Goals,
    clause: &'c Clause,
    /// Per variable.
    known: Vec<bool>,
    left: Vec<usize>,
    proposed: Vec<usize>,
    /// Variables that no unbound column gives a value.
    wild: Vec<u32>,
    turns: Vec<Turn>,
}

/// The turns of a clause, given what is known of its variables. Several if an unbound
/// column of a callee may get a value from some of its rules: one way for each outcome.
/// `wanted` are the variables that the caller asks for. `spend` hears of the work as it is
/// done, in literals looked at, and may end it.
pub(super) fn turns<E>(
    goals: &Goals,
    clause: &Clause,
    known: Vec<bool>,
    wanted: &[Term],
    spend: &mut dyn FnMut(usize) -> Result<(), E>,
) -> Result<Vec<Vec<Turn>>, E> {
    let start = Search {
        goals,
        clause,
        known,
        left: (0..clause.body.len()).collect(),
        proposed: Vec::new(),
        wild: Vec::new(),
        turns: Vec::new(),
    };
    let mut open = vec![start];
    let mut done = Vec::new();
    while let Some(mut search) = open.pop() {
        spend(search.left.len())?;
        if let Some(literal) = search.next() {
            search.take(literal, wanted, &mut open);
        } else {
            search.give_up();
            done.push(search.turns);
        }
    }
    Ok(done)
}

/// Smaller is earlier. Classes, then details of atoms that bind something.
type Rank = (u8, bool, bool, usize, usize, bool, usize);

impl Search<'_> {
    fn is_known(&self, term: Term) -> bool {
        match term {
            Term::Variable(v) => self.known[v as usize],
            Term::Sym(_) | Term::Now => true,
        }
    }

    /// The literal whose turn it is.
    fn next(&self) -> Option<usize> {
        let ranked = self.left.iter().filter_map(|&i| Some((self.rank(i)?, i)));
        ranked.min().map(|(_, i)| i)
    }

    fn rank(&self, i: usize) -> Option<Rank> {
        let class = |class: u8| Some((class, false, false, 0, 0, false, i));
        match &self.clause.body[i] {
            Literal::Compare { sides, .. } => {
                let unknown = sides.iter().filter(|t| !self.is_known(**t)).count();
                match unknown {
                    0 => class(0),
                    1 if self.is_time(i).is_some() => class(0),
                    _ => None,
                }
            }
            Literal::HasType(term, _) | Literal::IsExactly(term, _) => {
                if self.is_known(*term) {
                    class(0)
                } else {
                    None
                }
            }
            Literal::Negative { atom, mentions, .. } => {
                let ready = mentions.iter().flatten().all(|t| self.is_known(*t));
                match ready {
                    true if self.goals.is_leaf(atom.part) => class(1),
                    true => class(3),
                    false => None,
                }
            }
            Literal::Positive(atom) => Some(self.rank_positive(i, atom)),
        }
    }

    fn rank_positive(&self, i: usize, atom: &Atom) -> Rank {
        let leaf = self.goals.is_leaf(atom.part);
        let known = atom.terms.iter().filter(|t| self.is_known(**t)).count();
        let unknown = atom.terms.len() - known;
        if unknown == 0 {
            return (if leaf { 1 } else { 2 }, false, false, 0, 0, false, i);
        }
        let connected = |t: &Term| matches!(t, Term::Variable(_)) && self.is_known(*t);
        let connected = atom.terms.iter().any(connected);
        let premature = !self.proposed.contains(&i) && self.binds_later(i, atom);
        let class = if premature { 5 } else { 4 };
        // Later strata last: a rule's own recursion starts from what else it knows.
        let late = self.goals.stratum(atom.part) as usize;
        (
            class,
            !connected,
            !leaf,
            usize::MAX - known,
            unknown,
            false,
            late * self.clause.body.len() + i,
        )
    }

    /// Whether an argument that stands at an unbound column here may be bound elsewhere:
    /// by another atom left, or by a stored column of this very atom.
    fn binds_later(&self, i: usize, atom: &Atom) -> bool {
        let unbound = atom
            .terms
            .iter()
            .zip(&atom.places)
            .filter_map(|(t, p)| match (t, p) {
                (Term::Variable(v), Place::Every { .. }) if !self.known[*v as usize] => Some(*t),
                _ => None,
            });
        let unbound: Vec<Term> = unbound.collect();
        let binds = |j: &usize| match &self.clause.body[*j] {
            Literal::Positive(other) if !self.proposed.contains(j) => {
                let mut places = other.terms.iter().zip(&other.places);
                places.any(|(t, place)| {
                    let binds = match place {
                        Place::Stored => true,
                        Place::Every { may_bind } => *may_bind && *j != i,
                    };
                    binds && unbound.contains(t)
                })
            }
            _ => false,
        };
        !unbound.is_empty() && self.left.iter().any(binds)
    }

    fn is_time(&self, i: usize) -> Option<u32> {
        use floe_frontend::ir::core::CompareOp::Eq;
        match &self.clause.body[i] {
            Literal::Compare {
                op: Eq,
                sides: [Term::Variable(v), Term::Now] | [Term::Now, Term::Variable(v)],
                ..
            } if !self.known[*v as usize] => Some(*v),
            _ => None,
        }
    }

    /// Gives a literal its turn and goes on, in as many ways as there are outcomes.
    fn take(mut self, literal: usize, wanted: &[Term], open: &mut Vec<Self>) {
        match &self.clause.body[literal] {
            Literal::Positive(atom) => return self.take_positive(literal, atom, wanted, open),
            Literal::Negative { .. } => self.turns.push(Turn::Without(literal)),
            _ => match self.is_time(literal) {
                Some(v) => {
                    self.known[v as usize] = true;
                    self.turns.push(Turn::Time(v));
                }
                None => self.turns.push(Turn::Filter(literal)),
            },
        }
        self.left.retain(|i| *i != literal);
        open.push(self);
    }

    fn take_positive(mut self, literal: usize, atom: &Atom, wanted: &[Term], open: &mut Vec<Self>) {
        let proposes = !self.proposed.contains(&literal) && self.binds_later(literal, atom);
        if proposes {
            self.proposed.push(literal);
            self.ask(literal, atom, None, true);
        } else if let Some(v) = self.undecided(literal, atom, wanted) {
            return self.decide(v, wanted, open);
        } else {
            self.left.retain(|i| *i != literal);
            self.ask(literal, atom, None, false);
        }
        open.push(self);
    }

    /// A variable of the atom of which it is open whether an unbound column gives it a value.
    fn undecided(&self, literal: usize, atom: &Atom, wanted: &[Term]) -> Option<u32> {
        let mut places = atom.terms.iter().zip(&atom.places);
        places.find_map(|(term, place)| match (term, place) {
            (Term::Variable(v), Place::Every { .. }) => {
                let open = !self.known[*v as usize]
                    && !self.wild.contains(v)
                    && self.matters(*v, literal, wanted)
                    && self.binders(*v).next().is_some();
                open.then_some(*v)
            }
            _ => None,
        })
    }

    /// Atoms left with an unbound column that may give the variable a value.
    fn binders(&self, v: u32) -> impl Iterator<Item = (usize, &Atom)> {
        self.left.iter().filter_map(move |&j| {
            let Literal::Positive(atom) = &self.clause.body[j] else {
                return None;
            };
            let mut places = atom.terms.iter().zip(&atom.places);
            let binds = |(term, place): (&Term, &Place)| {
                *term == Term::Variable(v) && *place == Place::Every { may_bind: true }
            };
            places.any(binds).then_some((j, atom))
        })
    }

    /// One way for each atom that may give the variable a value, and one without.
    fn decide(mut self, v: u32, wanted: &[Term], open: &mut Vec<Self>) {
        for (j, atom) in self.binders(v) {
            let mut next = self.clone();
            // What it says of other variables is judged when they are known.
            next.known[v as usize] = true;
            let again = next.undecided(j, atom, wanted).is_some() && !has(Fault::NotAskedAgain);
            if !again {
                next.left.retain(|i| *i != j);
            }
            next.ask(j, atom, Some(v), again);
            open.push(next);
        }
        self.wild.push(v);
        open.push(self);
    }

    /// Joins an atom; `binds` is a variable at an unbound column that is to get its value.
    fn ask(&mut self, literal: usize, atom: &Atom, binds: Option<u32>, proposes: bool) {
        let mut wild: Vec<(u32, bool)> = Vec::new();
        for (term, place) in atom.terms.iter().zip(&atom.places) {
            let (Term::Variable(v), Place::Every { may_bind: true }) = (term, place) else {
                continue;
            };
            let outcome = if binds == Some(*v) {
                (*v, false)
            } else if !self.known[*v as usize] && self.wild.contains(v) {
                (*v, true)
            } else {
                continue;
            };
            if !wild.contains(&outcome) {
                wild.push(outcome);
            }
        }
        for (term, place) in atom.terms.iter().zip(&atom.places) {
            if let (Term::Variable(v), Place::Stored) = (term, place) {
                self.known[*v as usize] = true;
                wild.retain(|(u, _)| u != v);
            }
        }
        self.turns.push(Turn::Join {
            literal,
            wild,
            proposes,
        });
    }

    /// Whether anything but this literal mentions the variable.
    fn matters(&self, v: u32, literal: usize, wanted: &[Term]) -> bool {
        let it = Term::Variable(v);
        let mut others = self.left.iter().filter(|i| **i != literal);
        wanted.contains(&it) || others.any(|i| self.clause.body[*i].terms().contains(&it))
    }

    /// Nothing left binds anything: what conditions remain cannot be judged.
    fn give_up(&mut self) {
        for &i in &self.left {
            let terms: Vec<Term> = match &self.clause.body[i] {
                Literal::Compare { sides, .. } => sides.to_vec(),
                Literal::Negative { mentions, .. } => mentions.iter().flatten().copied().collect(),
                // A type is no condition on what nobody will ever see the value of.
                Literal::Positive(_) | Literal::HasType(..) | Literal::IsExactly(..) => continue,
            };
            let mut unknown = terms.into_iter().filter_map(|t| match t {
                Term::Variable(v) if !self.known[v as usize] => Some(v),
                _ => None,
            });
            if let Some(v) = unknown.next() {
                let both = unknown.next().is_some();
                self.turns.push(Turn::Unlistable(i, v, both));
            }
        }
    }
}

impl Atom {
    /// Whether the place can be read off rows.
    pub(super) fn is_readable(&self) -> bool {
        self.view == View::Rows
    }
}
