//! Where the rooms meet: changes in, answers out.
//!
//! Owns: the order of changes (`sequencer`), the thread that keeps a policy's relations
//! true (`derivation`), facts as of an epoch (`stored`), what happens to a change before
//! it is visible if it is to outlive the process (`durable`), and questions as text
//! (`snapshot`, `asking`). Must not know: HTTP, JSON, Polar text, files.
//!
//! A change set is judged and committed under the sequencer's lock, on the thread that
//! brings it. If there is a store, it goes on only when it is on disk. The derivation turns it into changes of the index and publishes its epoch;
//! only then is it acknowledged. Questions never take that lock: a [`Snapshot`] pins the
//! newest published epoch, and facts and index are both read as of it.

mod asking;
mod audit;
mod copy;
mod derivation;
mod durable;
mod health;
mod loading;
mod lookup;
mod policy;
mod read_back;
mod sequencer;
mod snapshot;
mod stored;
pub mod trial;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, ArcSwapOption};
use floe_frontend::ir::Program;
use floe_frontend::ir::part::PartId;

use crate::catalog::{ChangeSet, FactSet, Refusal, Vocabulary};
use crate::index::Epochs;
use crate::plan::{Maintain, Passes, Plan};
use crate::value::{Interner, Limits, OutOfSymbols, Spelling, Sym, Symbols, plain};

use durable::Durable;
use health::Health;
use sequencer::Sequencer;
use snapshot::Published;
use stored::StoredFacts;

pub use asking::{Asking, Binding, Call, Ids, Names, Sorted, Term, Unanswered};
pub use audit::{Audit, Difference, Progress};
pub use durable::OpenError;
pub use lookup::Listed;
pub use read_back::ReadBack;
pub use snapshot::{Fact, Snapshot};

/// One environment: a policy, facts, and answers. Clones are the same environment.
///
/// ```
/// use std::sync::Arc;
/// use floe_engine::catalog::{Arg, ChangeSet};
/// use floe_engine::goal::Budget;
/// use floe_engine::{Config, Engine};
/// use floe_frontend::{Limits, compile, source::Sources};
///
/// let mut sources = Sources::new();
/// sources.add("doc.polar", r#"
///     actor User {}
///     resource Document {
///       permissions = ["read"];
///       roles = ["reader"];
///       "read" if "reader";
///     }
/// "#);
/// let program = compile(&sources, &Limits::default()).program.expect("a sound policy");
/// let engine = Engine::start(Arc::new(program), Config::default())?;
///
/// let (ann, plan) = (("User", "ann").into(), ("Document", "plan").into());
/// let mut set = ChangeSet::new();
/// set.insert("has_role", [ann, ("String", "reader").into(), plan]);
/// let applied = engine.apply(&set)?;
///
/// let snapshot = engine.snapshot();
/// assert!(snapshot.epoch() >= applied.epoch);
/// let mut asking = snapshot.ask(0, &[], Budget::unlimited())?;
/// assert!(asking.authorize(ann, "read", Some(plan))?);
/// assert_eq!(asking.list(ann, "read", "Document")?.names, ["plan"]);
///
/// let mut set = ChangeSet::new();
/// set.delete("has_role", [Arg::Value(ann), Arg::Any, Arg::Any]);
/// engine.apply(&set)?;
/// let snapshot = engine.snapshot();
/// assert!(!snapshot.ask(0, &[], Budget::unlimited())?.authorize(ann, "read", Some(plan))?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// How an environment runs.
#[derive(Clone)]
pub struct Config {
    /// Ceilings on values.
    pub limits: Limits,
    /// What is kept in the dataflow.
    pub maintain: Maintain,
    /// Which passes plan it.
    pub passes: Passes,
    /// Threads of the dataflow.
    pub workers: usize,
    /// As long as there are fewer facts every answer is derived from them when asked, and
    /// nothing is kept beside them.
    pub on_demand_below: u64,
    /// Change sets that may wait to become visible; beyond them [`ApplyError::Busy`].
    pub queue: usize,
    /// Rows that come or go before the facts are written down as a whole; more if there
    /// are more than twice as many facts. Only in a stored environment.
    pub snapshot_after: u64,
    /// How much memory there is.
    pub memory: Option<Memory>,
    /// Hears of every change of the index.
    pub observer: Option<Arc<dyn Observer>>,
    /// How ids stand in sorted lists, which are kept written: each on a line, if whoever asks
    /// has no other wish.
    pub spelling: Spelling,
}

/// A ceiling on memory, above which changes are refused.
#[derive(Clone)]
pub struct Memory {
    /// The ceiling.
    pub bytes: u64,
    /// How much is used.
    pub used: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Hears what changes in the maintained parts that the index holds, epoch by epoch, on
/// the thread that publishes: whoever is slow here is slow for all.
pub trait Observer: Send + Sync {
    /// A row has so many more derivations (fewer, if negative). Within an epoch a row may
    /// come several times, a loss before its gain: what counts is the sum.
    fn delta(&self, part: PartId, row: &[Sym], diff: i64);

    /// Everything heard since the last time is visible as this epoch.
    fn published(&self, epoch: u64);

