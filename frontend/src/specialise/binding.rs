//! What is known of a rule's variables while its body is matched against cells.

use smallvec::SmallVec;

use crate::ir::core::VariableId;

use super::cells::{CellId, Cells, View};
use super::outline::{Arg, Outline, Pattern};
use super::vocabulary::{ListId, SetId, ValueId, Vocabulary};

/// Knowledge of one class of equal variables, at its representative; any other member
/// knows its parent only.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) parent: VariableId,
    /// Types it must have.
    pub(super) types: SetId,
    /// Types that the stored columns it stands in can bring; `None` while unbound.
    pub(super) stored: Option<SetId>,
    pub(super) constant: Option<ValueId>,
}

/// Per variable of a rule: equal to which other, bound how, of which types.
#[derive(Debug, Default)]
pub(super) struct Binding {
    pub(super) states: SmallVec<[State; 4]>,
    /// Constants that the cells chosen exclude.
    pub(super) except: SmallVec<[(VariableId, ListId); 2]>,
}

/// What an argument has turned out to be.
pub(super) enum Resolved {
    Value(ValueId),
    /// The class's representative.
    Stored(VariableId),
    Unbound(VariableId),
}

impl Binding {
    pub(super) fn new(rule: &Outline) -> Binding {
        let variables = rule.variables.iter().enumerate();
        Binding {
            states: variables
                .map(|(i, &types)| State {
                    parent: VariableId(i as u32),
                    types,
                    stored: None,
                    constant: None,
                })
                .collect(),
            except: SmallVec::new(),
        }
    }

    /// A copy that stays as the binding goes on.
    pub(super) fn snapshot(&self) -> Binding {
        Binding {
            states: SmallVec::from_slice(&self.states),
            except: SmallVec::from_slice(&self.except),
        }
    }

    pub(super) fn root(&self, v: VariableId) -> VariableId {
        let mut at = v;
        loop {
            let parent = self.states[at.0 as usize].parent;
            if parent == at {
                return at;
            }
            at = parent;
        }
    }

    pub(super) fn state(&self, v: VariableId) -> &State {
        &self.states[self.root(v).0 as usize]
    }

    /// Types the variable must have.
    pub(super) fn types(&self, v: VariableId) -> SetId {
        self.state(v).types
    }

    /// Whether some variable can have no value at all.
    pub(super) fn is_empty(&self) -> bool {
        let mut states = self.states.iter().enumerate();
        states.any(|(i, s)| s.parent.0 as usize == i && s.types == SetId::NONE)
    }

    /// Whether the cells chosen exclude the constant.
    pub(super) fn excludes(&self, v: VariableId, value: ValueId, vocabulary: &Vocabulary) -> bool {
        let mut lists = self.except.iter();
        let root = self.root(v);
        lists.any(|&(o, list)| self.root(o) == root && vocabulary.contains(list, value))
    }

    pub(super) fn constant(&self, v: VariableId) -> Option<ValueId> {
        self.state(v).constant
    }

    /// Whether rows can bring values of types it must not have.
    pub(super) fn needs_type_test(&self, v: VariableId, vocabulary: &Vocabulary) -> bool {
        let state = self.state(v);
        let stored = state.stored;
        stored.is_some_and(|s| !vocabulary.within(s, state.types))
    }

    pub(super) fn resolve(&self, arg: Arg) -> Resolved {
        match arg {
            Arg::Value(value) => Resolved::Value(value),
            Arg::Variable(v) => {
                let root = self.root(v);
                let state = &self.states[root.0 as usize];
                match (state.constant, state.stored) {
                    (Some(value), _) => Resolved::Value(value),
                    (None, Some(_)) => Resolved::Stored(root),
                    (None, None) => Resolved::Unbound(root),
                }
            }
        }
    }

    /// Types an argument can have, for looking up candidates.
    pub(super) fn argument_types(&self, arg: Arg, vocabulary: &Vocabulary) -> SetId {
        match arg {
            Arg::Value(value) => vocabulary.only(value),
            Arg::Variable(v) => match self.constant(v) {
                Some(value) => vocabulary.only(value),
                None => self.types(v),
            },
        }
    }

    /// The constant an argument is, if it is one.
    pub(super) fn argument_constant(&self, arg: Arg) -> Option<ValueId> {
        match arg {
            Arg::Value(value) => Some(value),
            Arg::Variable(v) => self.constant(v),
        }
    }

    /// Whether a row of the cell could match the negated atom.
    pub(super) fn can_match(
        &self,
        atom: &Pattern,
        cells: &Cells<'_>,
        vocabulary: &Vocabulary,
        cell: CellId,
    ) -> bool {
        atom.args.iter().enumerate().all(|(i, &arg)| {
            let view = cells.view(cell, i);
            match (self.resolve(arg), view) {
                (Resolved::Value(value), View::Constant(k)) => k == value,
                (Resolved::Value(value), View::Stored(types, except)) => {
                    vocabulary.admits(types, value) && !vocabulary.contains(except, value)
                }
                (Resolved::Value(value), View::Every(types, _)) => vocabulary.admits(types, value),
                (Resolved::Stored(v) | Resolved::Unbound(v), View::Constant(k)) => {
                    vocabulary.admits(self.types(v), k) && !self.excludes(v, k, vocabulary)
                }
                (
                    Resolved::Stored(v) | Resolved::Unbound(v),
                    View::Stored(types, _) | View::Every(types, _),
                ) => vocabulary.meets(types, self.types(v)),
            }
        })
    }
}
