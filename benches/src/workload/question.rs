//! Questions as a client asks them, and what the answer must be.

use super::Value;

/// A question about the policy and the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// May this actor do this to that?
    Authorize {
        /// Who asks.
        actor: Value,
        /// What for.
        action: &'static str,
        /// On what.
        resource: Value,
    },
    /// To which resources of a type may this actor do this?
    List {
        /// Who asks.
        actor: Value,
        /// What for.
        action: &'static str,
        /// The type of the resources.
        kind: &'static str,
    },
}

/// What a question must be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Of an `Authorize`.
    Allowed(bool),
    /// Of a `List`: ids, ascending as text.
    Ids(Vec<String>),
}
