//! Joins and antijoins of a batch with a part: read where its rows are at hand, else by
//! calling its node.

use super::clause::Guard;
use super::machine::{Machine, Outcome, read};
use super::plan::{Antijoin, Call, HEADER, Join, Plan, STUCK, Step};
use super::work::{NONE, Node, Waiter};
use crate::faults::{Fault, has};
use crate::value::Sym;

/// A rule of a plan and a step of it.
type At = (u32, u32);

impl Machine<'_, '_> {
    /// Extends every row of the batch by every match.
    pub(super) fn join(
        &mut self,
        plan: &Plan,
        n: u32,
        at: At,
        join: &Join,
        width: usize,
    ) -> Outcome {
        if !join.callee.live && !self.context.has_rows() {
            self.work.batch.clear();
            return Ok(());
        }
        match join.callee.call {
            Some(call) if !(call.readable && self.should_read(&join.callee.reading)) => {
                self.join_call(plan, n, at, join, call, width)
            }
            call => self.join_read(join, call.is_some(), width),
        }
    }

    fn join_read(&mut self, join: &Join, complete: bool, width: usize) -> Outcome {
        let reading = &join.callee.reading;
        let batch = std::mem::take(&mut self.work.batch);
        let mut next = std::mem::take(&mut self.work.next);
        let mut key = std::mem::take(&mut self.work.key);
        next.clear();
        let outputs = |output: &u16| reading.outputs[*output as usize] as usize;
        let take: &[u16] = &join.take;
        for row in batch.chunks_exact(width) {
            key.clear();
            for operand in &join.key {
                key.push(self.symbol(*operand, row)?);
            }
            let meter = &mut self.meter;
            let mut meter_says = meter.step();
            read(
                (self.rows, self.context),
                reading,
                &key,
                complete,
                &mut self.work.pattern,
                &mut |found| {
                    meter_says = meter.step().and_then(|()| meter.hold(next.len()));
                    if !join.filter.passes(|output| found[outputs(&output)]) {
                        return meter_says.is_ok();
                    }
                    next.extend_from_slice(&row[..HEADER]);
                    next.extend(join.keep.iter().map(|c| row[*c as usize]));
                    next.extend(take.iter().map(|output| found[outputs(output)]));
                    meter_says.is_ok() && !take.is_empty()
                },
            );
            meter_says?;
        }
        self.work.batch = next;
        self.work.next = batch;
        self.work.key = key;
        Ok(())
    }

    fn join_call(
        &mut self,
        plan: &Plan,
        n: u32,
        at: At,
        join: &Join,
        call: Call,
        width: usize,
    ) -> Outcome {
        let callee = self.work.node(&call);
        self.call_batch(callee, &join.key, width)?;
        let mut batch = std::mem::take(&mut self.work.batch);
        let mut next = std::mem::take(&mut self.work.next);
        next.clear();
        let complete = call.stratum < plan.stratum && self.work.is_complete_below(plan.stratum);
        let kept = HEADER + join.keep.len();
        let continuation = if complete {
            NONE
        } else {
            self.work.continuation(n, plan, call.number, |c| {
                (c.rule, c.step, c.callee, c.width) = (at.0, at.1, callee, kept);
            })
        };
        for (row, i) in batch.chunks_exact_mut(width).zip(0..) {
            let input = self.work.called[i];
            // What goes on, in front: later columns are not read before they are moved.
            for (to, from) in (HEADER..).zip(&join.keep) {
                row[to] = row[*from as usize];
            }
            let row = &row[..kept];
            let node = &mut self.work.nodes[callee as usize];
            let mut answer = node.states[input as usize].answers;
            if !complete {
                let continuation_rows = &mut self.work.continuations[continuation as usize].rows;
                let number = (continuation_rows.len() / kept) as u32;
                continuation_rows.extend_from_slice(row);
                let state = &mut node.states[input as usize];
                node.waiters.push(Waiter {
                    continuation,
                    row: number,
                    next: state.waiters,
                });
                state.waiters = node.waiters.len() as u32 - 1;
                self.meter.keep(kept + 3)?;
                // Others will be delivered.
                while answer != NONE && answer >= node.delivered {
                    answer = node.next[answer as usize];
                }
            }
            while answer != NONE {
                self.extend(join, row, callee, answer, &mut next)?;
                answer = self.work.nodes[callee as usize].next[answer as usize];
            }
        }
        self.work.batch = next;
        self.work.next = batch;
        Ok(())
    }

