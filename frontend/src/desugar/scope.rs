//! What drafting a rule needs at hand: declarations, predicates, the rule's variables.

use rustc_hash::FxHashMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::TypeSet;
use crate::ir::core::{Predicate, PredicateId};
use crate::limits::Limits;
use crate::resolve::{Declarations, object};
use crate::source::{Span, Text};
use crate::syntax::ast::{Name, Term, TermKind};

use super::formula::{DraftTerm, DraftVariable, Var};

/// Predicates by name and arity, numbered in order of first mention.
#[derive(Debug, Default)]
pub(crate) struct Predicates {
    pub(crate) list: Vec<Predicate>,
    ids: FxHashMap<Text, Vec<PredicateId>>,
    reported: bool,
}

impl Predicates {
    pub(crate) fn intern(&mut self, name: &Text, arity: usize) -> PredicateId {
        let known = self.ids.entry(name.clone()).or_default();
        for &id in known.iter() {
            if self.list[id.0 as usize].arity == arity {
                return id;
            }
        }
        let id = PredicateId(self.list.len() as u32);
        known.push(id);
        self.list.push(Predicate {
            name: name.clone(),
            arity,
        });
        id
    }

    pub(crate) fn find(&self, name: &str, arity: usize) -> Option<PredicateId> {
        let ids = self.ids.get(name)?;
        ids.iter()
            .copied()
            .find(|id| self.list[id.0 as usize].arity == arity)
    }

    /// Interns a written predicate; reports E073 and E074.
    pub(crate) fn written(
        &mut self,
        name: &Name,
        arity: usize,
        limits: &Limits,
        diagnostics: &mut Diagnostics,
    ) -> Option<PredicateId> {
        if arity > limits.arity {
            diagnostics.push(
                Diagnostic::new(
                    Code::E074,
                    name.span,
                    format!(
                        "`{}` has {arity} arguments, the limit is {}",
                        name.text, limits.arity
                    ),
                )
                .label("too many arguments"),
            );
            return None;
        }
        let id = self.intern(&name.text, arity);
        if self.list.len() > limits.predicates {
            if !self.reported {
                self.reported = true;
                diagnostics.push(
                    Diagnostic::new(
                        Code::E073,
                        name.span,
                        format!("too many predicates, the limit is {}", limits.predicates),
                    )
                    .label("one too many"),
                );
            }
            return None;
        }
        Some(id)
    }
}

/// The variables of one rule by name.
#[derive(Debug, Default)]
pub(super) struct Variables {
    pub(super) list: Vec<DraftVariable>,
    by_name: FxHashMap<Text, Var>,
}

impl Variables {
    /// The variable of this name, counted as used once more. Every `_` is another one.
    pub(super) fn named(&mut self, name: &Text, span: Span, any: &TypeSet) -> Var {
        if &**name != "_" {
            if let Some(&v) = self.by_name.get(name) {
                self.list[v].uses += 1;
                return v;
            }
            self.by_name.insert(name.clone(), self.list.len());
        }
        self.list.push(DraftVariable {
            name: name.clone(),
            span: Some(span),
            types: any.clone(),
            uses: 1,
            anonymous: &**name == "_",
        });
        self.list.len() - 1
    }

    /// A variable that the expansion makes up; never warned about.
    pub(super) fn made_up(&mut self, name: &str, types: TypeSet) -> Var {
        self.list.push(DraftVariable {
            name: name.into(),
            span: None,
            types,
            uses: 2,
            anonymous: false,
        });
        self.list.len() - 1
    }
}

/// The value or variable a term stands for; reports E012 to E014.
pub(super) fn term(
    term: &Term,
    declarations: &Declarations,
    variables: &mut Variables,
    diagnostics: &mut Diagnostics,
) -> Option<DraftTerm> {
    use crate::ir::Value;
    Some(match &term.kind {
        TermKind::String(s) => DraftTerm::Value(Value::String(s.clone()), term.span),
        TermKind::Integer(n) => DraftTerm::Value(Value::Integer(*n), term.span),
        TermKind::Boolean(b) => DraftTerm::Value(Value::Boolean(*b), term.span),
        TermKind::Object { ty, id } => DraftTerm::Value(
            object(&declarations.types, ty, id, term.span, diagnostics)?,
            term.span,
        ),
        TermKind::Now => DraftTerm::Now(term.span),
        TermKind::Variable(name) => {
            let any = declarations.types.any();
            DraftTerm::Variable(variables.named(name, term.span, any), term.span)
        }
        TermKind::Missing => return None,
    })
}

/// The value of a ground term; `None` (and a report) where it is none.
pub(crate) fn ground(
    term: &Term,
    declarations: &Declarations,
    diagnostics: &mut Diagnostics,
) -> Option<crate::ir::Value> {
    use crate::ir::Value;
    match &term.kind {
        TermKind::String(s) => Some(Value::String(s.clone())),
        TermKind::Integer(n) => Some(Value::Integer(*n)),
        TermKind::Boolean(b) => Some(Value::Boolean(*b)),
        TermKind::Object { ty, id } => object(&declarations.types, ty, id, term.span, diagnostics),
        TermKind::Now | TermKind::Variable(_) | TermKind::Missing => None,
    }
}
