//! Warnings about what was written: things that are legal and probably not meant.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::desugar::{Desugared, Draft, DraftLiteral, DraftTerm, Formula};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::ir::TypeSet;
use crate::ir::core::{Atom, Literal, Origin, PredicateId};
use crate::resolve::Declarations;
use crate::source::{Sources, Span};
use crate::syntax::ast::{BlockItem, Item, Policy};

/// Most arguments a stored fact can have (spec 6.1).
const FACT_ARITY: usize = 5;

/// W010.
pub(super) fn flags(files: &[Policy], diagnostics: &mut Diagnostics) {
    let mut warn = |flags: &[crate::syntax::ast::Name]| {
        for flag in flags {
            diagnostics.push(
                Diagnostic::new(
                    Code::W010,
                    flag.span,
                    format!("the flag `@{}` is ignored", flag.text),
                )
                .label("no effect"),
            );
        }
    };
    for item in files.iter().flat_map(|f| &f.items) {
        match item {
            Item::Rule(rule) => warn(&rule.flags),
            Item::Block(block) => {
                for item in &block.items {
                    if let BlockItem::Shorthand(rule) = item {
                        warn(&rule.flags);
                    }
                }
            }
            _ => {}
        }
    }
}

/// W008, except of variables written at `known` places.
pub(super) fn used_once(drafts: &[Draft], known: &FxHashSet<Span>, diagnostics: &mut Diagnostics) {
    for variable in drafts.iter().flat_map(|d| &d.variables) {
        let name = &variable.name;
        let Some(span) = variable.span else { continue };
        let private = variable.anonymous || name.starts_with('_');
        if variable.uses == 1 && !private && !known.contains(&span) {
            diagnostics.push(
                Diagnostic::new(Code::W008, span, format!("`{name}` is used only once"))
                    .label("nothing else mentions it")
                    .help(format!(
                        "if that is meant, rename it to `_{name}`; otherwise check the spelling"
                    )),
            );
        }
    }
}

/// W009 and W019: body atoms that look wrong.
pub(super) fn undefined(
    desugared: &Desugared,
    declared: &FxHashSet<PredicateId>,
    sources: &Sources,
    diagnostics: &mut Diagnostics,
) {
    let list = &desugared.predicates.list;
    let mut defined: FxHashSet<PredicateId> = declared.clone();
    defined.extend(desugared.drafts.iter().map(|d| d.predicate));
    let names: FxHashSet<&str> = defined.iter().map(|p| &*list[p.0 as usize].name).collect();
    let mut candidates: Vec<(usize, &str)> = defined
        .iter()
        .map(|p| &list[p.0 as usize])
        .map(|p| (p.arity, &*p.name))
        .collect();
    candidates.sort_unstable();
    let mut warned: FxHashSet<PredicateId> = FxHashSet::default();
    for draft in &desugared.drafts {
        atoms(&draft.body, &mut |predicate, _, span| {
            if defined.contains(&predicate) {
                return;
            }
            let p = &list[predicate.0 as usize];
            if p.arity > FACT_ARITY && warned.insert(predicate) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::W019,
                        span,
                        format!(
                            "`{}` has {} arguments and no rule defines it",
                            p.name, p.arity
                        ),
                    )
                    .label("can never hold")
                    .help(format!("facts have at most {FACT_ARITY} arguments")),
                );
                return;
            }
            // Short names differ by a letter or two without being slips.
            if p.name.len() < 5 || names.contains(&*p.name) || !warned.insert(predicate) {
                return;
            }
            let slips = if p.name.len() < 10 { 1 } else { 2 };
            let slip = |near: &&str| strsim::damerau_levenshtein(near, &p.name) <= slips;
            let alike = candidates.iter().filter(|(arity, _)| *arity == p.arity);
            let near = suggest::nearest(&p.name, alike.map(|(_, name)| *name));
            if let Some(near) = near.filter(slip) {
                // An atom begins with its name, unless shorthand stands for it.
                let name = if sources.text(span).starts_with(&*p.name) {
                    let start = span.start as usize;
                    Span::new(span.file, start, start + p.name.len())
                } else {
                    span
                };
                diagnostics.push(
                    Diagnostic::new(Code::W009, name, format!("no rule defines `{}`", p.name))
                        .label(format!("did you mean `{near}`?"))
                        .note("without a rule it can only be a stored fact"),
                );
            }
        });
    }
}

/// W014.
pub(super) fn duplicates(desugared: &Desugared, sources: &Sources, diagnostics: &mut Diagnostics) {
    // Core variables are numbered in order of mention, so rules that differ in nothing but
    // names of variables are equal.
    let mut rules: Vec<Vec<Shape<'_>>> = vec![Vec::new(); desugared.drafts.len()];
    let mut has_group = vec![false; desugared.drafts.len()];
    for lowered in &desugared.rules {
        let rule = &lowered.rule;
        // Predicates of groups are numbered, so rules with groups never look alike.
        has_group[lowered.draft] |= rule.origin == Origin::Group;
        let types = rule.variables.iter().map(|v| &v.types).collect();
        rules[lowered.draft].push((&rule.head, &rule.body, types));
    }
    let mut first: FxHashMap<&[Shape<'_>], Span> = FxHashMap::default();
    for (i, draft) in desugared.drafts.iter().enumerate() {
        let Some(span) = draft.span else { continue };
        if rules[i].is_empty() || has_group[i] {
            continue;
        }
        match first.get(&rules[i][..]) {
            Some(&earlier) => diagnostics.push(
                Diagnostic::new(
                    Code::W014,
                    span,
                    format!("this rule repeats the one at {}", sources.locate(earlier)),
                )
                .label("duplicate")
                .also(earlier, "the first one"),
            ),
            None => drop(first.insert(&rules[i], span)),
        }
    }
}

/// Head, body and types of the variables of a core rule.
type Shape<'r> = (&'r Atom, &'r Vec<Literal>, Vec<&'r TypeSet>);

/// W015.
pub(super) fn allow_without_permissions(
    desugared: &Desugared,
    declarations: &Declarations,
    diagnostics: &mut Diagnostics,
) {
    let list = &desugared.predicates.list;
    let is = |p: PredicateId, name: &str| &*list[p.0 as usize].name == name;
    let allows: Vec<&Draft> = desugared
        .drafts
        .iter()
        .filter(|d| is(d.predicate, "allow"))
        .collect();
    let Some(span) = allows.first().and_then(|d| d.span) else {
        return;
    };
    let permissions = declarations
        .names
        .values()
        .chain(&declarations.global)
        .flat_map(|n| n.values())
        .any(|d| d.kind == crate::resolve::NameKind::Permission);
    let mut calls = false;
    for draft in allows {
        atoms(&draft.body, &mut |p, _, _| calls |= is(p, "has_permission"));
    }
    if permissions && !calls {
        diagnostics.push(
            Diagnostic::new(
                Code::W015,
                span,
                "no `allow` rule calls `has_permission`: the permissions of your blocks have no effect",
            )
            .label("a custom `allow` replaces the default one")
            .help("add `allow(actor: Actor, action: String, resource: Resource) if has_permission(actor, action, resource);`"),
        );
    }
}

/// Calls `seen` with each atom, negated ones included.
pub(super) fn atoms(formula: &Formula, seen: &mut impl FnMut(PredicateId, &[DraftTerm], Span)) {
    match formula {
        Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|p| atoms(p, seen)),
        Formula::Not(inner, _) => atoms(inner, seen),
        Formula::Literal(DraftLiteral::Atom(p, args, span)) => seen(*p, args, *span),
        Formula::Literal(_) | Formula::True | Formula::False => {}
    }
}
