//! Models: the patterns of every predicate, and how they are found.

use std::collections::{HashSet, VecDeque};

use floe_frontend::ir::core::PredicateId;

use super::pattern::{Arg, Pattern};
use super::rules::{Atom, Rules};
use crate::question::CannotAnswer;

/// With more patterns than this a world is no case for a reference evaluator.
const ROOM: usize = 200_000;

/// A set of patterns for every predicate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Model {
    relations: Vec<HashSet<Pattern>>,
}

impl Model {
    /// The stable model: the one that judges its own negations.
    pub(super) fn stable(rules: &Rules) -> Result<Model, CannotAnswer> {
        let mut earlier = vec![Model::default()];
        loop {
            let last = earlier.last().expect("it starts with one");
            let next = Model::least(rules, last)?;
            if next == *last {
                return Ok(next);
            }
            if earlier.contains(&next) {
                return Err(CannotAnswer::Undefined);
            }
            earlier.push(next);
        }
    }

    /// The least model in which `judge` says what negated atoms are worth.
    fn least(rules: &Rules, judge: &Model) -> Result<Model, CannotAnswer> {
        let predicates = rules.program.core.predicates.len();
        let mut model = Model {
            relations: vec![HashSet::new(); predicates],
        };
        let mut found: VecDeque<(PredicateId, Pattern)> = VecDeque::new();
        for rule in rules.rules.iter().filter(|rule| rule.atoms.is_empty()) {
            found.extend(rules.conclude(rule, rule.start.clone(), judge));
        }
        let mut size = 0;
        while let Some((predicate, pattern)) = found.pop_front() {
            if !model.relations[predicate.0 as usize].insert(pattern.clone()) {
                continue;
            }
            size += 1;
            if size > ROOM {
                return Err(CannotAnswer::TooLarge);
            }
            for rule in &rules.rules {
                for (place, (mentioned, terms)) in rule.atoms.iter().enumerate() {
                    if *mentioned != predicate {
                        continue;
                    }
                    if let Some(start) = rule.start.join(terms, &pattern) {
                        let mut others: Vec<&Atom> = rule.atoms.iter().collect();
                        others.remove(place);
                        let conclude = |joined| rules.conclude(rule, joined, judge);
                        model.join(start, &others, &mut |joined| found.extend(conclude(joined)));
                    }
                }
            }
        }
        Ok(model)
    }

    /// The patterns of a predicate.
    pub(super) fn patterns(&self, predicate: PredicateId) -> impl Iterator<Item = &Pattern> {
        self.relations
            .get(predicate.0 as usize)
            .into_iter()
            .flatten()
    }

    /// Every way to join the atoms to patterns. The atom with the fewest open arguments
    /// goes first; any order finds the same.
    pub(super) fn join(&self, start: Pattern, atoms: &[&Atom], found: &mut dyn FnMut(Pattern)) {
        let open = |(_, terms): &Atom| {
            let open = |term: &&Arg| matches!(start.look(term), Arg::Open(_));
            terms.iter().filter(open).count()
        };
        let Some(chosen) = (0..atoms.len()).min_by_key(|&i| open(atoms[i])) else {
            return found(start);
        };
        let mut others = atoms.to_vec();
        let (predicate, terms) = others.remove(chosen);
        for joined in self
            .patterns(*predicate)
            .filter_map(|p| start.join(terms, p))
        {
            self.join(joined, &others, found);
        }
    }
}
