//! Environments: one policy and one set of facts each, nothing shared.
//!
//! Owns: the engine of an environment, the versions of its policy, who may upload one when,
//! and which environments there are. Must not know: HTTP, JSON bodies, keys.

pub(crate) mod engine;
mod explain;
mod moment;
mod policies;
mod registry;
mod upload;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use floe_frontend::ir::Metadata;
use floe_frontend::source::Sources;

use self::engine::{Config, Engine, PolicyError, Store};
pub(crate) use self::explain::explain;
pub(crate) use self::moment::{Meter, Moment, now};
pub(crate) use self::policies::Version;
pub(crate) use self::registry::{Full, Kind, Registry};
pub(crate) use self::upload::{Options, Outcome, Problem, problem_body};

use self::policies::Policies;
use crate::policy::{Ready, compile};

/// Uploads of one environment at a time, the one under way included: each holds a thread.
const UPLOADS: usize = 4;

/// One policy and one set of facts.
pub(crate) struct Environment {
    id: String,
    engine: Engine,
    policies: Policies,
    /// Uploads queue up: what a test has seen is what comes into force.
    uploading: Mutex<()>,
    waiting: AtomicUsize,
    /// Changes under way that may take long.
    crowd: AtomicUsize,
    born: Instant,
    /// Milliseconds between `born` and the last request.
    used: AtomicU64,
}

impl Environment {
    /// An environment without policy and facts.
    ///
    /// # Errors
    /// The engine does not start; the reason is for the log.
    pub(crate) fn new(id: impl Into<String>, config: &Config) -> Result<Environment, String> {
        let Ok(Ready {
            program, sources, ..
        }) = compile(Sources::new())
        else {
            return Err("the empty policy does not compile".to_owned());
        };
        let engine = Engine::start(program, config.clone()).map_err(|e| e.to_string())?;
        let version = Version {
            number: engine.snapshot().policy_version(),
            text: None,
            metadata: Metadata::default(),
            sources,
        };
        Ok(Environment::of(id.into(), engine, version))
    }

    /// An environment of a store, as it was when its newest change became durable.
    ///
    /// # Errors
    /// It cannot be read; the reason names the place and what to do.
    pub(crate) fn open(
        store: &Store,
        id: impl Into<String>,
        config: &Config,
    ) -> Result<Environment, String> {
        let id = id.into();
        let mut version = None;
        let engine = Engine::open(store, &id, config.clone(), |bytes| {
            let (text, ready) = crate::data::policy(bytes)?;
            version = Some((text, ready.program.metadata.clone(), ready.sources));
            Ok(ready.program)
        });
        let engine = engine.map_err(|why| why.to_string())?;
        let (text, metadata, sources) = version.ok_or("the policy was not read")?;
        let number = engine.snapshot().policy_version();
        let version = Version {
            number,
            text,
            metadata,
            sources,
        };
        Ok(Environment::of(id, engine, version))
    }

    /// An environment with the policy and the facts of this one.
    ///
    /// # Errors
    /// The engine does not start; the reason is for the log.
    pub(crate) fn copy(&self, id: &str, config: &Config) -> Result<Environment, PolicyError> {
        let moment = self.moment();
        let engine = Engine::copy_of(moment.snapshot(), config.clone())?;
        let version = Version {
            number: engine.snapshot().policy_version(),
            ..Version::clone(&moment.version())
        };
        Ok(Environment::of(id.to_owned(), engine, version))
    }

    fn of(id: String, engine: Engine, version: Version) -> Environment {
        Environment {
            id,
            engine,
            policies: Policies::new(version),
            uploading: Mutex::new(()),
            waiting: AtomicUsize::new(0),
            crowd: AtomicUsize::new(0),
            born: Instant::now(),
            used: AtomicU64::new(0),
        }
    }

    /// The piece of a key that names it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The engine, for changes.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The newest published epoch and the number of the policy in force, for the log.
    pub(crate) fn place(&self) -> (u64, u64) {
        let moment = self.moment();
        (moment.epoch(), moment.policy_version())
    }

    /// The versions of its policy.
    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The newest published state.
    pub(crate) fn moment(&self) -> Moment<'_> {
        Moment::new(self.engine.snapshot(), &self.policies)
    }

    /// Notes that it is in use now.
    pub(crate) fn touch(&self, now: Instant) {
        let since = now.saturating_duration_since(self.born).as_millis() as u64;
        // To read it is free, to write it would slow every other core that asks.
        if self.used.load(Ordering::Relaxed) != since {
            self.used.store(since, Ordering::Relaxed);
        }
    }

    /// How long nobody has asked.
    pub(crate) fn idle(&self) -> Duration {
        let used = Duration::from_millis(self.used.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(used)
    }

    /// Says that a change is under way that may take long, until what is returned is dropped.
    pub(crate) fn crowd(&self) -> Counted<'_> {
        self.crowd.fetch_add(1, Ordering::Relaxed);
        Counted(&self.crowd)
    }

    /// Whether a change may have to wait long for another.
    pub(crate) fn is_crowded(&self) -> bool {
        self.crowd.load(Ordering::Relaxed) > 0
    }

    /// Waits for the uploads before; `None` if there are too many.
    fn upload_alone(&self) -> Option<Turn<'_>> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        // Counted until dropped, also if there is no turn to wait for.
        let counted = Counted(&self.waiting);
        if before >= UPLOADS {
            return None;
        }
        let alone = self
            .uploading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Some((alone, counted))
    }
}

/// The only upload under way.
type Turn<'e> = (MutexGuard<'e, ()>, Counted<'e>);

/// One of those that are counted, until it is dropped.
pub(crate) struct Counted<'e>(&'e AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
