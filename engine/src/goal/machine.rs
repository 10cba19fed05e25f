//! Evaluation: nodes take turns, the lowest stratum first, until nothing is left to do.
//!
//! Calls never wait on the call stack. A step that needs another node's answers leaves its
//! rows there and goes on with whatever answers come, each row with each answer once; so
//! the depth of data and of policies costs memory, not stack, and cyclic data ends where
//! no new input and no new answer appears. A negated call goes on when nothing of a lower
//! stratum is left to do: then its answers are complete.

use std::sync::Arc;

use floe_frontend::ir::core::CompareOp;
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashSet;

use super::budget::Meter;
use super::plan::{HEADER, OWNER, Operand, Plan, Reading, STUCK, Step};
use super::work::{NONE, Work};
use super::{CannotAnswer, Context, Exceeded, Goals, Rows};
use crate::faults::{Fault, has};
use crate::value::{Locals, Sym};

/// Above this many rows a batch that may have equal ones is made distinct.
const FEW: usize = 16;

/// One request's world, and the tables that hold what has been derived in it.
pub(super) struct Machine<'r, 's> {
    pub(super) goals: &'r Goals,
    pub(super) rows: &'r dyn Rows,
    pub(super) context: &'r Context,
    pub(super) locals: &'r Locals<'s>,
    pub(super) now: i64,
    /// The time as a value, for policies that need it as one.
    pub(super) now_sym: Option<Sym>,
    pub(super) meter: Meter<'r>,
    /// Whether an input that holds for certain needs no further answers.
    pub(super) prune: bool,
    /// Parts that context facts can change.
    pub(super) reached: Option<Vec<Arc<FxHashSet<PartId>>>>,
    pub(super) work: Work,
}

pub(super) type Outcome<T = ()> = Result<T, CannotAnswer>;

impl Machine<'_, '_> {
    /// Works until nothing is left, or until an input of a node holds for certain.
    pub(super) fn run(&mut self, until: Option<(u32, u32)>) -> Outcome {
        let holds = |machine: &Self| {
            until.is_some_and(|(node, input)| {
                machine.work.nodes[node as usize].states[input as usize].certain
            })
        };
        while !holds(self) {
            let Some(node) = self.work.dequeue() else {
                return Ok(());
            };
            let of = self.work.nodes[node as usize].plan;
            let plan = self.work.take_plan(of, |id| self.goals.plan(id));
            let outcome = self.turn(&plan, node);
            self.work.return_plan(of, plan);
            outcome?;
        }
        Ok(())
    }

    /// Calls a node; whoever waits for answers has to wait elsewhere.
    pub(super) fn call(&mut self, node: u32, key: &[Sym]) -> Outcome<u32> {
        self.meter.step()?;
        let (input, new) = self.work.nodes[node as usize].call(key);
        if new {
            self.meter.keep(key.len() + 5)?;
            self.work.queue(node);
        }
        Ok(input)
    }

    /// Everything a node can do for now.
    fn turn(&mut self, plan: &Plan, n: u32) -> Outcome {
        loop {
            let mut idle = !self.begin(plan, n)?;
            for call in 0..self.work.nodes[n as usize].continuations.len() {
                let at = self.work.nodes[n as usize].continuations[call];
                if at == NONE {
                    continue;
                }
                let continuation = &self.work.continuations[at as usize];
                if !continuation.pending.is_empty() {
                    idle = false;
                    self.resume_join(plan, n, at)?;
                } else if !continuation.waiting.is_empty()
                    && self.work.is_complete_below(plan.stratum)
                {
                    idle = false;
                    self.resume_without(plan, n, at)?;
                }
            }
            self.deliver(n)?;
            if idle {
                return Ok(());
            }
            if !self.work.is_complete_below(plan.stratum) {
                self.work.queue(n);
                return Ok(());
            }
        }
    }

    /// Evaluates the rules for new inputs; false if there are none.
    fn begin(&mut self, plan: &Plan, n: u32) -> Outcome<bool> {
        let node = &mut self.work.nodes[n as usize];
        let (from, to) = (node.started, node.inputs.len() as u32);
        if from == to {
            return Ok(false);
        }
        node.started = to;
        if let Some(facts) = &plan.facts {
            for input in from..to {
                self.own_facts(n, facts, input)?;
            }
        }
        for (rule, r) in plan.rules.iter().zip(0..) {
            if !rule.live && !self.context.has_rows() {
                continue;
            }
            let mut batch = std::mem::take(&mut self.work.batch);
            batch.clear();
            for input in from..to {
                let node = &self.work.nodes[n as usize];
                let key = node.inputs.get(input);
                let entry = &rule.entry;
                let fits = entry
                    .equal
                    .iter()
                    .all(|(a, b)| key[*a as usize] == key[*b as usize])
                    && (entry.fixed.iter())
                        .all(|(a, is)| self.symbol(*is, &[]).is_ok_and(|s| key[*a as usize] == s));
                if fits && !(self.prune && node.states[input as usize].certain) {
                    batch.extend([Sym(0), Sym(input)]);
                    batch.extend(entry.take.iter().map(|c| key[*c as usize]));
                    self.meter.step()?;
                }
            }
            self.work.batch = batch;
            self.steps(plan, n, r, 0, HEADER + rule.entry.take.len())?;
        }
        Ok(true)
    }

