//! What is known of a rule's variables while its body is matched against cells.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::ir::core::{Atom, Rule, Term, VariableId};
use crate::ir::{TypeSet, TypeTable, Value};

use super::cells::{CellId, Cells, View};

/// Knowledge of one class of equal variables.
#[derive(Clone, Debug)]
struct State {
    /// Types it must have.
    types: TypeSet,
    /// Types that the stored columns it stands in can bring; `None` while unbound.
    stored: Option<TypeSet>,
    constant: Option<Value>,
    /// Constants that the cells chosen exclude: sorted lists, shared with the cells.
    except: Vec<Arc<[Value]>>,
}

impl State {
    fn excludes(&self, value: &Value) -> bool {
        self.except
            .iter()
            .any(|list| list.binary_search(value).is_ok())
    }
}

/// Per variable of a rule: equal to which other, bound how, of which types.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    parent: SmallVec<[u32; 6]>,
    states: SmallVec<[State; 4]>,
}

/// What an argument has turned out to be.
pub(super) enum Resolved<'b> {
    Value(&'b Value),
    /// The class's representative.
    Stored(VariableId),
    Unbound(VariableId),
}

impl Binding {
    pub(super) fn new(rule: &Rule) -> Binding {
        Binding {
            parent: (0..rule.variables.len() as u32).collect(),
            states: rule
                .variables
                .iter()
                .map(|v| State {
                    types: v.types.clone(),
                    stored: None,
                    constant: None,
                    except: Vec::new(),
                })
                .collect(),
        }
    }

    pub(super) fn root(&self, v: VariableId) -> VariableId {
        let mut at = v.0;
        while self.parent[at as usize] != at {
            at = self.parent[at as usize];
        }
        VariableId(at)
    }

    fn state(&self, v: VariableId) -> &State {
        &self.states[self.root(v).0 as usize]
    }

    fn state_mut(&mut self, v: VariableId) -> &mut State {
        let root = self.root(v);
        &mut self.states[root.0 as usize]
    }

    /// Types the variable must have.
    pub(super) fn types(&self, v: VariableId) -> &TypeSet {
        &self.state(v).types
    }

    /// Types it must have and, if it is bound, rows can bring.
    pub(super) fn possible(&self, v: VariableId) -> TypeSet {
        let state = self.state(v);
        match &state.stored {
            Some(stored) => state.types.and(stored),
            None => state.types.clone(),
        }
    }

    /// Whether the cells chosen exclude the constant.
    pub(super) fn excludes(&self, v: VariableId, value: &Value) -> bool {
        self.state(v).excludes(value)
    }

    pub(super) fn constant(&self, v: VariableId) -> Option<&Value> {
        self.state(v).constant.as_ref()
    }

    /// Whether rows can bring values of types it must not have.
    pub(super) fn needs_type_test(&self, v: VariableId) -> bool {
        let state = self.state(v);
        state
            .stored
            .as_ref()
            .is_some_and(|s| !s.within(&state.types))
    }

    pub(super) fn resolve<'b>(&'b self, term: &'b Term) -> Option<Resolved<'b>> {
        match term {
            Term::Value(value) => Some(Resolved::Value(value)),
            Term::Now => None,
            Term::Variable(v) => {
                let root = self.root(*v);
                let state = &self.states[root.0 as usize];
                Some(match (&state.constant, &state.stored) {
                    (Some(value), _) => Resolved::Value(value),
                    (None, Some(_)) => Resolved::Stored(root),
                    (None, None) => Resolved::Unbound(root),
                })
            }
        }
    }

    /// Types an argument can have, for looking up candidates.
    pub(super) fn argument_types(&self, term: &Term, types: &TypeTable) -> TypeSet {
        match term {
            Term::Value(value) => types.only(value.ty()),
            Term::Now => types.only(crate::ir::TypeId::INTEGER),
            Term::Variable(v) => match self.constant(*v) {
                Some(value) => types.only(value.ty()),
                None => self.types(*v).clone(),
            },
        }
    }

    /// The constant an argument is, if it is one.
    pub(super) fn argument_constant<'b>(&'b self, term: &'b Term) -> Option<&'b Value> {
        match term {
            Term::Value(value) => Some(value),
            Term::Variable(v) => self.constant(*v),
            Term::Now => None,
        }
    }

