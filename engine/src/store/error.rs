//! Why the store does not open, or does no more.

use std::fmt;
use std::sync::Arc;

/// Why there is no store, no environment, or no more writing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// What lies on the disk is not what Floe has written. Nothing has been changed.
    Damaged(Box<Damage>),
    /// The file was written by a release that this one does not understand.
    Version {
        /// The file.
        file: String,
        /// The version of its format.
        found: u32,
        /// The newest this release knows.
        known: u32,
    },
    /// Another process has it open.
    Locked {
        /// The file.
        file: String,
    },
    /// The operating system refuses.
    Io {
        /// The file.
        file: String,
        /// What it says.
        why: String,
    },
    /// A commit has failed: the sentence that every writer, the log and the readiness of
    /// the server repeat.
    Broken(Arc<str>),
    /// There is no such environment.
    Missing(String),
    /// There is one already.
    Exists(String),
    /// This process has it open.
    InUse(String),
    /// The environment has no room for the values it has stored: the limits of this
    /// start are lower than those of the last.
    NoRoom {
        /// The file.
        file: String,
        /// The table that has one value too many.
        table: &'static str,
        /// The environment.
        environment: String,
        /// Symbols there may be.
        limit: u32,
    },
}

/// Where the damage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: String,
    /// The table in it; `None` if the file as a whole is rejected.
    pub table: Option<&'static str>,
    /// The number of the environment in the file.
    pub environment: Option<u32>,
    /// The epoch at which it was found.
    pub epoch: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl Damage {
    /// Damage of a file, to be completed with `in_table` and `at`.
    pub(super) fn new(file: &str, what: impl Into<String>) -> Damage {
        Damage {
            file: file.to_owned(),
            table: None,
            environment: None,
            epoch: None,
            what: what.into(),
        }
    }

    pub(super) fn in_table(mut self, table: &'static str) -> Damage {
        self.table = Some(table);
        self
    }

    pub(super) fn at(mut self, environment: u32, epoch: u64) -> Damage {
        self.environment = Some(environment);
        self.epoch = Some(epoch);
        self
    }
}

impl From<Damage> for StoreError {
    fn from(damage: Damage) -> StoreError {
        StoreError::Damaged(Box::new(damage))
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(table) = self.table {
            write!(f, ", table `{table}`")?;
        }
        if let Some(environment) = self.environment {
            write!(f, ", environment {environment}")?;
        }
        if let Some(epoch) = self.epoch {
            write!(f, ", epoch {epoch}")?;
        }
        write!(
            f,
            ": {}. The data is left as it is; start from the newest backup, or move the file \
             away to begin with nothing",
            self.what
        )
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Damaged(damage) => damage.fmt(f),
            StoreError::Version { file, found, known } => write!(
                f,
                "{file}: written in format {found}, this release knows formats up to {known}; \
                 use the release that wrote it, or a newer one"
            ),
            StoreError::Locked { file } => {
                write!(
                    f,
                    "{file}: another process has it open; stop that one first"
                )
            }
            StoreError::Io { file, why } => write!(f, "{file}: {why}"),
            StoreError::Broken(why) => f.write_str(why),
            StoreError::Missing(name) => write!(f, "there is no environment `{name}`"),
            StoreError::Exists(name) => write!(f, "there is an environment `{name}` already"),
            StoreError::InUse(name) => write!(f, "the environment `{name}` is open already"),
            StoreError::NoRoom {
                file,
                table,
                environment,
                limit,
            } => write!(
                f,
                "{file}, table `{table}`, environment `{environment}`: there are more distinct \
                 values than the limit of {limit} allows; raise the limit"
            ),
        }
    }
}

impl std::error::Error for StoreError {}
