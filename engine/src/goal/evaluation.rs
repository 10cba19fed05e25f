//! Questions of one request.

use std::collections::BTreeSet;

use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::{Column, PartId};

use super::budget::Meter;
use super::candidates::Kind;
use super::clause::View;
use super::machine::{Machine, Outcome};
use super::plan::{Call, WILD};
use super::{Argument, Atom, Budget, CannotAnswer, Context, Goals, Listing, Row, Rows};
use crate::faults::{Fault, has};
use crate::value::{Locals, Sym, TypeIx};

/// Everything a request brings.
pub struct Request<'r, 's> {
    /// Facts, and what is maintained, at the request's epoch.
    pub rows: &'r dyn Rows,
    /// Facts of its own.
    pub context: &'r Context,
    /// Its values.
    pub locals: &'r mut Locals<'s>,
    /// Its time, in seconds since 1970 (spec 7.4).
    pub now: i64,
    /// What it may cost.
    pub budget: Budget<'r>,
}

/// The evaluation of one request, for as many questions as it asks: what one has derived
/// others need not derive again. They share one budget.
pub struct Evaluation<'r, 's> {
    pub(super) machine: Machine<'r, 's>,
}

impl<'r, 's> Evaluation<'r, 's> {
    /// Nothing is derived yet.
    #[must_use]
    pub fn new(goals: &'r Goals, request: Request<'r, 's>) -> Evaluation<'r, 's> {
        let Request {
            rows,
            context,
            locals,
            now,
            budget,
        } = request;
        let now = if has(Fault::TimeStandsStill) { 0 } else { now };
        let now_sym = if goals.time_is_a_value {
            let digits = now.to_string();
            locals.sym(("Integer", &*digits).into()).ok()
        } else {
            None
        };
        Evaluation {
            machine: Machine {
                goals,
                rows,
                context,
                locals,
                now,
                now_sym,
                meter: Meter::new(budget),
                prune: true,
                reached: None,
                work: goals.take_work(),
            },
        }
    }

    /// The request's values.
    #[must_use]
    pub fn locals(&self) -> &Locals<'s> {
        self.machine.locals
    }

    /// Rows looked at so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.machine.meter.steps()
    }

    /// Whether a predicate holds of these values. `authorize` is `allow` of actor, action
    /// and, where there is one, resource (spec 7.3).
    ///
    /// # Errors
    /// It cannot be told, or only at too high a price.
    pub fn holds(&mut self, predicate: PredicateId, args: &[Sym]) -> Result<bool, CannotAnswer> {
        let outcome = self.machine.holds(predicate, args);
        self.settle(outcome)
    }

    /// The values of exactly this type that an argument can have, it being the one
    /// variable among `args`. `list` and `actions` are listings of `allow` (spec 7.3).
    ///
    /// # Errors
    /// They cannot be enumerated, or only at too high a price.
    pub fn list(
        &mut self,
        predicate: PredicateId,
        args: &[Argument],
        ty: TypeIx,
    ) -> Result<Listing, CannotAnswer> {
        let atom = Atom {
            predicate,
            args: args.to_vec(),
        };
        self.count_doubts();
        let mut listing = Listing::default();
        let outcome = self
            .machine
            .query(&[atom], &[Some(ty)], &mut |_, answer| match answer[0] {
                WILD => listing.every = true,
                sym => listing.values.push(sym),
            });
        self.settle(outcome)?;
        listing.values.sort_unstable();
        listing.values.dedup();
        Ok(listing)
    }

    /// Every distinct way to give the variables values such that all atoms hold: one item
    /// per variable. `variables` are their types: with one, a variable has values of
    /// exactly that type only (spec 5.6.5).
    ///
    /// # Errors
    /// They cannot be enumerated, or only at too high a price.
    pub fn query(
        &mut self,
        atoms: &[Atom],
        variables: &[Option<TypeIx>],
    ) -> Result<BTreeSet<Row>, CannotAnswer> {
        self.count_doubts();
        let mut rows = BTreeSet::new();
        let outcome = self.machine.query(atoms, variables, &mut |choice, answer| {
            let item = |(v, sym): (usize, &Sym)| choice.item(v, *sym);
            rows.insert(answer.iter().enumerate().map(item).collect());
        });
        self.settle(outcome)?;
        Ok(rows)
    }

    /// What holds for certain may hold for uncertain reasons too, and then a listing is
    /// refused: from here on they count.
    fn count_doubts(&mut self) {
        if self.machine.prune && self.machine.goals.may_be_stuck {
            self.machine.work.reset();
            self.machine.prune = false;
        }
    }

    /// After an error tables may be halfway filled.
    pub(super) fn settle<T>(&mut self, outcome: Outcome<T>) -> Outcome<T> {
        if outcome.is_err() {
            self.machine.work.reset();
        }
        outcome
    }
}

