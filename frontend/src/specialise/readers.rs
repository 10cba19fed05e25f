//! Which atoms can read a cell: the inverse of [`Cells::candidates`].

use rustc_hash::FxHashMap;

use crate::ir::core::{PredicateId, RuleId};

use super::binding::Binding;
use super::cells::{CellId, Cells, Key, Shape, splits};
use super::outline::Outline;
use super::partition::{Class, Partitions};
use super::vocabulary::Vocabulary;

/// A positive atom: its rule and its place among the positive atoms there.
pub(super) type Reader = (RuleId, u32);

/// Atoms that can read a cell.
#[derive(Default)]
pub(super) struct Readers {
    /// By class of the key argument and literal at the literal position (`None`: none).
    exact: FxHashMap<Key, Vec<Reader>>,
    /// By class of the key argument alone.
    class: FxHashMap<(PredicateId, Option<Class>), Vec<Reader>>,
    /// All of a predicate.
    all: FxHashMap<PredicateId, Vec<Reader>>,
}

impl Readers {
    pub(super) fn new(
        rules: &[Outline],
        vocabulary: &Vocabulary,
        partitions: &Partitions,
        cells: &Cells<'_>,
    ) -> Readers {
        let mut readers = Readers::default();
        for (r, rule) in rules.iter().enumerate() {
            let binding = Binding::new(rule);
            for (i, atom) in rule.positives.iter().enumerate() {
                let reader = (RuleId(r as u32), i as u32);
                let predicate = atom.predicate;
                readers.all.entry(predicate).or_default().push(reader);
                let literal = cells
                    .literal_position(predicate)
                    .and_then(|p| binding.argument_constant(atom.args[p]))
                    .filter(|v| splits(vocabulary.value(*v)));
                let mut enter = |class: Option<Class>| {
                    let key = (predicate, class, literal);
                    readers.exact.entry(key).or_default().push(reader);
                    let class = readers.class.entry((predicate, class)).or_default();
                    class.push(reader);
                };
                let key = partitions.key(predicate);
                match atom.args.get(key) {
                    None => enter(None),
                    Some(&arg) => {
                        let types = binding.argument_types(arg, vocabulary);
                        for class in partitions.meeting(predicate, key, types, vocabulary).iter() {
                            enter(Some(*class));
                        }
                    }
                }
            }
        }
        readers
    }

    pub(super) fn of(
        &self,
        cell: CellId,
        cells: &Cells<'_>,
        partitions: &Partitions,
        found: &mut Vec<Reader>,
    ) {
        let frame = cells.frame(cell);
        let predicate = frame.predicate;
        let class = match frame.columns.get(partitions.key(predicate)) {
            Some(Shape::Stored(class)) => Some(*class),
            None => None,
            // Unbound: atoms of every class read it.
            Some(Shape::Every(..)) => {
                found.extend(self.all.get(&predicate).into_iter().flatten());
                return;
            }
        };
        let constant = cells
            .literal_position(predicate)
            .and_then(|i| cells.get(cell).constants[i]);
        let Some(constant) = constant else {
            // Any value may stand there: atoms with any literal read it.
            found.extend(self.class.get(&(predicate, class)).into_iter().flatten());
            return;
        };
        for literal in [None, Some(constant)] {
            let key = (predicate, class, literal);
            found.extend(self.exact.get(&key).into_iter().flatten());
        }
    }
}
