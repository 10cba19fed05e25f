//! Rules that stored facts can never fire: they cost operators and give nothing.

use floe_frontend::ir::part::{PartLiteral, PartRule, Strata};

/// Whether a positive atom reads a part that only context facts can fill.
pub(super) fn is_dead(strata: &Strata, rule: &PartRule) -> bool {
    rule.body.iter().any(|l| match l {
        PartLiteral::Positive(atom) => !strata.part(atom.part).live,
        _ => false,
    })
}
