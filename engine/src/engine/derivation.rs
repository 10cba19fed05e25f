//! A thread that keeps the relations of one policy true.
//!
//! It is started beside whatever answers at the time, loads the facts of one moment,
//! follows every later change set, and takes over when it is told to, which by then is no
//! work. From then on it publishes: whoever has changed facts is answered from here.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError};
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;

use super::durable::Durable;
use super::health::Health;
use super::loading::Loading;
use super::policy::Policy;
use super::stored::StoredFacts;
use super::{Applied, ApplyError, Done, Observer};
use crate::catalog::{Cursor, FactRow, NetChange, RelationIx};
use crate::dataflow::{self, Dataflow, Outgrown, PolicyWords, Words};
use crate::faults::{Fault, has};
use crate::index::{Epochs, Index, Load, Negative, Writer};
use crate::value::{Sym, Symbols};

/// What a derivation is told, in the order of epochs.
pub(super) enum Message {
    /// Facts have changed. Without a change it is a question when all before is visible.
    Changed {
        epoch: u64,
        net: Arc<NetChange>,
        /// Whom to tell when the epoch is visible; before it takes over, when it has been
        /// taken in.
        done: Option<(Done, Applied)>,
    },
    /// Everything so far is to be in the index, as of this epoch; the reply says so.
    TakeOver {
        epoch: u64,
        reply: Sender<Result<Kept, String>>,
    },
    /// Nothing more to do; the reply says that everything before is visible.
    Stop { reply: Option<Sender<()>> },
}

/// An index with the policy whose plan keeps it.
pub(super) type Kept = (Arc<Policy>, Arc<Index>);

/// What a derivation needs of its environment.
pub(super) struct Surroundings {
    pub(super) policy: Arc<Policy>,
    pub(super) symbols: Arc<Symbols>,
    pub(super) epochs: Arc<Epochs>,
    pub(super) facts: Arc<StoredFacts>,
    pub(super) health: Arc<Health>,
    pub(super) workers: usize,
    pub(super) observer: Option<Arc<dyn Observer>>,
    /// What has to be on disk before it is published.
    pub(super) durable: Option<Weak<Durable>>,
    /// Puts another index in the place of its own, as of an epoch that is yet to be
    /// published.
    pub(super) replace: Box<dyn Fn(Kept, u64) + Send>,
}

/// The handle of a running derivation; dropping it ends the thread.
pub(super) struct Derivation {
    pub(super) sender: Sender<Message>,
}

impl Derivation {
    /// Starts a thread that loads the facts and then follows what it is sent.
    pub(super) fn start(around: Surroundings) -> std::io::Result<Derivation> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        let name = format!("floe-policy-{}", around.policy.version);
        std::thread::Builder::new().name(name).spawn(move || {
            let health = Arc::clone(&around.health);
            let live = AtomicBool::new(false);
            let ran = catch_unwind(AssertUnwindSafe(|| {
                Run::new(around, &live).follow(&receiver);
            }));
            if ran.is_err() && live.load(Ordering::Relaxed) {
                health.down("the thread that keeps the policy's relations has died");
            }
            // Whoever still waits learns that nobody will answer.
            while let Ok(message) = receiver.try_recv() {
                message.refuse();
            }
        })?;
        Ok(Derivation { sender })
    }

    /// Waits until everything sent has been done.
    pub(super) fn finish(self) {
        let (reply, finished) = crossbeam_channel::bounded(1);
        send(&self.sender, Message::Stop { reply: Some(reply) });
        // An error is an answer too: the thread has ended.
        _ = finished.recv();
    }
}

/// Tells a derivation something; if it has ended, whoever waits is told that.
pub(super) fn send(to: &Sender<Message>, message: Message) {
    if let Err(unsent) = to.send(message) {
        unsent.into_inner().refuse();
    }
}

impl Drop for Derivation {
    fn drop(&mut self) {
        _ = self.sender.send(Message::Stop { reply: None });
    }
}

