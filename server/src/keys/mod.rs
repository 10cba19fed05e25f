//! Keys: who may do what in which environment.
//!
//! Owns: the shape of keys, their digests, and their scopes. Must not know: HTTP,
//! environments beyond their ids. The text of a key exists here only while it is made or
//! compared; what is kept is its SHA-256 digest. A key is 160 bits of the system's
//! randomness (the development key, which is public, excepted), so a plain digest is
//! enough: there is nothing to guess.

mod ring;

use std::fmt;

use sha2::{Digest, Sha256};

pub(crate) use ring::Ring;

/// The key that is always valid in development, known to the clients' test suites.
pub(crate) const DEVELOPMENT_KEY: &str = "e_0123456789_12345_osotesttoken01xiIn";

/// What a key allows; each scope includes the one before.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Questions, and reading facts and policies.
    Read,
    /// Changing facts and policies too.
    Write,
    /// What concerns the server and not only one environment, too.
    Admin,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Admin => "admin",
        })
    }
}

/// What is kept of a key.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Fingerprint(pub(crate) [u8; 32]);

impl Fingerprint {
    /// Of a key's text.
    pub(crate) fn of(key: &str) -> Fingerprint {
        Fingerprint(Sha256::digest(key.as_bytes()).into())
    }

    /// Reads what [`fmt::Display`] writes.
    pub(crate) fn parse(text: &str) -> Option<Fingerprint> {
        let hex = text.strip_prefix("sha256:")?;
        let mut bytes = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Fingerprint(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<Fingerprint> for String {
    fn from(print: Fingerprint) -> String {
        print.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Fingerprint, &'static str> {
        Fingerprint::parse(&text).ok_or("no fingerprint: sha256: and 64 hexadecimal digits")
    }
}

/// The public pieces of a key: `e_<environment>_<key id>_<secret>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pieces<'k> {
    /// The environment's id.
    pub(crate) environment: &'k str,
    /// What tells apart the keys of one environment.
    pub(crate) id: &'k str,
}

impl<'k> Pieces<'k> {
    /// Cuts a key apart; `None` if it does not have the shape of one.
    pub(crate) fn of(key: &'k str) -> Option<Pieces<'k>> {
        let mut pieces = key.split('_');
        let (e, environment, id, secret) = (
            pieces.next()?,
            pieces.next()?,
            pieces.next()?,
            pieces.next()?,
        );
        let shaped = e == "e" && pieces.next().is_none();
        let filled = ![environment, id, secret].contains(&"");
        (shaped && filled && key.len() <= 256).then_some(Pieces { environment, id })
    }
}

/// A fresh key for an environment.
///
/// # Errors
/// The system has no randomness to give.
pub(crate) fn generate(environment: &str) -> Result<String, getrandom::Error> {
    let id = u32::from_le_bytes(random()?);
    let secret = text(&random::<20>()?);
    Ok(format!("e_{environment}_{id}_{secret}"))
}

/// Letters and digits that nobody can guess, for names.
///
/// # Errors
/// The system has no randomness to give.
pub(crate) fn random_name() -> Result<String, getrandom::Error> {
    Ok(text(&random::<8>()?))
}

/// Bytes of the system's randomness.
///
/// # Errors
/// The system has none to give.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_a_shape() {
        let pieces = Pieces::of(DEVELOPMENT_KEY).unwrap();
        assert_eq!((pieces.environment, pieces.id), ("0123456789", "12345"));
        for wrong in ["", "e", "e_1_2", "e_1_2_", "x_1_2_3", "e_1_2_3_4", "e__2_3"] {
            assert_eq!(Pieces::of(wrong), None, "{wrong}");
        }
        let key = generate("abc").unwrap();
        assert_eq!(Pieces::of(&key).unwrap().environment, "abc");
        assert_ne!(key, generate("abc").unwrap());
    }

    #[test]
    fn fingerprints_read_back() {
        let print = Fingerprint::of(DEVELOPMENT_KEY);
        assert!(Fingerprint::parse(&print.to_string()) == Some(print));
        for wrong in ["", "sha256:", "sha256:00", "md5:00"] {
            assert!(Fingerprint::parse(wrong).is_none());
        }
    }
}
