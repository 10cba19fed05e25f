//! What conditions ask about symbols.

use std::sync::Arc;

use floe_frontend::ir::{TypeSet, Value};

use crate::catalog::Catalog;
use crate::value::{Sym, Symbols};

/// What conditions ask about symbols: their types as the policy sees them, their numbers,
/// and which symbol a constant of the policy is.
pub trait Words: Send + Sync + 'static {
    /// Whether the symbol's type is in the set.
    fn is_of(&self, sym: Sym, types: &TypeSet) -> bool;

    /// The number, if the symbol is an integer.
    fn integer(&self, sym: Sym) -> Option<i64>;

    /// The symbol of a constant.
    fn constant(&self, value: &Value) -> Sym;
}

/// The words of a policy over the symbols of its environment.
pub struct PolicyWords {
    catalog: Arc<Catalog>,
    symbols: Arc<Symbols>,
}

impl PolicyWords {
    /// The symbols as this catalog's policy sees them.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, symbols: Arc<Symbols>) -> PolicyWords {
        PolicyWords { catalog, symbols }
    }
}

impl Words for PolicyWords {
    fn is_of(&self, sym: Sym, types: &TypeSet) -> bool {
        let ty = self.symbols.type_of(sym);
        types.has(self.catalog.vocabulary().type_id(ty))
    }

    fn integer(&self, sym: Sym) -> Option<i64> {
        self.symbols.integer(sym)
    }

    fn constant(&self, value: &Value) -> Sym {
        let sym = self.catalog.vocabulary().sym(value);
        sym.expect("the vocabulary has every constant of its program")
    }
}
