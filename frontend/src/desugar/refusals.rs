//! What shorthand rules are refused for: undeclared names and what the global block lacks.

use crate::diag::{Code, Diagnostic, suggest};
use crate::ir::quoted;
use crate::resolve::{NameKind, Names};
use crate::source::{Span, Text};
use crate::syntax::ast::{ShorthandTerm, ShorthandTermKind, StringLiteral};

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

    pub(super) fn global_in_global(&mut self, name: &StringLiteral, span: Span) {
        self.diagnostics.push(
            Diagnostic::new(
                Code::E030,
                span,
                "`global` is not available in the global block",
            )
            .label("everything here is global")
            .help(format!("leave `global` out: `\"{}\"`", name.value)),
        );
    }

    /// W003: a relation used as a grant whose target is no actor. `on` is the target and
    /// the relation that lead there, if it is on the far side of a hop.
    pub(super) fn leads_to_actor(
        &mut self,
        name: &Text,
        kind: &NameKind,
        span: Span,
        on: Option<(&Text, &StringLiteral)>,
    ) {
        let NameKind::Relation(target) = kind else {
            return;
        };
        let types = &self.declarations.types;
        if types.admits(target).is_some_and(|t| t.meets(types.actor())) {
            return;
        }
        let help = match (on, is_primitive(target)) {
            (None, true) => format!("write a call with a fact instead: `{name}(resource, ...)`"),
            (None, false) => format!("to follow the relation write `\"some role\" on \"{name}\"`"),
            (Some((near, _)), true) => format!(
                "write a full rule with a fact instead, such as `{name}(x, ...)` of `x: {near}`"
            ),
            (Some((near, hop)), false) => format!(
                "give `{near}` a name of its own for it, `\"n\" if \"some role\" on \"{name}\";`, and write `\"n\" on \"{}\"`",
                hop.value
            ),
        };
        self.diagnostics.push(
            Diagnostic::new(
                Code::W003,
                span,
                format!("\"{name}\" points to `{target}`, which is not an actor type"),
            )
            .label("this condition can never hold")
            .help(help),
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

    /// E032; `term` stands before the `on`.
    pub(super) fn not_a_relation(&mut self, term: &ShorthandTerm, relation: &StringLiteral) {
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
        let near = suggest::nearest(name, relations);
        let exchanged = self.exchanged(term, name);
        let what = match names.get(name) {
            Some(declared) => format!("a {}", declared.kind.word()),
            None => "not declared".to_owned(),
        };
        let found = match (&exchanged, names.get(name), near) {
            (Some(meant), ..) => found.label(format!("{what}; did you mean `{meant}`?")),
            (None, None, Some(near)) => found.label(format!("did you mean \"{near}\"?")),
            _ => found.label(what),
        };
        self.diagnostics.push(match (names.get(name), near) {
            (Some(declared), _) => found
                .also(declared.span, "declared here")
                .help("`on` follows a relation; use the name of one"),
            (None, Some(_)) if exchanged.is_none() => found,
            // A second map would be one too many.
            (None, _) if self.has_relations() => found.help(format!(
                "add `{name}: SomeType` to the relations of {}",
                self.owner()
            )),
            (None, _) => found.help(format!("add `relations = {{ {name}: SomeType }};`")),
        });
    }

    /// What was meant where the two sides of `on` are exchanged.
    fn exchanged(&self, term: &ShorthandTerm, name: &Text) -> Option<String> {
        let ShorthandTermKind::Literal(left) = &term.kind else {
            return None;
        };
        let NameKind::Relation(target) = &self.names().get(left)?.kind else {
            return None;
        };
        let target = self.declarations.types.lookup(target)?;
        let there = self.declarations.names_of(target)?;
        there
            .contains_key(name)
            .then(|| format!("\"{name}\" on \"{left}\""))
    }

    fn has_relations(&self) -> bool {
        self.names()
            .values()
            .any(|d| d.own && matches!(d.kind, NameKind::Relation(_)))
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

    /// E035; `term` stands before the `on`.
    pub(super) fn no_block(
        &mut self,
        term: &ShorthandTerm,
        target: &Text,
        relation: &StringLiteral,
    ) {
        self.refused_targets.insert(target.clone());
        let name = &relation.value;
        let found = Diagnostic::new(
            Code::E035,
            relation.span,
            format!("`{target}`, the target of \"{name}\", has no block"),
        );
        if is_primitive(target) {
            let value = match &term.kind {
                ShorthandTermKind::Literal(text) => quoted(text),
                _ => "...".to_owned(),
            };
            self.diagnostics.push(found.label("nothing is declared there").help(format!(
                "values of `{target}` have no roles; write a call with a fact instead: `{name}(resource, {value})`"
            )));
            return;
        }
        let types = &self.declarations.types;
        let mut with_block: Vec<&str> = { self.declarations.names.keys() }
            .map(|t| &*types.get(*t).name)
            .collect();
        with_block.sort_unstable();
        self.diagnostics.push(match suggest::nearest(target, with_block) {
            Some(near) => found
                .label(format!("did you mean `{near}`?"))
                .help(format!(
                    "correct the target in `relations`, or add `resource {target} {{}}` with the roles it has"
                )),
            None => found.label("nothing is declared there").help(format!(
                "add `resource {target} {{}}` with the roles it has"
            )),
        });
    }
}

fn is_primitive(ty: &str) -> bool {
    matches!(ty, "String" | "Integer" | "Boolean")
}

/// The declared name most like a misspelt one.
pub(super) fn near<'n>(name: &str, names: &'n Names) -> Option<&'n str> {
    let mut sorted: Vec<&str> = names.keys().map(|k| &**k).collect();
    sorted.sort_unstable();
    suggest::nearest(name, sorted)
}
