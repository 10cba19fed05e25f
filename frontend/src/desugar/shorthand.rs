//! Shorthand rules: expansion by the table of spec 4.3.

use rustc_hash::FxHashSet;

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::ir::core::{Origin, PredicateId};
use crate::ir::{TypeId, TypeSet, Value};
use crate::limits::Limits;
use crate::resolve::{Declarations, NameKind, Names};
use crate::source::{Sources, Span, Text};
use crate::syntax::ast::{
    Call, Shorthand, ShorthandExpr, ShorthandExprKind, ShorthandTarget, ShorthandTerm,
    ShorthandTermKind, StringLiteral, TermKind,
};

use super::expansion;
use super::formula::{Draft, DraftLiteral, DraftTerm, Formula, Var};
use super::refusals::near;
use super::scope::{Predicates, Variables, term};
use super::written::mixed;

/// The block a shorthand rule stands in.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The block of a type.
    Type(TypeId, &'a Names),
    /// The global block.
    Global(&'a Names),
}

/// What all rules are expanded with.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) declarations: &'a Declarations,
    pub(super) sources: &'a Sources,
    pub(super) limits: &'a Limits,
}

/// Expands one shorthand rule.
pub(super) struct Expander<'a> {
    pub(super) declarations: &'a Declarations,
    pub(super) predicates: &'a mut Predicates,
    pub(super) refused_targets: &'a mut FxHashSet<Text>,
    pub(super) diagnostics: &'a mut Diagnostics,
    pub(super) place: Place<'a>,
    given: Given<'a>,
    /// E022 has been said, with the whole rule.
    foreign: bool,
    variables: Variables,
    actor: Var,
    /// `None` in the global block.
    resource: Option<Var>,
    /// The quantified words, once used.
    role: Option<Var>,
    permission: Option<Var>,
}

impl<'a> Expander<'a> {
    /// The draft of the rule, or nothing where an error was reported.
    pub(super) fn expand(
        rule: &Shorthand,
        place: Place<'a>,
        given: Given<'a>,
        predicates: &'a mut Predicates,
        refused_targets: &'a mut FxHashSet<Text>,
        diagnostics: &'a mut Diagnostics,
    ) -> Option<Draft> {
        let declarations = given.declarations;
        let mut variables = Variables::default();
        let actor = variables.made_up("actor", declarations.types.actor().clone());
        let resource = match place {
            Place::Type(ty, _) => {
                let types = declarations.types.subtypes(ty).clone();
                Some(variables.made_up("resource", types))
            }
            Place::Global(_) => None,
        };
        let mut expander = Expander {
            declarations,
            predicates,
            refused_targets,
            diagnostics,
            place,
            given,
            foreign: false,
            variables,
            actor,
            resource,
            role: None,
            permission: None,
        };
        let head = expander.head(&rule.head);
        let body = expander.expr(&rule.body, rule);
        let (predicate, args) = head?;
        Some(Draft {
            origin: Origin::Shorthand,
            span: Some(rule.span),
            predicate,
            head: args,
            body: body?,
            variables: expander.variables.list,
        })
    }