impl Message {
    fn refuse(self) {
        if let Message::Changed {
            done: Some((done, _)),
            ..
        } = self
        {
            done(Err(ApplyError::Stopped));
        }
    }
}

/// The index before and after somebody reads it.
enum Output {
    Loading(Loading),
    /// It has the facts of the load and of change sets since; another one is read.
    Following(Writer),
    Live(Writer),
    /// What comes is lost: there will be another one.
    Nowhere,
}

struct Run<'l> {
    around: Surroundings,
    dataflow: Box<dyn Dataflow>,
    /// Where the dataflow writes.
    output: Rc<RefCell<Output>>,
    /// Facts of change sets up to this epoch are in the dataflow already.
    loaded: u64,
    /// The newest epoch that is in the index.
    prepared: u64,
    /// Why it cannot take over.
    broken: Option<String>,
    /// By relation: the predicate of the policy, if it has one.
    predicates: FxHashMap<RelationIx, floe_frontend::ir::core::PredicateId>,
    rebuilt: bool,
    /// Whether questions are answered from its index.
    live: &'l AtomicBool,
}

/// Facts that enter the dataflow at one time while it loads.
const SLICE: u32 = 1 << 20;

/// Changes that become visible together at most, whatever waits behind them.
const GROUP: usize = 1 << 16;

