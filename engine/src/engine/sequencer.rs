//! The order of changes: facts and policies of one environment, one after the other.
//!
//! Whoever changes something takes the sequencer's lock: a change set is judged by the
//! policy in force at its place in the order, gets the next epoch, and is handed on. What
//! makes it visible is the derivation's matter, unless the policy has none.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use crossbeam_channel::Sender;
use floe_frontend::ir::Program;

use super::derivation::{Derivation, Message, Surroundings, send};
use super::policy::Policy;
use super::snapshot::Published;
use super::{Applied, ApplyError, Done, PolicyError, Shared, Swapped};
use crate::catalog::{ChangeSet, NetChange, Vocabulary};
use crate::index::Index;
use crate::store::{Record, record};
use crate::value::Interner;

/// A policy takes over when it is less than this behind, or after so many attempts.
const CLOSE: Duration = Duration::from_millis(2);
const ROUNDS: usize = 8;

/// What changes in order.
pub(super) struct Sequencer {
    pub(super) interner: Interner,
    /// The newest epoch given to anything.
    pub(super) epoch: u64,
    /// The newest version of a policy.
    pub(super) version: u64,
    pub(super) policy: Arc<Policy>,
    /// Keeps the relations of the policy in force, if any are kept.
    pub(super) current: Option<Derivation>,
    /// Follows, to take over.
    pub(super) next: Option<Derivation>,
    pub(super) stopped: bool,
}

/// Where a change goes when nothing keeps it any more: as of its place in the order.
struct Onward {
    next: Option<Sender<Message>>,
    current: Option<Sender<Message>>,
    /// Whether there is something to keep once facts are many.
    could_keep: bool,
}

/// How a derivation takes over.
pub(super) enum Entry {
    /// At the next epoch, which is logged; with the source of the policy if it is new.
    Logged(Option<Arc<[u8]>>),
    /// At the present epoch, before anybody reads.
    Silent,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Sequencer> {
        // A panic under the lock has left facts half changed: nobody may go on.
        match self.sequencer.lock() {
            Ok(guard) => guard,
            Err(poisoned) => {
                self.health.down("a change of facts has failed half way");
                let mut guard = poisoned.into_inner();
                guard.stopped = true;
                guard
            }
        }
    }

    /// Judges a change set and puts it in its place; `done` hears when it is visible.
    pub(super) fn submit(self: &Arc<Self>, set: &ChangeSet, done: Done) {
        match self.place(set) {
            Ok((net, applied, sequencer)) => self.hand_on(sequencer, net, applied, done),
            Err(error) => done(Err(error)),
        }
    }

    fn place(
        &self,
        set: &ChangeSet,
    ) -> Result<(Arc<NetChange>, Applied, MutexGuard<'_, Sequencer>), ApplyError> {
        let ceiling = self.config.queue;
        if self.in_flight.load(Ordering::Relaxed) >= ceiling {
            return Err(ApplyError::Busy);
        }
        let mut guard = self.lock();
        let sequencer = &mut *guard;
        if sequencer.stopped || self.health.is_dead() {
            return Err(ApplyError::Stopped);
        }
        if self.health.check().is_err() {
            return Err(ApplyError::Busy);
        }
        self.writable().map_err(ApplyError::ReadOnly)?;
        let catalog = Arc::clone(&sequencer.policy.catalog);
        let checked = set.check(&catalog, &self.symbols)?;
        if let Some(memory) = &self.config.memory {
            let needed = (memory.used)() + checked.memory();
            if needed > memory.bytes {
                let ceiling = memory.bytes;
                return Err(ApplyError::Memory { needed, ceiling });
            }
        }
        let epoch = sequencer.epoch + 1;
        let interner = &mut sequencer.interner;
        let committed = (self.facts).commit(epoch, |facts| checked.commit(interner, facts));
        let net = committed.map_err(|out| {
            // The check has looked for room, so this is no fault of the change set's.
            self.health.down(&out.to_string());
            ApplyError::Stopped
        })?;
        if !net.is_empty() {
            sequencer.epoch = epoch;
        }
        let applied = Applied {
            epoch: sequencer.epoch,
            changed: net.len(),
        };
        Ok((net, applied, guard))
    }

    /// Sends a change on its way: to the disk first, if there is one.
    fn hand_on(
        self: &Arc<Self>,
        guard: MutexGuard<'_, Sequencer>,
        net: Arc<NetChange>,
        applied: Applied,
        done: Done,
    ) {
        let onward = Onward {
            next: guard.next.as_ref().map(|d| d.sender.clone()),
            current: guard.current.as_ref().map(|d| d.sender.clone()),
            could_keep: !guard.policy.kept.is_empty(),
        };
        let done = if self.durable.is_some() || onward.current.is_some() {
            self.counted(done)
        } else {
            done
        };
        let Some(durable) = &self.durable else {
            return self.forward(&onward, net, applied, done, Some(guard));
        };
        let journal = &durable.journal;
        if net.is_empty() && journal.durable().is_ok_and(|d| d >= applied.epoch) {
            return self.forward(&onward, net, applied, done, Some(guard));
        }
        let rows = net.len();
        let record = (rows > 0).then(|| self.facts.read_set(|set| record::of_change(&net, set)));
        let shared = Arc::clone(self);
        let told = move |outcome: Result<(), Arc<str>>| match outcome {
            Ok(()) => shared.forward(&onward, net, applied, done, None),
            Err(why) => done(Err(ApplyError::Unknown(why))),
        };
        match record {
            Some(record) => journal.append(applied.epoch, Record::Facts(record), told),
            None => journal.flush(told),
        }
        drop(guard);
        self.logged(durable, rows);
    }

