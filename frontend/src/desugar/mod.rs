//! Syntax to core rules (spec 4.3, 5.1 to 5.5, 7.1).
//!
//! Two steps. *Drafting* expands shorthand and resolves names but keeps `and`, `or`,
//! `not` and places. *Lowering* multiplies out alternatives, solves equality and gives
//! every negated group that is not a single atom a predicate of its own. On exit each
//! rule is a conjunction in the sense of [`crate::ir::core`], negation is safe (E041)
//! and limits hold; types of untyped variables are still open.

mod branch;
mod expansion;
mod formula;
mod lower;
mod negation;
mod numbering;
mod refusals;
mod scope;
mod shorthand;
mod solve;
mod written;

use rustc_hash::FxHashSet;

use crate::diag::Diagnostics;
use crate::ir::core::Origin;
use crate::limits::Limits;
use crate::resolve::Declarations;
use crate::source::{Sources, Text};
use crate::syntax::ast::{BlockHead, BlockItem, Item, Policy};

pub(crate) use formula::{Draft, DraftLiteral, DraftTerm, DraftVariable, Formula};
pub(crate) use lower::{Lowered, compare};
pub(crate) use scope::{Predicates, ground};

/// What desugaring yields.
#[derive(Debug)]
pub(crate) struct Desugared {
    pub(crate) predicates: Predicates,
    /// Rules before multiplication, for the lints that look at what was written.
    pub(crate) drafts: Vec<Draft>,
    /// Core rules: those of drafts in order, groups before the rule they stand in.
    pub(crate) rules: Vec<Lowered>,
    /// Types without a block that E035 was said of.
    pub(crate) refused_targets: FxHashSet<Text>,
}

/// Desugars all rules of all files, and adds `allow` where the policy has none.
pub(crate) fn desugar(
    files: &[Policy],
    declarations: &Declarations,
    sources: &Sources,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Desugared {
    let mut predicates = Predicates::default();
    let mut drafts = Vec::new();
    let mut refused_targets = FxHashSet::default();
    let given = shorthand::Given {
        declarations,
        sources,
        limits,
    };
    for item in files.iter().flat_map(|f| &f.items) {
        match item {
            Item::Rule(rule) => {
                let mut writer = written::Writer {
                    declarations,
                    predicates: &mut predicates,
                    limits,
                    diagnostics,
                };
                drafts.extend(writer.rule(rule));
            }
            Item::Block(block) => {
                let place = match &block.head {
                    BlockHead::Global(_) => {
                        declarations.global.as_ref().map(shorthand::Place::Global)
                    }
                    BlockHead::Actor(name) | BlockHead::Resource(name) => declarations
                        .types
                        .lookup(&name.text)
                        .and_then(|t| Some(shorthand::Place::Type(t, declarations.names_of(t)?))),
                };
                // A block without a place was refused when its name was declared.
                let Some(place) = place else { continue };
                for item in &block.items {
                    if let BlockItem::Shorthand(rule) = item {
                        drafts.extend(shorthand::Expander::expand(
                            rule,
                            place,
                            given,
                            &mut predicates,
                            &mut refused_targets,
                            diagnostics,
                        ));
                    }
                }
            }
            Item::Declaration(_) | Item::Fixture(_) | Item::Test(_) => {}
        }
    }
    let has_allow = files
        .iter()
        .flat_map(|f| &f.items)
        .any(|item| matches!(item, Item::Rule(rule) if &*rule.head.predicate.text == "allow"));
    if !has_allow {
        drafts.extend(injected(declarations, &mut predicates));
    }

    let mut lowerer = lower::Lowerer {
        types: &declarations.types,
        predicates: &mut predicates,
        limits,
        diagnostics,
        rules: Vec::new(),
        groups: 0,
        expanded: 0,
        overflow: false,
    };
    for (index, draft) in drafts.iter().enumerate() {
        lowerer.draft(index, draft);
    }
    let rules = lowerer.rules;
    Desugared {
        predicates,
        drafts,
        rules,
        refused_targets,
    }
}

/// The two rules of spec 7.1, with untyped parameters.
fn injected(declarations: &Declarations, predicates: &mut Predicates) -> [Draft; 2] {
    // Injected rules have no place; spans of their terms are never looked at.
    let nowhere = crate::source::Span::new(crate::source::FileId(0), 0, 0);
    [&["actor", "action", "resource"][..], &["actor", "action"]].map(|names| {
        let terms = || -> Vec<DraftTerm> {
            (0..names.len())
                .map(|v| DraftTerm::Variable(v, nowhere))
                .collect()
        };
        let source = predicates.intern(&"has_permission".into(), names.len());
        Draft {
            origin: Origin::Injected,
            span: None,
            variables: names
                .iter()
                .map(|&name| DraftVariable {
                    name: name.into(),
                    span: None,
                    types: declarations.types.any().clone(),
                    uses: 2,
                    anonymous: false,
                })
                .collect(),
            predicate: predicates.intern(&"allow".into(), names.len()),
            head: terms(),
            body: Formula::Literal(DraftLiteral::Atom(source, terms(), nowhere)),
        }
    })
}
