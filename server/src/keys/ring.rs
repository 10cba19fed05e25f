//! The keys that are valid.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use subtle::ConstantTimeEq;

use super::{Fingerprint, Pieces, Scope};

/// What a key opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The environment's id.
    pub(crate) environment: String,
    /// What may be done there.
    pub(crate) scope: Scope,
}

/// All valid keys.
///
/// A key is found by its public pieces and then compared by digest in constant time, so
/// that neither the search nor the comparison says anything about a secret.
#[derive(Default)]
pub(crate) struct Ring(RwLock<HashMap<(String, String), (Fingerprint, Scope)>>);

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
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let place = (pieces.environment.to_owned(), pieces.id.to_owned());
        all.insert(place, (print, scope));
    }

    /// Makes a key invalid, given its public pieces.
    pub(crate) fn remove(&self, pieces: Pieces<'_>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(pieces.environment.to_owned(), pieces.id.to_owned()));
    }

    /// Makes every key of an environment invalid.
    pub(crate) fn remove_environment(&self, environment: &str) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(of, _), _| of != environment);
    }

    /// What a key opens; `None` for one that is not valid.
    pub(crate) fn open(&self, key: &str) -> Option<Grant> {
        let pieces = Pieces::of(key)?;
        let given = Fingerprint::of(key);
        let place = (pieces.environment.to_owned(), pieces.id.to_owned());
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (known, scope) = all.get(&place)?;
        let same: bool = known.0.ct_eq(&given.0).into();
        same.then_some(Grant {
            environment: place.0,
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
        assert_eq!(
            (grant.environment.as_str(), grant.scope),
            ("a", Scope::Read)
        );
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
