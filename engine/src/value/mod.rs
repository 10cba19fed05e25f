//! Values as numbers: one [`Sym`] per distinct (type, id), per environment (design D1).
//!
//! Owns: the symbols with their text or number, the types that policies and facts name,
//! the order of symbols inside their type, and the canonical form of ids. Must not know:
//! predicates, policies, JSON.
//!
//! One thread writes ([`Interner`], the sequencer's), any number read ([`Symbols`]) and
//! never wait for it. Nothing is ever removed or renumbered, so what a reader has once
//! been told stays true. Questions look up; what they do not find becomes a symbol of
//! their own ([`Locals`]).

mod canonical;
mod image;
mod interner;
mod locals;
mod order;
mod ranked;
mod segmented;
mod symbols;
mod table;
#[cfg(test)]
mod tests;
mod written;

pub use canonical::{BadValue, Datum, Value};
pub(crate) use image::Image;
pub(crate) use interner::words;
pub use interner::{Interner, OutOfSymbols};
pub use locals::{Familiar, Locals};
pub use ranked::Ranked;
pub use symbols::Symbols;
pub use written::Spelling;
pub(crate) use written::plain;

/// A value: a type and an id. Equal values of one environment have equal symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sym(pub u32);

impl Sym {
    /// The first of those that a request numbers for itself ([`Locals`]).
    pub const FIRST_LOCAL: Sym = Sym(u32::MAX - (1 << 20));

    /// Whether it means something inside one request only.
    #[must_use]
    pub fn is_local(self) -> bool {
        self >= Sym::FIRST_LOCAL
    }
}

/// The place of a symbol among those of its type: 0, 1, 2 ... in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal(pub u32);

/// A type that a policy or a fact of this environment has named. It stays the same when
/// policies change; what a policy makes of it is [`crate::catalog::Vocabulary`]'s matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeIx(pub u32);

impl TypeIx {
    /// UTF-8 text.
    pub const STRING: TypeIx = TypeIx(1);
    /// Signed 64-bit integers.
    pub const INTEGER: TypeIx = TypeIx(2);
    /// `true` and `false`.
    pub const BOOLEAN: TypeIx = TypeIx(3);

    /// The type of type names: they are symbols too, and a type's number is the ordinal
    /// of its name. No value has this type.
    const NAME: TypeIx = TypeIx(0);

    /// The first of those that a request numbers for itself ([`Locals`]).
    pub const FIRST_LOCAL: TypeIx = TypeIx(u32::MAX - (1 << 20));
}

/// Ceilings on values; reaching one refuses the write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Symbols of one environment, type names included. What lies above
    /// [`Sym::FIRST_LOCAL`] is never given out, whatever stands here.
    pub symbols: u32,
    /// Bytes of an id, or of a type's name, in a fact.
    pub id_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            symbols: Sym::FIRST_LOCAL.0,
            id_bytes: 512,
        }
    }
}
