//! Type classes: per position of a predicate, the coarsest split of all types that the
//! rules' own type tests there do not cut through.

use rustc_hash::FxHashSet;

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
    /// Groups types by which tests admit them: one class at first, refined test by test.
    fn new(types: &TypeTable, tests: &FxHashSet<TypeSet>) -> Split {
        let count = types.any().len();
        let mut of: Vec<Class> = vec![0; count];
        let mut sizes: Vec<usize> = vec![count];
        let mut inside: Vec<usize> = Vec::new();
        for test in tests {
            inside.clear();
            inside.resize(sizes.len(), 0);
            for ty in test.iter() {
                inside[of[ty.0 as usize] as usize] += 1;
            }
            // A class that the test cuts through gives its members to a new one.
            let parts: Vec<Class> = (0..inside.len())
                .map(|class| {
                    let moved = inside[class];
                    if moved == 0 || moved == sizes[class] {
                        return class as Class;
                    }
                    sizes[class] -= moved;
                    sizes.push(moved);
                    sizes.len() as Class - 1
                })
                .collect();
            for ty in test.iter() {
                let class = &mut of[ty.0 as usize];
                *class = parts[*class as usize];
            }
        }
        // Number classes by their first type: the order of tests is no order.
        let mut numbers: Vec<Option<Class>> = vec![None; sizes.len()];
        let mut members: Vec<Vec<TypeId>> = Vec::new();
        for (ty, class) in of.iter_mut().enumerate() {
            let number = *numbers[*class as usize].get_or_insert_with(|| {
                members.push(Vec::new());
                members.len() as Class - 1
            });
            members[number as usize].push(TypeId(ty as u32));
            *class = number;
        }
        Split {
            classes: members.iter().map(|m| types.set(m)).collect(),
            of,
        }
    }
}
