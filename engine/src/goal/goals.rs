//! One policy made ready for questions.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use floe_frontend::ir::core::{CompareOp, PredicateId};
use floe_frontend::ir::part::{
    Column, Condition, Mode, Part, PartId, PartLiteral, PartTerm, Slot, Strata,
};
use floe_frontend::ir::{Program, TypeId, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::clause::{Origin, linked};
use super::plan::{Adorned, PlanId, SharedPlan};
use super::reach::Reach;
use super::work::Work;
use super::{CannotAnswer, Context, origin};
use crate::catalog::{Catalog, ContextUse};
use crate::faults::{Fault, has};
use crate::value::{Locals, Sym, TypeIx};

/// Everything about a policy that no request changes. Plans are made when first needed
/// and kept; any number of threads may ask at once.
pub struct Goals {
    catalog: Arc<Catalog>,
    /// Rules by head: those of part `p` are `rules[first_rule[p]..first_rule[p + 1]]`.
    first_rule: Vec<u32>,
    rules: Vec<u32>,
    /// By part.
    strata: Vec<u32>,
    /// By predicate.
    parts: Vec<Vec<PartId>>,
    /// Unbound columns of parts on demand that some rule gives a value, by argument.
    may_bind: FxHashMap<PartId, Vec<bool>>,
    /// Constants that tell parts apart.
    constants: FxHashSet<Sym>,
    /// Whether the time is ever a value: equal to something, or an argument.
    pub(super) time_is_a_value: bool,
    /// Whether a condition may lack a value when it is judged.
    pub(super) may_be_stuck: bool,
    pub(super) reach: Reach,
    plans: RwLock<Plans>,
    causes: RwLock<Causes>,
    pool: Mutex<Vec<Work>>,
}

#[derive(Default)]
struct Plans {
    ids: FxHashMap<Adorned, PlanId>,
    adorned: Vec<Adorned>,
    compiled: Vec<Option<SharedPlan>>,
}

/// Reasons for not answering, by code; codes begin at 1.
#[derive(Default)]
struct Causes {
    known: FxHashMap<CannotAnswer, u32>,
    list: Vec<CannotAnswer>,
}

/// What requests leave behind for others to use.
const POOL: usize = 64;

impl Goals {
    /// Makes a policy ready for questions.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>) -> Goals {
        let strata = &catalog.program().strata;
        let count = strata.parts.len();
        let mut first_rule = vec![0_u32; count + 1];
        for rule in &strata.rules {
            first_rule[rule.head.part.0 as usize + 1] += 1;
        }
        for p in 0..count {
            first_rule[p + 1] += first_rule[p];
        }
        let mut rules: Vec<u32> = (0..strata.rules.len() as u32).collect();
        rules.sort_by_key(|r| strata.rules[*r as usize].head.part);
        let mut of_part = vec![0; count];
        for (stratum, s) in (0..).zip(&strata.strata) {
            for part in s.parts.clone() {
                of_part[part as usize] = stratum;
            }
        }
        let mut parts = vec![Vec::new(); catalog.program().core.predicates.len()];
        for (i, part) in (0..).zip(&strata.parts) {
            parts[part.predicate.0 as usize].push(PartId(i));
        }
        let constants = strata
            .parts
            .iter()
            .flat_map(|p| &p.columns)
            .flat_map(|column| match column {
                Column::Constant(value) => std::slice::from_ref(value),
                Column::Stored(_, except) => except,
                Column::Every(_) => &[],
            })
            .filter_map(|value| catalog.vocabulary().sym(value))
            .collect();
        Goals {
            first_rule,
            rules,
            strata: of_part,
            parts,
            may_bind: may_bind(strata),
            constants,
            time_is_a_value: time_is_a_value(strata),
            may_be_stuck: may_be_stuck(strata),
            reach: Reach::new(strata),
            plans: RwLock::default(),
            causes: RwLock::default(),
            pool: Mutex::default(),
            catalog,
        }
    }

    /// The policy's catalog.
    #[must_use]
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The policy.
    #[must_use]
    pub fn program(&self) -> &Program {
        self.catalog.program()
    }

    /// A request's context: facts that the policy cannot use are left out (spec 6.5).
    pub fn context<'f>(
        &self,
        facts: impl IntoIterator<Item = (PredicateId, &'f [Sym])>,
        locals: &Locals<'_>,
    ) -> Context {
        let mut context = Context::new();
        let mut row = Vec::new();
        for (predicate, args) in facts {
            if has(Fault::ContextIgnored) {
                continue;
            }
            match self
                .catalog
                .route_context(predicate, args, |s| locals.type_of(s))
            {
                ContextUse::None => {}
                ContextUse::Answer => context.add_answer(predicate, args),
                ContextUse::Part(part) => {
                    row.clear();
                    let columns = self.catalog.stored_columns(part);
                    row.extend(columns.iter().map(|c| args[*c as usize]));
                    context.add_row(part, &row);
                }
            }
        }
        context
    }

    pub(super) fn part(&self, part: PartId) -> &Part {
        self.program().strata.part(part)
    }

    pub(super) fn stratum(&self, part: PartId) -> u32 {
        self.strata[part.0 as usize]
    }

    pub(super) fn rules_of(&self, part: PartId) -> &[u32] {
        let first = |p: u32| self.first_rule[p as usize] as usize;
        &self.rules[first(part.0)..first(part.0 + 1)]
    }

    /// Whether the part holds facts only.
    pub(super) fn is_leaf(&self, part: PartId) -> bool {
        self.rules_of(part).is_empty()
    }

    pub(super) fn parts_of(&self, predicate: PredicateId) -> &[PartId] {
        self.parts.get(predicate.0 as usize).map_or(&[], |p| p)
    }

    pub(super) fn may_bind(&self, part: PartId, argument: usize) -> bool {
        self.may_bind
            .get(&part)
            .is_some_and(|columns| columns[argument])
    }

    pub(super) fn sym(&self, value: &Value) -> Sym {
        let sym = self.catalog.vocabulary().sym(value);
        sym.expect("the vocabulary has every constant of its program")
    }

    pub(super) fn type_id(&self, ty: TypeIx) -> TypeId {
        self.catalog.vocabulary().type_id(ty)
    }

    /// Whether parts differ by this very symbol and not by its type alone.
    pub(crate) fn is_constant(&self, sym: Sym) -> bool {
        self.constants.contains(&sym)
    }

    /// The number of a plan, made or not.
    pub(super) fn plan_id(&self, goal: Adorned) -> PlanId {
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = plans.ids.get(&goal) {
            return *id;
        }
        drop(plans);
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        let next = PlanId(plans.adorned.len() as u32);
        let id = *plans.ids.entry(goal.clone()).or_insert(next);
        if id == next {
            plans.adorned.push(goal);
            plans.compiled.push(None);
        }
        id
    }

    /// A plan, made if need be.
    pub(super) fn plan(&self, id: PlanId) -> SharedPlan {
        let at = id.0 as usize;
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = &plans.compiled[at] {
            return plan.clone();
        }
        let goal = plans.adorned[at].clone();
        drop(plans);
        // Two threads may both make it; the first one stays.
        let plan = Arc::new(self.compile(&goal));
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        plans.compiled[at].get_or_insert(plan).clone()
    }

    /// The code of a condition that cannot be judged for want of the term at a place, or
    /// of both sides.
    pub(super) fn unlistable(&self, condition: Origin, place: Option<usize>) -> u32 {
        let (variable, rule) = origin::blame(self.program(), condition, place);
        self.cause(CannotAnswer::CannotList { variable, rule })
    }

    /// The code of a reason.
    pub(super) fn cause(&self, cause: CannotAnswer) -> u32 {
        let mut causes = self.causes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = causes.known.get(&cause) {
            return *code;
        }
        causes.list.push(cause.clone());
        let code = causes.list.len() as u32;
        causes.known.insert(cause, code);
        code
    }

    /// The reason with this code.
    pub(super) fn cause_of(&self, code: u32) -> CannotAnswer {
        let causes = self.causes.read().unwrap_or_else(PoisonError::into_inner);
        causes.list[code as usize - 1].clone()
    }

    /// Of two codes the one to report: 0 is none, and the order is that of names.
    pub(super) fn first_cause(&self, a: u32, b: u32) -> u32 {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        let key = |code: u32| match self.cause_of(code) {
            CannotAnswer::CannotList { variable, rule } => {
                (0, Some(variable), self.program().core.rule(rule).span, 0, 0)
            }
            CannotAnswer::Linked { first, second } => (1, None, None, first, second),
            CannotAnswer::Exceeded(_) => (2, None, None, 0, 0),
        };
        if key(a) <= key(b) { a } else { b }
    }

    pub(super) fn take_work(&self) -> Work {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.pop().unwrap_or_default()
    }

    pub(super) fn return_work(&self, work: Work) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < POOL {
            pool.push(work);
        }
    }
}

