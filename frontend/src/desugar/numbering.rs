//! Variables of a core rule: numbered in order of first mention, named apart.

use rustc_hash::FxHashMap;

use crate::ir::core::{Atom, PredicateId, Term, Variable, VariableId};
use crate::ir::{TypeId, TypeSet, TypeTable};
use crate::source::{Span, Text};

use super::formula::Var;
use super::lower::{FlatTerm, Scope};

/// Core variables in order of first mention, with unique names.
pub(super) struct Numbering<'s, 'd> {
    scope: &'s Scope<'d>,
    integer: TypeSet,
    pub(super) variables: Vec<Variable>,
    pub(super) spans: Vec<Option<Span>>,
    pub(super) anonymous: Vec<bool>,
    classes: FxHashMap<(bool, Var), VariableId>,
    times: FxHashMap<usize, VariableId>,
    names: UniqueNames,
}

/// Names that nothing else in a rule has.
#[derive(Default)]
pub(super) struct UniqueNames {
    taken: FxHashMap<Text, usize>,
}

impl UniqueNames {
    /// Keeps a name from being given.
    pub(super) fn reserve(&mut self, name: &str) {
        self.taken.entry(name.into()).or_insert(1);
    }

    /// The name itself if it is free, otherwise the first free one of `x2`, `x3`, ...;
    /// `_` becomes `_1`, `_2`, ...
    pub(super) fn take(&mut self, name: &str) -> Text {
        let mut unique: Text = if name == "_" {
            "_1".into()
        } else {
            name.into()
        };
        while self.taken.contains_key(&unique) {
            let n = self.taken.entry(name.into()).or_insert(1);
            *n += 1;
            unique = format!("{name}{n}").into();
        }
        self.taken.entry(unique.clone()).or_insert(1);
        unique
    }
}

impl<'s, 'd> Numbering<'s, 'd> {
    pub(super) fn new(scope: &'s Scope<'d>, types: &TypeTable) -> Self {
        Numbering {
            scope,
            integer: types.only(TypeId::INTEGER),
            variables: Vec::new(),
            spans: Vec::new(),
            anonymous: Vec::new(),
            classes: FxHashMap::default(),
            times: FxHashMap::default(),
            names: UniqueNames::default(),
        }
    }

    pub(super) fn atom(&mut self, predicate: PredicateId, args: &[FlatTerm]) -> Atom {
        Atom {
            predicate,
            args: args.iter().map(|t| self.term(t)).collect(),
        }
    }

    pub(super) fn term(&mut self, term: &FlatTerm) -> Term {
        match term {
            FlatTerm::Class(c) => {
                let types = self.scope.unifier.types(*c).clone();
                Term::Variable(self.class(false, *c, types))
            }
            FlatTerm::Inner(v, types) => Term::Variable(self.class(true, *v, types.clone())),
            FlatTerm::Time(n) => {
                if let Some(&id) = self.times.get(n) {
                    return Term::Variable(id);
                }
                let id = self.add("now", None, self.integer.clone());
                self.times.insert(*n, id);
                Term::Variable(id)
            }
            FlatTerm::Value(value) => Term::Value(value.clone()),
            FlatTerm::Now => Term::Now,
        }
    }

    fn class(&mut self, inner: bool, v: Var, types: TypeSet) -> VariableId {
        if let Some(&id) = self.classes.get(&(inner, v)) {
            return id;
        }
        let variable = &self.scope.draft.variables[v];
        let (name, span) = (variable.name.clone(), variable.span);
        let id = self.add(&name, span, types);
        self.classes.insert((inner, v), id);
        id
    }

    /// A variable whose name nothing else in the rule has.
    fn add(&mut self, name: &str, span: Option<Span>, types: TypeSet) -> VariableId {
        self.variables.push(Variable {
            name: self.names.take(name),
            types,
        });
        self.spans.push(span);
        self.anonymous.push(name == "_");
        VariableId(self.variables.len() as u32 - 1)
    }
}
