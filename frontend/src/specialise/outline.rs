//! Rules as instantiation sees them: written with the numbers of a [`Vocabulary`], without
//! the comparisons, which nothing is split by.

use smallvec::SmallVec;

use crate::ir::core::{Atom, Core, Literal, PredicateId, Term, VariableId};

use super::vocabulary::{SetId, ValueId, Vocabulary};

/// An argument of a [`Pattern`]; atoms carry no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arg {
    Variable(VariableId),
    Value(ValueId),
}

/// An atom.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) predicate: PredicateId,
    pub(super) args: SmallVec<[Arg; 4]>,
}

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Outline {
    /// The types of each variable.
    pub(super) variables: SmallVec<[SetId; 4]>,
    pub(super) head: Pattern,
    /// In the order of the body.
    pub(super) positives: SmallVec<[Pattern; 2]>,
    /// In the order of the body.
    pub(super) negatives: SmallVec<[Pattern; 1]>,
}

impl Outline {
    /// The outline of every rule, in order.
    pub(super) fn all(core: &Core, vocabulary: &mut Vocabulary) -> Vec<Outline> {
        let pattern = |atom: &Atom, vocabulary: &Vocabulary| Pattern {
            predicate: atom.predicate,
            args: atom
                .args
                .iter()
                .filter_map(|term| match term {
                    Term::Variable(v) => Some(Arg::Variable(*v)),
                    Term::Value(value) => vocabulary.find(value).map(Arg::Value),
                    Term::Now => None,
                })
                .collect(),
        };
        core.rules
            .iter()
            .map(|rule| Outline {
                variables: rule
                    .variables
                    .iter()
                    .map(|v| vocabulary.set(&v.types))
                    .collect(),
                head: pattern(&rule.head, vocabulary),
                positives: rule
                    .body
                    .iter()
                    .filter_map(|l| match l {
                        Literal::Positive(atom) => Some(pattern(atom, vocabulary)),
                        _ => None,
                    })
                    .collect(),
                negatives: rule
                    .body
                    .iter()
                    .filter_map(|l| match l {
                        Literal::Negative(atom) => Some(pattern(atom, vocabulary)),
                        _ => None,
                    })
                    .collect(),
            })
            .collect()
    }

    /// Atoms of the body.
    pub(super) fn body(&self) -> impl Iterator<Item = &Pattern> {
        self.positives.iter().chain(&self.negatives)
    }
}

/// Per predicate, whether any body mentions it.
pub(super) fn read(core: &Core, rules: &[Outline]) -> Vec<bool> {
    let mut read = vec![false; core.predicates.len()];
    for pattern in rules.iter().flat_map(Outline::body) {
        read[pattern.predicate.0 as usize] = true;
    }
    read
}
