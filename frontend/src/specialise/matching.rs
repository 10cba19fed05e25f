//! A binding under way: one search changes one binding and takes its changes back, so
//! that nothing is copied for a match that fails.

use smallvec::SmallVec;

use crate::ir::core::VariableId;

use super::binding::{Binding, State};
use super::cells::{CellId, Cells, View};
use super::outline::{Arg, Outline, Pattern};
use super::vocabulary::{ListId, SetId, ValueId, Vocabulary};

/// A binding under way, with what it takes to go back to an earlier one.
#[derive(Default)]
pub(super) struct Matching {
    pub(super) binding: Binding,
    /// States before they were changed.
    log: Vec<(VariableId, State)>,
}

/// A moment to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    log: usize,
    except: usize,
}

impl Matching {
    /// Starts anew with another rule.
    pub(super) fn restart(&mut self, rule: &Outline) {
        self.binding = Binding::new(rule);
        self.log.clear();
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            log: self.log.len(),
            except: self.binding.except.len(),
        }
    }

    pub(super) fn undo(&mut self, mark: Mark) {
        while self.log.len() > mark.log
            && let Some((v, state)) = self.log.pop()
        {
            self.binding.states[v.0 as usize] = state;
        }
        self.binding.except.truncate(mark.except);
    }

    /// Replaces what is known of a representative.
    fn put(&mut self, root: VariableId, state: State) {
        let before = std::mem::replace(&mut self.binding.states[root.0 as usize], state);
        self.log.push((root, before));
    }

    /// Types the variable must have and, if it is bound, rows can bring.
    pub(super) fn possible(&self, v: VariableId, vocabulary: &mut Vocabulary) -> SetId {
        let state = self.binding.state(v);
        match state.stored {
            Some(stored) => vocabulary.and(state.types, stored),
            None => state.types,
        }
    }

    /// Restricts to `types`; false if nothing is left.
    pub(super) fn restrict(
        &mut self,
        v: VariableId,
        types: SetId,
        vocabulary: &mut Vocabulary,
    ) -> bool {
        let root = self.binding.root(v);
        let mut state = *self.binding.state(root);
        let types = vocabulary.and(state.types, types);
        if types != state.types {
            state.types = types;
            self.put(root, state);
        }
        match (state.constant, state.stored) {
            (Some(value), _) => vocabulary.admits(types, value),
            (None, Some(stored)) => vocabulary.and(stored, types) != SetId::NONE,
            (None, None) => types != SetId::NONE,
        }
    }

    pub(super) fn set_constant(
        &mut self,
        v: VariableId,
        value: ValueId,
        vocabulary: &Vocabulary,
    ) -> bool {
        let root = self.binding.root(v);
        let mut state = *self.binding.state(root);
        if let Some(before) = state.constant {
            return before == value;
        }
        if !vocabulary.admits(state.types, value)
            || state.stored.is_some_and(|s| !vocabulary.admits(s, value))
            || self.binding.excludes(root, value, vocabulary)
        {
            return false;
        }
        state.constant = Some(value);
        self.put(root, state);
        true
    }

    fn set_stored(
        &mut self,
        v: VariableId,
        types: SetId,
        except: ListId,
        vocabulary: &mut Vocabulary,
    ) -> bool {
        let root = self.binding.root(v);
        let mut state = *self.binding.state(root);
        if let Some(value) = state.constant {
            return vocabulary.admits(types, value) && !vocabulary.contains(except, value);
        }
        let stored = match state.stored {
            Some(before) => vocabulary.and(before, types),
            None => types,
        };
        if state.stored != Some(stored) {
            state.stored = Some(stored);
            self.put(root, state);
        }
        if except != ListId::EMPTY && !self.binding.except.contains(&(root, except)) {
            self.binding.except.push((root, except));
        }
        vocabulary.and(stored, state.types) != SetId::NONE
    }

    fn unify(&mut self, a: VariableId, b: VariableId, vocabulary: &mut Vocabulary) -> bool {
        let (a, b) = (self.binding.root(a), self.binding.root(b));
        if a == b {
            return true;
        }
        let (keep, drop) = (a.min(b), a.max(b));
        let dropped = *self.binding.state(drop);
        // From here on the constants excluded of the one are excluded of both.
        self.put(
            drop,
            State {
                parent: keep,
                ..dropped
            },
        );
        let kept = self.binding.constant(keep);
        let mut good = kept.is_none_or(|k| !self.binding.excludes(keep, k, vocabulary));
        if let Some(stored) = dropped.stored {
            good &= self.set_stored(keep, stored, ListId::EMPTY, vocabulary);
        }
        good &= self.restrict(keep, dropped.types, vocabulary);
        if let Some(value) = dropped.constant {
            good &= self.set_constant(keep, value, vocabulary);
        }
        good
    }

    /// Takes a row of the cell as a match of the atom; false if none can be.
    pub(super) fn match_positive(
        &mut self,
        atom: &Pattern,
        cells: &Cells<'_>,
        vocabulary: &mut Vocabulary,
        cell: CellId,
    ) -> bool {
        let mut groups: SmallVec<[(u32, usize); 4]> = SmallVec::new();
        for (i, &arg) in atom.args.iter().enumerate() {
            let good = match (cells.view(cell, i), arg) {
                (View::Constant(k), Arg::Value(value)) => k == value,
                (View::Constant(k), Arg::Variable(v)) => self.set_constant(v, k, vocabulary),
                (View::Stored(types, except), Arg::Value(value)) => {
                    vocabulary.admits(types, value) && !vocabulary.contains(except, value)
                }
                (View::Stored(types, except), Arg::Variable(v)) => {
                    self.set_stored(v, types, except, vocabulary)
                }
                (View::Every(types, group), arg) => {
                    groups.push((group, i));
                    match arg {
                        Arg::Value(value) => vocabulary.admits(types, value),
                        Arg::Variable(v) => self.restrict(v, types, vocabulary),
                    }
                }
            };
            if !good {
                return false;
            }
        }
        // Unbound columns of one group are equal.
        for (n, &(group, i)) in groups.iter().enumerate() {
            let Some(&(_, j)) = groups[..n].iter().find(|(g, _)| *g == group) else {
                continue;
            };
            let good = match (atom.args[i], atom.args[j]) {
                (Arg::Variable(a), Arg::Variable(b)) => self.unify(a, b, vocabulary),
                (Arg::Variable(v), Arg::Value(value)) | (Arg::Value(value), Arg::Variable(v)) => {
                    self.set_constant(v, value, vocabulary)
                }
                (a, b) => a == b,
            };
            if !good {
                return false;
            }
        }
        true
    }
}
