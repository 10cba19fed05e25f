//! The cut: maintained, or derived on demand (design D7).

use floe_frontend::ir::part::{Mode, PartId, PartLiteral, PartRule, Strata};

use super::groups::{Groups, absent};
use super::{Maintain, Side, WIDEST, Why, variable};

/// The side of every part. Parts come in order of strata, so what a part reads is decided
/// before it; within a recursive stratum the decision is repeated until it stands.
pub(super) fn sides(
    groups: &Groups,
    widths: &[usize],
    maintain: Maintain,
    reorder: bool,
    fillable: &dyn Fn(PartId) -> bool,
) -> Vec<Side> {
    let strata = &groups.strata;
    let parts = (0..).map(PartId).zip(&strata.parts);
    let mut sides: Vec<Side> = parts
        .zip(widths)
        .map(|((id, part), &width)| match maintain {
            Maintain::None => Side::Demand(Why::Asked),
            Maintain::All | Maintain::Auto => {
                if part.mode == Mode::Demand {
                    Side::Demand(Why::Unsettled)
                } else if !fillable(id) {
                    Side::Demand(Why::ContextOnly)
                } else if width > WIDEST {
                    Side::Demand(Why::Wide)
                } else {
                    Side::Maintained
                }
            }
        })
        .collect();
    for group in &groups.order {
        loop {
            let mut changed = false;
            for rule in &group.rules {
                let head = rule.head.part.0 as usize;
                if sides[head] != Side::Maintained || super::dead::is_dead(rule, fillable) {
                    continue;
                }
                if let Some(why) = hindrance(rule, strata, widths, reorder, (&sides, fillable)) {
                    sides[head] = Side::Demand(why);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }
    sides
}

/// Why the head of this rule cannot be maintained.
fn hindrance(
    rule: &PartRule,
    strata: &Strata,
    widths: &[usize],
    reorder: bool,
    (sides, fillable): (&[Side], &dyn Fn(PartId) -> bool),
) -> Option<Why> {
    for literal in &rule.body {
        let mut parts = Vec::new();
        match literal {
            PartLiteral::Positive(atom) => parts.push(atom.part),
            PartLiteral::Negative(atom) => {
                absent(atom.part, strata, &mut parts);
                // What stored facts cannot fill is no hindrance: it is empty.
                let empty = Side::Demand(Why::ContextOnly);
                parts.retain(|part| sides[part.0 as usize] != empty);
            }
            PartLiteral::Compare(..) | PartLiteral::HasType(..) => {}
        }
        let mut parts = parts.into_iter();
        let demanded = parts.find(|part| sides[part.0 as usize] != Side::Maintained);
        if let Some(part) = demanded {
            return Some(Why::Reads(part));
        }
    }
    if is_product(rule) {
        return Some(Why::Product);
    }
    // No row on the way holds more than all variables, twice over beside a negated part.
    let order: Vec<usize> = super::order::positives(rule, strata, reorder);
    let flow = super::flow::build(rule, strata, &order, fillable);
    (flow.widest(widths) > WIDEST).then_some(Why::Wide)
}

/// Whether some positive atoms with variables share none with the rest, and both sides
/// reach the head: the result would be every pair.
fn is_product(rule: &PartRule) -> bool {
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for literal in &rule.body {
        let PartLiteral::Positive(atom) = literal else {
            continue;
        };
        let mut variables: Vec<u32> = atom
            .args
            .iter()
            .chain(&atom.hidden)
            .filter_map(variable)
            .collect();
        let mut rest = Vec::new();
        for group in groups.drain(..) {
            if group.iter().any(|v| variables.contains(v)) {
                variables.extend(group);
            } else {
                rest.push(group);
            }
        }
        rest.push(variables);
        groups = rest;
    }
    let head: Vec<u32> = rule
        .head
        .args
        .iter()
        .chain(&rule.head.hidden)
        .filter_map(variable)
        .collect();
    let reaching = groups
        .iter()
        .filter(|g| g.iter().any(|v| head.contains(v)))
        .count();
    reaching > 1
}
