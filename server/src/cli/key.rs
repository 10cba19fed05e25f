//! `floe key`: keys for the configuration file.

use clap::{Args, Subcommand};

use super::{Misuse, Outcome, print};
use crate::keys::{Fingerprint, Pieces, Scope, generate};

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
}

impl Key {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let Command::New { environment, scope } = &self.command;
        let plain = |c: char| c.is_ascii_alphanumeric();
        if environment.is_empty() || environment.len() > 64 || !environment.chars().all(plain) {
            return Err(Misuse(format!(
                "--environment {environment:?}: letters and digits only, at most 64"
            )));
        }
        let key = generate(environment)
            .map_err(|why| Misuse(format!("there is no randomness for a key: {why}")))?;
        let pieces = Pieces::of(&key).ok_or_else(|| Misuse("the key has no shape".to_owned()))?;
        let (id, fingerprint) = (pieces.id, Fingerprint::of(&key));
        print(&format!(
            "# {key}\n[[key]]\nenvironment = \"{environment}\"\nid = \"{id}\"\n\
             fingerprint = \"{fingerprint}\"\nscope = \"{scope}\"\n"
        ))?;
        Ok(Outcome::Fine)
    }
}