    /// The index has been made anew under the same policy, and says at this epoch what it
    /// is to say. What was heard since the last [`Observer::published`] is void; counts begin
    /// again with what a snapshot shows.
    fn renewed(&self, _epoch: u64) {}
}

impl Default for Config {
    fn default() -> Config {
        Config {
            limits: Limits::default(),
            maintain: Maintain::Auto,
            passes: Passes::default(),
            workers: 1,
            on_demand_below: 1000,
            queue: 1 << 16,
            snapshot_after: 100_000,
            memory: None,
            observer: None,
            spelling: plain,
        }
    }
}

/// A change set that is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The epoch from which on it is; without any effect, the one it was judged at.
    pub epoch: u64,
    /// Facts that are there now and were not, or the other way round.
    pub changed: usize,
}

/// A policy that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swapped {
    /// The epoch from which on it is.
    pub epoch: u64,
    /// Its number among the policies of the environment.
    pub policy_version: u64,
}

/// Why a change set has not been applied. Nothing of it has been, unless
/// [`ApplyError::Stopped`] or [`ApplyError::Unknown`] says that the outcome is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The policy does not admit it.
    Refused(Refusal),
    /// Too many change sets wait already; try again later.
    Busy,
    /// It might not fit into memory.
    Memory {
        /// Bytes in use with it.
        needed: u64,
        /// Bytes there may be.
        ceiling: u64,
    },
    /// The environment takes no more changes; whether this one will ever be visible is
    /// unknown.
    Stopped,
    /// It was being written when the disk failed: whether it is there after a restart is
    /// unknown. The sentence says what has failed.
    Unknown(Arc<str>),
    /// The disk has failed before, and nothing is accepted until the store is opened
    /// again. The sentence is that of the failure.
    ReadOnly(Arc<str>),
}

/// Why a policy is not in force; the one before still is. After a restart too, unless
/// [`PolicyError::Unknown`] says that this is unknown.
#[derive(Debug)]
#[non_exhaustive]
pub enum PolicyError {
    /// There is no room for the names it uses.
    Symbols(OutOfSymbols),
    /// No thread could be started for it.
    Thread(std::io::Error),
    /// Its relations could not be derived from the facts.
    Failed(String),
    /// There is no room for the facts of a copy.
    Memory {
        /// What would be in use with it, in bytes.
        needed: u64,
        /// The ceiling.
        ceiling: u64,
    },
    /// The environment takes no more changes.
    Stopped,
    /// The environment is stored, and nothing was given to store the policy by
    /// ([`Engine::swap_stored`]).
    NoSource,
    /// It was being written when the disk failed: which policy is in force after a restart
    /// is unknown.
    Unknown(Arc<str>),
    /// The disk has failed before, and nothing is accepted until the store is opened
    /// again.
    ReadOnly(Arc<str>),
}

/// What an environment holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The newest published epoch.
    pub epoch: u64,
    /// The policy in force.
    pub policy_version: u64,
    /// Stored facts.
    pub facts: u64,
    /// Bytes of facts with their indexes.
    pub fact_bytes: u64,
    /// Symbols, type names included.
    pub symbols: u32,
    /// Bytes of symbols.
    pub symbol_bytes: u64,
    /// Whether relations are kept beside the facts.
    pub maintained: bool,
    /// Recursions that are evaluated as written since their closures are too large.
    pub outgrown: usize,
    /// What the index holds.
    pub index: crate::index::Stats,
    /// Change sets on their way.
    pub waiting: usize,
}

type Done = Box<dyn FnOnce(Result<Applied, ApplyError>) + Send>;

pub(crate) struct Shared {
    config: Config,
    symbols: Arc<Symbols>,
    epochs: Arc<Epochs>,
    facts: Arc<StoredFacts>,
    published: ArcSwap<Published>,
    health: Arc<Health>,
    sequencer: Mutex<Sequencer>,
    /// Held while a policy takes over.
    swapping: Mutex<()>,
    in_flight: AtomicUsize,
    outgrowing: AtomicBool,
    /// The way to the disk, if there is one.
    durable: Option<Arc<Durable>>,
    /// Why relations are not kept that should be.
    degraded: ArcSwapOption<String>,
}

impl Engine {
    /// An environment with a policy and no facts.
    ///
    /// # Errors
    /// See [`PolicyError`].
    pub fn start(program: Arc<Program>, config: Config) -> Result<Engine, PolicyError> {
        let mut interner = Interner::new(config.limits.clone());
        let vocabulary = Vocabulary::intern(&program, &mut interner)?;
        let facts = FactSet::new(Arc::clone(interner.symbols()));
        let policy = (1, program, vocabulary);
        let engine = Engine::resume(interner, facts, policy, 0, None, config);
        engine.shared.begin()?;
        Ok(engine)
    }

