//! By which constants each position of each frame is split (design D2).
//!
//! A position is split by the literals that atoms have there, and by what the head needs
//! to tell apart of a variable that the body binds there: with `role if role on "org"`
//! the roles that a repository's rules name split the organisation's roles too. What no
//! rule reads is split as finely as what it is made of.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::core::{Atom, Core, Term};
use crate::ir::{TypeSet, TypeTable, Value};
use crate::limits::Limits;

use super::cells::{Cells, Constants, FrameId, Shape, splits};
use super::instances::{Instance, candidates, negatives, positives};
use super::partition::{Class, Partitions};

type Position = (FrameId, usize);

pub(super) fn collect(
    core: &Core,
    types: &TypeTable,
    partitions: &Partitions,
    cells: &Cells<'_>,
    instances: &[Instance],
    limits: &Limits,
) -> Constants {
    let mut values: FxHashMap<Position, FxHashSet<Value>> = FxHashMap::default();
    let mut flow: FxHashMap<Position, FxHashSet<Position>> = FxHashMap::default();
    let mut read = vec![false; core.predicates.len()];
    for rule in &core.rules {
        for atom in positives(&rule.body).chain(negatives(&rule.body)) {
            read[atom.predicate.0 as usize] = true;
        }
    }
    let stored =
        |p: Position| matches!(cells.frames[p.0.0 as usize].columns[p.1], Shape::Stored(_));
    for instance in instances {
        let rule = core.rule(instance.rule);
        let mut literals = |atom: &Atom, frame: FrameId| {
            for (i, arg) in atom.args.iter().enumerate() {
                if let Term::Value(value) = arg
                    && splits(value)
                    && stored((frame, i))
                {
                    let known = values.entry((frame, i)).or_default();
                    if !known.contains(value) {
                        known.insert(value.clone());
                    }
                }
            }
        };
        let head = cells.get(instance.head).frame;
        literals(&rule.head, head);
        let body: Vec<(&Atom, FrameId)> = positives(&rule.body)
            .zip(&instance.body)
            .map(|(atom, cell)| (atom, cells.get(*cell).frame))
            .collect();
        for &(atom, frame) in &body {
            literals(atom, frame);
        }
        let mut found = Vec::new();
        for atom in negatives(&rule.body) {
            found.clear();
            candidates(
                cells,
                partitions,
                types,
                atom,
                &instance.binding,
                &mut found,
            );
            for &cell in &found {
                if instance.binding.can_match(atom, cells, cell) {
                    literals(atom, cells.get(cell).frame);
                }
            }
        }
        for (h, arg) in rule.head.args.iter().enumerate() {
            let (Term::Variable(v), true) = (arg, stored((head, h))) else {
                continue;
            };
            let root = instance.binding.root(*v);
            for &(atom, frame) in &body {
                for (q, other) in atom.args.iter().enumerate() {
                    let same =
                        matches!(other, Term::Variable(o) if instance.binding.root(*o) == root);
                    if same && stored((frame, q)) {
                        flow.entry((head, h)).or_default().insert((frame, q));
                        if !read[rule.head.predicate.0 as usize] {
                            flow.entry((frame, q)).or_default().insert((head, h));
                        }
                    }
                }
            }
        }
    }
    let mut work: Vec<Position> = values.keys().copied().collect();
    work.sort_unstable();
    while let Some(from) = work.pop() {
        let Some(targets) = flow.get(&from) else {
            continue;
        };
        let mine: Vec<Value> = values.get(&from).into_iter().flatten().cloned().collect();
        for &to in targets {
            let theirs = values.entry(to).or_default();
            let before = theirs.len();
            let shape = &cells.frames[to.0.0 as usize].columns[to.1];
            let fits = |v: &&Value| matches!(shape, Shape::Stored(class) if class_types(cells, partitions, to, *class).has(v.ty()));
            theirs.extend(mine.iter().filter(fits).cloned());
            if theirs.len() > before {
                work.push(to);
            }
        }
    }
    let mut constants = Constants::new();
    for ((frame, position), set) in values {
        // Too many to split by: the position stays a column.
        if set.len() <= limits.constants_per_position {
            constants.set(frame, position, set.into_iter().collect());
        }
    }
    constants
}

fn class_types<'p>(
    cells: &Cells<'_>,
    partitions: &'p Partitions,
    (frame, position): Position,
    class: Class,
) -> &'p TypeSet {
    partitions.types(cells.frames[frame.0 as usize].predicate, position, class)
}
