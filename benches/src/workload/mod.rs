//! Worlds of facts: deterministic by seed, streamed, with answers known without an engine.
//!
//! A world exists in two forms that describe the same facts: text, as a client would send it,
//! and small integers, as a hand-written dataflow would hold it. Identifiers are numbered
//! densely inside their type, so integer forms are also the ordinals a bitmap wants.
//!
//! Nothing here knows an engine. Facts and updates are iterators that hold a few words,
//! whatever the size of the world; only the models that answer questions remember facts, and
//! they are meant for small worlds.

mod fact;
pub mod flat;
pub mod folders;
mod order;
mod question;
mod splitmix;

pub use fact::{Change, Fact, Value};
pub use order::{Order, Scatter};
pub use question::{Answer, Question};
pub use splitmix::SplitMix;

/// A world, seen as text: what an export or a client needs.
pub trait World {
    /// A short name, for tables and file names.
    fn name(&self) -> &'static str;
    /// The policy, in Polar.
    fn policy(&self) -> &'static str;
    /// Every fact of the world before its first update, once each.
    fn facts(&self) -> impl Iterator<Item = Fact>;
    /// An endless stream of updates; each is a fact to insert that is absent, or one to delete
    /// that is present.
    fn updates(&self) -> impl Iterator<Item = Change<Fact>>;
    /// Questions with their answers after so many updates. Remembers facts: for small worlds.
    fn questions(&self, updates: usize) -> Vec<(Question, Answer)>;
}
