//! A baseline on a thread of its own, which sleeps when there is nothing to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use timely::worker::Worker;

use super::{Hosted, Stepped};
use crate::workload::Change;

/// How long the thread looks for commands before it sleeps.
const SPIN: Duration = Duration::from_micros(50);

/// Something to do on the thread.
type Errand<H> = Box<dyn FnOnce(&mut Stepped<H>) + Send>;

/// What the thread is told.
enum Command<H: Hosted> {
    /// Take in a change set; say so when it is visible.
    Apply(Vec<Change<H::Fact>>, Sender<()>),
    /// Do this, between two epochs.
    Run(Errand<H>),
}

/// A handle on the thread; dropping it ends the thread.
pub struct Parked<H: Hosted> {
    commands: Option<Sender<Command<H>>>,
    visible: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl<H: Hosted> Parked<H> {
    /// Starts a thread and builds a dataflow there, which must publish through `visible`.
    pub fn new(
        visible: Arc<AtomicU64>,
        build: impl FnOnce(&mut Worker) -> H + Send + 'static,
    ) -> Parked<H> {
        let (commands, received) = channel();
        let thread = std::thread::spawn(move || serve(Stepped::new(build), &received));
        Parked {
            commands: Some(commands),
            visible,
            thread: Some(thread),
        }
    }

    /// Queues a change set; the receiver hears when it is visible.
    pub fn submit(&self, changes: Vec<Change<H::Fact>>) -> Receiver<()> {
        let (done, heard) = channel();
        self.command(Command::Apply(changes, done));
        heard
    }

    /// Queues a change set and sleeps until it is visible.
    pub fn apply(&self, changes: Vec<Change<H::Fact>>) {
        self.submit(changes).recv().expect("the worker has died");
    }

    /// Queues a change set and watches the published epoch until it is visible.
    pub fn apply_watching(&self, changes: Vec<Change<H::Fact>>) {
        let before = self.visible.load(Ordering::Acquire);
        let _heard = self.submit(changes);
        while self.visible.load(Ordering::Acquire) == before {
            std::hint::spin_loop();
        }
    }

    /// Does something on the thread and brings back the result.
    pub fn run<R: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Stepped<H>) -> R + Send + 'static,
    ) -> R {
        let (done, heard) = channel();
        self.command(Command::Run(Box::new(move |stepped| {
            // Whoever asked may have gone away; then nobody wants the result.
            let _ = done.send(what(stepped));
        })));
        heard.recv().expect("the worker has died")
    }

    fn command(&self, command: Command<H>) {
        let sender = self.commands.as_ref().expect("only drop takes it");
        sender.send(command).expect("the worker has died");
        // A wake-up that comes before the thread sleeps keeps it awake, so none is lost.
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl<H: Hosted> Drop for Parked<H> {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there has been reported there.
            let _ = thread.join();
        }
    }
}

/// Serves commands until nobody can send any more. Change sets that wait together enter as one
/// epoch and become visible together.
fn serve<H: Hosted>(mut stepped: Stepped<H>, commands: &Receiver<Command<H>>) {
    let mut waiting = Vec::new();
    let mut idle_since: Option<Instant> = None;
    loop {
        match commands.try_recv() {
            Ok(Command::Apply(changes, done)) => {
                for change in changes {
                    stepped.hosted_mut().feed(change);
                }
                waiting.push(done);
                idle_since = None;
            }
            Ok(Command::Run(what)) => {
                settle(&mut stepped, &mut waiting);
                what(&mut stepped);
                idle_since = None;
            }
            Err(TryRecvError::Disconnected) => return,
            Err(TryRecvError::Empty) if !waiting.is_empty() => settle(&mut stepped, &mut waiting),
            Err(TryRecvError::Empty) => match idle_since {
                None => idle_since = Some(Instant::now()),
                Some(since) if since.elapsed() < SPIN => std::hint::spin_loop(),
                Some(_) => {
                    stepped.worker().step_or_park(None);
                    idle_since = None;
                }
            },
        }
    }
}

/// Makes everything fed so far visible, and tells who waits for it.
fn settle<H: Hosted>(stepped: &mut Stepped<H>, waiting: &mut Vec<Sender<()>>) {
    if waiting.is_empty() {
        return;
    }
    stepped.apply(None);
    for done in waiting.drain(..) {
        // A writer that stopped waiting is no error.
        let _ = done.send(());
    }
}