    /// Hands a change to whoever makes it visible, in the order of epochs: under the
    /// sequencer's lock, or on the thread of the store.
    fn forward(
        self: &Arc<Self>,
        onward: &Onward,
        net: Arc<NetChange>,
        applied: Applied,
        done: Done,
        guard: Option<MutexGuard<'_, Sequencer>>,
    ) {
        let epoch = applied.epoch;
        if let Some(next) = &onward.next {
            let net = Arc::clone(&net);
            let done = None;
            send(next, Message::Changed { epoch, net, done });
        }
        if let Some(current) = &onward.current {
            let done = Some((done, applied));
            send(current, Message::Changed { epoch, net, done });
            return;
        }
        if !net.is_empty() {
            self.epochs.publish(epoch);
        }
        let outgrown = onward.could_keep && !self.is_small();
        drop(guard);
        done(Ok(applied));
        if outgrown && !self.outgrowing.swap(true, Ordering::Relaxed) {
            let shared = Arc::clone(self);
            let thread = std::thread::Builder::new().name("floe-outgrow".to_string());
            // Without a thread every answer is still right, and a later change tries again.
            _ = thread.spawn(move || {
                shared.outgrow();
                shared.outgrowing.store(false, Ordering::Relaxed);
            });
        }
    }

    /// Counts a change among those on their way until it is told of.
    fn counted(self: &Arc<Self>, done: Done) -> Done {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(self);
        Box::new(move |outcome| {
            shared.in_flight.fetch_sub(1, Ordering::Relaxed);
            done(outcome);
        })
    }

    /// Another policy takes over. Until it does, the one before answers, and if it cannot,
    /// stays.
    pub(super) fn swap(
        self: &Arc<Self>,
        program: Arc<Program>,
        source: Option<Arc<[u8]>>,
    ) -> Result<Swapped, PolicyError> {
        if self.durable.is_some() && source.is_none() {
            return Err(PolicyError::NoSource);
        }
        let turn = self.turn()?;
        let (version, vocabulary) = {
            let mut sequencer = self.lock();
            let version = sequencer.version + 1;
            let vocabulary = Vocabulary::intern(&program, &mut sequencer.interner)?;
            (version, vocabulary)
        };
        let policy = Policy::new(version, program, vocabulary, &self.config, &self.facts);
        if policy.kept.is_empty() || self.is_small() {
            let no_index = Index::of_nothing(&self.symbols, &self.epochs);
            let mut sequencer = self.lock();
            self.settle()?;
            self.log_policy(sequencer.epoch + 1, version, source)?;
            sequencer.epoch += 1;
            Shared::retire(&mut sequencer);
            return Ok(self.install(&mut sequencer, policy, no_index, None));
        }
        self.derive(&policy, &turn, Entry::Logged(source))
    }

    /// Begins to keep what the policy in force wants kept, if facts are many.
    pub(super) fn begin(self: &Arc<Self>) -> Result<(), PolicyError> {
        let policy = Arc::clone(&self.lock().policy);
        if !policy.kept.is_empty() && !self.is_small() {
            let turn = self.turn()?;
            self.derive(&policy, &turn, Entry::Silent)?;
        }
        Ok(())
    }

    /// Keeps nothing of the policy in force, and says why.
    pub(super) fn fall_back(&self, why: &str) {
        let mut sequencer = self.lock();
        let before = &sequencer.policy;
        let config = super::Config {
            maintain: crate::plan::Maintain::None,
            ..self.config.clone()
        };
        let vocabulary = before.catalog.vocabulary().clone();
        let program = Arc::clone(before.program());
        let policy = Policy::new(before.version, program, vocabulary, &config, &self.facts);
        let no_index = Index::of_nothing(&self.symbols, &self.epochs);
        self.install(&mut sequencer, policy, no_index, None);
        let sentence = format!(
            "the relations of the policy are not kept, every answer is derived when asked: {why}"
        );
        self.degraded.store(Some(Arc::new(sentence)));
    }

    /// Starts to keep relations once facts are too many to answer from them alone.
    pub(super) fn outgrow(self: &Arc<Self>) {
        let Ok(turn) = self.turn() else { return };
        let policy = {
            let sequencer = self.lock();
            if sequencer.current.is_some() {
                return;
            }
            Arc::clone(&sequencer.policy)
        };
        // Without it every answer is still right, and the next change tries again.
        _ = self.derive(&policy, &turn, Entry::Logged(None));
    }