    /// Calls a node for every row of the batch; the inputs are left in `called`.
    fn call_batch(&mut self, callee: u32, key: &[super::plan::Operand], width: usize) -> Outcome {
        let batch = std::mem::take(&mut self.work.batch);
        let mut symbols = std::mem::take(&mut self.work.key);
        self.work.called.clear();
        for row in batch.chunks_exact(width) {
            symbols.clear();
            for operand in key {
                symbols.push(self.symbol(*operand, row)?);
            }
            let input = self.call(callee, &symbols)?;
            self.work.called.push(input);
        }
        self.work.batch = batch;
        self.work.key = symbols;
        Ok(())
    }

    /// One row with one answer.
    fn extend(
        &mut self,
        join: &Join,
        row: &[Sym],
        callee: u32,
        answer: u32,
        next: &mut Vec<Sym>,
    ) -> Outcome {
        let answer = self.work.nodes[callee as usize].answers.get(answer);
        let output = |output: u16| answer[HEADER + output as usize];
        if !join.filter.is_empty() && !join.filter.passes(output) {
            return Ok(());
        }
        let start = next.len();
        next.extend_from_slice(row);
        next.extend(join.take.iter().map(|o| output(*o)));
        if answer[STUCK].0 != 0 && !join.proposes {
            next[start + STUCK] = Sym(self.goals.first_cause(row[STUCK].0, answer[STUCK].0));
        }
        self.meter.step()?;
        self.meter.hold(next.len())
    }

    /// Goes on with answers that have come since.
    pub(super) fn resume_join(&mut self, plan: &Plan, n: u32, at: u32) -> Outcome {
        let continuation = &mut self.work.continuations[at as usize];
        let (rule, step, callee) = (continuation.rule, continuation.step, continuation.callee);
        let width = continuation.width;
        let mut pending = std::mem::take(&mut continuation.pending);
        let rows = std::mem::take(&mut continuation.rows);
        let mut next = std::mem::take(&mut self.work.batch);
        next.clear();
        let Step::Join(join) = &plan.rules[rule as usize].steps[step as usize] else {
            unreachable!("only joins leave rows with answers to come");
        };
        for (row, answer) in pending.drain(..) {
            let row = &rows[row as usize * width..][..width];
            let owner = row[super::plan::OWNER];
            let certain = self.work.nodes[n as usize].states[owner.0 as usize].certain;
            if !(self.prune && certain) {
                self.extend(join, row, callee, answer, &mut next)?;
            }
        }
        self.work.batch = next;
        // Nobody has touched it: rows are left by steps of this node alone.
        let continuation = &mut self.work.continuations[at as usize];
        continuation.rows = rows;
        continuation.pending = pending;
        self.steps(plan, n, rule, step as usize + 1, join.width())
    }

    /// Drops every row of the batch that has a match.
    pub(super) fn without(
        &mut self,
        plan: &Plan,
        n: u32,
        at: At,
        antijoin: &Antijoin,
        width: usize,
    ) -> Outcome {
        let absent = !antijoin.callee.live && !self.context.has_rows();
        if absent || has(Fault::GoalNegationPasses) {
            return Ok(());
        }
        match antijoin.callee.call {
            Some(call) if !(call.readable && self.should_read(&antijoin.callee.reading)) => {
                self.without_call(plan, n, at, antijoin, call, width)
            }
            call => self.without_read(antijoin, call.is_some(), width),
        }
    }

    fn without_read(&mut self, antijoin: &Antijoin, complete: bool, width: usize) -> Outcome {
        let reading = &antijoin.callee.reading;
        let mut pattern = std::mem::take(&mut self.work.pattern);
        let mut key = std::mem::take(&mut self.work.key);
        let mut batch = std::mem::take(&mut self.work.batch);
        let mut kept = 0;
        for at in (0..batch.len()).step_by(width) {
            let row = &batch[at..at + width];
            let mut matched = false;
            if self.passes_guards(antijoin, row)? {
                key.clear();
                for operand in &antijoin.key {
                    key.push(self.symbol(*operand, row)?);
                }
                let meter = &mut self.meter;
                let mut meter_says = meter.step();
                read(
                    (self.rows, self.context),
                    reading,
                    &key,
                    complete,
                    &mut pattern,
                    &mut |found| {
                        meter_says = meter.step();
                        let output = |o: u16| found[reading.outputs[o as usize] as usize];
                        matched |= antijoin.filter.passes(output);
                        meter_says.is_ok() && !matched
                    },
                );
                meter_says?;
            }
            if !matched {
                batch.copy_within(at..at + width, kept);
                kept += width;
            }
        }
        batch.truncate(kept);
        self.work.batch = batch;
        self.work.key = key;
        self.work.pattern = pattern;
        Ok(())
    }

