//! Type classes: per position of a predicate, the coarsest split of all types that the
//! rules' own type tests there do not cut through.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::core::{Atom, Core, Literal, PredicateId, Term};
use crate::ir::{TypeId, TypeSet, TypeTable, Value};

/// Index of a class within its position.
pub(super) type Class = u32;

/// The classes of one position; together they are every type.
struct Split {
    classes: Vec<TypeSet>,
    /// The class of each type.
    of: Vec<Class>,
}

/// The classes of every position of every predicate.
pub(super) struct Partitions {
    splits: Vec<Vec<Split>>,
    /// Per predicate, the position with the most classes: what cells are looked up by.
    key: Vec<usize>,
}

impl Partitions {
    /// The types of a class.
    pub(super) fn types(&self, predicate: PredicateId, position: usize, class: Class) -> &TypeSet {
        &self.splits[predicate.0 as usize][position].classes[class as usize]
    }

    /// The class that holds the type.
    pub(super) fn class(&self, predicate: PredicateId, position: usize, ty: TypeId) -> Class {
        self.splits[predicate.0 as usize][position].of[ty.0 as usize]
    }

    /// The classes that have a type in common with the set, ascending.
    pub(super) fn meeting(
        &self,
        predicate: PredicateId,
        position: usize,
        types: &TypeSet,
    ) -> Vec<Class> {
        let split = &self.splits[predicate.0 as usize][position];
        if split.classes.len() == 1 {
            return if types.is_empty() {
                Vec::new()
            } else {
                vec![0]
            };
        }
        let mut found: Vec<Class> = types.iter().map(|t| split.of[t.0 as usize]).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The position that tells cells of this predicate apart best.
    pub(super) fn key(&self, predicate: PredicateId) -> usize {
        self.key[predicate.0 as usize]
    }

    pub(super) fn new(core: &Core, types: &TypeTable) -> Partitions {
        let mut tests: Vec<Vec<FxHashSet<TypeSet>>> = core
            .predicates
            .iter()
            .map(|p| vec![FxHashSet::default(); p.arity])
            .collect();
        let mut read = vec![false; core.predicates.len()];
        for rule in &core.rules {
            let mut look = |atom: &Atom| {
                for (i, arg) in atom.args.iter().enumerate() {
                    let test = match arg {
                        Term::Variable(v) => rule.variable(*v).types.clone(),
                        // Constants that positions are split by need a class of their own.
                        Term::Value(v @ (Value::String(_) | Value::Boolean(_))) => {
                            types.only(v.ty())
                        }
                        Term::Value(_) | Term::Now => continue,
                    };
                    if test != *types.any() {
                        tests[atom.predicate.0 as usize][i].insert(test);
                    }
                }
            };
            look(&rule.head);
            for literal in &rule.body {
                if let Literal::Positive(atom) | Literal::Negative(atom) = literal {
                    look(atom);
                    read[atom.predicate.0 as usize] = true;
                }
            }
        }
        let mut splits: Vec<Vec<Split>> = tests
            .iter()
            .map(|p| p.iter().map(|t| Split::new(types, t)).collect())
            .collect();
        // What no rule reads (`allow` as a rule) is split as finely as what it is made of,
        // which costs nothing there and makes its rows narrower.
        for rule in &core.rules {
            let head = rule.head.predicate.0 as usize;
            if read[head] {
                continue;
            }
            for (i, arg) in rule.head.args.iter().enumerate() {
                for literal in &rule.body {
                    let Literal::Positive(atom) = literal else {
                        continue;
                    };
                    for (j, other) in atom.args.iter().enumerate() {
                        if matches!(arg, Term::Variable(_)) && arg == other {
                            let finer = &splits[atom.predicate.0 as usize][j];
                            tests[head][i].extend(finer.classes.iter().cloned());
                        }
                    }
                }
            }
        }
        for (p, read) in read.iter().enumerate() {
            if !read {
                splits[p] = tests[p].iter().map(|t| Split::new(types, t)).collect();
            }
        }
        let key = splits
            .iter()
            .map(|p| {
                let widest = p
                    .iter()
                    .enumerate()
                    .max_by_key(|(i, s)| (s.classes.len(), *i));
                widest.map_or(0, |(i, _)| i)
            })
            .collect();
        Partitions { splits, key }
    }
}

impl Split {
    /// Groups types by which tests admit them.
    fn new(types: &TypeTable, tests: &FxHashSet<TypeSet>) -> Split {
        let count = types.any().len();
        let width = tests.len().div_ceil(64);
        let mut keys: Vec<Vec<u64>> = vec![vec![0; width]; count];
        for (i, test) in tests.iter().enumerate() {
            for ty in test.iter() {
                keys[ty.0 as usize][i / 64] |= 1 << (i % 64);
            }
        }
        let mut numbers: FxHashMap<Vec<u64>, Class> = FxHashMap::default();
        let mut members: Vec<Vec<TypeId>> = Vec::new();
        let mut of = Vec::with_capacity(count);
        for (ty, key) in keys.into_iter().enumerate() {
            let class = *numbers.entry(key).or_insert(members.len() as Class);
            if class as usize == members.len() {
                members.push(Vec::new());
            }
            members[class as usize].push(TypeId(ty as u32));
            of.push(class);
        }
        Split {
            classes: members.iter().map(|m| types.set(m)).collect(),
            of,
        }
    }
}
