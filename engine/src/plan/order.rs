//! The order of a rule's joins: start with the atom that binds least beyond what constants
//! fix, go on with the one that shares most variables with what is bound.

use floe_frontend::ir::part::{Column, PartAtom, PartLiteral, PartRule, PartTerm, Strata};

use super::variable;

/// Indexes of the positive literals in the order to join them.
pub(super) fn positives(rule: &PartRule, strata: &Strata, reorder: bool) -> Vec<usize> {
    let mut left: Vec<usize> = (0..rule.body.len())
        .filter(|&i| matches!(rule.body[i], PartLiteral::Positive(_)))
        .collect();
    if !reorder {
        return left;
    }
    let mut order = Vec::with_capacity(left.len());
    let mut bound: Vec<u32> = Vec::new();
    while !left.is_empty() {
        let score = |i: usize| {
            let PartLiteral::Positive(atom) = &rule.body[i] else {
                unreachable!("only positive literals are in the list");
            };
            let terms = stored_terms(atom, strata);
            let shared = terms
                .iter()
                .filter(|t| variable(t).is_some_and(|v| bound.contains(&v)))
                .count();
            let fixed = terms
                .iter()
                .filter(|t| matches!(t, PartTerm::Value(_)))
                .count();
            let fresh = terms.len() - shared - fixed;
            // Connected before unconnected, then selective, then narrow; ties as written.
            (
                std::cmp::Reverse(usize::from(shared > 0)),
                std::cmp::Reverse(fixed),
                fresh,
                i,
            )
        };
        let best = left.iter().copied().min_by_key(|&i| score(i));
        let Some(best) = best else { break };
        left.retain(|&i| i != best);
        if let PartLiteral::Positive(atom) = &rule.body[best] {
            bound.extend(
                stored_terms(atom, strata)
                    .iter()
                    .filter_map(|t| variable(t)),
            );
        }
        order.push(best);
    }
    order
}

/// The terms at the columns that rows of the atom's part have, hidden ones included.
pub(super) fn stored_terms<'r>(atom: &'r PartAtom, strata: &Strata) -> Vec<&'r PartTerm> {
    let part = strata.part(atom.part);
    let stored = part.columns.iter().zip(&atom.args);
    stored
        .filter(|(c, _)| matches!(c, Column::Stored(..)))
        .map(|(_, t)| t)
        .chain(&atom.hidden)
        .collect()
}