    pub(super) fn names(&self) -> &'a Names {
        match self.place {
            Place::Type(_, names) | Place::Global(names) => names,
        }
    }

    /// How messages name the block: `` `Till` `` or `the global block`.
    pub(super) fn owner(&self) -> String {
        match self.place {
            Place::Type(ty, _) => format!("`{}`", self.declarations.types.get(ty).name),
            Place::Global(_) => "the global block".to_string(),
        }
    }

    fn head(&mut self, head: &ShorthandTerm) -> Option<(PredicateId, Vec<DraftTerm>)> {
        let span = head.span;
        let (name, middle) = match &head.kind {
            ShorthandTermKind::Literal(name) => {
                let Some(declared) = self.names().get(name) else {
                    self.undeclared(name, span);
                    return None;
                };
                let predicate = match declared.kind {
                    NameKind::Role => "has_role",
                    NameKind::Permission => "has_permission",
                    NameKind::Relation(_) => {
                        self.relation_head(name, span, declared.span);
                        return None;
                    }
                };
                (
                    predicate,
                    DraftTerm::Value(Value::String(name.clone()), span),
                )
            }
            word => {
                if let Place::Global(_) = self.place {
                    let word = if *word == ShorthandTermKind::Role {
                        "role"
                    } else {
                        "permission"
                    };
                    self.not_in_global(word, span);
                    return None;
                }
                match word {
                    ShorthandTermKind::Role => ("has_role", self.role(span)),
                    _ => ("has_permission", self.permission(span)),
                }
            }
        };
        let mut args = vec![DraftTerm::Variable(self.actor, span), middle];
        args.extend(self.resource.map(|r| DraftTerm::Variable(r, span)));
        Some((self.predicate(name, args.len()), args))
    }

    fn expr(&mut self, e: &ShorthandExpr, rule: &Shorthand) -> Option<Formula> {
        match &e.kind {
            ShorthandExprKind::Or(parts) => {
                let and = |p: &&ShorthandExpr| matches!(p.kind, ShorthandExprKind::And(_));
                if let Some(and) = parts.iter().find(and) {
                    self.diagnostics.push(mixed(and.span));
                }
                self.parts(parts, rule).map(Formula::Or)
            }
            ShorthandExprKind::And(parts) => self.parts(parts, rule).map(Formula::And),
            ShorthandExprKind::Group(inner) => self.expr(inner, rule),
            ShorthandExprKind::Not(call) => {
                let inner = self.call(call)?;
                Some(Formula::Not(Box::new(inner), e.span))
            }
            ShorthandExprKind::Call(call) => self.call(call),
            ShorthandExprKind::Global(name) => self.global(name, e.span),
            ShorthandExprKind::Term { term, on } => match on {
                Some(target) if self.resource.is_none() => {
                    let span = match target {
                        ShorthandTarget::Relation(r) => r.span,
                        ShorthandTarget::Resource(span) => *span,
                    };
                    self.not_in_global("on", span);
                    None
                }
                Some(ShorthandTarget::Relation(relation)) => self.hop(term, relation, e.span),
                None | Some(ShorthandTarget::Resource(_)) => self.local(term),
            },
            ShorthandExprKind::Foreign(_) => {
                self.foreign(
                    rule,
                    e.span,
                    "operators are not available in a shorthand rule",
                );
                None
            }
            ShorthandExprKind::NotTerm(inner) => {
                // The name is looked up, so that a misspelt one is told now.
                self.expr(inner, rule)?;
                self.foreign(
                    rule,
                    e.span,
                    "in a shorthand rule `not` stands only before a call",
                );
                None
            }
            ShorthandExprKind::Missing => None,
        }
    }

    /// E022, once per rule: the full rule shown has all of it.
    fn foreign(&mut self, rule: &Shorthand, span: Span, message: &str) {
        if !std::mem::replace(&mut self.foreign, true) {
            let found = expansion::foreign(rule, span, message, self.place, self.given);
            self.diagnostics.push(found);
        }
    }

    fn parts(&mut self, parts: &[ShorthandExpr], rule: &Shorthand) -> Option<Vec<Formula>> {
        let expanded: Vec<Option<Formula>> = parts.iter().map(|p| self.expr(p, rule)).collect();
        expanded.into_iter().collect()
    }

    /// `"n"`, `role`, `permission` without a hop.
    fn local(&mut self, t: &ShorthandTerm) -> Option<Formula> {
        let span = t.span;
        let Some(resource) = self.resource else {
            let ShorthandTermKind::Literal(name) = &t.kind else {
                let word = if t.kind == ShorthandTermKind::Role {
                    "role"
                } else {
                    "permission"
                };
                self.not_in_global(word, span);
                return None;
            };
            let Some(declared) = self.names().get(name) else {
                self.undeclared(name, span);
                return None;
            };
            return Some(self.global_atom(name, &declared.kind, span));
        };
        match &t.kind {
            ShorthandTermKind::Literal(name) => {
                let Some(declared) = self.names().get(name) else {
                    self.undeclared(name, span);
                    return None;
                };
                let kind = declared.kind.clone();
                self.leads_to_actor(name, &kind, span, None);
                Some(self.holds(name, &kind, resource, span))
            }
            ShorthandTermKind::Role => {
                let role = self.role(span);
                Some(self.atom(
                    "has_role",
                    vec![self.actor(span), role, DraftTerm::Variable(resource, span)],
                    span,
                ))
            }
            ShorthandTermKind::Permission => {
                let permission = self.permission(span);
                Some(self.atom(
                    "has_permission",
                    vec![
                        self.actor(span),
                        permission,
                        DraftTerm::Variable(resource, span),
                    ],
                    span,
                ))
            }
        }
    }

    /// `"n" on "r"`, `role on "r"`, `permission on "r"`.
    fn hop(&mut self, t: &ShorthandTerm, relation: &StringLiteral, span: Span) -> Option<Formula> {
        let target = match self.names().get(&relation.value).map(|d| &d.kind) {
            Some(NameKind::Relation(target)) => target.clone(),
            _ => {
                self.not_a_relation(t, relation);
                return None;
            }
        };
        let types = &self.declarations.types;
        let admitted = types
            .admits(&target)
            .unwrap_or_else(|| types.none().clone());
        let target_names = types
            .lookup(&target)
            .and_then(|t| self.declarations.names_of(t));
        let is_abstract = crate::ir::ABSTRACT.contains(&&*target);
        if target_names.is_none() && !is_abstract {
            self.no_block(t, &target, relation);
            return None;
        }
        let resource = self.resource.expect("hops are refused in the global block");
        let there = self.fresh(&relation.value, admitted);
        let arrow = self.atom(
            "has_relation",
            vec![
                DraftTerm::Variable(resource, span),
                DraftTerm::Value(Value::String(relation.value.clone()), relation.span),
                DraftTerm::Variable(there, span),
            ],
            relation.span,
        );
        let far = match &t.kind {
            ShorthandTermKind::Literal(name) => {
                let Some(declared) = target_names.and_then(|n| n.get(name)) else {
                    self.undeclared_there(name, t.span, &target, target_names, relation);
                    return None;
                };
                let kind = declared.kind.clone();
                self.leads_to_actor(name, &kind, t.span, Some((&target, relation)));
                self.holds(name, &kind, there, t.span)
            }
            ShorthandTermKind::Role => {
                let role = self.role(t.span);
                self.atom(
                    "has_role",
                    vec![self.actor(span), role, DraftTerm::Variable(there, span)],
                    span,
                )
            }
            ShorthandTermKind::Permission => {
                let permission = self.permission(t.span);
                let args = vec![
                    self.actor(span),
                    permission,
                    DraftTerm::Variable(there, span),
                ];
                self.atom("has_permission", args, span)
            }
        };
        Some(Formula::And(vec![arrow, far]))
    }

    /// `holds(n, v, V)` of spec 4.3.
    fn holds(&mut self, name: &Text, kind: &NameKind, on: Var, span: Span) -> Formula {
        let literal = DraftTerm::Value(Value::String(name.clone()), span);
        let on = DraftTerm::Variable(on, span);
        let actor = self.actor(span);
        match kind {
            NameKind::Role => self.atom("has_role", vec![actor, literal, on], span),
            NameKind::Permission => self.atom("has_permission", vec![actor, literal, on], span),
            NameKind::Relation(_) => self.atom("has_relation", vec![on, literal, actor], span),
        }
    }

    /// `global "n"`.
    fn global(&mut self, name: &StringLiteral, span: Span) -> Option<Formula> {
        if self.resource.is_none() {
            self.global_in_global(name, span);
            return None;
        }
        let names = self.declarations.global.as_ref();
        let Some(declared) = names.and_then(|n| n.get(&name.value)) else {
            let found = Diagnostic::new(
                Code::E034,
                name.span,
                format!("\"{}\" is not a global role or permission", name.value),
            );
            self.diagnostics.push(match names {
                None => found
                    .label("there is no global block")
                    .help(format!("add `global {{ roles = [\"{}\"]; }}`", name.value)),
                Some(names) => match near(&name.value, names) {
                    Some(near) => found.label(format!("did you mean \"{near}\"?")),
                    None => found
                        .label("not declared in the global block")
                        .help("declare it in the `roles` or `permissions` of the global block"),
                },
            });
            return None;
        };
        let kind = declared.kind.clone();
        Some(self.global_atom(&name.value, &kind, name.span))
    }

    fn global_atom(&mut self, name: &Text, kind: &NameKind, span: Span) -> Formula {
        let predicate = match kind {
            NameKind::Role => "has_role",
            // Relations in the global block have been refused (E028).
            NameKind::Permission | NameKind::Relation(_) => "has_permission",
        };
        let literal = DraftTerm::Value(Value::String(name.clone()), span);
        self.atom(predicate, vec![self.actor(span), literal], span)
    }

    fn call(&mut self, call: &Call) -> Option<Formula> {
        let mut args = Vec::with_capacity(call.args.len());
        let mut good = true;
        for arg in &call.args {
            let resolved = match &arg.kind {
                TermKind::Variable(name) => self.word(name, arg.span),
                _ => term(
                    arg,
                    self.declarations,
                    &mut self.variables,
                    self.diagnostics,
                ),
            };
            match resolved {
                Some(t) => args.push(t),
                None => good = false,
            }
        }
        let predicate = self.predicates.written(
            &call.predicate,
            call.args.len(),
            self.given.limits,
            self.diagnostics,
        );
        if !good {
            return None;
        }
        Some(Formula::Literal(DraftLiteral::Atom(
            predicate?, args, call.span,
        )))
    }

    /// An identifier as call argument: one of the four words, or E036.
    fn word(&mut self, name: &Text, span: Span) -> Option<DraftTerm> {
        match (&**name, self.resource) {
            ("actor", _) => Some(self.actor(span)),
            ("resource", Some(r)) => Some(DraftTerm::Variable(r, span)),
            ("role", Some(_)) => Some(self.role(span)),
            ("permission", Some(_)) => Some(self.permission(span)),
            ("resource" | "role" | "permission", None) => {
                self.not_in_global(name, span);
                None
            }
            _ => {
                let words: &[&str] = match self.resource {
                    Some(_) => &["actor", "resource", "role", "permission"],
                    None => &["actor"],
                };
                let found = Diagnostic::new(
                    Code::E036,
                    span,
                    format!("unknown variable `{name}` in a shorthand rule"),
                );
                self.diagnostics.push(
                    match suggest::nearest(name, words.iter().copied()) {
                        Some(near) => found.label(format!("did you mean `{near}`?")),
                        None => found.label("not a variable here"),
                    }
                    .help(format!(
                        "only {} and literals can be arguments here; for other variables write a full rule",
                        words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
                    )),
                );
                None
            }
        }
    }

    fn atom(&mut self, predicate: &str, args: Vec<DraftTerm>, span: Span) -> Formula {
        let id = self.predicate(predicate, args.len());
        Formula::Literal(DraftLiteral::Atom(id, args, span))
    }

    fn predicate(&mut self, name: &str, arity: usize) -> PredicateId {
        self.predicates.intern(&name.into(), arity)
    }

    fn actor(&self, span: Span) -> DraftTerm {
        DraftTerm::Variable(self.actor, span)
    }

    fn string(&self) -> TypeSet {
        self.declarations.types.only(TypeId::STRING)
    }

    fn role(&mut self, span: Span) -> DraftTerm {
        let types = self.string();
        let variables = &mut self.variables;
        let role = *self
            .role
            .get_or_insert_with(|| variables.made_up("role", types));
        DraftTerm::Variable(role, span)
    }

    fn permission(&mut self, span: Span) -> DraftTerm {
        let types = self.string();
        let variables = &mut self.variables;
        let word = self
            .permission
            .get_or_insert_with(|| variables.made_up("permission", types));
        DraftTerm::Variable(*word, span)
    }

    /// A hop's own variable, named after the relation.
    fn fresh(&mut self, relation: &str, types: TypeSet) -> Var {
        self.variables.made_up(relation, types)
    }
}
