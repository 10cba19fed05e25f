//! What shorthand rules are refused for: undeclared names and what the global block lacks.

use crate::diag::{Code, Diagnostic, suggest};
use crate::resolve::{NameKind, Names};
use crate::source::Span;
use crate::syntax::ast::StringLiteral;

use super::shorthand::{Expander, Place};

impl Expander<'_> {
    pub(super) fn not_in_global(&mut self, what: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::E030,
                span,
                format!("`{what}` is not available in the global block"),
            )
            .label("global names belong to no resource")
            .help("put the rule into the block of a type"),
        );
    }

    pub(super) fn relation_head(&mut self, name: &str, span: Span, declared: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::E029,
                span,
                format!("\"{name}\" is a relation; a shorthand rule cannot derive relations"),
            )
            .label("relations are facts")
            .also(declared, "declared as a relation here")
            .help(format!(
                "write a full rule: `has_relation(resource: {}, \"{name}\", other: ...) if ...;`",
                self.owner().trim_matches('`')
            )),
        );
    }

    pub(super) fn undeclared(&mut self, name: &str, span: Span) {
        let owner = self.owner();
        let found = Diagnostic::new(
            Code::E031,
            span,
            format!("\"{name}\" is not declared in {owner}"),
        );
        let found = match near(name, self.names()) {
            Some(near) => found.label(format!("did you mean \"{near}\"?")),
            None => found.label("not declared"),
        };
        let kinds = match self.place {
            Place::Type(..) => "role, permission or relation",
            Place::Global(_) => "role or permission",
        };
        self.diagnostics
            .push(found.help(format!("declare it as a {kinds} of {owner}")));
    }

    pub(super) fn not_a_relation(&mut self, relation: &StringLiteral) {
        let name = &relation.value;
        let found = Diagnostic::new(
            Code::E032,
            relation.span,
            format!("\"{name}\" is not a relation of {}", self.owner()),
        );
        let names = self.names();
        let relations = names
            .iter()
            .filter(|(_, d)| matches!(d.kind, NameKind::Relation(_)))
            .map(|(n, _)| &**n);
        self.diagnostics
            .push(match (names.get(name), suggest::nearest(name, relations)) {
                (Some(declared), _) => found
                    .label(format!("a {}", declared.kind.word()))
                    .also(declared.span, "declared here")
                    .help("`on` follows a relation; use the name of one"),
                (None, Some(near)) => found.label(format!("did you mean \"{near}\"?")),
                (None, None) => found
                    .label("not declared")
                    .help(format!("add `relations = {{ {name}: SomeType }};`")),
            });
    }

    pub(super) fn undeclared_there(
        &mut self,
        name: &str,
        span: Span,
        target: &str,
        names: Option<&Names>,
        relation: &StringLiteral,
    ) {
        let found = Diagnostic::new(
            Code::E033,
            span,
            format!(
                "\"{name}\" is not declared in `{target}`, the target of \"{}\"",
                relation.value
            ),
        );
        let found = match names.and_then(|n| near(name, n)) {
            Some(near) => found.label(format!("did you mean \"{near}\"?")),
            None => found.label("not declared there"),
        };
        self.diagnostics.push(if names.is_some() {
            found.help(format!("declare it in the block of `{target}`"))
        } else {
            found.help(format!("`{target}` is abstract; write a full rule instead"))
        });
    }

    pub(super) fn no_block(&mut self, target: &str, relation: &StringLiteral) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::E035,
                relation.span,
                format!(
                    "`{target}`, the target of \"{}\", has no block",
                    relation.value
                ),
            )
            .label("nothing is declared there")
            .help(format!(
                "add `resource {target} {{}}` with the roles it has"
            )),
        );
    }
}

/// The declared name most like a misspelt one.
pub(super) fn near<'n>(name: &str, names: &'n Names) -> Option<&'n str> {
    let mut sorted: Vec<&str> = names.keys().map(|k| &**k).collect();
    sorted.sort_unstable();
    suggest::nearest(name, sorted)
}