impl<'l> Run<'l> {
    fn new(around: Surroundings, live: &'l AtomicBool) -> Run<'l> {
        let (dataflow, output) = beginning(&around);
        let relations = (0..).zip(&around.policy.relations);
        let predicates = relations
            .filter_map(|(p, r)| Some(((*r)?, floe_frontend::ir::core::PredicateId(p))))
            .collect();
        let mut run = Run {
            around,
            dataflow,
            output,
            loaded: 0,
            prepared: 0,
            broken: None,
            predicates,
            rebuilt: false,
            live,
        };
        run.load();
        run
    }

    /// Takes in the facts of this moment, with as few closures as need be.
    fn load(&mut self) {
        loop {
            self.load_facts();
            match self.dataflow.close() {
                Ok(()) => break,
                Err(outgrown) => self.begin_without(&outgrown),
            }
        }
        if let Output::Loading(load) = self.output.replace(Output::Nowhere) {
            match load.finish(self.loaded) {
                Ok(writer) => _ = self.output.replace(Output::Following(writer)),
                Err(negative) => self.broken = Some(negative.to_string()),
            }
        }
        self.prepared = self.loaded;
    }

    /// Brings what has been derived into an index that nobody reads yet.
    fn follow_up(&mut self, epoch: u64) {
        if epoch <= self.prepared {
            return;
        }
        self.prepared = epoch;
        let mut output = self.output.borrow_mut();
        if let Output::Following(writer) = &mut *output {
            match writer.prepare(epoch) {
                Ok(()) => writer.settle(),
                Err(negative) => {
                    self.broken = Some(negative.to_string());
                    *output = Output::Nowhere;
                }
            }
        }
    }

    /// Begins anew with a plan that does without these closures.
    fn begin_without(&mut self, outgrown: &Outgrown) {
        let around = &mut self.around;
        around.policy = around.policy.without(&outgrown.closures, &around.facts);
        (self.dataflow, self.output) = beginning(around);
    }

    fn load_facts(&mut self) {
        let (facts, epoch) = self.around.facts.snapshot();
        let mut cursor = Cursor::default();
        let mut row = Vec::new();
        loop {
            let mut any = false;
            for FactRow {
                relation,
                row: fact,
            } in facts.slice(&mut cursor, SLICE)
            {
                any = true;
                if relation.0 == 1 && has(Fault::LoadLosesARelation) {
                    continue;
                }
                self.feed(relation, fact, 1, &mut row);
            }
            if !any {
                break;
            }
        }
        self.loaded = epoch;
    }

    fn follow(&mut self, messages: &Receiver<Message>) {
        let mut waiting: Vec<(Done, Applied)> = Vec::new();
        let mut row = Vec::new();
        let mut next = soon(messages);
        while let Some(message) = next.take() {
            match message {
                Message::Stop { reply } => {
                    if let Some(reply) = reply {
                        _ = reply.send(());
                    }
                    return;
                }
                Message::TakeOver { epoch, reply } => {
                    _ = reply.send(self.take_over(epoch));
                    next = soon(messages);
                }
                Message::Changed { epoch, net, done } => {
                    // What waits behind it becomes visible with it.
                    let mut newest = epoch;
                    let mut changes = self.change(epoch, &net, &mut row);
                    waiting.extend(done);
                    while changes < GROUP {
                        match messages.try_recv() {
                            Ok(Message::Changed { epoch, net, done }) => {
                                changes += self.change(epoch, &net, &mut row);
                                newest = epoch;
                                waiting.extend(done);
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    let more = next.is_some() || !messages.is_empty();
                    self.complete(newest, &mut waiting, more);
                    if next.is_none() {
                        next = soon(messages);
                    }
                }
            }
        }
    }

    /// Brings a change set into the dataflow; how many changes it had.
    fn change(&mut self, epoch: u64, net: &NetChange, row: &mut Vec<Sym>) -> usize {
        let lost = u64::from(has(Fault::FirstChangeAfterLoadLost));
        if epoch > self.loaded + lost {
            for change in net.iter() {
                let diff = if change.added { 1 } else { -1 };
                self.feed(change.relation, change.row, diff, row);
            }
        }
        net.len()
    }

    fn feed(&mut self, relation: RelationIx, fact: &[Sym], diff: i64, row: &mut Vec<Sym>) {
        let Some(&predicate) = self.predicates.get(&relation) else {
            return;
        };
        let policy = &self.around.policy;
        let symbols = &self.around.symbols;
        let part = (policy.catalog).route(predicate, fact, |s| symbols.type_of(s));
        let Some(part) = part.filter(|p| policy.plan.maintains(*p)) else {
            return;
        };
        row.clear();
        let columns = policy.catalog.stored_columns(part);
        row.extend(columns.iter().map(|&c| fact[c as usize]));
        self.dataflow.update(part, row, diff);
    }

    /// Makes everything up to an epoch visible, and tells those who wait for it; `more`
    /// changes may wait behind them.
    fn complete(&mut self, epoch: u64, waiting: &mut Vec<(Done, Applied)>, more: bool) {
        let closed = self.dataflow.close();
        let live = matches!(*self.output.borrow(), Output::Live(_));
        let visible = match closed {
            Ok(()) if live => self.publish(epoch),
            Ok(()) => {
                self.follow_up(epoch);
                true
            }
            Err(outgrown) => {
                self.begin_without(&outgrown);
                if !has(Fault::OutgrownForgetsFacts) {
                    self.load();
                }
                // What answered until now does so until the new index is complete.
                !live || self.put_in_place()
            }
        };
        if !visible {
            for (done, _) in waiting.drain(..) {
                done(Err(ApplyError::Stopped));
            }
            return;
        }
        for (done, applied) in waiting.drain(..) {
            done(Ok(applied));
        }
        if let Output::Live(writer) = &mut *self.output.borrow_mut() {
            if more {
                writer.settle_in_passing();
            } else {
                writer.settle();
            }
        }
    }

    /// Makes an epoch visible; false if that is not to be.
    fn publish(&mut self, epoch: u64) -> bool {
        if epoch <= self.around.epochs.published() {
            return true;
        }
        let prepared = match &mut *self.output.borrow_mut() {
            Output::Live(writer) => writer.prepare(epoch).map(|()| writer.publish()),
            Output::Loading(_) | Output::Following(_) | Output::Nowhere => return false,
        };
        if let Err(negative) = prepared {
            return self.rebuild(&negative);
        }
        if let Some(observer) = &self.around.observer {
            observer.published(epoch);
        }
        true
    }

    fn take_over(&mut self, epoch: u64) -> Result<Kept, String> {
        self.follow_up(epoch);
        if let Some(why) = &self.broken {
            return Err(why.clone());
        }
        let output = self.output.replace(Output::Nowhere);
        let Output::Following(writer) = output else {
            return Err("it has taken over already".to_string());
        };
        let index = Arc::clone(writer.index());
        self.output.replace(Output::Live(writer));
        self.live.store(true, Ordering::Relaxed);
        Ok((Arc::clone(&self.around.policy), index))
    }

    /// Starts again from the facts. What the index says is not to be trusted until then;
    /// a second time it stays so.
    fn rebuild(&mut self, negative: &Negative) -> bool {
        let health = Arc::clone(&self.around.health);
        if self.rebuilt {
            health.down(&format!(
                "the index is wrong for the second time: {negative}"
            ));
            return false;
        }
        self.rebuilt = true;
        health.down_for_now(&format!("the index is being rebuilt: {negative}"));
        (self.dataflow, self.output) = beginning(&self.around);
        self.load();
        let in_place = self.put_in_place();
        if in_place {
            health.up();
        }
        in_place
    }

    /// Lets the index that has been loaded take over from the one before; false if that is
    /// not to be.
    fn put_in_place(&mut self) -> bool {
        let health = Arc::clone(&self.around.health);
        // The newest facts may not be on disk yet.
        let durable = self.around.durable.as_ref().and_then(Weak::upgrade);
        if let Some(why) = durable.and_then(|d| d.journal.wait(self.loaded).err()) {
            health.down(&why);
            return false;
        }
        match self.take_over(self.loaded) {
            Ok(kept) => {
                (self.around.replace)(kept, self.loaded);
                self.around.epochs.publish(self.loaded);
                if let Some(observer) = &self.around.observer {
                    observer.renewed(self.loaded);
                }
                true
            }
            Err(why) => {
                health.down(&why);
                false
            }
        }
    }
}

/// How long a thread looks out for what is about to come before it sleeps: about what it
/// takes to wake it up.
const AWAKE: Duration = Duration::from_micros(50);

/// The next message; none if there will be none. Whoever changes one fact after the other
/// does not wait for a thread to wake up each time.
pub(super) fn soon<T>(messages: &Receiver<T>) -> Option<T> {
    let since = Instant::now();
    while since.elapsed() < AWAKE {
        match messages.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => std::thread::yield_now(),
        }
    }
    messages.recv().ok()
}

/// A dataflow without facts, and where it writes.
fn beginning(around: &Surroundings) -> (Box<dyn Dataflow>, Rc<RefCell<Output>>) {
    let policy = &around.policy;
    let words: Arc<dyn Words> = Arc::new(PolicyWords::new(
        Arc::clone(&policy.catalog),
        Arc::clone(&around.symbols),
    ));
    let load = Load::following(&policy.shapes(), &around.symbols, &around.epochs);
    let output = Rc::new(RefCell::new(Output::Loading(Loading::new(load))));
    let (written, observer) = (Rc::clone(&output), around.observer.clone());
    let deltas = move |part, row: &[Sym], diff| match &mut *written.borrow_mut() {
        Output::Loading(load) => load.add(part, row, diff),
        Output::Following(writer) => writer.add(part, row, diff),
        Output::Live(writer) => {
            if let Some(observer) = &observer {
                observer.delta(part, row, diff);
            }
            writer.add(part, row, diff);
        }
        Output::Nowhere => {}
    };
    let outputs: &[PartId] = &policy.kept;
    let dataflow = dataflow::start(
        &policy.plan,
        outputs,
        &words,
        around.workers,
        Box::new(deltas),
    );
    let dataflow = dataflow.unwrap_or_else(|why| panic!("no workers: {why}"));
    (dataflow, output)
}