    /// Restricts to `types`; false if nothing is left.
    pub(super) fn restrict(&mut self, v: VariableId, types: &TypeSet) -> bool {
        let state = self.state_mut(v);
        if state.types != *types {
            state.types = state.types.and(types);
        }
        match &state.constant {
            Some(value) => state.types.has(value.ty()),
            None => match &state.stored {
                Some(stored) => stored.meets(&state.types),
                None => !state.types.is_empty(),
            },
        }
    }

    pub(super) fn set_constant(&mut self, v: VariableId, value: &Value) -> bool {
        let state = self.state_mut(v);
        if let Some(before) = &state.constant {
            return before == value;
        }
        if !state.types.has(value.ty()) || state.excludes(value) {
            return false;
        }
        if let Some(stored) = &state.stored
            && !stored.has(value.ty())
        {
            return false;
        }
        state.constant = Some(value.clone());
        true
    }

    fn set_stored(&mut self, v: VariableId, types: &TypeSet, except: &Arc<[Value]>) -> bool {
        let state = self.state_mut(v);
        if let Some(value) = &state.constant {
            return types.has(value.ty()) && except.binary_search(value).is_err();
        }
        let stored = match &state.stored {
            Some(before) => before.and(types),
            None => types.clone(),
        };
        let possible = stored.meets(&state.types);
        state.stored = Some(stored);
        if !except.is_empty() && !state.except.iter().any(|e| Arc::ptr_eq(e, except)) {
            state.except.push(except.clone());
        }
        possible
    }

    fn unify(&mut self, a: VariableId, b: VariableId) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return true;
        }
        let (keep, drop) = (a.min(b), a.max(b));
        let dropped = self.states[drop.0 as usize].clone();
        self.parent[drop.0 as usize] = keep.0;
        let mut good = true;
        if let Some(stored) = &dropped.stored {
            let none: Arc<[Value]> = Arc::new([]);
            good &= self.set_stored(keep, stored, &none);
            for except in &dropped.except {
                good &= self.set_stored(keep, stored, except);
            }
        }
        good &= self.restrict(keep, &dropped.types);
        if let Some(value) = &dropped.constant {
            good &= self.set_constant(keep, value);
        }
        good
    }

    /// Takes a row of the cell as a match of the atom; false if none can be.
    pub(super) fn match_positive(&mut self, atom: &Atom, cells: &Cells<'_>, cell: CellId) -> bool {
        let mut groups: Vec<(u32, usize)> = Vec::new();
        for (i, arg) in atom.args.iter().enumerate() {
            let good = match (cells.view(cell, i), arg) {
                (View::Constant(k), Term::Value(value)) => k == value,
                (View::Constant(k), Term::Variable(v)) => self.set_constant(*v, k),
                (View::Stored(types, except), Term::Value(value)) => {
                    types.has(value.ty()) && except.binary_search(value).is_err()
                }
                (View::Stored(types, except), Term::Variable(v)) => {
                    self.set_stored(*v, types, except)
                }
                (View::Every(types, group), arg) => {
                    groups.push((group, i));
                    match arg {
                        Term::Value(value) => types.has(value.ty()),
                        Term::Variable(v) => self.restrict(*v, types),
                        Term::Now => false,
                    }
                }
                // Atoms carry no time.
                (_, Term::Now) => false,
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
            let good = match (&atom.args[i], &atom.args[j]) {
                (Term::Variable(a), Term::Variable(b)) => self.unify(*a, *b),
                (Term::Variable(v), Term::Value(value))
                | (Term::Value(value), Term::Variable(v)) => self.set_constant(*v, value),
                (a, b) => a == b,
            };
            if !good {
                return false;
            }
        }
        true
    }

    /// Whether a row of the cell could match the negated atom.
    pub(super) fn can_match(&self, atom: &Atom, cells: &Cells<'_>, cell: CellId) -> bool {
        atom.args.iter().enumerate().all(|(i, arg)| {
            let view = cells.view(cell, i);
            match (self.resolve(arg), view) {
                (Some(Resolved::Value(value)), View::Constant(k)) => k == value,
                (Some(Resolved::Value(value)), View::Stored(types, except)) => {
                    types.has(value.ty()) && except.binary_search(value).is_err()
                }
                (Some(Resolved::Value(value)), View::Every(types, _)) => types.has(value.ty()),
                (Some(Resolved::Stored(v) | Resolved::Unbound(v)), view) => match view {
                    View::Constant(k) => self.types(v).has(k.ty()) && !self.excludes(v, k),
                    View::Stored(types, _) | View::Every(types, _) => types.meets(self.types(v)),
                },
                (None, _) => true,
            }
        })
    }
}
