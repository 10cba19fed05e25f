//! Desugared rules to a checked program: types, signatures, tests, lints.
//!
//! Everything here either refuses the policy or leaves its rules as they are; stratification,
//! which needs specialised relations, is [`crate::specialise`]'s.

mod coverage;
mod infer;
mod lints;
mod signatures;
mod tests;

use rustc_hash::FxHashSet;

use crate::desugar::Desugared;
use crate::diag::Diagnostics;
use crate::ir::core::{Core, PredicateId};
use crate::ir::{PolicyTest, Signature, TypeSet};
use crate::resolve::Declarations;
use crate::source::{Sources, Span};
use crate::syntax::ast::{Item, Policy};

/// What checking adds to the core rules.
pub(crate) struct Checked {
    pub(crate) core: Core,
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
    diagnostics: &mut Diagnostics,
) -> Checked {
    let declared = declares(files, declarations, &mut desugared);
    let ids: FxHashSet<PredicateId> = declared.iter().map(|(p, _, _)| *p).collect();

    lints::flags(files, diagnostics);
    lints::used_once(&desugared.drafts, diagnostics);
    lints::undefined(&desugared, &ids, diagnostics);
    lints::undeclared_names(&desugared, declarations, diagnostics);
    // What a rule with an error would have used or granted is unknown.
    if !diagnostics.has_errors() {
        lints::duplicates(&desugared, sources, diagnostics);
        lints::allow_without_permissions(&desugared, declarations, diagnostics);
        coverage::names(&desugared, declarations, diagnostics);
        coverage::in_tests(files, &desugared, declarations, diagnostics);
    }

    let types = &declarations.types;
    let sources_of: Vec<(PredicateId, Vec<TypeSet>)> =
        declared.iter().map(|(p, t, _)| (*p, t.clone())).collect();
    let rules = &desugared.rules;
    let list = &desugared.predicates.list;
    let inferred = infer::infer(types, list, &sources_of, rules, diagnostics);
    let (signatures, context_signatures) =
        signatures::collect(types, list, &declared, rules, &inferred);
    let tests = tests::Tests {
        sources,
        declarations,
        predicates: &desugared.predicates,
        signatures: &signatures,
        diagnostics,
    }
    .collect(files);
    Checked {
        core: Core {
            predicates: desugared.predicates.list,
            rules: desugared.rules.into_iter().map(|l| l.rule).collect(),
        },
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
            let id = desugared
                .predicates
                .intern(&d.predicate.text, d.types.len());
            out.push((id, entries, d.span));
        }
    }
    out
}
