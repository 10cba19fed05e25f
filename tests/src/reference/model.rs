//! Models: the patterns of every predicate, and how they are found.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use floe_frontend::ir::core::PredicateId;

use super::pattern::{Arg, Known, Pattern};
use super::rules::{Atom, Rule, Rules};
use crate::question::CannotAnswer;

/// With more patterns than this a world is no case for a reference evaluator.
const ROOM: usize = 200_000;

/// A set of patterns for every predicate.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Model {
    relations: Vec<Relation>,
}

/// Patterns of one predicate.
#[derive(Debug, Default)]
struct Relation {
    all: HashSet<Rc<Pattern>>,
    /// By place, the patterns with this value there, and those with an open one.
    places: Vec<HashMap<Option<Known>, Vec<Rc<Pattern>>>>,
}

impl PartialEq for Relation {
    fn eq(&self, other: &Relation) -> bool {
        self.all == other.all
    }
}

impl Relation {
    /// Whether it is new.
    fn insert(&mut self, pattern: Pattern) -> bool {
        let pattern = Rc::new(pattern);
        if !self.all.insert(Rc::clone(&pattern)) {
            return false;
        }
        self.places.resize_with(pattern.args.len(), HashMap::new);
        for (place, arg) in self.places.iter_mut().zip(&pattern.args) {
            let value = match arg {
                Arg::Known(known) => Some(known.clone()),
                _ => None,
            };
            place.entry(value).or_default().push(Rc::clone(&pattern));
        }
        true
    }
}

impl Model {
    /// The stable model: the one that judges its own negations.
    pub(super) fn stable(rules: &Rules) -> Result<Model, CannotAnswer> {
        if !rules.negate() {
            return Model::least(rules, &Model::default());
        }
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
        let mut model = Model::default();
        model.relations.resize_with(predicates, Relation::default);
        let mut mentions: Vec<Vec<(&Rule, usize)>> = vec![Vec::new(); predicates];
        for rule in &rules.rules {
            for (place, (predicate, _)) in rule.atoms.iter().enumerate() {
                mentions[predicate.0 as usize].push((rule, place));
            }
        }
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
            for &(rule, place) in &mentions[predicate.0 as usize] {
                if let Some(start) = rule.start.join(&rule.atoms[place].1, &pattern) {
                    let mut others: Vec<&Atom> = rule.atoms.iter().collect();
                    others.remove(place);
                    let conclude = |joined| rules.conclude(rule, joined, judge);
                    model.join(start, &others, &mut |joined| found.extend(conclude(joined)));
                }
            }
        }
        Ok(model)
    }

    /// Every way to join an atom to a pattern of its predicate.
    pub(super) fn joined(&self, start: &Pattern, (predicate, terms): &Atom) -> Vec<Pattern> {
        let Some(relation) = self.relations.get(predicate.0 as usize) else {
            return Vec::new();
        };
        // Only those with the same value, or an open one, have something in common with it.
        let places = relation.places.iter().zip(terms);
        let alike = places.filter_map(|(place, term)| {
            let all = |value| place.get(&value).map_or(&[][..], Vec::as_slice);
            match start.look(term) {
                Arg::Known(known) => Some([all(Some(known.clone())), all(None)]),
                _ => None,
            }
        });
        let fewest = alike.min_by_key(|[same, open]| same.len() + open.len());
        let join = |pattern: &Rc<Pattern>| start.join(terms, pattern);
        match fewest {
            Some(alike) => alike.iter().copied().flatten().filter_map(join).collect(),
            None => relation.all.iter().filter_map(join).collect(),
        }
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
        let atom = others.remove(chosen);
        for joined in self.joined(&start, atom) {
            self.join(joined, &others, found);
        }
    }
}
