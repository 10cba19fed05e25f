//! The tables of one evaluation, kept from request to request for their room.
//!
//! A *node* is a plan at work: the inputs it has been called with, and the answers found
//! so far for each. A *continuation* is a step of a node that waits for another node: the
//! rows that have come up to it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;

use super::plan::{Call, HEADER, Plan, PlanId, SharedPlan};
use super::tuples::Tuples;
use crate::value::Sym;

/// No number.
pub(super) const NONE: u32 = u32::MAX;

/// Room that is kept: words of a vector, nodes, plans looked up for parts.
const SPARE: usize = 4096;

/// Where a node's plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlanOf {
    /// Among those of the policy.
    Policy(PlanId),
    /// Made for a question.
    Question(u32),
}

/// One input of a node.
#[derive(Clone, Copy)]
pub(super) struct Input {
    /// The newest answer; [`Node::next`] leads to older ones.
    pub(super) answers: u32,
    /// The newest waiter; [`Waiter::next`] leads to older ones.
    pub(super) waiters: u32,
    /// Of nodes without outputs: whether it holds for certain.
    pub(super) certain: bool,
}

/// A row that goes on with every answer to an input.
pub(super) struct Waiter {
    pub(super) continuation: u32,
    pub(super) row: u32,
    pub(super) next: u32,
}

pub(super) struct Node {
    pub(super) plan: PlanOf,
    pub(super) stratum: u32,
    pub(super) outputs: usize,
    pub(super) inputs: Tuples,
    pub(super) states: Vec<Input>,
    /// Rows like those of a batch: header, then outputs.
    pub(super) answers: Tuples,
    /// Per answer, the one before it for the same input.
    pub(super) next: Vec<u32>,
    pub(super) waiters: Vec<Waiter>,
    /// Inputs that the rules have begun with.
    pub(super) started: u32,
    /// Answers that the waiters know of.
    pub(super) delivered: u32,
    pub(super) queued: bool,
    /// By number of the call; [`NONE`] before it is reached.
    pub(super) continuations: Vec<u32>,
}

#[derive(Default)]
pub(super) struct Continuation {
    pub(super) node: u32,
    pub(super) rule: u32,
    pub(super) step: u32,
    pub(super) callee: u32,
    /// Words of a row.
    pub(super) width: usize,
    pub(super) rows: Vec<Sym>,
    /// Rows with answers of the callee that they have not gone on with.
    pub(super) pending: Vec<(u32, u32)>,
    /// Inputs of the callee whose answers must be complete before the row of the same
    /// place goes on.
    pub(super) waiting: Vec<u32>,
}

/// What a question finds for a predicate and the kinds of its arguments.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) part: PartId,
    /// The plan that says whether it holds, all arguments given; `None` for facts alone.
    pub(super) plan: Option<PlanId>,
}

#[derive(Default)]
pub(super) struct Work {
    pub(super) nodes: Vec<Node>,
    pub(super) used_nodes: usize,
    pub(super) continuations: Vec<Continuation>,
    pub(super) used_continuations: usize,
    /// Nodes with work, by stratum; each at most once.
    agenda: BinaryHeap<Reverse<(u32, u32)>>,
    /// The batch under way, and the one it becomes.
    pub(super) batch: Vec<Sym>,
    pub(super) next: Vec<Sym>,
    pub(super) key: Vec<Sym>,
    pub(super) pattern: Vec<Option<Sym>>,
    pub(super) called: Vec<u32>,
    pub(super) seen: Tuples,
    plans: Vec<Option<SharedPlan>>,
    questions: Vec<Option<SharedPlan>>,
    /// By plan, the request it was last used in, and its node there.
    node_of: Vec<(u64, u32)>,
    request: u64,
    pub(super) candidates: FxHashMap<Box<[u64]>, Box<[Candidate]>>,
    pub(super) tags: Vec<u64>,
}

fn clear<T>(list: &mut Vec<T>) {
    if list.capacity() > SPARE {
        *list = Vec::new();
    } else {
        list.clear();
    }
}

impl Work {
    /// Forgets everything but room and plans.
    pub(super) fn reset(&mut self) {
        for node in &mut self.nodes[..self.used_nodes] {
            node.clear();
        }
        self.nodes.truncate(SPARE);
        self.used_nodes = 0;
        for continuation in &mut self.continuations[..self.used_continuations] {
            clear(&mut continuation.rows);
            clear(&mut continuation.pending);
            clear(&mut continuation.waiting);
        }
        self.continuations.truncate(SPARE);
        self.used_continuations = 0;
        self.agenda.clear();
        clear(&mut self.batch);
        clear(&mut self.next);
        clear(&mut self.key);
        clear(&mut self.called);
        self.seen.reset(0);
        self.questions.clear();
        self.request += 1;
        if self.candidates.len() > SPARE {
            self.candidates.clear();
        }
    }

    /// The node of a plan of the policy, made if need be.
    pub(super) fn node(&mut self, call: &Call) -> u32 {
        let at = call.plan.0 as usize;
        if at >= self.node_of.len() {
            self.node_of.resize(at + 1, (u64::MAX, NONE));
        }
        let (request, node) = self.node_of[at];
        if request == self.request {
            return node;
        }
        let node = self.add_node(
            PlanOf::Policy(call.plan),
            call.stratum,
            call.inputs,
            call.outputs,
        );
        self.node_of[at] = (self.request, node);
        node
    }

