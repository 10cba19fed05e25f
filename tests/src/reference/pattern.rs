//! Patterns, and what becomes of them when they meet.
//!
//! A relation consists of patterns. A rule half way through is a pattern too: its
//! arguments are the variables of the rule.

use std::collections::BTreeSet;

use floe_frontend::ir::core::{RuleId, VariableId};
use floe_frontend::ir::{TypeId, TypeSet};

use crate::question::CannotAnswer;
use crate::value::Value;

/// A value with the type the policy sees in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Known {
    pub(super) class: TypeId,
    pub(super) value: Value,
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Arg {
    /// A value.
    Known(Known),
    /// Any value of the types with this index; the same index is the same value.
    Open(usize),
    /// Some value: a variable that exists inside one negated atom only.
    Inner(VariableId),
}

/// A condition that has not been judged yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Condition {
    /// A literal of a rule, by its place in the body, and its arguments by now.
    Waiting(RuleId, usize, Vec<Arg>),
    /// Nothing will ever bind what it waits for.
    Stuck(CannotAnswer),
}

/// Every way to fill in the open values, each with one of its types, that meets the
/// conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    pub(super) args: Vec<Arg>,
    pub(super) types: Vec<TypeSet>,
    pub(super) conditions: BTreeSet<Condition>,
}

impl Pattern {
    /// What a term of a rule has become: in terms, an open argument is a variable.
    pub(super) fn look<'a>(&'a self, term: &'a Arg) -> &'a Arg {
        match term {
            Arg::Open(variable) => &self.args[*variable],
            other => other,
        }
    }

    /// Joins an atom with these terms to a pattern of its predicate: equal values, equal
    /// open values of the types that both admit, and the conditions of both. `None` if
    /// they have nothing in common.
    pub(super) fn join(&self, terms: &[Arg], other: &Pattern) -> Option<Pattern> {
        let mut pairs = terms.iter().zip(&other.args);
        if pairs.any(|(a, b)| matches!((self.look(a), b), (Arg::Known(a), Arg::Known(b)) if a != b))
        {
            return None; // what follows would say so too, after copying everything
        }
        let mut both = self.clone();
        let moved = |arg: &Arg| match arg {
            Arg::Open(i) => Arg::Open(self.types.len() + i),
            other => other.clone(),
        };
        both.types.extend(other.types.iter().cloned());
        both.conditions
            .extend(other.conditions.iter().map(|c| c.map(moved)));
        both.args.extend(other.args.iter().map(moved));
        for (i, term) in terms.iter().enumerate() {
            let (here, there) = (
                both.look(term).clone(),
                both.args[self.args.len() + i].clone(),
            );
            if !both.equate(here, there) {
                return None;
            }
        }
        both.args.truncate(self.args.len());
        Some(both)
    }

    /// Makes two arguments one, if they can be.
    pub(super) fn equate(&mut self, a: Arg, b: Arg) -> bool {
        let (open, other) = match (a, b) {
            (a, b) if a == b => return true,
            (Arg::Open(open), other) | (other, Arg::Open(open)) => (open, other),
            _ => return false,
        };
        let replaced = |arg: &Arg| match arg {
            Arg::Open(i) if *i == open => other.clone(),
            same => same.clone(),
        };
        self.args = self.args.iter().map(replaced).collect();
        self.conditions = self.conditions.iter().map(|c| c.map(replaced)).collect();
        match &other {
            Arg::Known(known) => self.types[open].has(known.class),
            Arg::Open(i) => {
                self.types[*i] = self.types[*i].and(&self.types[open]);
                !self.types[*i].is_empty()
            }
            Arg::Inner(_) => unreachable!("inner variables stand in conditions only"),
        }
    }

    /// The pattern of these terms alone, its open values numbered in order of appearance.
    /// `stuck` says of a condition on a value that is dropped here why it is hopeless,
    /// given the place of that value among its arguments.
    pub(super) fn project(
        &self,
        terms: &[Arg],
        stuck: impl Fn(RuleId, usize, usize) -> CannotAnswer,
    ) -> Pattern {
        let mut kept: Vec<usize> = Vec::new();
        for term in terms {
            match self.look(term) {
                Arg::Open(i) if !kept.contains(i) => kept.push(*i),
                _ => {}
            }
        }
        let place = |i: &usize| kept.iter().position(|k| k == i);
        let dropped = |arg: &Arg| matches!(arg, Arg::Open(i) if place(i).is_none());
        let numbered = |arg: &Arg| match arg {
            Arg::Open(i) => Arg::Open(place(i).expect("what is not kept is dropped")),
            other => other.clone(),
        };
        let carried = |condition: &Condition| match condition {
            Condition::Waiting(rule, literal, args) if args.iter().any(dropped) => {
                let place = args.iter().position(dropped).unwrap_or_default();
                Condition::Stuck(stuck(*rule, *literal, place))
            }
            other => other.map(numbered),
        };
        Pattern {
            args: terms.iter().map(|term| numbered(self.look(term))).collect(),
            types: kept.iter().map(|i| self.types[*i].clone()).collect(),
            conditions: self.conditions.iter().map(carried).collect(),
        }
    }
}

impl Condition {
    fn map(&self, change: impl Fn(&Arg) -> Arg) -> Condition {
        match self {
            Condition::Waiting(rule, literal, args) => {
                Condition::Waiting(*rule, *literal, args.iter().map(change).collect())
            }
            Condition::Stuck(why) => Condition::Stuck(why.clone()),
        }
    }
}
