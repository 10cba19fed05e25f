//! redb's handle of the file: opened with care, closed when told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use redb::{Database, Error, ReadTransaction, ReadableDatabase, WriteTransaction};

use super::{Damage, StoreError};

/// Pages kept in memory. Nothing that answers a question reads the file.
const CACHE: usize = 64 << 20;

/// How long a store that somebody else has open is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// An open file, as long as nobody has closed it.
pub(super) struct Open(RwLock<Option<Database>>);

impl Open {
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, Error> {
        self.begin(|db| Ok(db.begin_read()?))
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, Error> {
        self.begin(|db| Ok(db.begin_write()?))
    }

    fn begin<T>(&self, begin: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, Error> {
        let db = self.0.read().unwrap_or_else(PoisonError::into_inner);
        db.as_ref().map_or(Err(Error::DatabaseClosed), begin)
    }

    /// Closes it. That writes too, so it is guarded as everything else is.
    pub(super) fn close(&self) {
        let db = self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // What is lost by this is redb's own note that the file was closed in order.
        _ = guarded(|| {
            drop(db);
            Ok(())
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close();
    }
}

pub(super) fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    // Reads the whole file once. Without it a damaged page is trusted until something
    // panics, perhaps in a destructor, where nothing can be caught.
    builder.set_check_integrity_on_open(true);
    builder
}

pub(super) fn opened(
    file: &str,
    open: impl FnOnce() -> Result<Database, Error>,
) -> Result<Open, StoreError> {
    let db = guarded(open).map_err(|why| rejected(file, why))?;
    Ok(Open(RwLock::new(Some(db))))
}

/// Waits for what somebody else still has: whoever it is may be about to end.
pub(super) fn patiently<T>(take: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let since = Instant::now();
    loop {
        match take() {
            Err(StoreError::Locked { .. }) if since.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            outcome => return outcome,
        }
    }
}

/// redb checks a page when it repairs, not when it reads: on a damaged one it may panic.
/// That is a damaged file, and not the end of the process.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(Error::Corrupted(said.unwrap_or("unreadable").to_owned()))
    })
}

/// What an error of redb means for whoever opens the file.
pub(super) fn rejected(file: &str, why: Error) -> StoreError {
    match why {
        Error::DatabaseAlreadyOpen => StoreError::Locked {
            file: file.to_owned(),
        },
        Error::Io(why) if why.kind() != std::io::ErrorKind::InvalidData => StoreError::Io {
            file: file.to_owned(),
            why: why.to_string(),
        },
        other => Damage::new(file, format!("the file is rejected: {other}")).into(),
    }
}
