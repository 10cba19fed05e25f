//! By which constants each position of each frame is split (design D2).
//!
//! A position is split by the literals that atoms have there, and by what the head needs
//! to tell apart of a variable that the body binds there: with `role if role on "org"`
//! the roles that a repository's rules name split the organisation's roles too. What no
//! rule reads is split as finely as what it is made of.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::core::Core;
use crate::limits::Limits;

use super::cells::{Cells, Constants, FrameId, Shape, splits};
use super::instances::{Instance, candidates};
use super::outline::{Arg, Outline, Pattern, read};
use super::partition::Partitions;
use super::vocabulary::{ValueId, Vocabulary};

type Position = (FrameId, usize);

pub(super) fn collect(
    core: &Core,
    rules: &[Outline],
    vocabulary: &mut Vocabulary,
    partitions: &Partitions,
    cells: &Cells<'_>,
    instances: &[Instance],
    limits: &Limits,
) -> Constants {
    let mut values: FxHashMap<Position, FxHashSet<ValueId>> = FxHashMap::default();
    let mut flow: FxHashMap<Position, FxHashSet<Position>> = FxHashMap::default();
    let read = read(core, rules);
    let stored =
        |p: Position| matches!(cells.frames[p.0.0 as usize].columns[p.1], Shape::Stored(_));
    let mut found = Vec::new();
    for instance in instances {
        let rule = &rules[instance.rule.0 as usize];
        let mut literals = |atom: &Pattern, frame: FrameId| {
            for (i, &arg) in atom.args.iter().enumerate() {
                if let Arg::Value(value) = arg
                    && splits(vocabulary.value(value))
                    && stored((frame, i))
                {
                    values.entry((frame, i)).or_default().insert(value);
                }
            }
        };
        let head = cells.get(instance.head).frame;
        literals(&rule.head, head);
        let body = || {
            let frames = instance.body.iter().map(|cell| cells.get(*cell).frame);
            rule.positives.iter().zip(frames)
        };
        for (atom, frame) in body() {
            literals(atom, frame);
        }
        for atom in &rule.negatives {
            found.clear();
            let binding = &instance.binding;
            candidates(cells, partitions, vocabulary, atom, binding, &mut found);
            for &cell in &found {
                if binding.can_match(atom, cells, vocabulary, cell) {
                    literals(atom, cells.get(cell).frame);
                }
            }
        }
        for (h, arg) in rule.head.args.iter().enumerate() {
            let (Arg::Variable(v), true) = (arg, stored((head, h))) else {
                continue;
            };
            let root = instance.binding.root(*v);
            for (atom, frame) in body() {
                for (q, other) in atom.args.iter().enumerate() {
                    let same =
                        matches!(other, Arg::Variable(o) if instance.binding.root(*o) == root);
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
        let mine: Vec<ValueId> = values.get(&from).into_iter().flatten().copied().collect();
        for &to in targets {
            let theirs = values.entry(to).or_default();
            let before = theirs.len();
            let frame = &cells.frames[to.0.0 as usize];
            if let Shape::Stored(class) = frame.columns[to.1] {
                let types = partitions.types(frame.predicate, to.1, class);
                theirs.extend(mine.iter().filter(|v| vocabulary.admits(types, **v)));
            }
            if theirs.len() > before {
                work.push(to);
            }
        }
    }
    let mut constants = Constants::default();
    for ((frame, position), set) in values {
        // Too many to split by: the position stays a column.
        if set.len() <= limits.constants_per_position {
            let list = vocabulary.list(set.into_iter().collect());
            constants.set(frame, position, list);
        }
    }
    constants
}