    /// Whether facts are so few that they are answered from without more ado.
    pub(super) fn is_small(&self) -> bool {
        self.facts.len() < self.config.on_demand_below
    }

    /// One policy after the other.
    pub(super) fn turn(&self) -> Result<MutexGuard<'_, ()>, PolicyError> {
        let turn = self.swapping.lock().map_err(|_| PolicyError::Stopped)?;
        let stopped = self.lock().stopped;
        self.writable().map_err(PolicyError::ReadOnly)?;
        (!stopped).then_some(turn).ok_or(PolicyError::Stopped)
    }

    /// Loads the facts into a derivation of the policy and lets it take over.
    pub(super) fn derive(
        self: &Arc<Self>,
        policy: &Arc<Policy>,
        _turn: &MutexGuard<'_, ()>,
        entry: Entry,
    ) -> Result<Swapped, PolicyError> {
        // From here on it hears of every change; which of them the facts it loads include,
        // their epoch says.
        let mut sequencer = self.lock();
        let next = Derivation::start(self.surroundings(policy)).map_err(PolicyError::Thread)?;
        let sender = next.sender.clone();
        sequencer.next = Some(next);
        drop(sequencer);
        for _ in 0..ROUNDS {
            let since = std::time::Instant::now();
            if !self.catch_up(&sender) {
                self.lock().next = None;
                return Err(PolicyError::Failed(
                    "it could not load the facts".to_string(),
                ));
            }
            if since.elapsed() < CLOSE {
                break;
            }
        }
        let mut sequencer = self.lock();
        let Some(next) = sequencer.next.take() else {
            return Err(PolicyError::Stopped);
        };
        let (epoch, source) = match entry {
            Entry::Logged(source) => (sequencer.epoch + 1, Some(source)),
            Entry::Silent => (sequencer.epoch, None),
        };
        self.settle()?;
        let (reply, ready) = crossbeam_channel::bounded(1);
        send(&next.sender, Message::TakeOver { epoch, reply });
        match ready.recv() {
            // It may have had to plan without some closures.
            Ok(Ok((policy, index))) => {
                if let Some(source) = source {
                    self.log_policy(epoch, policy.version, source)?;
                }
                sequencer.epoch = epoch;
                Shared::retire(&mut sequencer);
                // What has answered until now may be large: nobody waits until it is gone.
                let before = self.published.load_full();
                let swapped = self.install(&mut sequencer, policy, index, Some(next));
                drop(sequencer);
                drop(before);
                Ok(swapped)
            }
            Ok(Err(why)) => Err(PolicyError::Failed(why)),
            Err(_) => Err(PolicyError::Failed("its thread has died".to_string())),
        }
    }

    /// Waits until everything sent so far has been taken in; false if it never will be.
    fn catch_up(&self, sender: &Sender<Message>) -> bool {
        let epoch = self.lock().epoch;
        let (told, hears) = crossbeam_channel::bounded(1);
        let done: Done = Box::new(move |outcome| _ = told.send(outcome.is_ok()));
        let question = Message::Changed {
            epoch,
            net: Arc::default(),
            done: Some((done, Applied { epoch, changed: 0 })),
        };
        sender.send(question).is_ok() && hears.recv().unwrap_or(false)
    }

    /// Lets what keeps the present policy's relations finish what it was sent.
    fn retire(sequencer: &mut Sequencer) {
        if let Some(current) = sequencer.current.take() {
            current.finish();
        }
    }

    /// Questions are this policy's from the sequencer's epoch on.
    fn install(
        &self,
        sequencer: &mut Sequencer,
        policy: Arc<Policy>,
        index: Arc<Index>,
        derivation: Option<Derivation>,
    ) -> Swapped {
        sequencer.version = policy.version;
        sequencer.policy = Arc::clone(&policy);
        sequencer.current = derivation;
        self.degraded.store(None);
        let swapped = Swapped {
            epoch: sequencer.epoch,
            policy_version: policy.version,
        };
        // First the policy, then its epoch: whoever sees the epoch finds the policy.
        let from = sequencer.epoch;
        self.published.store(Arc::new(Published {
            policy,
            index,
            from,
        }));
        self.epochs.publish(from);
        swapped
    }

    fn surroundings(self: &Arc<Self>, policy: &Arc<Policy>) -> Surroundings {
        let weak = Arc::downgrade(self);
        Surroundings {
            policy: Arc::clone(policy),
            symbols: Arc::clone(&self.symbols),
            epochs: Arc::clone(&self.epochs),
            facts: Arc::clone(&self.facts),
            health: Arc::clone(&self.health),
            workers: self.config.workers,
            observer: self.config.observer.clone(),
            durable: self.durable.as_ref().map(Arc::downgrade),
            replace: Box::new(move |(policy, index), from| {
                if let Some(shared) = weak.upgrade() {
                    shared.published.store(Arc::new(Published {
                        policy,
                        index,
                        from,
                    }));
                }
            }),
        }
    }
}
