//! What a shorthand rule would be as a full rule, as text for E022.

use std::fmt::Write as _;

use crate::diag::{Code, Diagnostic};
use crate::ir::quoted;
use crate::resolve::{Declarations, NameKind, Names};
use crate::source::Sources;
use crate::syntax::ast::{
    Call, Expr, Shorthand, ShorthandExpr, ShorthandExprKind, ShorthandTarget, ShorthandTerm,
    ShorthandTermKind,
};

use super::shorthand::Place;

/// E022, with the full rule to write instead where it can be told.
pub(super) fn foreign(
    rule: &Shorthand,
    foreign: &Expr,
    place: Place<'_>,
    declarations: &Declarations,
    sources: &Sources,
) -> Diagnostic {
    let found = Diagnostic::new(
        Code::E022,
        foreign.span,
        "operators are not available in a shorthand rule",
    )
    .label("only in full rules");
    let printer = Printer {
        place,
        declarations,
        sources,
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
}

impl Printer<'_> {
    fn rule(&self, rule: &Shorthand) -> Option<String> {
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

    fn names(&self) -> &Names {
        match self.place {
            Place::Type(_, names) | Place::Global(names) => names,
        }
    }

    fn expr(&self, e: &ShorthandExpr, out: &mut String) -> Option<()> {
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
                    let there = &relation.value;
                    let _ = write!(
                        out,
                        "{there} matches {target} and has_relation(resource, {}, {there}) and ",
                        quoted(there)
                    );
                    let ty = self.declarations.types.lookup(target)?;
                    out.push_str(&holds(term, there, self.declarations.names_of(ty)?)?);
                }
                None | Some(ShorthandTarget::Resource(_)) => {
                    out.push_str(&holds(term, "resource", self.names())?);
                }
            },
            ShorthandExprKind::Foreign(foreign) => out.push_str(self.sources.text(foreign.span)),
        }
        Some(())
    }

    fn chain(&self, parts: &[ShorthandExpr], between: &str, out: &mut String) -> Option<()> {
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
