//! The data directory: what the server keeps in the engine's store.
//!
//! Owns: the form of policies and keys as they are stored, and opening the directory. Must
//! not know: HTTP, how anything is written to the disk, whether a server runs.
//!
//! What is wrong with it is found in `verify`.
//!
//! A key is the setting `key/<environment>/<id>`, its value scope and fingerprint: the key
//! itself is nowhere. A policy is the JSON of [`PolicyText`]; no bytes at all are the empty
//! policy that an environment begins with.

mod verify;

use std::path::Path;

use floe_engine::store::{Store, StoreError};
use floe_frontend::source::Sources;

use crate::config::KeyEntry;
use crate::keys::Fingerprint;
use crate::policy::{Ready, compile};
use crate::wire::PolicyText;

pub(crate) use verify::{Found, checksums, verify, verify_closed};

/// Opens a data directory, or makes one.
///
/// # Errors
/// Why it cannot be, with the file and what to do.
pub(crate) fn open(dir: &Path) -> Result<Store, String> {
    Store::open(dir).map_err(|why| why.to_string())
}

/// Makes an environment with the empty policy, if there is none of this name.
///
/// # Errors
/// It cannot be written.
pub(crate) fn ensure(store: &Store, environment: &str) -> Result<(), String> {
    match store.create(environment, b"") {
        Ok(()) | Err(StoreError::Exists(_)) => Ok(()),
        Err(why) => Err(why.to_string()),
    }
}

/// A policy as it is stored.
pub(crate) fn policy_bytes(text: &PolicyText) -> Result<Vec<u8>, String> {
    serde_json::to_vec(text).map_err(|why| why.to_string())
}

/// A stored policy, compiled again.
///
/// # Errors
/// What the compiler says, or that it is not what was stored.
pub(crate) fn policy(bytes: &[u8]) -> Result<(Option<PolicyText>, Ready), String> {
    let mut sources = Sources::new();
    let mut text: Option<PolicyText> = None;
    if !bytes.is_empty() {
        let stored: PolicyText = serde_json::from_slice(bytes).map_err(|why| why.to_string())?;
        let name = stored.filename.as_deref().filter(|name| !name.is_empty());
        sources.add(name.unwrap_or("policy"), stored.src.as_str());
        text = Some(stored);
    }
    let ready = compile(sources).map_err(|invalid| invalid.lines().join("\n"))?;
    Ok((text, ready))
}

/// Makes a key valid: for the server that has the directory open, or the next one.
///
/// # Errors
/// It cannot be written.
pub(crate) fn add_key(store: &Store, key: &KeyEntry) -> Result<(), String> {
    let value = format!("{} {}", key.scope, key.fingerprint);
    let set = store.set(&name_of(&key.environment, &key.id), Some(value.as_bytes()));
    set.map_err(|why| why.to_string())
}

/// Makes a key invalid, likewise; false if there is none.
///
/// # Errors
/// It cannot be written.
pub(crate) fn revoke_key(store: &Store, environment: &str, id: &str) -> Result<bool, String> {
    let name = name_of(environment, id);
    let known = store
        .setting(&name)
        .map_err(|why| why.to_string())?
        .is_some();
    if known {
        store.set(&name, None).map_err(|why| why.to_string())?;
    }
    Ok(known)
}

/// Every key, by environment and id.
///
/// # Errors
/// They cannot be read.
pub(crate) fn keys(store: &Store) -> Result<Vec<KeyEntry>, String> {
    let stored = store.settings("key/").map_err(|why| why.to_string())?;
    let read = |(name, value): (String, Vec<u8>)| {
        let meaningless = || store.meaningless(&name, "it is no key").to_string();
        key(&name, &value).ok_or_else(meaningless)
    };
    stored.into_iter().map(read).collect()
}

/// The keys of the directory as lines: environment, id, scope, fingerprint.
///
/// # Errors
/// They cannot be read.
pub(crate) fn key_lines(store: &Store) -> Result<String, String> {
    let line = |key: KeyEntry| {
        format!(
            "{} {} {} {}\n",
            key.environment, key.id, key.scope, key.fingerprint
        )
    };
    Ok(keys(store)?.into_iter().map(line).collect())
}

fn name_of(environment: &str, id: &str) -> String {
    format!("key/{environment}/{id}")
}

fn key(name: &str, value: &[u8]) -> Option<KeyEntry> {
    let (environment, id) = name.strip_prefix("key/")?.split_once('/')?;
    let (scope, fingerprint) = str::from_utf8(value).ok()?.split_once(' ')?;
    Some(KeyEntry {
        environment: environment.to_owned(),
        id: id.to_owned(),
        fingerprint: Fingerprint::parse(fingerprint)?,
        scope: <crate::keys::Scope as clap::ValueEnum>::from_str(scope, false).ok()?,
    })
}
