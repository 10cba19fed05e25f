//! The configuration file: tables of settings, and keys.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
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
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// Reads a configuration file.
///
/// # Errors
/// It cannot be read or understood.
pub(super) fn read(path: &Path) -> Result<File, String> {
    let failed = |why: String| format!("cannot read {}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    let line = |e: &toml::de::Error| {
        let at = e.span().map_or(0, |span| span.start.min(text.len()));
        // One line, as every other complaint about settings is.
        let message = e.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let line = text.as_bytes()[..at]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        format!("line {line}: {message}")
    };
    let mut table: Table = text.parse().map_err(|e| failed(line(&e)))?;
    let mut keys = Vec::new();
    if let Some(listed) = table.remove("key") {
        let Value::Array(listed) = listed else {
            return Err(failed("`key`: write [[key]] above each key".to_owned()));
        };
        for (number, key) in (1..).zip(listed) {
            let key: KeyEntry = key
                .try_into()
                .map_err(|e: toml::de::Error| failed(format!("key {number}: {}", e.message())))?;
            if !is_plain(&key.environment) || !is_plain(&key.id) {
                return Err(failed(format!(
                    "key {number}: environment and id are letters and digits, at most 64"
                )));
            }
            let same = |k: &KeyEntry| (&k.environment, &k.id) == (&key.environment, &key.id);
            if keys.iter().any(same) {
                let (environment, id) = (&key.environment, &key.id);
                return Err(failed(format!(
                    "key {number}: environment {environment} has a key {id} already"
                )));
            }
            keys.push(key);
        }
    }
    let mut values = Vec::new();
    flatten("", &table, &mut values).map_err(failed)?;
    Ok(File { values, keys })
}

/// Whether a text can be a piece of a key.
pub(crate) fn is_plain(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric())
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
