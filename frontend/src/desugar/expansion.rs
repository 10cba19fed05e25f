//! What a shorthand rule would be as a full rule, as text for E022.

use std::fmt::Write as _;

use crate::diag::{Code, Diagnostic};
use crate::ir::quoted;
use crate::resolve::{Declarations, NameKind, Names};
use crate::source::{Sources, Span};
use crate::syntax::ast::{
    Call, Shorthand, ShorthandExpr, ShorthandExprKind, ShorthandTarget, ShorthandTerm,
    ShorthandTermKind,
};

use super::numbering::UniqueNames;
use super::shorthand::{Given, Place};

/// E022, with the full rule to write instead where it can be told.
pub(super) fn foreign(
    rule: &Shorthand,
    span: Span,
    message: &str,
    place: Place<'_>,
    given: Given<'_>,
) -> Diagnostic {
    let found = Diagnostic::new(Code::E022, span, message).label("only in full rules");
    let mut printer = Printer {
        place,
        declarations: given.declarations,
        sources: given.sources,
        unique: UniqueNames::default(),
    };
    match printer.rule(rule) {
        Some(text) => found.help(format!("write this as a full rule:\n{text}")),
        None => found.help("write this as a full rule"),
    }
}

struct Printer<'a> {
    place: Place<'a>,
    declarations: &'a Declarations,
    sources: &'a Sources,
    /// Names of variables in use: each hop has its own.
    unique: UniqueNames,
}

impl<'p> Printer<'p> {
    fn rule(&mut self, rule: &Shorthand) -> Option<String> {
        for word in ["actor", "resource", "role", "permission"] {
            self.unique.reserve(word);
        }
        self.reserve(&rule.body);
        let names = self.names();
        let (predicate, middle) = match &rule.head.kind {
            ShorthandTermKind::Literal(name) => match names.get(name)?.kind {
                NameKind::Role => ("has_role", quoted(name)),
                NameKind::Permission => ("has_permission", quoted(name)),
                NameKind::Relation(_) => return None,
            },
            ShorthandTermKind::Role => ("has_role", "role: String".to_string()),
            ShorthandTermKind::Permission => ("has_permission", "permission: String".to_string()),
        };
        let resource = match self.place {
            Place::Type(ty, _) => format!(", resource: {}", self.declarations.types.get(ty).name),
            Place::Global(_) => String::new(),
        };
        let mut body = String::new();
        self.expr(&rule.body, &mut body)?;
        Some(format!(
            "{predicate}(actor: Actor, {middle}{resource}) if\n  {body};"
        ))
    }

    /// Keeps the names that operators mention: no hop may take one.
    fn reserve(&mut self, e: &ShorthandExpr) {
        match &e.kind {
            ShorthandExprKind::Or(parts) | ShorthandExprKind::And(parts) => {
                parts.iter().for_each(|p| self.reserve(p));
            }
            ShorthandExprKind::Group(inner) => self.reserve(inner),
            ShorthandExprKind::Foreign(foreign) => {
                let text = self.sources.text(foreign.span);
                let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                for word in words.filter(|w| !w.is_empty()) {
                    self.unique.reserve(word);
                }
            }
            _ => {}
        }
    }

    fn names(&self) -> &'p Names {
        match self.place {
            Place::Type(_, names) | Place::Global(names) => names,
        }
    }

    fn expr(&mut self, e: &ShorthandExpr, out: &mut String) -> Option<()> {
        match &e.kind {
            ShorthandExprKind::Or(parts) => self.chain(parts, " or\n  ", out)?,
            ShorthandExprKind::And(parts) => self.chain(parts, " and\n  ", out)?,
            ShorthandExprKind::Group(inner) => {
                out.push('(');
                self.expr(inner, out)?;
                out.push(')');
            }
            ShorthandExprKind::Not(call) => {
                out.push_str("not ");
                self.call(call, out);
            }
            ShorthandExprKind::Call(call) => self.call(call, out),
            ShorthandExprKind::Global(name) => {
                let kind = &self.declarations.global.as_ref()?.get(&name.value)?.kind;
                let predicate = if *kind == NameKind::Role {
                    "has_role"
                } else {
                    "has_permission"
                };
                let _ = write!(out, "{predicate}(actor, {})", quoted(&name.value));
            }
            ShorthandExprKind::Term { term, on } => match on {
                Some(ShorthandTarget::Relation(relation)) => {
                    let NameKind::Relation(target) = &self.names().get(&relation.value)?.kind
                    else {
                        return None;
                    };
                    let ty = self.declarations.types.lookup(target)?;
                    let there = self.unique.take(&relation.value);
                    let _ = write!(
                        out,
                        "{there} matches {target} and has_relation(resource, {}, {there}) and ",
                        quoted(&relation.value)
                    );
                    out.push_str(&holds(term, &there, self.declarations.names_of(ty)?)?);
                }
                None | Some(ShorthandTarget::Resource(_)) => {
                    out.push_str(&holds(term, "resource", self.names())?);
                }
            },
            ShorthandExprKind::NotTerm(inner) => {
                let hop = matches!(
                    &inner.kind,
                    ShorthandExprKind::Term {
                        on: Some(ShorthandTarget::Relation(_)),
                        ..
                    }
                );
                out.push_str(if hop { "not (" } else { "not " });
                self.expr(inner, out)?;
                if hop {
                    out.push(')');
                }
            }
            ShorthandExprKind::Missing => return None,
            ShorthandExprKind::Foreign(foreign) => out.push_str(self.sources.text(foreign.span)),
        }
        Some(())
    }

    fn chain(&mut self, parts: &[ShorthandExpr], between: &str, out: &mut String) -> Option<()> {
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                out.push_str(between);
            }
            self.expr(part, out)?;
        }
        // Beyond a screenful the text helps nobody.
        (out.len() < 2_000).then_some(())
    }

    fn call(&self, call: &Call, out: &mut String) {
        out.push_str(self.sources.text(call.span));
    }
}

fn holds(term: &ShorthandTerm, on: &str, names: &Names) -> Option<String> {
    Some(match &term.kind {
        ShorthandTermKind::Literal(name) => match names.get(name)?.kind {
            NameKind::Role => format!("has_role(actor, {}, {on})", quoted(name)),
            NameKind::Permission => format!("has_permission(actor, {}, {on})", quoted(name)),
            NameKind::Relation(_) => format!("has_relation({on}, {}, actor)", quoted(name)),
        },
        ShorthandTermKind::Role => format!("has_role(actor, role, {on})"),
        ShorthandTermKind::Permission => format!("has_permission(actor, permission, {on})"),
    })
}
