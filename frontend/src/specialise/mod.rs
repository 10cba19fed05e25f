//! Core rules to strata of specialised rules (design D2, D3).
//!
//! Four steps. Type classes per position ([`partition`]). All instances of all rules over
//! type classes and unbound columns ([`instances`]), from which follows by which
//! constants each position is split ([`constants`]); then all instances again, split.
//! Components of what depends on what ([`components`]), negation within one refused
//! ([`cycles`]). Residues, component by component ([`residue`]).
//!
//! Up to there types and constants are numbers ([`vocabulary`]) and rules are written with
//! them ([`outline`]).
//!
//! On exit every split is complete: a fact that may be stored belongs to exactly one
//! part, and a body atom has been replaced by every part it can match.

mod binding;
mod cells;
mod components;
mod constants;
mod cycles;
mod draft;
mod facts;
mod instances;
mod matching;
mod outline;
mod partition;
mod readers;
mod residue;
mod vocabulary;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::TypeTable;
use crate::ir::core::{Core, RuleId};
use crate::ir::part::Strata;
use crate::limits::Limits;
use crate::source::Sources;

use cells::{CellId, Cells, Constants};
use facts::Facts;
use instances::{Instance, Instantiation, candidates};
use outline::Outline;
use partition::Partitions;
use vocabulary::Vocabulary;

/// Specialises a checked program; reports E042, E072 and W017.
pub(crate) fn specialise(
    checked: &Checked,
    types: &TypeTable,
    sources: &Sources,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Strata {
    let core = &checked.core;
    let (stored, context) = (&checked.signatures[..], &checked.context_signatures[..]);
    let mut vocabulary = Vocabulary::new(core, types, stored.iter().chain(context));
    let rules = Outline::all(core, &mut vocabulary);
    let partitions = Partitions::new(core, &rules, types, &mut vocabulary);
    let mut cells = Cells::new(core, &rules, &vocabulary, &partitions);
    let facts = Facts::new(
        core,
        &rules,
        (stored, context),
        &mut vocabulary,
        &partitions,
        &mut cells,
        limits,
    );
    let mut instances = Vec::new();
    for round in Round::ALL {
        let run = Instantiation::new(&rules, &partitions, limits, &mut vocabulary, &mut cells);
        match (run.run(&facts), round) {
            (Ok(found), Round::Types) => {
                cells.restart(constants::collect(
                    core,
                    &rules,
                    &mut vocabulary,
                    &partitions,
                    &cells,
                    &found,
                    limits,
                ));
            }
            (Ok(found), Round::Constants | Round::Columns) => {
                instances = found;
                break;
            }
            // Too much told apart: constants stay values of their columns.
            (Err(_), Round::Constants) => cells.restart(Constants::default()),
            (Err(too_many), Round::Types | Round::Columns) => {
                report_too_many(core, too_many.0, limits, diagnostics);
                return Strata::default();
            }
        }
    }
    let negated = negated_cells(&rules, &vocabulary, &partitions, &cells, &instances);
    let components = components::Components::new(cells.len(), &instances, &negated);
    cycles::forbid_negative_cycles(
        checked,
        types,
        sources,
        &vocabulary,
        &cells,
        &components,
        &instances,
        &negated,
        diagnostics,
    );
    if diagnostics.has_errors() {
        return Strata::default();
    }
    let residues = residue::Residues {
        core,
        types,
        limits,
        vocabulary: &vocabulary,
        cells: &cells,
        instances: &instances,
        negated: &negated,
        diagnostics,
        out: Strata::default(),
        parts: vec![SmallVec::new(); cells.len()],
        warned: FxHashSet::default(),
    };
    match residues.run(&components) {
        Ok(strata) => strata,
        Err(residue::TooMany) => {
            let last = RuleId(core.rules.len().saturating_sub(1) as u32);
            report_too_many(core, last, limits, diagnostics);
            Strata::default()
        }
    }
}

/// How finely a round splits.
#[derive(Clone, Copy)]
enum Round {
    /// By types and unbound columns, to learn what constants matter where.
    Types,
    /// By constants too.
    Constants,
    /// By types again, where constants would make too many parts.
    Columns,
}

impl Round {
    const ALL: [Round; 3] = [Round::Types, Round::Constants, Round::Columns];
}

/// Per instance and negated atom, the cells that must have no match.
fn negated_cells(
    rules: &[Outline],
    vocabulary: &Vocabulary,
    partitions: &Partitions,
    cells: &Cells<'_>,
    instances: &[Instance],
) -> Vec<Vec<Vec<CellId>>> {
    instances
        .iter()
        .map(|Instance { rule, binding, .. }| {
            let negatives = &rules[rule.0 as usize].negatives;
            let matching = negatives.iter().map(|atom| {
                let mut found = Vec::new();
                candidates(cells, partitions, vocabulary, atom, binding, &mut found);
                found.retain(|&c| binding.can_match(atom, cells, vocabulary, c));
                found.sort_unstable();
                found
            });
            matching.collect()
        })
        .collect()
}

fn report_too_many(core: &Core, rule: RuleId, limits: &Limits, diagnostics: &mut Diagnostics) {
    let at = core.rules[..=(rule.0 as usize).min(core.rules.len() - 1)]
        .iter()
        .rev()
        .find_map(|r| r.span);
    let Some(span) = at else { return };
    diagnostics.push(
        Diagnostic::new(
            Code::E072,
            span,
            format!(
                "the policy needs more than {} relations or {} rules once every type and name is told apart",
                limits.parts, limits.part_rules
            ),
        )
        .label("the limit is reached with this rule")
        .help("let fewer rules tell types apart: annotate with a common supertype, or with `Actor` or `Resource`"),
    );
}
