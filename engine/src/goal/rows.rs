//! The seam to whatever keeps facts and maintained parts.

use floe_frontend::ir::part::PartId;

use crate::value::Sym;

/// Stored facts, and the contents of maintained parts, all of one epoch.
///
/// A row of a part is the symbols at its stored columns, in order; rows of a maintained
/// part carry its hidden columns behind them. A pattern has one entry per symbol of the
/// row: the symbol that must stand there, or `None`.
///
/// Nothing here knows the request: facts in its context are not among the rows.
pub trait Rows {
    /// Hands every stored fact of the part that agrees with the pattern to `found`, in no
    /// order, until that says `false`. The cost is that of the shortest list of any one
    /// bound symbol.
    fn facts(&self, part: PartId, pattern: &[Option<Sym>], found: &mut dyn FnMut(&[Sym]) -> bool);

    /// Whether this very fact is stored.
    fn contains(&self, part: PartId, row: &[Sym]) -> bool;

    /// Whether [`Rows::complete`] knows all of the part, derived rows included.
    fn maintained(&self, _part: PartId) -> bool {
        false
    }

    /// Whether rows of a maintained part that have symbols given at these columns are found
    /// without going through all of it. Where not, they are derived.
    fn is_near(&self, _part: PartId, _bound: &[u16]) -> bool {
        true
    }

    /// Like [`Rows::facts`], over everything that holds of a maintained part.
    fn complete(
        &self,
        part: PartId,
        pattern: &[Option<Sym>],
        found: &mut dyn FnMut(&[Sym]) -> bool,
    ) {
        self.facts(part, pattern, found);
    }
}
