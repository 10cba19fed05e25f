//! Core rules to strata of specialised rules (design D2, D3).
//!
//! Four steps. Type classes per position ([`partition`]). All instances of all rules over
//! type classes and unbound columns ([`instances`]), from which follows by which
//! constants each position is split ([`constants`]); then all instances again, split.
//! Components of what depends on what, negation within one refused ([`components`]).
//! Residues, component by component ([`residue`]).
//!
//! On exit every split is complete: a fact that may be stored belongs to exactly one
//! part, and a body atom has been replaced by every part it can match.

mod binding;
mod cells;
mod components;
mod constants;
mod draft;
mod instances;
mod partition;
mod residue;

use rustc_hash::FxHashSet;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::core::{Core, RuleId};
use crate::ir::part::Strata;
use crate::ir::{Signature, TypeTable};
use crate::limits::Limits;
use crate::source::Sources;

use cells::{CellId, Cells, Constants};
use instances::{Instance, Instantiation, candidates, negatives};
use partition::Partitions;

/// Specialises a checked program; reports E042, E072 and W017.
pub(crate) fn specialise(
    core: &Core,
    types: &TypeTable,
    stored: &[Signature],
    context: &[Signature],
    sources: &Sources,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Strata {
    let partitions = Partitions::new(core, types);
    let mut cells = Cells::new(&partitions, core);
    let mut instances = Vec::new();
    for round in Round::ALL {
        let run = Instantiation {
            core,
            types,
            partitions: &partitions,
            limits,
            cells: &mut cells,
            found: Vec::new(),
            held: 0,
            tried: 0,
        };
        match (run.run(stored, context), round) {
            (Ok(found), Round::Types) => {
                let constants =
                    constants::collect(core, types, &partitions, &cells, &found, limits);
                cells.restart(constants);
            }
            (Ok(found), Round::Constants | Round::Columns) => {
                instances = found;
                break;
            }
            // Too much told apart: constants stay values of their columns.
            (Err(_), Round::Constants) => cells.restart(Constants::new()),
            (Err(too_many), Round::Types | Round::Columns) => {
                report_too_many(core, too_many.0, limits, diagnostics);
                return Strata::default();
            }
        }
    }
    let negated = negated_cells(core, types, &partitions, &cells, &instances);
    let components = components::Components::new(cells.len(), &instances, &negated);
    components::forbid_negative_cycles(
        core,
        types,
        sources,
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
        cells: &cells,
        instances: &instances,
        negated: &negated,
        diagnostics,
        out: Strata::default(),
        parts: vec![Vec::new(); cells.len()],
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
    core: &Core,
    types: &TypeTable,
    partitions: &Partitions,
    cells: &Cells<'_>,
    instances: &[Instance],
) -> Vec<Vec<Vec<CellId>>> {
    instances
        .iter()
        .map(|instance| {
            negatives(&core.rule(instance.rule).body)
                .map(|atom| {
                    let mut found = Vec::new();
                    candidates(
                        cells,
                        partitions,
                        types,
                        atom,
                        &instance.binding,
                        &mut found,
                    );
                    found.retain(|&c| instance.binding.can_match(atom, cells, c));
                    found.sort_unstable();
                    found
                })
                .collect()
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
