//! `floe key`: keys, in the configuration file or in a data directory.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::data::{existing, ordered};
use super::{Misuse, Outcome, print, say};
use crate::config::{KeyEntry, is_plain};
use crate::control::Order;
use crate::data;
use crate::keys::{Fingerprint, Pieces, Scope, generate};
use crate::process::orders::no_key;

/// Keys of environments
#[derive(Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a key, and the lines of the configuration file that make it valid
    ///
    /// The key is shown once and kept nowhere: the file has its fingerprint only.
    New {
        /// The environment it opens: letters and digits
        #[arg(long, default_value = "default")]
        environment: String,

        /// What it allows
        #[arg(long, default_value = "write")]
        scope: Scope,
    },
    /// Make a key of a data directory; a server that has it open knows it at once
    ///
    /// The last line of the output is the key. It is kept nowhere: the directory has its
    /// fingerprint only.
    Create {
        /// The data directory; it is made if it is not there
        #[arg(long, value_name = "DIR")]
        data: PathBuf,

        /// The environment it opens: letters and digits; it is made if it is not there
        #[arg(long, default_value = "default")]
        environment: String,

        /// What it allows
        #[arg(long, default_value = "write")]
        scope: Scope,
    },
    /// List the keys of a data directory: environment, id, scope, fingerprint
    List {
        /// The data directory
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Make a key of a data directory invalid, at once if a server has it open
    Revoke {
        /// The data directory
        #[arg(long, value_name = "DIR")]
        data: PathBuf,

        /// The environment it opens
        #[arg(long, default_value = "default")]
        environment: String,

        /// Its id, as `floe key list` shows it
        #[arg(value_name = "ID")]
        id: String,
    },
}

impl Key {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        match &self.command {
            Command::New { environment, scope } => {
                let (key, entry) = make(environment, *scope)?;
                let (id, fingerprint) = (entry.id, entry.fingerprint);
                print(&format!(
                    "# {key}\n[[key]]\nenvironment = \"{environment}\"\nid = \"{id}\"\n\
                     fingerprint = \"{fingerprint}\"\nscope = \"{scope}\"\n"
                ))?;
            }
            Command::Create {
                data: dir,
                environment,
                scope,
            } => {
                let (key, entry) = make(environment, *scope)?;
                let id = entry.id.clone();
                if ordered(dir, &Order::AddKey(entry.clone()))?.is_none() {
                    let store = data::open(dir).map_err(Misuse)?;
                    data::ensure(&store, environment).map_err(Misuse)?;
                    data::add_key(&store, &entry).map_err(Misuse)?;
                }
                print(&format!(
                    "{scope} key {id} of environment {environment}, shown only here:\n{key}\n"
                ))?;
            }
            Command::List { data: dir } => {
                if let Some(outcome) = ordered(dir, &Order::ListKeys)? {
                    return Ok(outcome);
                }
                print(&data::key_lines(&existing(dir)?).map_err(Misuse)?)?;
            }
            Command::Revoke {
                data: dir,
                environment,
                id,
            } => {
                let order = Order::RevokeKey {
                    environment: environment.clone(),
                    id: id.clone(),
                };
                if let Some(outcome) = ordered(dir, &order)? {
                    return Ok(outcome);
                }
                let store = existing(dir)?;
                if !data::revoke_key(&store, environment, id).map_err(Misuse)? {
                    say(&no_key(environment, id));
                    return Ok(Outcome::Refused);
                }
            }
        }
        Ok(Outcome::Fine)
    }
}

/// A fresh key, and what is kept of it.
fn make(environment: &str, scope: Scope) -> Result<(String, KeyEntry), Misuse> {
    if !is_plain(environment) {
        return Err(Misuse(format!(
            "--environment {environment:?}: letters and digits only, at most 64"
        )));
    }
    let key = generate(environment)
        .map_err(|why| Misuse(format!("there is no randomness for a key: {why}")))?;
    let pieces = Pieces::of(&key).ok_or_else(|| Misuse("the key has no shape".to_owned()))?;
    let entry = KeyEntry {
        environment: environment.to_owned(),
        id: pieces.id.to_owned(),
        fingerprint: Fingerprint::of(&key),
        scope,
    };
    Ok((key, entry))
}
