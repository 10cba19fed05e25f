//! `floe backup`, `floe restore`, `floe verify`: everything in a data directory, whether a
//! server has it open or not.

use std::path::{Path, PathBuf};

use clap::Args;
use floe_engine::store::{Store, StoreError, stage};
use indicatif::ProgressBar;

use super::{Misuse, Outcome, print, say};
use crate::control::{self, Order, Said};
use crate::data::{self, Found};

/// Copy everything in a data directory to one file, while a server runs or not
///
/// The copy is of one moment, keys included. A running server writes it itself, so the file
/// has to be where the server may write.
#[derive(Args)]
pub(crate) struct Backup {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// The file to write; there must be none yet
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Make a data directory of a backup, or put one in the place of what is there
///
/// The backup is copied and verified first. With --replace a running server finishes what
/// is under way, takes the backup, and goes on; new connections wait meanwhile. What was
/// there before is kept as floe.redb.before.
#[derive(Args)]
pub(crate) struct Restore {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,

    /// Replace the data that is there
    #[arg(long)]
    replace: bool,

    /// What `floe backup` has written
    #[arg(value_name = "FILE")]
    from: PathBuf,
}

/// Compare a data directory with its checksums, with what is served, and that with its facts
///
/// Every value on disk is read and held against its checksum, the facts on disk are compared
/// with those in memory, and every row that is kept beside the facts is derived from them once
/// more, in another way, and compared. A running server does it itself and goes on serving.
#[derive(Args)]
pub(crate) struct Verify {
    /// The data directory
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Backup {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let to = absolute(&self.to)?;
        let order = Order::Backup { to };
        if let Some(outcome) = ordered(&self.data, &order)? {
            return Ok(outcome);
        }
        let store = existing(&self.data)?;
        store
            .backup(&self.to)
            .map_err(|why| Misuse(why.to_string()))?;
        Ok(Outcome::Fine)
    }
}

impl Restore {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let misuse = |why: StoreError| Misuse(why.to_string());
        if !self.replace {
            let restored = Store::restore(&self.from, &self.data);
            let store = restored.map_err(|why| Misuse(format!("{why} (--replace replaces it)")))?;
            return show(data::checksums(&store).map_err(Misuse)?);
        }
        let from = absolute(&self.from)?;
        if let Some(outcome) = ordered(&self.data, &Order::Restore { from })? {
            return Ok(outcome);
        }
        // Whoever opened it until the end would go on with what is no longer there. From a
        // damaged one nobody can.
        let before = match Store::open_existing(&self.data) {
            Err(StoreError::Damaged(_)) => None,
            opened => Some(opened.map_err(misuse)?),
        };
        let replaced = stage(&self.from, &self.data)
            .and_then(floe_engine::store::Staged::put)
            .map_err(misuse)?;
        drop(before);
        let mut found = data::checksums(&existing(&self.data)?).map_err(Misuse)?;
        if let Some(before) = replaced.before() {
            found.lines += &format!("what was there before is in {}\n", before.display());
        }
        show(found)
    }
}

impl Verify {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        // Shows itself on a terminal only.
        let spinner = ProgressBar::new_spinner();
        let mut far = |how| {
            spinner.set_message(how);
            spinner.tick();
            true
        };
        let said = match control::ask(&self.data, &Order::Verify, &mut far).map_err(Misuse)? {
            Some(said) => said,
            None => {
                let found = data::verify_closed(&existing(&self.data)?, &mut far);
                found.map_err(Misuse)?.into()
            }
        };
        spinner.finish_and_clear();
        shown(said)
    }
}

fn show(found: Found) -> Result<Outcome, Misuse> {
    shown(found.into())
}

/// Has the server of a directory carry out an order, if there is one.
pub(super) fn ordered(dir: &Path, order: &Order) -> Result<Option<Outcome>, Misuse> {
    let said = control::ask(dir, order, &mut |_| true).map_err(Misuse)?;
    said.map(shown).transpose()
}

fn shown(said: Said) -> Result<Outcome, Misuse> {
    match said {
        Said::Done(lines) => {
            print(&lines)?;
            Ok(Outcome::Fine)
        }
        Said::Refused(lines) => {
            say(&lines);
            Ok(Outcome::Refused)
        }
        Said::Failed(why) => Err(Misuse(why)),
        Said::Progress(_) => Err(Misuse("the server has not said how it went".to_owned())),
    }
}

/// The path as the server, which runs elsewhere, would write it.
fn absolute(path: &Path) -> Result<PathBuf, Misuse> {
    std::path::absolute(path).map_err(|why| Misuse(format!("{}: {why}", path.display())))
}

/// A store that is there: a directory misspelt must not become a new one.
pub(super) fn existing(dir: &Path) -> Result<Store, Misuse> {
    if !dir.is_dir() {
        return Err(Misuse(format!("there is no directory {}", dir.display())));
    }
    Store::open_existing(dir).map_err(|why| Misuse(why.to_string()))
}
