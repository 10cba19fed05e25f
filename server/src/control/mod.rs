//! Orders to the server that has a data directory open, from whoever may enter that directory.
//!
//! Owns: the socket `control` in the directory, what can be ordered there, and both ends of
//! the conversation. Must not know: HTTP, how an order is carried out.
//!
//! A store is open in one process at a time. So a command that works on a data directory
//! first tries this socket: if a server answers, it does the work and the command tells the
//! outcome; if nobody does, the command opens the store itself. No key is asked for: the
//! directory is its owner's only, and who reads it needs no server.
//!
//! One line of JSON each way, [`Order`] and [`Said`]; before its last line the server may say
//! how far it is.

mod line;
mod listen;

use std::io::{BufReader, ErrorKind};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub(crate) use listen::{Control, Duty, Far};

use crate::config::KeyEntry;

/// What can be ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub(crate) enum Order {
    /// Make a key valid.
    AddKey(KeyEntry),
    /// Make a key invalid.
    RevokeKey {
        /// The environment it opens.
        environment: String,
        /// Which of its keys.
        id: String,
    },
    /// Say which keys of the directory are valid.
    ListKeys,
    /// Write everything as of one moment to a new file.
    Backup {
        /// An absolute path.
        to: PathBuf,
    },
    /// Serve what is in a backup in place of what is served now.
    Restore {
        /// An absolute path.
        from: PathBuf,
    },
    /// Compare what is kept with its checksums and with what follows from the facts.
    Verify,
}

/// What came of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    /// How far it is; more is to come.
    Progress(String),
    /// It is done: what there is to say, in lines.
    Done(String),
    /// There was nothing of the kind, or something is wrong with what was looked at.
    Refused(String),
    /// It could not be done.
    Failed(String),
}

/// Has an order carried out by the server of a data directory; `None` if there is none.
/// `far` hears meanwhile how far it is.
///
/// # Errors
/// The server ended before it answered, or cannot be understood.
pub(crate) fn ask(dir: &Path, order: &Order, far: Far<'_>) -> Result<Option<Said>, String> {
    let broken = |why: &dyn std::fmt::Display| {
        format!(
            "the server of {} ended before it answered, and whether it has done it is unknown: \
             {why}",
            dir.display()
        )
    };
    let reached = line::address(dir).and_then(|at| UnixStream::connect(at.path()));
    let mut stream = match reached {
        Ok(stream) => stream,
        // Nobody has been there, or nobody is there any more.
        Err(why)
            if matches!(
                why.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(why) => return Err(format!("cannot ask the server of {}: {why}", dir.display())),
    };
    line::write(&mut stream, order).map_err(|why| broken(&why))?;
    let mut lines = BufReader::new(stream);
    loop {
        match line::read(&mut lines).map_err(|why| broken(&why))? {
            Said::Progress(how) => _ = far(how),
            said => return Ok(Some(said)),
        }
    }
}