    /// Facts of a node's own part.
    fn own_facts(&mut self, n: u32, facts: &Reading, input: u32) -> Outcome {
        let mut found = std::mem::take(&mut self.work.next);
        found.clear();
        let key = self.work.nodes[n as usize].inputs.get(input);
        let mut meter_says = Ok(());
        let meter = &mut self.meter;
        read(
            (self.rows, self.context),
            facts,
            key,
            false,
            &mut self.work.pattern,
            &mut |row| {
                meter_says = meter.step().and_then(|()| meter.hold(found.len()));
                found.extend([Sym(0), Sym(input)]);
                found.extend(facts.outputs.iter().map(|c| row[*c as usize]));
                meter_says.is_ok() && !facts.outputs.is_empty()
            },
        );
        meter_says?;
        let node = &mut self.work.nodes[n as usize];
        let width = HEADER + facts.outputs.len();
        for answer in found.chunks_exact(width) {
            if node.answer(answer) {
                self.meter.keep(width + 2)?;
            }
        }
        self.work.next = found;
        Ok(())
    }

    /// Takes the batch through the steps of a rule from `at` on; what is left in the end
    /// are answers.
    pub(super) fn steps(
        &mut self,
        plan: &Plan,
        n: u32,
        rule: u32,
        at: usize,
        width: usize,
    ) -> Outcome {
        let mut width = width;
        let rule_plan = &plan.rules[rule as usize];
        for (step, s) in rule_plan.steps.iter().zip(0..).skip(at) {
            if self.work.batch.is_empty() {
                return Ok(());
            }
            match step {
                Step::Compare(op, a, b) => {
                    self.retain(width, |machine, row| Ok(machine.compare(*op, *a, *b, row)))?;
                }
                Step::HasType(term, types) => self.retain(width, |machine, row| {
                    let sym = machine.symbol(*term, row)?;
                    Ok(types.has(machine.goals.type_id(machine.locals.type_of(sym))))
                })?,
                Step::IsExactly(term, ty) => self.retain(width, |machine, row| {
                    let sym = machine.symbol(*term, row)?;
                    Ok(machine.locals.type_of(sym) == *ty)
                })?,
                Step::Time => {
                    let now = self.symbol(Operand::Now, &[])?;
                    self.work.next.clear();
                    for row in self.work.batch.chunks_exact(width) {
                        self.work.next.extend_from_slice(row);
                        self.work.next.push(now);
                    }
                    std::mem::swap(&mut self.work.batch, &mut self.work.next);
                    width += 1;
                }
                Step::Unlistable(_) if has(Fault::DoubtfulRowsSilent) => self.work.batch.clear(),
                Step::Unlistable(code) => {
                    for row in self.work.batch.chunks_exact_mut(width) {
                        row[STUCK] = Sym(self.goals.first_cause(row[STUCK].0, *code));
                    }
                }
                Step::Join(join) => {
                    self.join(plan, n, (rule, s), join, width)?;
                    width = join.width();
                    if join.duplicates && self.work.batch.len() > FEW * width {
                        self.work.seen.distinct(&mut self.work.batch, width);
                    }
                }
                Step::Without(antijoin) => self.without(plan, n, (rule, s), antijoin, width)?,
            }
        }
        self.conclude(n, &rule_plan.head, width)
    }

    /// The batch as answers.
    fn conclude(&mut self, n: u32, head: &[Operand], width: usize) -> Outcome {
        let batch = std::mem::take(&mut self.work.batch);
        let mut answer = std::mem::take(&mut self.work.key);
        for row in batch.chunks_exact(width) {
            answer.clear();
            answer.extend_from_slice(&row[..HEADER]);
            for operand in head {
                answer.push(self.symbol(*operand, row)?);
            }
            self.meter.step()?;
            if self.work.nodes[n as usize].answer(&answer) {
                self.meter.keep(answer.len() + 2)?;
            }
        }
        self.work.batch = batch;
        self.work.key = answer;
        Ok(())
    }

