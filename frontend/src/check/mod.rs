//! Desugared rules to a checked program: types, signatures, tests, lints.
//!
//! Everything here either refuses the policy or leaves its rules as they are; stratification,
//! which needs specialised relations, is [`crate::specialise`]'s.

mod coverage;
mod infer;
mod lints;
mod literals;
mod misfit;
mod open;
mod signatures;
mod tests;

use rustc_hash::FxHashSet;

use crate::desugar::Desugared;
use crate::diag::{Diagnostics, Severity};
use crate::ir::core::{Core, PredicateId};
use crate::ir::{PolicyTest, Signature, TypeSet};
use crate::limits::Limits;
use crate::resolve::Declarations;
use crate::source::{Sources, Span};
use crate::syntax::ast::{Item, Policy};

pub(crate) use open::is_open;

/// What checking adds to the core rules.
pub(crate) struct Checked {
    pub(crate) core: Core,
    /// Per core rule, where each of its negated atoms was written.
    pub(crate) negations: Vec<Vec<Span>>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) context_signatures: Vec<Signature>,
    pub(crate) tests: Vec<PolicyTest>,
}

/// Checks all rules together.
pub(crate) fn check(
    files: &[Policy],
    sources: &Sources,
    declarations: &Declarations,
    mut desugared: Desugared,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Checked {
    let declared = declares(files, declarations, &mut desugared, limits, diagnostics);
    let ids: FxHashSet<PredicateId> = declared.iter().map(|(p, _, _)| *p).collect();

    lints::flags(files, diagnostics);
    for (name, warning) in &declarations.undeclared {
        if !desugared.refused_targets.contains(name) {
            diagnostics.push(warning.clone());
        }
    }
    let open = open::variables(&desugared.rules, diagnostics);
    lints::used_once(&desugared.drafts, &open, diagnostics);
    literals::undeclared_names(&desugared, declarations, diagnostics);
    // What a rule with an error would have used, defined or granted is unknown.
    let rules_whole = !diagnostics.has_errors() || only_in_tests(files, diagnostics);
    if rules_whole {
        lints::undefined(&desugared, &ids, sources, diagnostics);
        lints::duplicates(&desugared, sources, diagnostics);
        lints::allow_without_permissions(&desugared, declarations, diagnostics);
        coverage::names(&desugared, &declared, declarations, diagnostics);
    }

    let types = &declarations.types;
    let sources_of: Vec<(PredicateId, Vec<TypeSet>)> =
        declared.iter().map(|(p, t, _)| (*p, t.clone())).collect();
    let rules = &desugared.rules;
    let list = &desugared.predicates.list;
    let inferred = infer::infer(types, list, &sources_of, rules);
    if rules_whole {
        inferred.report(types, rules, &open, diagnostics);
    }
    let (signatures, context_signatures) =
        signatures::collect(types, list, &declared, rules, &inferred);
    let (tests, refused) = tests::Tests {
        sources,
        declarations,
        predicates: &desugared.predicates,
        signatures: &signatures,
        rules_whole,
        refused: FxHashSet::default(),
        diagnostics,
    }
    .collect(files);
    if rules_whole {
        coverage::in_tests(files, &refused, &desugared, declarations, diagnostics);
    }
    let (rules, negations) = { desugared.rules.into_iter() }
        .map(|lowered| (lowered.rule, lowered.negations))
        .unzip();
    Checked {
        core: Core {
            predicates: desugared.predicates.list,
            rules,
        },
        negations,
        signatures,
        context_signatures,
        tests,
    }
}

/// The shapes of all `declare` items.
fn declares(
    files: &[Policy],
    declarations: &Declarations,
    desugared: &mut Desugared,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Vec<(PredicateId, Vec<TypeSet>, Span)> {
    let mut out = Vec::new();
    for item in files.iter().flat_map(|f| &f.items) {
        if let Item::Declaration(d) = item {
            let types = &declarations.types;
            let entries = d
                .types
                .iter()
                .map(|t| {
                    types
                        .admits(&t.text)
                        .unwrap_or_else(|| types.none().clone())
                })
                .collect();
            let predicates = &mut desugared.predicates;
            let id = predicates.written(&d.predicate, d.types.len(), limits, diagnostics);
            out.extend(id.map(|id| (id, entries, d.span)));
        }
    }
    out
}

/// Whether every error so far lies in a test or a fixture, so that the rules are known.
fn only_in_tests(files: &[Policy], diagnostics: &Diagnostics) -> bool {
    let tests: Vec<Span> = { files.iter().flat_map(|f| &f.items) }
        .filter_map(|item| match item {
            Item::Test(test) => Some(test.span),
            Item::Fixture(fixture) => Some(fixture.span),
            Item::Block(_) | Item::Rule(_) | Item::Declaration(_) => None,
        })
        .collect();
    let within = |at: Span| {
        let around = |t: &&Span| t.file == at.file && t.start <= at.start && at.end <= t.end;
        tests.iter().find(around).is_some()
    };
    let errors = { diagnostics.iter() }.filter(|d| d.severity() == Severity::Error);
    let mut kept = 0;
    errors
        .inspect(|_| kept += 1)
        .all(|d| within(d.primary.span))
        && kept == diagnostics.errors()
}