    fn passes_guards(&self, antijoin: &Antijoin, row: &[Sym]) -> Outcome<bool> {
        for (operand, guard) in &antijoin.guards {
            let sym = self.symbol(*operand, row)?;
            let passes = match guard {
                Guard::Is(other) => sym == *other,
                Guard::HasType(types) => types.has(self.goals.type_id(self.locals.type_of(sym))),
            };
            if !passes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn without_call(
        &mut self,
        plan: &Plan,
        n: u32,
        at: At,
        antijoin: &Antijoin,
        call: Call,
        width: usize,
    ) -> Outcome {
        let callee = self.work.node(&call);
        // Rows that a guard keeps from any match need not wait; they come first.
        let mut batch = std::mem::take(&mut self.work.batch);
        let mut free = std::mem::take(&mut self.work.next);
        free.clear();
        let mut left = 0;
        for at in (0..batch.len()).step_by(width) {
            if self.passes_guards(antijoin, &batch[at..at + width])? {
                batch.copy_within(at..at + width, left);
                left += width;
            } else {
                free.extend_from_slice(&batch[at..at + width]);
            }
        }
        batch.truncate(left);
        self.work.batch = batch;
        self.work.next = Vec::new();
        self.call_batch(callee, &antijoin.key, width)?;
        let batch = std::mem::take(&mut self.work.batch);
        if self.work.is_complete_below(plan.stratum) {
            for (row, i) in batch.chunks_exact(width).zip(0..) {
                let node = &self.work.nodes[callee as usize];
                if let Some(stuck) = self.match_of(node, self.work.called[i], antijoin) {
                    let start = free.len();
                    free.extend_from_slice(row);
                    free[start + STUCK] = Sym(self.goals.first_cause(row[STUCK].0, stuck));
                }
            }
        } else if !batch.is_empty() {
            let continuation = self.work.continuation(n, plan, call.number, |c| {
                (c.rule, c.step, c.callee, c.width) = (at.0, at.1, callee, width);
            });
            self.meter.keep(batch.len() + self.work.called.len())?;
            let continuation = &mut self.work.continuations[continuation as usize];
            continuation.rows.extend_from_slice(&batch);
            continuation.waiting.extend_from_slice(&self.work.called);
        }
        self.work.next = batch;
        self.work.batch = free;
        Ok(())
    }

    /// `None` if there is a match for certain; else why that is not certain, or 0.
    fn match_of(&self, node: &Node, input: u32, antijoin: &Antijoin) -> Option<u32> {
        let mut stuck = 0;
        let mut answer = node.states[input as usize].answers;
        while answer != NONE {
            let found = node.answers.get(answer);
            if antijoin.filter.passes(|o| found[HEADER + o as usize]) {
                if found[STUCK].0 == 0 {
                    return None;
                }
                stuck = self.goals.first_cause(stuck, found[STUCK].0);
            }
            answer = node.next[answer as usize];
        }
        Some(stuck)
    }

    /// Goes on with rows whose negated calls have complete answers now.
    pub(super) fn resume_without(&mut self, plan: &Plan, n: u32, at: u32) -> Outcome {
        let continuation = &mut self.work.continuations[at as usize];
        let (rule, step, callee) = (continuation.rule, continuation.step, continuation.callee);
        let width = continuation.width;
        let rows = std::mem::take(&mut continuation.rows);
        let waiting = std::mem::take(&mut continuation.waiting);
        let mut next = std::mem::take(&mut self.work.batch);
        next.clear();
        let Step::Without(antijoin) = &plan.rules[rule as usize].steps[step as usize] else {
            unreachable!("only antijoins wait");
        };
        for (row, input) in rows.chunks_exact(width).zip(&waiting) {
            let node = &self.work.nodes[callee as usize];
            if let Some(stuck) = self.match_of(node, *input, antijoin) {
                let start = next.len();
                next.extend_from_slice(row);
                next[start + STUCK] = Sym(self.goals.first_cause(row[STUCK].0, stuck));
            }
        }
        self.work.batch = next;
        self.steps(plan, n, rule, step as usize + 1, width)
    }
}
