//! A policy in force: everything that questions and facts need of it.

use std::sync::Arc;

use floe_frontend::ir::Program;
use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::{Column, Condition, Feed, PartId, PartLiteral};
use rustc_hash::FxHashSet;

use super::Config;
use super::lookup::Routes;
use super::stored::StoredFacts;
use crate::catalog::{Catalog, RelationIx, Vocabulary};
use crate::goal::Goals;
use crate::index::PartShape;
use crate::plan::{Plan, Side};
use crate::value::Sym;

/// A policy, ready for questions, with its plan.
pub(super) struct Policy {
    /// Counts the policies of an environment, from 1.
    pub(super) version: u64,
    pub(super) catalog: Arc<Catalog>,
    pub(super) goals: Goals,
    pub(super) plan: Plan,
    /// By predicate: where its facts are stored.
    pub(super) relations: Vec<Option<RelationIx>>,
    /// By part: the fact it holds, as far as the policy knows it; empty if it holds none.
    templates: Vec<Vec<Place>>,
    /// What the index is to hold.
    pub(super) kept: Vec<PartId>,
    /// `allow` of two arguments, and of three.
    allow: [Option<PredicateId>; 2],
    pub(super) routes: Routes,
}

/// An argument of a fact.
#[derive(Clone, Copy)]
enum Place {
    /// This constant.
    Constant(Sym),
    /// The next stored column.
    Stored,
}

impl Policy {
    /// Plans a program whose names have been interned, and makes room for its facts.
    pub(super) fn new(
        version: u64,
        program: Arc<Program>,
        vocabulary: Vocabulary,
        config: &Config,
        facts: &StoredFacts,
    ) -> Arc<Policy> {
        let plan = Plan::new(&program, config.maintain, config.passes);
        Policy::planned(version, program, vocabulary, plan, facts)
    }

    /// The same policy, planned without closures that have outgrown their budget.
    pub(super) fn without(&self, outgrown: &[usize], facts: &StoredFacts) -> Arc<Policy> {
        let program = Arc::clone(self.program());
        let plan = self.plan.without(&program, outgrown);
        let vocabulary = self.catalog.vocabulary().clone();
        Policy::planned(self.version, program, vocabulary, plan, facts)
    }

    fn planned(
        version: u64,
        program: Arc<Program>,
        vocabulary: Vocabulary,
        plan: Plan,
        facts: &StoredFacts,
    ) -> Arc<Policy> {
        let catalog = Arc::new(Catalog::new(program, vocabulary));
        let program = catalog.program();
        let predicates = program.core.predicates.iter();
        let relations = facts.enter(predicates.map(|p| (&*p.name, p.arity)));
        let constant = |value: &floe_frontend::ir::Value| {
            let sym = catalog.vocabulary().sym(value);
            sym.expect("the vocabulary has every constant of its program")
        };
        let template = |part: &floe_frontend::ir::part::Part| {
            if part.feed != Feed::Stored {
                return Vec::new();
            }
            let places = part.columns.iter().map(|column| match column {
                Column::Constant(value) => Some(Place::Constant(constant(value))),
                Column::Stored(..) => Some(Place::Stored),
                Column::Every(_) => None,
            });
            places.collect::<Option<Vec<Place>>>().unwrap_or_default()
        };
        Arc::new(Policy {
            version,
            templates: program.strata.parts.iter().map(template).collect(),
            kept: kept(program, &plan),
            allow: [2, 3].map(|arity| program.core.find("allow", arity)),
            routes: Routes::default(),
            goals: Goals::new(Arc::clone(&catalog)),
            catalog,
            plan,
            relations,
        })
    }

    /// `allow` of so many arguments, if the policy has it.
    pub(super) fn allow(&self, arity: usize) -> Option<PredicateId> {
        *self.allow.get(arity.checked_sub(2)?)?
    }

    pub(super) fn program(&self) -> &Arc<Program> {
        self.catalog.program()
    }

    /// Parts of the index with the layout of their rows.
    pub(super) fn shapes(&self) -> Vec<(PartId, PartShape)> {
        let shape = |part: &PartId| {
            let at = part.0 as usize;
            let stored = self.plan.stored[at].len();
            (*part, PartShape::new(stored, self.plan.widths[at] - stored))
        };
        self.kept.iter().map(shape).collect()
    }

    /// Where facts of a part are stored.
    pub(super) fn relation(&self, part: PartId) -> Option<RelationIx> {
        let predicate = self.program().strata.part(part).predicate;
        self.relations[predicate.0 as usize]
    }

    /// A row of a part as a fact, an entry per argument; false if the part holds no facts.
    pub(super) fn fact<T: Copy>(
        &self,
        part: PartId,
        row: &[T],
        constant: impl Fn(Sym) -> T,
        fact: &mut Vec<T>,
    ) -> bool {
        let mut row = row.iter();
        fact.clear();
        for place in &self.templates[part.0 as usize] {
            fact.push(match place {
                Place::Constant(sym) => constant(*sym),
                Place::Stored => match row.next() {
                    Some(value) => *value,
                    None => return false,
                },
            });
        }
        !fact.is_empty()
    }
}

/// Maintained parts that somebody reads from outside of the dataflow: those of `allow`,
/// and those that what is derived on demand rests on.
fn kept(program: &Program, plan: &Plan) -> Vec<PartId> {
    let strata = &program.strata;
    let demanded = |p: PartId| plan.sides[p.0 as usize] != Side::Maintained;
    let mut read: FxHashSet<PartId> = FxHashSet::default();
    for rule in strata.rules.iter().filter(|r| demanded(r.head.part)) {
        read.extend(rule.body.iter().filter_map(|literal| match literal {
            PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => Some(atom.part),
            PartLiteral::Compare(..) | PartLiteral::HasType(..) => None,
        }));
    }
    for part in &strata.parts {
        read.extend(part.residue.iter().filter_map(|condition| match condition {
            Condition::Absent(part, _) => Some(*part),
            Condition::Compare(..) => None,
        }));
    }
    let has_rules: FxHashSet<PartId> = plan.flows.iter().map(|f| f.head).collect();
    let parts = (0..).map(PartId).zip(&strata.parts);
    parts
        .filter(|(p, part)| {
            let predicate = program.core.predicate(part.predicate);
            // What holds nothing but facts is read where they are stored.
            !demanded(*p)
                && has_rules.contains(p)
                && (&*predicate.name == "allow" || read.contains(p))
        })
        .map(|(p, _)| p)
        .collect()
}