/// Unbound columns of parts on demand that a rule of theirs may give a value: that of the
/// time, of another argument, or what such a column of a part they read has.
fn may_bind(strata: &Strata) -> FxHashMap<PartId, Vec<bool>> {
    let mut found: FxHashMap<PartId, Vec<bool>> = (0..)
        .zip(&strata.parts)
        .filter(|(_, part)| part.mode == Mode::Demand)
        .filter(|(_, part)| part.columns.iter().any(|c| matches!(c, Column::Every(_))))
        .map(|(i, part)| (PartId(i), vec![false; part.columns.len()]))
        .collect();
    let is_time = |l: &PartLiteral, v: &PartTerm| match l {
        PartLiteral::Compare(CompareOp::Eq, a, PartTerm::Now) => a == v,
        PartLiteral::Compare(CompareOp::Eq, PartTerm::Now, b) => b == v,
        _ => false,
    };
    let mut changed = !found.is_empty();
    while changed {
        changed = false;
        for rule in &strata.rules {
            let Some(before) = found.get(&rule.head.part) else {
                continue;
            };
            let binds = |(i, v): (usize, &PartTerm)| {
                before[i]
                    || !matches!(v, PartTerm::Variable(_))
                    || rule.head.args.iter().filter(|t| *t == v).count() > 1
                    || rule.body.iter().any(|l| match l {
                        PartLiteral::Positive(atom) => found
                            .get(&atom.part)
                            .is_some_and(|b| atom.args.iter().zip(b).any(|(t, b)| *b && t == v)),
                        other => is_time(other, v),
                    })
            };
            let after: Vec<bool> = rule.head.args.iter().enumerate().map(binds).collect();
            if after != *before {
                changed = true;
                found.insert(rule.head.part, after);
            }
        }
    }
    found
}

