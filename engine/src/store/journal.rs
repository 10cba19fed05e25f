//! The way of one environment's records to the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::format::{STARTS, place, seal, unseal};
use super::group::Job;
use super::picture::Picture;
use super::record;
use super::{Inner, StoreError, load, save};
use crate::catalog::{FactSet, FactSnapshot};
use crate::value::{Limits, Symbols};

/// Takes the records of one environment, in the order of their epochs, each one above the
/// one before. Dropping it lets the environment be opened again.
pub struct Journal {
    claim: Claim,
    durable: Arc<Durable>,
    saving: Mutex<()>,
}

/// What an epoch has changed.
pub enum Record {
    /// Facts: what [`record::of_change`] says of them.
    Facts(Vec<u8>),
    /// The policy.
    Policy {
        /// Its version.
        version: u64,
        /// What it is compiled from; `None` if that version has been written before.
        source: Option<Arc<[u8]>>,
    },
}

/// How far everything is on disk.
struct Durable {
    state: Mutex<Result<u64, Arc<str>>>,
    changed: Condvar,
}

impl Durable {
    fn set(&self, state: Result<u64, Arc<str>>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        self.changed.notify_all();
    }
}

impl Journal {
    pub(super) fn new(claim: Claim, epoch: u64) -> Journal {
        Journal {
            claim,
            durable: Arc::new(Durable {
                state: Mutex::new(Ok(epoch)),
                changed: Condvar::new(),
            }),
            saving: Mutex::new(()),
        }
    }

    /// Hands a record to the thread that commits, and returns. `done` is called there, in
    /// the order of epochs, when the record is on disk or nobody can say: it must not
    /// wait for anything.
    pub fn append(
        &self,
        epoch: u64,
        record: Record,
        done: impl FnOnce(Result<(), Arc<str>>) + Send + 'static,
    ) {
        let (record, policy) = match record {
            Record::Facts(record) => (record, None),
            Record::Policy { version, source } => {
                let policy = source.map(|source| (version, source));
                (record::of_policy(version), policy)
            }
        };
        let durable = Arc::clone(&self.durable);
        self.claim.inner.group.send(Job::Append {
            environment: self.claim.environment,
            epoch,
            record,
            policy,
            done: Box::new(move |outcome| {
                let state = outcome.clone().map(|()| epoch);
                // Whoever waits for the epoch finds that `done` has been called.
                _ = catch_unwind(AssertUnwindSafe(|| done(outcome)));
                durable.set(state);
            }),
        });
    }

    /// Calls `done` when every record handed over so far is on disk or never will be.
    pub fn flush(&self, done: impl FnOnce(Result<(), Arc<str>>) + Send + 'static) {
        self.claim.inner.group.send(Job::Flush(Box::new(done)));
    }

    /// Waits until the record of an epoch is on disk and its `done` has been called.
    ///
    /// # Errors
    /// It may not be: the sentence that says why.
    pub fn wait(&self, epoch: u64) -> Result<(), Arc<str>> {
        let state = &self.durable.state;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*state {
                Ok(durable) if *durable >= epoch => return Ok(()),
                Ok(_) => {
                    let waited = self.durable.changed.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
                Err(why) => return Err(Arc::clone(why)),
            }
        }
    }

    /// The newest epoch that is on disk and whose `done` has been called.
    ///
    /// # Errors
    /// A record may not be: the sentence that says why.
    pub fn durable(&self) -> Result<u64, Arc<str>> {
        let state = &self.durable.state;
        state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether changes are still written.
    ///
    /// # Errors
    /// The sentence about the failure.
    pub fn health(&self) -> Result<(), Arc<str>> {
        self.claim.inner.group.broken().map_or(Ok(()), Err)
    }

    /// Writes the facts of an epoch down as a whole, so that the log up to it can be
    /// forgotten; writers go on meanwhile. The record of the epoch has been handed over.
    ///
    /// # Errors
    /// It cannot be written. The snapshot before is still there, with all of the log.
    pub fn save(
        &self,
        facts: &FactSnapshot,
        symbols: &Symbols,
        epoch: u64,
        policy_version: u64,
    ) -> Result<(), StoreError> {
        let _alone = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let picture = Picture::new(facts, symbols, epoch, policy_version);
        save::save(&self.claim.inner, self.claim.environment, &picture)
    }

    /// Keeps snapshots from being written as long as the value lives, so that every epoch from
    /// now on can be read back.
    pub fn unmoved(&self) -> Unmoved<'_> {
        Unmoved {
            journal: self,
            _alone: self.saving.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Notes that a start is under way, and returns how many before it have not been
    /// completed.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn begin_start(&self) -> Result<u32, StoreError> {
        let environment = self.claim.environment;
        let key = place(environment, 0, 0);
        let noted = self.claim.inner.read(|transaction| {
            let found = transaction.open_table(STARTS)?.get(environment)?;
            Ok(found.map(|v| v.value().to_vec()))
        })?;
        // A count that cannot be read is no reason not to start.
        let before = noted.map_or(0, |sealed| {
            let bytes = unseal("starts", &key, &sealed).ok();
            let bytes = bytes.and_then(|b| b.try_into().ok());
            bytes.map_or(0, u32::from_le_bytes)
        });
        let now = before.saturating_add(1);
        self.claim.inner.edit(Box::new(move |transaction| {
            let sealed = seal("starts", &key, &now.to_le_bytes());
            transaction
                .open_table(STARTS)?
                .insert(environment, &*sealed)?;
            Ok(())
        }))?;
        Ok(before)
    }

    /// Notes that the start is complete.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn complete_start(&self) -> Result<(), StoreError> {
        let environment = self.claim.environment;
        self.claim.inner.edit(Box::new(move |transaction| {
            transaction.open_table(STARTS)?.remove(environment)?;
            Ok(())
        }))
    }
}

/// An environment of which no snapshot is written.
pub struct Unmoved<'j> {
    journal: &'j Journal,
    _alone: MutexGuard<'j, ()>,
}

impl Unmoved<'_> {
    /// Reads everything back that is on disk, snapshot and log but not the cache, and hands
    /// over the facts as of an epoch with the version of the policy in force then. The
    /// epoch is on disk, and not from before the value.
    ///
    /// # Errors
    /// It cannot be read, or is not what was written.
    pub fn read_back(
        &self,
        epoch: u64,
        limits: &Limits,
        look: &mut dyn FnMut(u64, &FactSet),
    ) -> Result<(), StoreError> {
        let Claim { inner, environment } = &self.journal.claim;
        let at_epoch = &mut |at, version, facts: &FactSet| {
            if at == epoch {
                look(version, facts);
            }
        };
        load::load(inner, *environment, limits, false, at_epoch).map(drop)
    }
}

/// The right to write to an environment.
pub(super) struct Claim {
    inner: Arc<Inner>,
    environment: u32,
}

impl Claim {
    pub(super) fn new(
        inner: &Arc<Inner>,
        name: &str,
        environment: u32,
    ) -> Result<Claim, StoreError> {
        let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.insert(environment) {
            return Err(StoreError::InUse(name.to_owned()));
        }
        Ok(Claim {
            inner: Arc::clone(inner),
            environment,
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let open = &self.inner.open;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.environment);
    }
}
