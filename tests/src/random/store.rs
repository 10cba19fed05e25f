//! Facts and changes to them, as the specification has it and in no clever way.

use std::collections::BTreeSet;
use std::fmt;

use floe_frontend::ir::Program;
use floe_frontend::source::Text;

use crate::value::{Fact, Value, fits};

/// What an argument of a deletion may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Any value.
    Any,
    /// Any value of exactly this type.
    Type(Text),
    /// A value of any type, with this id.
    Id(Text),
    /// This value.
    Value(Value),
}

/// One operation of a change set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// This fact shall be stored.
    Insert(Fact),
    /// No fact that agrees with this shall be stored.
    Delete(Text, Vec<Slot>),
}

impl Operation {
    /// The deletion of exactly this fact.
    #[must_use]
    pub fn delete(fact: &Fact) -> Operation {
        let slots = fact.args.iter().cloned().map(Slot::Value);
        Operation::Delete(fact.predicate.clone(), slots.collect())
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::Any => write!(f, "_"),
            Slot::Type(ty) => write!(f, "{ty}:_"),
            Slot::Id(id) => write!(f, "_:{id}"),
            Slot::Value(value) => write!(f, "{value}"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Insert(fact) => write!(f, "+ {fact}"),
            Operation::Delete(predicate, slots) => {
                let slots: Vec<String> = slots.iter().map(Slot::to_string).collect();
                write!(f, "- {predicate}({})", slots.join(", "))
            }
        }
    }
}

/// Whether a fact agrees with a deletion.
#[must_use]
pub fn agrees(fact: &Fact, predicate: &str, slots: &[Slot]) -> bool {
    let mut pairs = fact.args.iter().zip(slots);
    *fact.predicate == *predicate
        && fact.args.len() == slots.len()
        && pairs.all(|(value, slot)| match slot {
            Slot::Any => true,
            Slot::Type(ty) => value.ty == *ty,
            Slot::Id(id) => value.id == *id,
            Slot::Value(other) => value == other,
        })
}

/// The facts of one environment, those that the policy in force cannot use among them
/// (spec 6.4).
#[derive(Clone, Debug, Default)]
pub struct Store {
    facts: BTreeSet<Fact>,
}

impl Store {
    /// Applies all operations in order, or none of them: `false` if an insertion is not
    /// used in the policy.
    pub fn apply(&mut self, program: &Program, changes: &[Operation]) -> bool {
        let admitted = |operation: &Operation| match operation {
            Operation::Insert(fact) => fits(program, &program.signatures, fact),
            Operation::Delete(..) => true,
        };
        if !changes.iter().all(admitted) {
            return false;
        }
        for operation in changes {
            match operation {
                Operation::Insert(fact) => _ = self.facts.insert(fact.clone()),
                Operation::Delete(predicate, slots) => {
                    self.facts.retain(|fact| !agrees(fact, predicate, slots));
                }
            }
        }
        true
    }

    /// Everything stored.
    #[must_use]
    pub fn stored(&self) -> &BTreeSet<Fact> {
        &self.facts
    }

    /// What a question sees: the facts that the policy can use, and those of the context
    /// that count (spec 6.5).
    #[must_use]
    pub fn visible(&self, program: &Program, context: &[Fact]) -> Vec<Fact> {
        let stored = |fact: &&Fact| fits(program, &program.signatures, fact);
        let counts =
            |fact: &&Fact| stored(fact) || fits(program, &program.context_signatures, fact);
        let stored = self.facts.iter().filter(stored);
        stored
            .chain(context.iter().filter(counts))
            .cloned()
            .collect()
    }
}
