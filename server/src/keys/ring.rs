//! The keys that are valid.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use subtle::ConstantTimeEq;

use super::{Fingerprint, Pieces, Scope};

/// What a key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant<'k> {
    /// The environment's id.
    pub(crate) environment: &'k str,
    /// What may be done there.
    pub(crate) scope: Scope,
}

/// All valid keys.
///
/// A key is found by its public pieces and then compared by digest in constant time, so
/// that neither the search nor the comparison says anything about a secret.
#[derive(Default)]
pub(crate) struct Ring {
    all: RwLock<Environments>,
    changes: AtomicU64,
}

/// By environment, then by the key's own id.
type Environments = HashMap<String, HashMap<String, (Fingerprint, Scope)>>;

impl Ring {
    /// Makes a key valid, given its text.
    pub(crate) fn add(&self, key: &str, scope: Scope) -> bool {
        match Pieces::of(key) {
            Some(pieces) => {
                self.add_fingerprint(pieces, Fingerprint::of(key), scope);
                true
            }
            None => false,
        }
    }

    /// Makes a key valid, given its public pieces and its digest.
    pub(crate) fn add_fingerprint(&self, pieces: Pieces<'_>, print: Fingerprint, scope: Scope) {
        let mut all = self.change();
        let of_environment = all.entry(pieces.environment.to_owned()).or_default();
        of_environment.insert(pieces.id.to_owned(), (print, scope));
    }

    /// Makes a key invalid, given its public pieces.
    pub(crate) fn remove(&self, pieces: Pieces<'_>) {
        let mut all = self.change();
        if let Some(of_environment) = all.get_mut(pieces.environment) {
            of_environment.remove(pieces.id);
        }
    }

    /// Makes every key of an environment invalid.
    pub(crate) fn remove_environment(&self, environment: &str) {
        self.change().remove(environment);
    }

    /// How often keys have become valid or invalid: as long as it stays the same, so does
    /// what any key opens.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Environments> {
        let all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        // Before the lock is given back: who sees the old number has asked before.
        self.changes.fetch_add(1, Ordering::Release);
        all
    }

    /// What a key opens; `None` for one that is not valid.
    pub(crate) fn open<'k>(&self, key: &'k str) -> Option<Grant<'k>> {
        let pieces = Pieces::of(key)?;
        let given = Fingerprint::of(key);
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let (known, scope) = all.get(pieces.environment)?.get(pieces.id)?;
        let same: bool = known.0.ct_eq(&given.0).into();
        same.then_some(Grant {
            environment: pieces.environment,
            scope: *scope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_environment_until_it_is_removed() {
        let ring = Ring::default();
        assert!(ring.add("e_a_1_secret", Scope::Read));
        assert!(!ring.add("nonsense", Scope::Read));
        let grant = ring.open("e_a_1_secret").unwrap();
        assert_eq!((grant.environment, grant.scope), ("a", Scope::Read));
        for wrong in [
            "e_a_1_Secret",
            "e_a_1_secre",
            "e_a_2_secret",
            "e_b_1_secret",
            "",
        ] {
            assert_eq!(ring.open(wrong), None, "{wrong}");
        }
        let other = Pieces::of("e_a_2_secret").unwrap();
        ring.remove(other);
        assert!(ring.open("e_a_1_secret").is_some());
        ring.remove(Pieces::of("e_a_1_secret").unwrap());
        assert_eq!(ring.open("e_a_1_secret"), None);
        ring.add("e_a_1_secret", Scope::Read);
        ring.remove_environment("a");
        assert_eq!(ring.open("e_a_1_secret"), None);
    }
}
