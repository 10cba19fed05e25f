//! Worlds of facts: deterministic by seed, streamed, with answers known without an engine.
//!
//! A world exists in two forms that describe the same facts: text, as a client would send it,
//! and small integers, as a hand-written dataflow would hold it. Identifiers are numbered
//! densely inside their type, so integer forms are also the ordinals a bitmap wants.
//!
//! Nothing here knows an engine. Facts and updates are iterators that hold a few words,
//! whatever the size of the world; only the models that answer questions remember facts, and
//! they are meant for small worlds.

pub mod deny;
pub mod draw;
pub mod drive;
pub mod expiry;
mod fact;
pub mod files;
pub mod flat;
pub mod folders;
pub mod github;
pub mod oracle;
mod order;
pub mod orgchart;
mod question;
mod registry;
pub mod saas;
pub mod slots;
mod splitmix;
pub mod wildcards;

pub use fact::{Change, Fact, Value};
pub use order::{Order, Scatter};
pub use question::{Answer, Question};
pub use registry::{WorldKind, world, worlds};
pub use splitmix::SplitMix;

/// Facts, one after the other.
pub type Facts = Box<dyn Iterator<Item = Fact> + Send>;
/// Changes that belong into one change set: what happens at once. One or a few.
pub type Update = Vec<Change<Fact>>;
/// Updates without end, one after the other.
pub type Updates = Box<dyn Iterator<Item = Update> + Send>;
/// Questions without end.
pub type Questions = Box<dyn Iterator<Item = Question> + Send>;

/// A world, seen as text: what an export, a client or another system needs.
///
/// Every call of a method gives the same again. [`worlds`] lists those there are.
pub trait World: Send + Sync {
    /// A short name, for tables and file names.
    fn name(&self) -> &'static str;

    /// The policy, in Polar.
    fn policy(&self) -> &'static str;

    /// Every fact of the world before its first update, once each.
    fn facts(&self) -> Facts;

    /// What happens then. Each change of an update is a fact to insert that is absent, or one
    /// to delete that is present, after the changes before it.
    fn updates(&self) -> Updates;

    /// Questions as clients ask them, for measuring: about half of them about things the
    /// actor has to do with. Of any world, however large.
    fn asks(&self) -> Questions;

    /// Questions with their answers after so many updates, found without an engine. Remembers
    /// facts and walks through them: for worlds of up to some ten thousand facts.
    fn questions(&self, updates: usize) -> Vec<(Question, Answer)>;
}