    /// Tells whoever waits for a node about its new answers.
    fn deliver(&mut self, n: u32) -> Outcome {
        let node = &mut self.work.nodes[n as usize];
        let (from, to) = (node.delivered, node.answers.len() as u32);
        node.delivered = to;
        let to = to - u32::from(to > from && to > 2 && has(Fault::LastAnswerUndelivered));
        for answer in from..to {
            let node = &self.work.nodes[n as usize];
            let owner = node.answers.get(answer)[OWNER];
            let mut at = node.states[owner.0 as usize].waiters;
            while at != NONE {
                let waiter = &self.work.nodes[n as usize].waiters[at as usize];
                let (continuation, row) = (waiter.continuation, waiter.row);
                at = waiter.next;
                let continuation = &mut self.work.continuations[continuation as usize];
                continuation.pending.push((row, answer));
                let node = continuation.node;
                self.meter.step()?;
                if node != n {
                    self.work.queue(node);
                }
            }
        }
        Ok(())
    }

    /// Keeps the rows of the batch that pass.
    pub(super) fn retain(
        &mut self,
        width: usize,
        passes: impl Fn(&Self, &[Sym]) -> Outcome<bool>,
    ) -> Outcome {
        let mut batch = std::mem::take(&mut self.work.batch);
        let mut kept = 0;
        for at in (0..batch.len()).step_by(width) {
            if passes(self, &batch[at..at + width])? {
                batch.copy_within(at..at + width, kept);
                kept += width;
            }
        }
        batch.truncate(kept);
        self.work.batch = batch;
        Ok(())
    }

    /// What an operand stands for in a row.
    pub(super) fn symbol(&self, operand: Operand, row: &[Sym]) -> Outcome<Sym> {
        match operand {
            Operand::Column(c) => Ok(row[c as usize]),
            Operand::Sym(sym) => Ok(sym),
            Operand::Now => self.now_sym.ok_or(CannotAnswer::Exceeded(Exceeded::Bytes)),
            Operand::Wild => Ok(super::plan::WILD),
        }
    }

    /// Equality is of type and id; order is of integers and false of anything else.
    pub(super) fn compare(&self, op: CompareOp, a: Operand, b: Operand, row: &[Sym]) -> bool {
        let number = |operand: Operand| match operand {
            Operand::Column(c) => self.locals.integer(row[c as usize]),
            Operand::Sym(sym) => self.locals.integer(sym),
            Operand::Now => Some(self.now),
            Operand::Wild => None,
        };
        let equal = || match (a, b) {
            (Operand::Now, _) | (_, Operand::Now) => number(a) == number(b),
            _ => self.symbol(a, row) == self.symbol(b, row),
        };
        let order = || number(a).zip(number(b)).map(|(a, b)| a.cmp(&b));
        match op {
            CompareOp::Eq => equal(),
            CompareOp::Ne => !equal(),
            CompareOp::Lt => order().is_some_and(std::cmp::Ordering::is_lt),
            CompareOp::Le => order().is_some_and(std::cmp::Ordering::is_le),
            CompareOp::Gt => order().is_some_and(std::cmp::Ordering::is_gt),
            CompareOp::Ge => order().is_some_and(std::cmp::Ordering::is_ge),
        }
    }

    /// Whether a part is maintained, and it pays to read it there.
    pub(super) fn should_read(&mut self, reading: &Reading) -> bool {
        self.can_read(reading.part) && self.rows.is_near(reading.part, &reading.bound)
    }

    /// Whether a maintained part can be read as it is: no context fact changes it.
    pub(super) fn can_read(&mut self, part: PartId) -> bool {
        if !self.rows.maintained(part) {
            return false;
        }
        if !self.context.has_rows() || has(Fault::StaleWithContext) {
            return true;
        }
        let reached = self.reached.get_or_insert_with(|| {
            self.context
                .parts()
                .map(|p| self.goals.reach.of(p))
                .collect()
        });
        !reached.iter().any(|parts| parts.contains(&part))
    }
}

/// Hands every row of a part that agrees with the key to `found` until that says `false`:
/// stored facts and those of the context, or the complete contents.
pub(super) fn read(
    (rows, context): (&dyn Rows, &Context),
    reading: &Reading,
    key: &[Sym],
    complete: bool,
    pattern: &mut Vec<Option<Sym>>,
    found: &mut dyn FnMut(&[Sym]) -> bool,
) {
    pattern.clear();
    pattern.resize(reading.width, None);
    for (column, sym) in reading.bound.iter().zip(key) {
        pattern[*column as usize] = Some(*sym);
    }
    let mut go_on = true;
    if complete {
        rows.complete(reading.part, pattern, found);
    } else if reading.bound.len() == reading.width {
        // Places are bound in ascending order, so the key is the row.
        if rows.contains(reading.part, key) {
            go_on = found(key);
        }
    } else {
        rows.facts(reading.part, pattern, &mut |row| {
            go_on = found(row);
            go_on
        });
    }
    if go_on && !complete && context.touches(reading.part) {
        context.matching(reading.part, pattern, found);
    }
}
