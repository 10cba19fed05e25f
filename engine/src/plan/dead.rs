//! Rules that stored facts can never fire: they cost operators and give nothing.

use crate::faults::{Fault, has};
use floe_frontend::ir::part::{PartId, PartLiteral, PartRule};

/// Whether a positive atom reads a part that stored facts cannot fill.
pub(super) fn is_dead(rule: &PartRule, fillable: &dyn Fn(PartId) -> bool) -> bool {
    rule.body.iter().any(|l| match l {
        PartLiteral::Positive(atom) => !fillable(atom.part),
        PartLiteral::Negative(_) => has(Fault::NegatedRuleDead),
        _ => false,
    })
}
