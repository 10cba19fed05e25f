//! Equality solved: which variables are the same, which are constants, which types remain.

use crate::ir::{TypeSet, TypeTable, Value};
use crate::source::Span;

use super::formula::{DraftTerm, Var};

/// Why a conjunction can never hold.
#[derive(Clone, Debug)]
pub(super) struct Clash {
    pub(super) span: Span,
    /// What is wrong; of the variable concerned, if there is one.
    pub(super) message: String,
    /// The variable concerned; `None` where two constants differ.
    pub(super) variable: Option<Var>,
    /// Types exclude each other (two constants of one type merely differ).
    pub(super) types: bool,
    /// Out of an `in` list, where one element failing is nothing to report.
    pub(super) member: bool,
}

/// What a variable stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Solved {
    /// A class of equal variables, named by one of them.
    Class(Var),
    Value(Value),
}

/// Union-find over a draft's variables, each class with its types and perhaps a constant.
#[derive(Clone, Debug)]
pub(super) struct Unifier {
    parent: Vec<Var>,
    types: Vec<TypeSet>,
    constant: Vec<Option<Value>>,
}

impl Unifier {
    pub(super) fn new(types: impl Iterator<Item = TypeSet>) -> Unifier {
        let types: Vec<TypeSet> = types.collect();
        Unifier {
            parent: (0..types.len()).collect(),
            constant: vec![None; types.len()],
            types,
        }
    }

    pub(super) fn root(&self, mut v: Var) -> Var {
        while self.parent[v] != v {
            v = self.parent[v];
        }
        v
    }

    pub(super) fn solved(&self, v: Var) -> Solved {
        let root = self.root(v);
        match &self.constant[root] {
            Some(value) => Solved::Value(value.clone()),
            None => Solved::Class(root),
        }
    }

    pub(super) fn types(&self, v: Var) -> &TypeSet {
        &self.types[self.root(v)]
    }

    /// Restricts the types of `v`.
    pub(super) fn restrict(
        &mut self,
        v: Var,
        types: &TypeSet,
        table: &TypeTable,
        span: Span,
    ) -> Result<(), Clash> {
        let root = self.root(v);
        let both = self.types[root].and(types);
        let possible = match &self.constant[root] {
            Some(value) => both.has(value.ty()),
            None => !both.is_empty(),
        };
        if !possible {
            let before = match &self.constant[root] {
                Some(value) => table.get(value.ty()).name.to_string(),
                None => table.show(&self.types[root]),
            };
            return Err(Clash {
                span,
                message: format!("cannot be both {before} and {}", table.show(types)),
                variable: Some(v),
                types: true,
                member: false,
            });
        }
        self.types[root] = both;
        Ok(())
    }

    /// Makes both sides equal. Neither is the time.
    pub(super) fn equate(
        &mut self,
        a: &DraftTerm,
        b: &DraftTerm,
        table: &TypeTable,
        span: Span,
    ) -> Result<(), Clash> {
        match (a, b) {
            (DraftTerm::Value(a, _), DraftTerm::Value(b, _)) => {
                if a == b {
                    return Ok(());
                }
                Err(Clash {
                    span,
                    message: format!("{} never equals {}", a.show(table), b.show(table)),
                    variable: None,
                    types: a.ty() != b.ty(),
                    member: false,
                })
            }
            (DraftTerm::Variable(v, _), DraftTerm::Value(value, _))
            | (DraftTerm::Value(value, _), DraftTerm::Variable(v, _)) => {
                let root = self.root(*v);
                if let Some(other) = &self.constant[root]
                    && other != value
                {
                    return Err(Clash {
                        span,
                        message: format!(
                            "cannot be both {} and {}",
                            other.show(table),
                            value.show(table)
                        ),
                        variable: Some(*v),
                        types: other.ty() != value.ty(),
                        member: false,
                    });
                }
                self.restrict(*v, &table.only(value.ty()), table, span)?;
                self.constant[root] = Some(value.clone());
                Ok(())
            }
            (DraftTerm::Variable(a, _), DraftTerm::Variable(b, _)) => {
                self.unite(*a, *b, table, span)
            }
            _ => Ok(()),
        }
    }

    /// Makes two variables one.
    pub(super) fn unite(
        &mut self,
        a: Var,
        b: Var,
        table: &TypeTable,
        span: Span,
    ) -> Result<(), Clash> {
        let (ra, rb) = (self.root(a), self.root(b));
        if ra == rb {
            return Ok(());
        }
        let (keep, drop) = (ra.min(rb), ra.max(rb));
        let dropped_types = self.types[drop].clone();
        if let (Some(x), Some(y)) = (&self.constant[keep], &self.constant[drop])
            && x != y
        {
            return Err(Clash {
                span,
                message: format!("cannot be both {} and {}", x.show(table), y.show(table)),
                variable: Some(a),
                types: x.ty() != y.ty(),
                member: false,
            });
        }
        self.restrict(keep, &dropped_types, table, span)?;
        if let Some(value) = self.constant[drop].take() {
            let only = table.only(value.ty());
            self.restrict(keep, &only, table, span)?;
            self.constant[keep] = Some(value);
        }
        self.parent[drop] = keep;
        Ok(())
    }
}
