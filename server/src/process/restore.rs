//! A backup in the place of what is served.

use std::sync::mpsc;

use floe_engine::store::{Replaced, Staged};
use tracing::{error, info};

use crate::control::Said;

/// A backup that is complete and verified; whoever has ordered it waits for the outcome.
pub(super) struct Restore {
    staged: Staged,
    outcome: mpsc::Sender<Said>,
}

/// A backup that is in place, but not served yet.
pub(super) struct Done {
    replaced: Replaced,
    outcome: mpsc::Sender<Said>,
}

impl Restore {
    pub(super) fn new(staged: Staged) -> (Restore, mpsc::Receiver<Said>) {
        let (outcome, hears) = mpsc::channel();
        (Restore { staged, outcome }, hears)
    }

    /// Puts it in place, if the system lets it.
    pub(super) fn put(self) -> Option<Done> {
        match self.staged.put() {
            Ok(replaced) => Some(Done {
                replaced,
                outcome: self.outcome,
            }),
            Err(why) => {
                _ = self.outcome.send(Said::Failed(why.to_string()));
                None
            }
        }
    }
}

impl Done {
    /// It is served from now on.
    pub(super) fn stands(self) {
        let before = self.replaced.before();
        let before = before.map_or_else(String::new, |path| path.display().to_string());
        info!(before, "a backup has been restored");
        let said = format!("restored; what was there before is in {before}\n");
        _ = self.outcome.send(Said::Done(said));
    }

    /// It cannot be served: the one before is put back.
    ///
    /// # Errors
    /// It cannot be.
    pub(super) fn undo(self, why: &str) -> Result<(), String> {
        error!(why, "the backup cannot be served; what was there before is");
        let said = format!("{why}; nothing has been changed");
        self.replaced.undo().map_err(|why| why.to_string())?;
        _ = self.outcome.send(Said::Failed(said));
        Ok(())
    }
}