impl Drop for Evaluation<'_, '_> {
    fn drop(&mut self) {
        let mut work = std::mem::take(&mut self.machine.work);
        work.reset();
        self.machine.goals.return_work(work);
    }
}

impl Machine<'_, '_> {
    fn holds(&mut self, predicate: PredicateId, args: &[Sym]) -> Outcome<bool> {
        if self.context.answers(predicate).any(|row| row == args) {
            return Ok(true);
        }
        let kinds: Vec<Kind> = args.iter().map(|s| Kind::Value(*s)).collect();
        let mut stuck = 0;
        for candidate in &self.candidates(predicate, &kinds) {
            if !self.goals.part(candidate.part).live && !self.context.has_rows() {
                continue;
            }
            let view = self.goals.truth(candidate.part);
            let key = self.key(candidate.part, view, args);
            let Some(plan) = candidate.plan else {
                if self.is_fact(candidate.part, &key) {
                    return Ok(true);
                }
                continue;
            };
            if view == View::Rows && self.can_read(candidate.part) {
                if self.is_complete_row(candidate.part, &key) {
                    return Ok(true);
                }
                continue;
            }
            let node = self.work.node(&Call {
                plan,
                stratum: self.goals.stratum(candidate.part),
                inputs: key.len(),
                outputs: 0,
                number: 0,
                readable: false,
            });
            let input = self.call(node, &key)?;
            self.run(Some((node, input)))?;
            let node = &self.work.nodes[node as usize];
            let state = node.states[input as usize];
            if state.certain {
                return Ok(true);
            }
            let mut answer = state.answers;
            while answer != super::work::NONE {
                let code = node.answers.get(answer)[super::plan::STUCK].0;
                stuck = self.goals.first_cause(stuck, code);
                answer = node.next[answer as usize];
            }
        }
        match stuck {
            0 => Ok(false),
            code => Err(self.goals.cause_of(code)),
        }
    }

    /// The arguments at the places of a view.
    fn key(&self, part: PartId, view: View, args: &[Sym]) -> Vec<Sym> {
        let columns = self.goals.part(part).columns.iter().zip(args);
        let places = columns.filter(|(column, _)| match column {
            Column::Constant(_) => false,
            Column::Stored(..) => true,
            Column::Every(_) => view == View::Truth,
        });
        places.map(|(_, sym)| *sym).collect()
    }

    fn is_fact(&self, part: PartId, row: &[Sym]) -> bool {
        let mut found = self.rows.contains(part, row);
        if !found && self.context.touches(part) {
            let pattern: Vec<Option<Sym>> = row.iter().map(|s| Some(*s)).collect();
            self.context.matching(part, &pattern, &mut |_| {
                found = true;
                false
            });
        }
        found
    }

    fn is_complete_row(&self, part: PartId, row: &[Sym]) -> bool {
        let hidden = self.goals.part(part).hidden.len();
        let mut pattern: Vec<Option<Sym>> = row.iter().map(|s| Some(*s)).collect();
        pattern.resize(row.len() + hidden, None);
        let mut found = false;
        self.rows.complete(part, &pattern, &mut |_| {
            found = true;
            false
        });
        found
    }
}
