//! The versions of an environment's policy.

use std::sync::{Arc, PoisonError, RwLock};

use floe_frontend::ir::Metadata;
use floe_frontend::source::Sources;

use crate::wire::PolicyText;

/// More than this is not kept: the oldest versions go first, the newest never.
const KEPT_BYTES: usize = 64 << 20;
/// What a version takes beside twice its text, about.
const VERSION_BYTES: usize = 4 << 10;

/// A policy that is or was in force.
#[derive(Clone)]
pub(crate) struct Version {
    /// Its number; they ascend.
    pub(crate) number: u64,
    /// The text as it was uploaded; `None` for the empty policy that an environment begins
    /// with.
    pub(crate) text: Option<PolicyText>,
    /// What its blocks declare.
    pub(crate) metadata: Metadata,
    /// The text as it was compiled, for messages.
    pub(crate) sources: Sources,
}

/// Policies that are or were in force, oldest first.
pub(crate) struct Policies(RwLock<Vec<Arc<Version>>>);

impl Policies {
    /// The policy that an environment begins with.
    pub(super) fn new(first: Version) -> Policies {
        Policies(RwLock::new(vec![Arc::new(first)]))
    }

    /// A version that is kept.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Version>> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let at = all.binary_search_by_key(&number, |v| v.number).ok()?;
        Some(all[at].clone())
    }

    /// The version that came last. It may be about to come into force: who answers by one
    /// asks for the number that its moment has.
    pub(crate) fn newest(&self) -> Arc<Version> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.last().expect("there is always one").clone()
    }

    /// Adds the version that comes into force, before anything is answered by it.
    pub(super) fn push(&self, version: Version) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.push(Arc::new(version));
        let bytes = |v: &Version| VERSION_BYTES + v.text.as_ref().map_or(0, |t| 2 * t.src.len());
        let mut total: usize = all.iter().map(|v| bytes(v)).sum();
        while total > KEPT_BYTES && all.len() > 2 {
            total -= bytes(&all.remove(0));
        }
    }

    /// Takes back the version that was to come into force and does not.
    pub(super) fn pop(&self, number: u64) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() > 1 && all.last().is_some_and(|v| v.number == number) {
            all.pop();
        }
    }
}
