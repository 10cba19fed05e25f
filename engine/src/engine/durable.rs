//! An environment that outlives the process: its journal, and when to write a snapshot.
//!
//! Every change passes here between its place in the order and whoever makes it visible:
//! nothing is published that is not on disk. After a failed commit nothing is written any
//! more, and answers stay as of the last published epoch.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use floe_frontend::ir::Program;

use super::{Config, Engine, PolicyError, Shared};
use crate::catalog::Vocabulary;
use crate::store::{Journal, Record, Store, StoreError};

/// Starts that have not been completed before relations are no longer kept: the third
/// tries without.
const STARTS: u32 = 2;

/// The way to the disk.
pub(super) struct Durable {
    pub(super) journal: Journal,
    /// Rows that came or went since the newest snapshot.
    logged: AtomicU64,
    saving: AtomicBool,
}

/// Why a stored environment does not open.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be read.
    Store(StoreError),
    /// Its policy does not compile any more.
    Policy {
        /// The environment.
        environment: String,
        /// The version of the policy.
        version: u64,
        /// The epoch as of which it is in force.
        epoch: u64,
        /// What the compiler says.
        why: String,
    },
    /// The environment cannot run.
    Start(PolicyError),
}

impl Engine {
    /// A stored environment as it was when its newest change became durable. From then on
    /// every change is on disk before it is visible.
    ///
    /// `compile` makes a program of whatever [`Store::create`] or [`Engine::swap_stored`]
    /// was given for the policy in force.
    ///
    /// If its relations cannot be derived from its facts, it starts nevertheless, derives
    /// everything when asked, and says so ([`Engine::degraded`]).
    ///
    /// # Errors
    /// See [`OpenError`]; nothing stored has been changed.
    pub fn open(
        store: &Store,
        environment: &str,
        config: Config,
        compile: impl FnOnce(&[u8]) -> Result<Arc<Program>, String>,
    ) -> Result<Engine, OpenError> {
        let (journal, mut loaded) = store.load(environment, &config.limits)?;
        let program = compile(&loaded.policy).map_err(|why| OpenError::Policy {
            environment: environment.to_owned(),
            version: loaded.policy_version,
            epoch: loaded.epoch,
            why,
        })?;
        let vocabulary = Vocabulary::intern(&program, &mut loaded.interner)?;
        let durable = Durable {
            journal,
            logged: AtomicU64::new(loaded.replayed),
            saving: AtomicBool::new(false),
        };
        let engine = Engine::resume(
            loaded.interner,
            loaded.facts,
            (loaded.policy_version, program, vocabulary),
            loaded.epoch,
            Some(Arc::new(durable)),
            config,
        );
        let shared = &engine.shared;
        if shared.lock().policy.kept.is_empty() || shared.is_small() {
            return Ok(engine);
        }
        let durable = shared.durable.as_ref();
        let before = durable.map_or(Ok(0), |d| d.journal.begin_start())?;
        let begun = if before < STARTS {
            shared.begin()
        } else {
            let why = format!("{before} starts in a row have not been completed");
            Err(PolicyError::Failed(why))
        };
        match begun {
            Ok(()) => {}
            Err(PolicyError::Failed(why)) => shared.fall_back(&why),
            Err(other) => return Err(other.into()),
        }
        if let Some(durable) = durable {
            durable.journal.complete_start()?;
        }
        Ok(engine)
    }

    /// Puts another policy in force, as [`Engine::swap`] does; it is on disk before it
    /// answers. `source` is what [`Engine::open`] will compile it from.
    ///
    /// # Errors
    /// See [`PolicyError`].
    pub fn swap_stored(
        &self,
        program: Arc<Program>,
        source: &[u8],
    ) -> Result<super::Swapped, PolicyError> {
        self.shared.swap(program, Some(source.into()))
    }

    /// Writes all facts down as a whole, so that the next start has no log to go through;
    /// changes and questions go on meanwhile. Happens by itself too.
    ///
    /// # Errors
    /// It cannot be written. Everything that was durable still is.
    pub fn save(&self) -> Result<(), StoreError> {
        self.shared.save()
    }

