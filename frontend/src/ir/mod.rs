//! The intermediate representation: what a policy means, typed and printable.
//!
//! Two levels. [`core`] is the policy without its sugar. [`part`] is the same program cut
//! into small relations, one per combination of constants, type classes and unbound
//! columns, in strata. The engine renders the second; the first is what the second must
//! agree with. Both have a text form ([`std::fmt::Display`] of a [`Program`]'s levels)
//! that [`read`] turns back into a program, so tests of the engine need no Polar.

pub mod core;
mod metadata;
pub mod part;
mod print;
pub mod read;
mod signature;
mod tests;
mod types;
mod value;

pub use metadata::{Metadata, TypeMetadata};
pub use signature::{Entry, Signature};
pub use tests::{Argument, Assertion, Fact, PolicyTest};
pub use types::{ABSTRACT, Type, TypeId, TypeKind, TypeSet, TypeTable};
pub use value::{Value, quoted};

/// A checked policy.
#[derive(Clone, Debug)]
pub struct Program {
    /// Names of its files, by [`crate::source::FileId`].
    pub files: Vec<crate::source::Text>,
    /// The types it names.
    pub types: TypeTable,
    /// Its rules without sugar.
    pub core: core::Core,
    /// Its rules over parts.
    pub strata: part::Strata,
    /// Facts that may be stored.
    pub signatures: Vec<Signature>,
    /// Shapes of rule heads: facts of these shapes count in a request's context, though
    /// they may not be stored (spec 6.5).
    pub context_signatures: Vec<Signature>,
    /// What its blocks declare.
    pub metadata: Metadata,
    /// Its inline tests.
    pub tests: Vec<PolicyTest>,
}
