//! The catalog of one policy: what may be stored, and where it belongs.

use std::sync::Arc;

use floe_frontend::ir::Program;
use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::{Feed, PartId};
use floe_frontend::source::Text;
use rustc_hash::FxHashMap;

use super::shapes::{Fit, Shapes, Test};
use super::{MAX_ARITY, Vocabulary};
use crate::value::{Sym, TypeIx};

/// What a request can make of a context fact (spec 6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextUse {
    /// Nothing: it is ignored.
    None,
    /// It is an answer to questions about its predicate. No rule reads that, so no part
    /// holds it.
    Answer,
    /// It is a row of this part.
    Part(PartId),
}

/// Signatures and routes of one policy (spec 6.2, 6.5). Immutable.
pub struct Catalog {
    program: Arc<Program>,
    vocabulary: Vocabulary,
    /// By [`PredicateId`]; `None` where no fact can be.
    shapes: Vec<Option<Shapes>>,
    /// By arity (from one), then name.
    by_name: [FxHashMap<Text, PredicateId>; MAX_ARITY],
    /// By [`PartId`]: the arguments that a row of the part holds.
    stored_columns: Vec<Box<[u8]>>,
}

impl Catalog {
    /// The catalog of a program whose names have been interned.
    #[must_use]
    pub fn new(program: Arc<Program>, vocabulary: Vocabulary) -> Catalog {
        let count = program.core.predicates.len();
        let constant = |value: &floe_frontend::ir::Value| {
            vocabulary
                .sym(value)
                .expect("the vocabulary has every constant of its program")
        };
        let mut stored: Vec<Vec<Vec<Test<'_>>>> = (0..count).map(|_| Vec::new()).collect();
        let mut context: Vec<Vec<Vec<Test<'_>>>> = (0..count).map(|_| Vec::new()).collect();
        let mut parts: Vec<Vec<(PartId, Vec<Test<'_>>)>> = (0..count).map(|_| Vec::new()).collect();
        for (list, of) in [
            (&program.signatures, &mut stored),
            (&program.context_signatures, &mut context),
        ] {
            for s in list {
                let tests = s
                    .entries
                    .iter()
                    .map(|e| Test::of_entry(e, constant))
                    .collect();
                of[s.predicate.0 as usize].push(tests);
            }
        }
        for (i, part) in program.strata.parts.iter().enumerate() {
            let tests: Option<Vec<Test<'_>>> = part
                .columns
                .iter()
                .map(|c| Test::of_column(c, constant))
                .collect();
            if let (Some(tests), true) = (tests, part.feed != Feed::Rules) {
                parts[part.predicate.0 as usize].push((PartId(i as u32), tests));
            }
        }
        // A constant's type, by what the policy calls it.
        let types: FxHashMap<Sym, floe_frontend::ir::TypeId> = vocabulary
            .constants()
            .map(|(value, sym)| (sym, value.ty()))
            .collect();
        let shapes = (program.core.predicates.iter().enumerate())
            .map(|(p, predicate)| {
                let possible = !stored[p].is_empty() || !context[p].is_empty();
                (possible && (1..=MAX_ARITY).contains(&predicate.arity)).then(|| {
                    Shapes::new(
                        predicate.arity,
                        program.types.any().len(),
                        |sym| types[&sym],
                        &stored[p],
                        &context[p],
                        &parts[p],
                    )
                })
            })
            .collect();
        let mut by_name: [FxHashMap<Text, PredicateId>; MAX_ARITY] = Default::default();
        for (i, p) in program.core.predicates.iter().enumerate() {
            if let Some(names) = p.arity.checked_sub(1).and_then(|a| by_name.get_mut(a)) {
                names.insert(p.name.clone(), PredicateId(i as u32));
            }
        }
        let stored_columns = (program.strata.parts.iter())
            .map(|part| part.stored().map(|c| c as u8).collect())
            .collect();
        drop((stored, context, parts));
        Catalog {
            program,
            vocabulary,
            shapes,
            by_name,
            stored_columns,
        }
    }

    /// The program it is of.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The symbols of the program's types and constants.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The predicate of this name, if the policy mentions it and facts can have so many
    /// arguments.
    #[must_use]
    pub fn predicate(&self, name: &str, arity: usize) -> Option<PredicateId> {
        self.by_name.get(arity.checked_sub(1)?)?.get(name).copied()
    }

    /// The part a stored fact belongs to. `None` if the policy does not use it: such a
    /// fact reaches no rule, even where a part's types would admit it.
    ///
    /// `row` has as many symbols as the predicate has arguments, of types `type_of`.
    #[must_use]
    pub fn route(
        &self,
        predicate: PredicateId,
        row: &[Sym],
        type_of: impl Fn(Sym) -> TypeIx,
    ) -> Option<PartId> {
        let fit = self.fit_row(predicate, row, type_of);
        fit.part.filter(|_| fit.stored)
    }

    /// What becomes of a fact in the context of a request: the head of a rule counts as
    /// a use there too.
    ///
    /// `row` as in [`Catalog::route`].
    #[must_use]
    pub fn route_context(
        &self,
        predicate: PredicateId,
        row: &[Sym],
        type_of: impl Fn(Sym) -> TypeIx,
    ) -> ContextUse {
        let fit = self.fit_row(predicate, row, type_of);
        match fit.part {
            _ if !fit.stored && !fit.context => ContextUse::None,
            Some(part) => ContextUse::Part(part),
            None => ContextUse::Answer,
        }
    }

    /// The arguments that a row of the part holds, in order; the others are constants or
    /// unbound.
    #[must_use]
    pub fn stored_columns(&self, part: PartId) -> &[u8] {
        &self.stored_columns[part.0 as usize]
    }

    fn fit_row(&self, predicate: PredicateId, row: &[Sym], type_of: impl Fn(Sym) -> TypeIx) -> Fit {
        let typed = row
            .iter()
            .map(|&sym| (self.vocabulary.type_id(type_of(sym)), Some(sym)));
        self.fit(predicate, typed)
    }

    pub(super) fn fit(
        &self,
        predicate: PredicateId,
        args: impl Iterator<Item = (floe_frontend::ir::TypeId, Option<Sym>)>,
    ) -> Fit {
        match &self.shapes[predicate.0 as usize] {
            Some(shapes) => shapes.fit(args),
            None => Fit {
                stored: false,
                context: false,
                part: None,
            },
        }
    }
}
