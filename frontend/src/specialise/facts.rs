//! Cells that facts belong to.

use std::rc::Rc;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::ir::core::{Core, PredicateId};
use crate::ir::part::Feed;
use crate::ir::{Entry, Signature, Value};
use crate::limits::Limits;

use super::cells::{CellConstants, Cells, Frame, FrameId, Shape};
use super::outline::{Outline, read};
use super::partition::{Class, Partitions};
use super::vocabulary::{SetId, ValueId, Vocabulary};

/// Frames that facts fall into, found once for all rounds.
pub(super) struct Facts {
    frames: Vec<(FrameId, Feed, SmallVec<[Admitted; 4]>)>,
}

/// What a fact may have at one argument.
#[derive(Clone, Copy)]
enum Admitted {
    Exactly(ValueId),
    Types(SetId),
}

impl Facts {
    pub(super) fn new(
        core: &Core,
        rules: &[Outline],
        (stored, context): (&[Signature], &[Signature]),
        vocabulary: &mut Vocabulary,
        partitions: &Partitions,
        cells: &mut Cells<'_>,
        limits: &Limits,
    ) -> Facts {
        let mut facts = Facts { frames: Vec::new() };
        // A context fact of a predicate that no rule reads is an answer to questions about
        // that predicate and nothing else: it needs no part.
        let read = read(core, rules);
        let known: FxHashSet<(PredicateId, &[Entry])> = stored
            .iter()
            .map(|s| (s.predicate, &s.entries[..]))
            .collect();
        let fed = context.iter().filter(|s| {
            read[s.predicate.0 as usize] && !known.contains(&(s.predicate, &s.entries[..]))
        });
        let all = stored.iter().map(|s| (s, Feed::Stored));
        for (signature, feed) in all.chain(fed.map(|s| (s, Feed::Context))) {
            facts.add(signature, feed, vocabulary, partitions, cells, limits);
        }
        facts
    }

    fn add(
        &mut self,
        signature: &Signature,
        feed: Feed,
        vocabulary: &mut Vocabulary,
        partitions: &Partitions,
        cells: &mut Cells<'_>,
        limits: &Limits,
    ) {
        let predicate = signature.predicate;
        let mut admitted: SmallVec<[Admitted; 4]> = SmallVec::new();
        let mut classes: SmallVec<[Rc<[Class]>; 4]> = SmallVec::new();
        for (i, entry) in signature.entries.iter().enumerate() {
            let (entry, types) = match entry {
                Entry::Types(types) => {
                    let types = vocabulary.set(types);
                    (Admitted::Types(types), types)
                }
                Entry::Exactly(text) => {
                    let Some(value) = vocabulary.find(&Value::String(text.clone())) else {
                        return;
                    };
                    (Admitted::Exactly(value), vocabulary.only(value))
                }
            };
            admitted.push(entry);
            classes.push(partitions.meeting(predicate, i, types, vocabulary));
        }
        each_choice(&classes, |columns| {
            // Beyond the limit the loop over rules reports it.
            if self.frames.len() > limits.parts {
                return;
            }
            let frame = cells.intern_frame(Frame {
                predicate,
                columns: columns.iter().map(|&c| Shape::Stored(c)).collect(),
            });
            self.frames.push((frame, feed, admitted.clone()));
        });
    }

    /// Enters every cell of the facts.
    pub(super) fn enter(&self, vocabulary: &Vocabulary, cells: &mut Cells<'_>, limits: &Limits) {
        for (frame, feed, admitted) in &self.frames {
            if cells.len() > limits.parts {
                return;
            }
            let split: SmallVec<[CellConstants; 4]> = admitted
                .iter()
                .enumerate()
                .map(|(i, admitted)| {
                    let list = cells.constants.of(*frame, i);
                    match *admitted {
                        Admitted::Exactly(value) => {
                            let known = vocabulary.contains(list, value);
                            CellConstants::from_slice(&[known.then_some(value)])
                        }
                        Admitted::Types(types) => {
                            let own = vocabulary.listed(list).iter();
                            let own = own.filter(|v| vocabulary.admits(types, **v));
                            own.map(|v| Some(*v)).chain([None]).collect()
                        }
                    }
                })
                .collect();
            each_choice(&split, |constants| {
                cells.intern(*frame, CellConstants::from_slice(constants), *feed);
            });
        }
    }
}

/// Calls `each` with every way to choose one item from each list.
fn each_choice<T: Copy, L: std::ops::Deref<Target = [T]>>(lists: &[L], mut each: impl FnMut(&[T])) {
    let mut at: SmallVec<[usize; 4]> = SmallVec::from_elem(0, lists.len());
    if lists.iter().any(|l| l.is_empty()) {
        return;
    }
    let mut chosen: SmallVec<[T; 4]> = lists.iter().map(|l| l[0]).collect();
    loop {
        each(&chosen);
        // Count up, last list fastest.
        let Some(i) = (0..lists.len()).rev().find(|&i| at[i] + 1 < lists[i].len()) else {
            return;
        };
        at[i] += 1;
        chosen[i] = lists[i][at[i]];
        for k in i + 1..lists.len() {
            at[k] = 0;
            chosen[k] = lists[k][0];
        }
    }
}