    /// A node for a plan made for a question.
    pub(super) fn question(&mut self, plan: SharedPlan) -> u32 {
        let at = PlanOf::Question(self.questions.len() as u32);
        let node = self.add_node(at, plan.stratum, plan.inputs, plan.outputs);
        self.questions.push(Some(plan));
        node
    }

    fn add_node(&mut self, plan: PlanOf, stratum: u32, inputs: usize, outputs: usize) -> u32 {
        let at = self.used_nodes;
        self.used_nodes += 1;
        if at == self.nodes.len() {
            self.nodes.push(Node::new());
        }
        let node = &mut self.nodes[at];
        node.plan = plan;
        node.stratum = stratum;
        node.outputs = outputs;
        node.inputs.reset(inputs);
        node.answers.reset(HEADER + outputs);
        at as u32
    }

    /// Takes the plan out for as long as it is at work.
    pub(super) fn take_plan(
        &mut self,
        plan: PlanOf,
        load: impl Fn(PlanId) -> SharedPlan,
    ) -> SharedPlan {
        match plan {
            PlanOf::Policy(id) => {
                let at = id.0 as usize;
                if at >= self.plans.len() {
                    self.plans.resize(at + 1, None);
                }
                self.plans[at].take().unwrap_or_else(|| load(id))
            }
            PlanOf::Question(at) => {
                let plan = self.questions[at as usize].take();
                plan.expect("a plan is at work in one place at a time")
            }
        }
    }

    pub(super) fn return_plan(&mut self, of: PlanOf, plan: SharedPlan) {
        match of {
            PlanOf::Policy(id) => self.plans[id.0 as usize] = Some(plan),
            PlanOf::Question(at) => self.questions[at as usize] = Some(plan),
        }
    }

    /// Enters a node into the agenda.
    pub(super) fn queue(&mut self, node: u32) {
        let data = &mut self.nodes[node as usize];
        if !data.queued {
            data.queued = true;
            self.agenda.push(Reverse((data.stratum, node)));
        }
    }

    /// The node whose turn it is: one of the lowest stratum.
    pub(super) fn dequeue(&mut self) -> Option<u32> {
        let Reverse((_, node)) = self.agenda.pop()?;
        self.nodes[node as usize].queued = false;
        Some(node)
    }

    /// Whether everything below a stratum is complete for the inputs there are.
    pub(super) fn is_complete_below(&self, stratum: u32) -> bool {
        self.agenda
            .peek()
            .is_none_or(|Reverse((lowest, _))| *lowest >= stratum)
    }

    /// The continuation of a call, made if need be.
    pub(super) fn continuation(
        &mut self,
        node: u32,
        plan: &Plan,
        call: u16,
        init: impl FnOnce(&mut Continuation),
    ) -> u32 {
        let known = &mut self.nodes[node as usize].continuations;
        if known.len() < plan.calls {
            known.resize(plan.calls, NONE);
        }
        let at = known[call as usize];
        if at != NONE {
            return at;
        }
        let at = self.used_continuations;
        known[call as usize] = at as u32;
        self.used_continuations += 1;
        if at == self.continuations.len() {
            self.continuations.push(Continuation::default());
        }
        let continuation = &mut self.continuations[at];
        continuation.node = node;
        init(continuation);
        at as u32
    }
}

impl Node {
    fn new() -> Node {
        Node {
            plan: PlanOf::Question(NONE),
            stratum: 0,
            outputs: 0,
            inputs: Tuples::default(),
            states: Vec::new(),
            answers: Tuples::default(),
            next: Vec::new(),
            waiters: Vec::new(),
            started: 0,
            delivered: 0,
            queued: false,
            continuations: Vec::new(),
        }
    }

    fn clear(&mut self) {
        clear(&mut self.states);
        clear(&mut self.next);
        clear(&mut self.waiters);
        clear(&mut self.continuations);
        self.started = 0;
        self.delivered = 0;
        self.queued = false;
    }

    /// The number of an input, and whether it is new.
    pub(super) fn call(&mut self, key: &[Sym]) -> (u32, bool) {
        let (input, new) = self.inputs.intern(key);
        if new {
            self.states.push(Input {
                answers: NONE,
                waiters: NONE,
                certain: false,
            });
        }
        (input, new)
    }

    /// Takes an answer (header and outputs) down; false if it is known.
    pub(super) fn answer(&mut self, answer: &[Sym]) -> bool {
        use super::plan::{OWNER, STUCK};
        let state = &mut self.states[answer[OWNER].0 as usize];
        let number = if self.outputs > 0 {
            let (number, new) = self.answers.intern(answer);
            if !new {
                return false;
            }
            number
        } else {
            if answer[STUCK].0 == 0 {
                if std::mem::replace(&mut state.certain, true) {
                    return false;
                }
            } else {
                let mut known = state.answers;
                while known != NONE {
                    if self.answers.get(known)[STUCK] == answer[STUCK] {
                        return false;
                    }
                    known = self.next[known as usize];
                }
            }
            self.answers.push(answer)
        };
        self.next.push(state.answers);
        state.answers = number;
        true
    }
}
