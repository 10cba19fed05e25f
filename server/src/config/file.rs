//! The configuration file: tables of settings, and keys.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use crate::keys::{Fingerprint, Scope};

/// What a file holds.
pub(super) struct File {
    /// Settings by name, as text.
    pub(super) values: Vec<(String, String)>,
    /// Keys, by fingerprint.
    pub(super) keys: Vec<KeyEntry>,
}

/// A key that is valid: its public pieces, its digest, and what it opens.
#[derive(Clone)]
pub(crate) struct KeyEntry {
    /// The environment's id.
    pub(crate) environment: String,
    /// What tells apart the keys of one environment.
    pub(crate) id: String,
    /// The digest of the whole key.
    pub(crate) fingerprint: Fingerprint,
    /// What it opens.
    pub(crate) scope: Scope,
}

impl std::fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "key {} of {} ({})",
            self.id, self.environment, self.scope
        )
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    environment: String,
    id: String,
    fingerprint: String,
    scope: Scope,
}

/// Reads a configuration file.
///
/// # Errors
/// It cannot be read or understood.
pub(super) fn read(path: &Path) -> Result<File, String> {
    let failed = |why: String| format!("cannot read {}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let mut table: Table = text
        .parse()
        .map_err(|e: toml::de::Error| failed(e.to_string()))?;
    let mut keys = Vec::new();
    if let Some(listed) = table.remove("key") {
        let listed: Vec<Written> = listed
            .try_into()
            .map_err(|e| failed(format!("`key`: {e}")))?;
        for key in listed {
            let fingerprint = Fingerprint::parse(&key.fingerprint).ok_or_else(|| {
                failed(format!(
                    "key {}: its fingerprint is not `sha256:` and 64 digits",
                    key.id
                ))
            })?;
            keys.push(KeyEntry {
                environment: key.environment,
                id: key.id,
                fingerprint,
                scope: key.scope,
            });
        }
    }
    let mut values = Vec::new();
    flatten("", &table, &mut values).map_err(failed)?;
    Ok(File { values, keys })
}

fn flatten(prefix: &str, table: &Table, values: &mut Vec<(String, String)>) -> Result<(), String> {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        match value {
            Value::Table(inner) => flatten(&format!("{name}."), inner, values)?,
            Value::String(text) => values.push((name, text.clone())),
            Value::Integer(number) => values.push((name, number.to_string())),
            _ => {
                return Err(format!(
                    "setting `{name}` is neither text nor a whole number"
                ));
            }
        }
    }
    Ok(())
}
