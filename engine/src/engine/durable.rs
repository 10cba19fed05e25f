//! An environment that outlives the process: its journal, and when to write a snapshot.
//!
//! Every change passes here between its place in the order and whoever makes it visible:
//! nothing is published that is not on disk. After a failed commit nothing is written any
//! more, and answers stay as of the last published epoch.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
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
    /// Why the newest snapshot has not been written.
    unsaved: ArcSwapOption<String>,
}

/// Why a stored environment does not open.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be read.
    Store(StoreError),
    /// Its policy does not compile any more.
    Policy {
        /// The file of the store.
        file: String,
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
            file: store.file().to_owned(),
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
            unsaved: ArcSwapOption::empty(),
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

    /// What is not as it should be although answers are right: relations that are not kept,
    /// so that answers are slow, or snapshots that are not written, so that the log grows.
    #[must_use]
    pub fn degraded(&self) -> Option<String> {
        let shared = &self.shared;
        let unsaved = shared.durable.as_ref().and_then(|d| d.unsaved.load_full());
        let unkept = shared.degraded.load_full();
        let both: Vec<&str> = [&unkept, &unsaved]
            .into_iter()
            .flatten()
            .map(|why| why.as_str())
            .collect();
        (!both.is_empty()).then(|| both.join("; "))
    }
}

/// A snapshot that is being written on a thread of its own.
struct Saving(Arc<Shared>);

impl Drop for Saving {
    fn drop(&mut self) {
        let Some(durable) = &self.0.durable else {
            return;
        };
        if std::thread::panicking() {
            durable.saved(Some("its thread has died".to_owned()));
        }
        durable.saving.store(false, Ordering::Relaxed);
    }
}

impl Durable {
    /// Notes how a snapshot went.
    fn saved(&self, failed: Option<String>) {
        let sentence = |why| format!("no snapshot can be written, and the log grows: {why}");
        self.unsaved
            .store(failed.map(|why| Arc::new(sentence(why))));
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
        // Dropped without having run if there is no thread: the next change tries again.
        let saving = Saving(Arc::clone(self));
        let thread = std::thread::Builder::new().name("floe-snapshot".to_owned());
        let begun = thread.spawn(move || {
            // The log is still whole, and what has failed is noted.
            _ = saving.0.save();
        });
        if let Err(why) = begun {
            durable.saved(Some(format!("no thread for it: {why}")));
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
        let saved = (durable.journal).save(&facts, &self.symbols, epoch, version);
        durable.saved(saved.as_ref().err().map(ToString::to_string));
        saved
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Store(why) => why.fmt(f),
            OpenError::Policy {
                file,
                environment,
                version,
                epoch,
                why,
            } => write!(
                f,
                "{file}, table `policies`, environment `{environment}`, epoch {epoch}: version {version} \
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use floe_frontend::source::Sources;

    use super::{Config, Engine, Store};
    use crate::catalog::ChangeSet;

    const POLICY: &str = "actor User {}\ndeclare tall(User);\n";

    #[test]
    fn a_snapshot_that_cannot_be_written_is_heard_of() {
        let dir = std::env::temp_dir().join(format!("floe-unsaved-{}", std::process::id()));
        _ = std::fs::remove_dir_all(&dir);
        let store = Store::open(&dir).unwrap();
        store.create("main", POLICY.as_bytes()).unwrap();
        let config = Config {
            snapshot_after: 5,
            ..Config::default()
        };
        let engine = Engine::open(&store, "main", config, |source| {
            let mut sources = Sources::new();
            sources.add("policy.polar", str::from_utf8(source).unwrap());
            let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
            Ok(compiled.program.unwrap().into())
        });
        let engine = engine.unwrap();
        let mut users = 0..;
        let mut until = |is_degraded| {
            let since = Instant::now();
            loop {
                let mut set = ChangeSet::new();
                let user = users.next().map(|n: u32| n.to_string()).unwrap();
                set.insert("tall", [("User", &*user).into()]);
                engine.apply(&set).unwrap();
                let degraded = engine.degraded();
                if degraded.is_some() == is_degraded {
                    return degraded.unwrap_or_default();
                }
                assert!(since.elapsed() < Duration::from_secs(20), "{degraded:?}");
            }
        };
        let right = store.swap_head(1, b"no head of ours");
        let why = until(true);
        assert!(why.contains("no snapshot can be written"), "{why}");
        assert!(why.contains("table `heads`, environment 1"), "{why}");
        engine.accepts_changes().unwrap();
        // And no longer when it can.
        store.swap_head(1, &right);
        until(false);
        drop((engine, store));
        _ = std::fs::remove_dir_all(&dir);
    }
}