    /// An environment as it was at an epoch, with nothing kept yet.
    fn resume(
        interner: Interner,
        facts: FactSet,
        (version, program, vocabulary): (u64, Arc<Program>, Vocabulary),
        epoch: u64,
        durable: Option<Arc<Durable>>,
        config: Config,
    ) -> Engine {
        let symbols = Arc::clone(interner.symbols());
        symbols.spell(config.spelling);
        let epochs = Arc::new(Epochs::new());
        epochs.publish(epoch);
        let facts = Arc::new(StoredFacts::new(facts, Arc::clone(&epochs)));
        let policy = policy::Policy::new(version, program, vocabulary, &config, &facts);
        let index = crate::index::Index::of_nothing(&symbols, &epochs);
        let shared = Arc::new(Shared {
            published: ArcSwap::from_pointee(Published {
                policy: Arc::clone(&policy),
                index,
                from: epoch,
            }),
            health: Arc::default(),
            sequencer: Mutex::new(Sequencer {
                interner,
                epoch,
                version,
                policy,
                current: None,
                next: None,
                stopped: false,
            }),
            swapping: Mutex::new(()),
            in_flight: AtomicUsize::new(0),
            outgrowing: AtomicBool::new(false),
            durable,
            degraded: ArcSwapOption::empty(),
            config,
            symbols,
            epochs,
            facts,
        });
        Engine { shared }
    }

    /// Applies a change set, all of it or nothing, and returns when it is visible.
    ///
    /// # Errors
    /// See [`ApplyError`].
    pub fn apply(&self, set: &ChangeSet) -> Result<Applied, ApplyError> {
        let (told, hears) = crossbeam_channel::bounded(1);
        self.submit(set, move |outcome| _ = told.send(outcome));
        derivation::soon(&hears).unwrap_or(Err(ApplyError::Stopped))
    }

    /// The same without waiting: `done` is called when the change set is visible or
    /// refused, perhaps before this returns, perhaps on the thread that publishes. It must
    /// not change the environment itself.
    pub fn submit(
        &self,
        set: &ChangeSet,
        done: impl FnOnce(Result<Applied, ApplyError>) + Send + 'static,
    ) {
        self.shared.submit(set, Box::new(done));
    }

    /// Puts another policy in force and returns when it answers. Facts stay, also those
    /// that it does not use (spec 6.4).
    ///
    /// # Errors
    /// See [`PolicyError`]; the policy before stays in force.
    pub fn swap(&self, program: Arc<Program>) -> Result<Swapped, PolicyError> {
        self.shared.swap(program, None)
    }

    /// Pins the newest published epoch and the policy in force.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(&self.shared)
    }

    /// Whether answers can be trusted.
    ///
    /// # Errors
    /// Why they cannot.
    pub fn health(&self) -> Result<(), String> {
        self.shared.health.check()
    }

    /// Whether answers will never be trusted again: the process has to start anew.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.shared.health.is_dead()
    }

    /// Whether one change at most is under way, and will be visible before a thread that waits
    /// for it has gone to sleep: nothing has to reach a disk.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        let under_way = self.shared.in_flight.load(Ordering::Relaxed);
        self.shared.durable.is_none() && under_way <= 1
    }

    /// What it holds; takes time in proportion to the index's entries.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = &self.shared;
        let published = shared.published.load();
        Stats {
            epoch: shared.epochs.published(),
            policy_version: published.policy.version,
            facts: shared.facts.len(),
            fact_bytes: shared.facts.memory(),
            symbols: shared.symbols.len(),
            symbol_bytes: shared.symbols.memory(),
            maintained: shared.lock().current.is_some(),
            outgrown: published.policy.plan.outgrown(),
            index: published.index.stats(),
            waiting: shared.in_flight.load(Ordering::Relaxed),
        }
    }

    /// The plan of the policy in force as text.
    #[must_use]
    pub fn print_plan(&self) -> String {
        let published = self.shared.published.load();
        let plan: &Plan = &published.policy.plan;
        plan.print(published.policy.program())
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApplyError::Refused(refusal) => refusal.fmt(f),
            ApplyError::Busy => f.write_str("too many changes are waiting; try again"),
            ApplyError::Memory { needed, ceiling } => write!(
                f,
                "the change needs more memory than there is: {needed} of {ceiling} bytes"
            ),
            ApplyError::Stopped => {
                f.write_str("the environment has stopped; the outcome of the change is unknown")
            }
            ApplyError::Unknown(why) | ApplyError::ReadOnly(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ApplyError {}

impl From<Refusal> for ApplyError {
    fn from(refusal: Refusal) -> ApplyError {
        ApplyError::Refused(refusal)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PolicyError::Symbols(out) => out.fmt(f),
            PolicyError::Thread(why) => write!(f, "no thread for the policy: {why}"),
            PolicyError::Failed(why) => write!(f, "the policy cannot take over: {why}"),
            PolicyError::Memory { needed, ceiling } => write!(
                f,
                "the copy needs more memory than there is: {needed} of {ceiling} bytes"
            ),
            PolicyError::Stopped => f.write_str("the environment has stopped"),
            PolicyError::NoSource => {
                f.write_str("the environment is stored, and its policy has no source to store")
            }
            PolicyError::Unknown(why) | PolicyError::ReadOnly(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for PolicyError {}

impl From<OutOfSymbols> for PolicyError {
    fn from(out: OutOfSymbols) -> PolicyError {
        PolicyError::Symbols(out)
    }
}