    /// Whether changes are accepted: answers may go on when they are not.
    ///
    /// # Errors
    /// Why they are not; after a failed commit the sentence that its writers were told.
    pub fn accepts_changes(&self) -> Result<(), String> {
        self.health()?;
        let durable = self.shared.durable.as_ref();
        let health = durable.map_or(Ok(()), |d| d.journal.health());
        health.map_err(|why| why.to_string())
    }

    /// Why relations that should be kept are not, if so: answers are right and slow.
    #[must_use]
    pub fn degraded(&self) -> Option<String> {
        self.shared.degraded.get().cloned()
    }
}

impl Shared {
    /// Refuses what could not become durable any more.
    pub(super) fn writable(&self) -> Result<(), Arc<str>> {
        let durable = self.durable.as_ref();
        durable.map_or(Ok(()), |d| d.journal.health())
    }

    /// Waits until every change with a place in the order is on disk and has been handed
    /// on. Under the sequencer's lock, so that there is no next one meanwhile.
    pub(super) fn settle(&self) -> Result<(), PolicyError> {
        let Some(durable) = &self.durable else {
            return Ok(());
        };
        let (told, hears) = crossbeam_channel::bounded(1);
        durable.journal.flush(move |outcome| _ = told.send(outcome));
        let outcome = hears.recv().map_err(|_| PolicyError::Stopped)?;
        outcome.map_err(PolicyError::ReadOnly)
    }

    /// Puts on disk that a policy is in force from this epoch on. Under the sequencer's
    /// lock: the epoch is taken by nobody else.
    pub(super) fn log_policy(
        &self,
        epoch: u64,
        version: u64,
        source: Option<Arc<[u8]>>,
    ) -> Result<(), PolicyError> {
        let Some(durable) = &self.durable else {
            return Ok(());
        };
        let record = Record::Policy { version, source };
        durable.journal.append(epoch, record, |_| {});
        durable.journal.wait(epoch).map_err(PolicyError::Unknown)
    }

    /// Notes that so many rows are in the log; when they are many, a snapshot is due.
    pub(super) fn logged(self: &Arc<Self>, durable: &Durable, rows: usize) {
        let logged = durable.logged.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        // In proportion to the facts: what is written twice stays a part of the whole.
        let due = self.config.snapshot_after.max(self.facts.len() / 2);
        if logged < due || durable.saving.swap(true, Ordering::Relaxed) {
            return;
        }
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new().name("floe-snapshot".to_owned());
        let spawned = thread.spawn(move || {
            // A failure of the store is told to every writer; the log is still whole.
            _ = shared.save();
            if let Some(durable) = &shared.durable {
                durable.saving.store(false, Ordering::Relaxed);
            }
        });
        if spawned.is_err() {
            durable.saving.store(false, Ordering::Relaxed);
        }
    }

    fn save(&self) -> Result<(), StoreError> {
        let Some(durable) = &self.durable else {
            return Ok(());
        };
        let (facts, epoch, version) = {
            let sequencer = self.lock();
            let (facts, _) = self.facts.snapshot();
            durable.logged.store(0, Ordering::Relaxed);
            (facts, sequencer.epoch, sequencer.version)
        };
        (durable.journal).save(&facts, &self.symbols, epoch, version)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Store(why) => why.fmt(f),
            OpenError::Policy {
                environment,
                version,
                epoch,
                why,
            } => write!(
                f,
                "table `policies`, environment `{environment}`, epoch {epoch}: version {version} \
                 of the policy does not compile with this release; start the release that wrote \
                 it and upload a policy that both accept: {why}"
            ),
            OpenError::Start(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StoreError> for OpenError {
    fn from(why: StoreError) -> OpenError {
        OpenError::Store(why)
    }
}

impl From<PolicyError> for OpenError {
    fn from(why: PolicyError) -> OpenError {
        OpenError::Start(why)
    }
}

impl From<crate::value::OutOfSymbols> for OpenError {
    fn from(out: crate::value::OutOfSymbols) -> OpenError {
        OpenError::Start(out.into())
    }
}
