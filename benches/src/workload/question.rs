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
    /// What may this actor do to that?
    Actions {
        /// Who asks.
        actor: Value,
        /// On what.
        resource: Value,
    },
    /// Who may do this to that? A query: `allow(Kind:_, action, resource)`.
    Who {
        /// The type of the actors.
        kind: &'static str,
        /// What for.
        action: &'static str,
        /// On what.
        resource: Value,
    },
}

/// What a question must be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Of an [`Question::Authorize`].
    Allowed(bool),
    /// Of the others: ids, or names of actions, ascending as text, each once. A `*` comes
    /// first if something holds of every value of the type; what is beside it holds for a
    /// reason of its own.
    Ids(Vec<String>),
}
