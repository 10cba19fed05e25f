//! Which parts can have an answer to a question.

use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::{Column, PartId};

use super::clause::View;
use super::machine::Machine;
use super::plan::Adorned;
use super::work::Candidate;
use super::{Argument, Goals};
use crate::value::{Sym, TypeIx};

/// An argument of a question as a part sees it.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Value(Sym),
    /// A variable; with a type it has values of exactly that type.
    Open(Option<TypeIx>),
}

impl Kind {
    /// The kinds of arguments; `variables` are the types of the question's variables.
    pub(super) fn of(args: &[Argument], variables: &[Option<TypeIx>]) -> Vec<Kind> {
        let kind = |arg: &Argument| match arg {
            Argument::Value(sym) => Kind::Value(*sym),
            Argument::Variable(v) => Kind::Open(variables[*v]),
        };
        args.iter().map(kind).collect()
    }
}

impl Goals {
    /// Parts of a predicate that admit these arguments; `variables` are the types of the
    /// question's variables.
    pub(crate) fn parts_admitting(
        &self,
        predicate: PredicateId,
        args: &[Argument],
        variables: &[Option<TypeIx>],
        type_of: impl Fn(Sym) -> TypeIx,
    ) -> Vec<PartId> {
        let kinds = Kind::of(args, variables);
        self.admitting(predicate, &kinds, &type_of).collect()
    }

    fn admitting(
        &self,
        predicate: PredicateId,
        kinds: &[Kind],
        type_of: &impl Fn(Sym) -> TypeIx,
    ) -> impl Iterator<Item = PartId> {
        let admits = move |part: &PartId| {
            let columns = &self.part(*part).columns;
            let mut pairs = columns.iter().zip(kinds);
            columns.len() == kinds.len() && pairs.all(|(c, k)| self.admits(c, *k, type_of))
        };
        self.parts_of(predicate).iter().copied().filter(admits)
    }

    /// Whether a column admits an argument.
    fn admits(&self, column: &Column, kind: Kind, type_of: impl Fn(Sym) -> TypeIx) -> bool {
        let vocabulary = self.catalog().vocabulary();
        match (column, kind) {
            (_, Kind::Open(None)) => true,
            (Column::Constant(value), Kind::Value(sym)) => self.sym(value) == sym,
            (Column::Constant(value), Kind::Open(Some(ty))) => {
                vocabulary.type_ix(value.ty()) == Some(ty)
            }
            (Column::Stored(types, except), Kind::Value(sym)) => {
                types.has(self.type_id(type_of(sym)))
                    && (except.is_empty()
                        || !self.is_constant(sym)
                        || !except.iter().any(|value| self.sym(value) == sym))
            }
            (Column::Every(types), Kind::Value(sym)) => types.has(self.type_id(type_of(sym))),
            (Column::Stored(types, _) | Column::Every(types), Kind::Open(Some(ty))) => {
                types.has(self.type_id(ty))
            }
        }
    }
}

impl Machine<'_, '_> {
    /// Parts of a predicate that admit the arguments. What tells parts apart are types and
    /// constants, so arguments of the same types find the same parts, once.
    pub(super) fn candidates(
        &mut self,
        predicate: PredicateId,
        kinds: &[Kind],
    ) -> Box<[Candidate]> {
        let mut tags = std::mem::take(&mut self.work.tags);
        tags.clear();
        tags.push(u64::from(predicate.0));
        for kind in kinds {
            let tag = |kind: u64, number: u32| kind << 32 | u64::from(number);
            tags.push(match kind {
                Kind::Value(sym) if self.goals.is_constant(*sym) => tag(1, sym.0),
                Kind::Value(sym) => tag(2, self.goals.type_id(self.locals.type_of(*sym)).0),
                Kind::Open(None) => tag(3, 0),
                Kind::Open(Some(ty)) => tag(4, self.goals.type_id(*ty).0),
            });
        }
        let known = self.work.candidates.get(&tags[..]).cloned();
        let found = known.unwrap_or_else(|| {
            let found = self.find_candidates(predicate, kinds);
            self.work.candidates.insert(tags[..].into(), found.clone());
            found
        });
        self.work.tags = tags;
        found
    }

    fn find_candidates(&self, predicate: PredicateId, kinds: &[Kind]) -> Box<[Candidate]> {
        let goals = self.goals;
        let given = kinds.iter().all(|k| matches!(k, Kind::Value(_)));
        let candidate = |part: PartId| Candidate {
            part,
            plan: (given && !goals.is_leaf(part)).then(|| {
                let view = goals.truth(part);
                goals.plan_id(Adorned {
                    part,
                    view,
                    bound: (0..goals.places(part, view) as u16).collect(),
                    wanted: [].into(),
                })
            }),
        };
        let type_of = |sym| self.locals.type_of(sym);
        let parts = goals.admitting(predicate, kinds, &type_of);
        parts.map(candidate).collect()
    }
}

impl Goals {
    /// How many arguments stand at places of a view.
    pub(super) fn places(&self, part: PartId, view: View) -> usize {
        let columns = self.part(part).columns.iter();
        columns
            .filter(|c| match c {
                Column::Constant(_) => false,
                Column::Stored(..) => true,
                Column::Every(_) => view == View::Truth,
            })
            .count()
    }
}
