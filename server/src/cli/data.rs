//! `floe backup`, `floe restore`, `floe verify`: a data directory that no server has open.

use std::path::PathBuf;

use clap::Args;

use super::{Misuse, Outcome, print, say};
use crate::data;

/// Copy everything in a data directory to one file
#[derive(Args)]
pub(crate) struct Backup {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// The file to write; there must be none yet
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Make a data directory of a backup
#[derive(Args)]
pub(crate) struct Restore {
    /// The data directory; it must hold no data yet
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// What `floe backup` has written
    #[arg(value_name = "FILE")]
    from: PathBuf,
}

/// Read everything in a data directory and compare it with its checksums
#[derive(Args)]
pub(crate) struct Verify {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Backup {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let store = existing(&self.data)?;
        store
            .backup(&self.to)
            .map_err(|why| Misuse(why.to_string()))?;
        Ok(Outcome::Fine)
    }
}

impl Restore {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let restored = floe_engine::store::Store::restore(&self.from, &self.data);
        let store = restored.map_err(|why| Misuse(why.to_string()))?;
        verify(&store)
    }
}

impl Verify {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        verify(&existing(&self.data)?)
    }
}

fn verify(store: &floe_engine::store::Store) -> Result<Outcome, Misuse> {
    if let Err(why) = store.verify() {
        say(&format!("{why}\n"));
        return Ok(Outcome::Refused);
    }
    let environments = store
        .environments()
        .map_err(|why| Misuse(why.to_string()))?;
    let count = environments.len();
    print(&format!("{count} environments, every checksum is right\n"))?;
    Ok(Outcome::Fine)
}

/// A store that is there: a directory misspelt must not become a new one.
pub(super) fn existing(dir: &std::path::Path) -> Result<floe_engine::store::Store, Misuse> {
    if !dir.is_dir() {
        return Err(Misuse(format!("there is no directory {}", dir.display())));
    }
    data::open(dir).map_err(Misuse)
}
