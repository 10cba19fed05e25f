//! Type classes: per position of a predicate, the coarsest split of all types that the
//! rules' own type tests there do not cut through.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::core::{Core, PredicateId};
use crate::ir::{TypeId, TypeTable};

use super::cells::splits;
use super::outline::{Arg, Outline, Pattern, read};
use super::vocabulary::{SetId, Vocabulary};

/// Index of a class within its position.
pub(super) type Class = u32;

/// The classes of one position; together they are every type.
struct Split {
    classes: Vec<SetId>,
    /// The class of each type.
    of: Vec<Class>,
}

/// Which classes of a position meet a set.
type Question = (PredicateId, usize, SetId);

/// The classes of every position of every predicate.
pub(super) struct Partitions {
    splits: Vec<Vec<Split>>,
    /// Per predicate, the position with the most classes: what cells are looked up by.
    key: Vec<usize>,
    /// Answers of [`Partitions::meeting`]: the same few are asked for over and over.
    met: RefCell<FxHashMap<Question, Rc<[Class]>>>,
}

impl Partitions {
    /// The types of a class.
    pub(super) fn types(&self, predicate: PredicateId, position: usize, class: Class) -> SetId {
        self.splits[predicate.0 as usize][position].classes[class as usize]
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
        types: SetId,
        vocabulary: &Vocabulary,
    ) -> Rc<[Class]> {
        let mut met = self.met.borrow_mut();
        let entry = met.entry((predicate, position, types));
        let found = entry.or_insert_with(|| {
            let split = &self.splits[predicate.0 as usize][position];
            let types = vocabulary.types(types).iter();
            let mut found: Vec<Class> = types.map(|t| split.of[t.0 as usize]).collect();
            found.sort_unstable();
            found.dedup();
            found.into()
        });
        found.clone()
    }

    /// The position that tells cells of this predicate apart best.
    pub(super) fn key(&self, predicate: PredicateId) -> usize {
        self.key[predicate.0 as usize]
    }

    pub(super) fn new(
        core: &Core,
        rules: &[Outline],
        types: &TypeTable,
        vocabulary: &mut Vocabulary,
    ) -> Partitions {
        let mut tests: Vec<Vec<FxHashSet<SetId>>> = core
            .predicates
            .iter()
            .map(|p| vec![FxHashSet::default(); p.arity])
            .collect();
        for rule in rules {
            let mut look = |atom: &Pattern| {
                for (i, &arg) in atom.args.iter().enumerate() {
                    let test = match arg {
                        Arg::Variable(v) => rule.variables[v.0 as usize],
                        // Constants that positions are split by need a class of their own.
                        Arg::Value(v) if splits(vocabulary.value(v)) => vocabulary.only(v),
                        Arg::Value(_) => continue,
                    };
                    if test != SetId::ANY {
                        tests[atom.predicate.0 as usize][i].insert(test);
                    }
                }
            };
            look(&rule.head);
            rule.body().for_each(look);
        }
        let mut split = |tests: &Vec<FxHashSet<SetId>>| -> Vec<Split> {
            let all = tests.iter();
            all.map(|t| Split::new(types, t, vocabulary)).collect()
        };
        let read = read(core, rules);
        let mut splits: Vec<Vec<Split>> = tests
            .iter()
            .zip(&read)
            .map(|(tests, read)| if *read { split(tests) } else { Vec::new() })
            .collect();
        // What no rule reads (`allow` as a rule) is split as finely as what it is made of,
        // which costs nothing there and makes its rows narrower.
        for rule in rules {
            let head = rule.head.predicate.0 as usize;
            if read[head] {
                continue;
            }
            for (i, arg) in rule.head.args.iter().enumerate() {
                for atom in &rule.positives {
                    for (j, other) in atom.args.iter().enumerate() {
                        if matches!(arg, Arg::Variable(_)) && arg == other {
                            let finer = &splits[atom.predicate.0 as usize][j];
                            tests[head][i].extend(&finer.classes);
                        }
                    }
                }
            }
        }
        for (p, read) in read.iter().enumerate() {
            if !read {
                splits[p] = split(&tests[p]);
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
        Partitions {
            splits,
            key,
            met: RefCell::default(),
        }
    }
}

impl Split {
    /// Groups types by which tests admit them: one class at first, refined test by test.
    fn new(types: &TypeTable, tests: &FxHashSet<SetId>, vocabulary: &mut Vocabulary) -> Split {
        let count = types.any().len();
        let mut of: Vec<Class> = vec![0; count];
        let mut sizes: Vec<usize> = vec![count];
        // Per class, how many of its types the test at hand admits and where they go.
        let mut inside: Vec<usize> = vec![0];
        let mut moved: Vec<Class> = vec![0];
        let mut touched: Vec<Class> = Vec::new();
        for &test in tests {
            let test = vocabulary.types(test);
            touched.clear();
            for ty in test.iter() {
                let class = of[ty.0 as usize];
                if inside[class as usize] == 0 {
                    touched.push(class);
                }
                inside[class as usize] += 1;
            }
            // A class that the test cuts through gives its members to a new one.
            for &class in &touched {
                let c = class as usize;
                let members = std::mem::take(&mut inside[c]);
                moved[c] = class;
                if members < sizes[c] {
                    moved[c] = sizes.len() as Class;
                    sizes[c] -= members;
                    sizes.push(members);
                    inside.push(0);
                    moved.push(0);
                }
            }
            for ty in test.iter() {
                let class = &mut of[ty.0 as usize];
                *class = moved[*class as usize];
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
            classes: members
                .iter()
                .map(|m| vocabulary.set(&types.set(m)))
                .collect(),
            of,
        }
    }
}