fn time_is_a_value(strata: &Strata) -> bool {
    let now = |s: &Option<Slot>| *s == Some(Slot::Now);
    let in_residue = strata
        .parts
        .iter()
        .flat_map(|p| &p.residue)
        .any(|c| match c {
            Condition::Compare(op, a, b) => {
                *op == CompareOp::Eq && (*a == Slot::Now || *b == Slot::Now)
            }
            Condition::Absent(_, args) => args.iter().any(now),
        });
    let now = |t: &PartTerm| *t == PartTerm::Now;
    let in_rule = |l: &PartLiteral| match l {
        PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => atom.args.iter().any(now),
        PartLiteral::Compare(op, a, b) => *op == CompareOp::Eq && (now(a) || now(b)),
        PartLiteral::HasType(..) => false,
    };
    in_residue || strata.rules.iter().flat_map(|r| &r.body).any(in_rule)
}

/// A condition on what no row has to have: an unbound column or an open variable.
fn may_be_stuck(strata: &Strata) -> bool {
    strata.parts.iter().any(|part| {
        let every = |slot: &Slot| match slot {
            Slot::Argument(i) => matches!(part.columns[*i as usize], Column::Every(_)),
            Slot::Open(_) => true,
            Slot::Hidden(_) | Slot::Value(_) | Slot::Now => false,
        };
        let stuck = |c: &Condition| match c {
            Condition::Compare(_, a, b) => linked(c).is_none() && (every(a) || every(b)),
            Condition::Absent(_, args) => args.iter().flatten().any(every),
        };
        let demand =
            part.mode == Mode::Demand && part.columns.iter().any(|c| matches!(c, Column::Every(_)));
        demand || !part.open.is_empty() || part.residue.iter().any(stuck)
    })
}
