//! Group commit: one thread, one transaction and one sync for all who wait.
//!
//! Jobs are done in the order in which they come, and told of in that order; all that
//! wait when a commit ends share the next one, environments together. After the first
//! failure nothing is written any more: whether the failed commit will be there after a
//! restart is unknown, so nothing may be built on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use redb::{Error, WriteTransaction};

use super::format::{LOG, NEWEST, POLICIES, place, seal};
use super::{Open, guarded};

/// Hears whether everything up to here is on disk; if not, the sentence that says why.
pub(super) type Done = Box<dyn FnOnce(Result<(), Arc<str>>) + Send>;

/// A change of tables other than the log.
pub(super) type Edit = Box<dyn FnOnce(&WriteTransaction) -> Result<(), Error> + Send>;

pub(super) enum Job {
    /// A record for the log.
    Append {
        environment: u32,
        epoch: u64,
        record: Vec<u8>,
        /// Version and source of a policy that the record names.
        policy: Option<(u64, Arc<[u8]>)>,
        done: Done,
    },
    /// Anything else.
    Edit { edit: Edit, done: Done },
    /// Nothing: tells when everything before is on disk.
    Flush(Done),
}

/// A commit takes at most so many jobs, and no more after so many bytes.
const JOBS: usize = 4096;
const BYTES: usize = 4 << 20;

/// What has been committed since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commits {
    /// Transactions, each with one sync.
    pub transactions: u64,
    /// Records in them.
    pub records: u64,
}

/// The handle of the thread; dropping it waits until everything sent is done.
pub(super) struct Group {
    sender: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    told: Arc<Told>,
}

#[derive(Default)]
struct Told {
    broken: OnceLock<Arc<str>>,
    transactions: AtomicU64,
    records: AtomicU64,
}

impl Group {
    pub(super) fn start(db: Arc<Open>, file: String) -> std::io::Result<Group> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        let told = Arc::new(Told::default());
        let tell = Arc::clone(&told);
        let thread = std::thread::Builder::new()
            .name("floe-store".to_owned())
            .spawn(move || run(&db, &file, &receiver, &tell))?;
        Ok(Group {
            sender: Some(sender),
            thread: Some(thread),
            told,
        })
    }

    pub(super) fn send(&self, job: Job) {
        let unsent = match &self.sender {
            Some(sender) => sender.send(job).err().map(|e| e.0),
            None => Some(job),
        };
        // Only if the thread has died in spite of its guard.
        if let Some(job) = unsent {
            job.done()(Err("the thread of the store has ended".into()));
        }
    }

    /// The sentence about the failure, if there was one.
    pub(super) fn broken(&self) -> Option<Arc<str>> {
        self.told.broken.get().cloned()
    }

    /// From now on nothing is written, for this reason; returns when the commit under way
    /// has ended.
    pub(super) fn retire(&self, why: &str) {
        self.told.broken.get_or_init(|| why.into());
        let (told, hears) = crossbeam_channel::bounded(1);
        self.send(Job::Flush(Box::new(move |_| _ = told.send(()))));
        _ = hears.recv();
    }

    pub(super) fn commits(&self) -> Commits {
        Commits {
            transactions: self.told.transactions.load(Ordering::Relaxed),
            records: self.told.records.load(Ordering::Relaxed),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.sender = None;
        let thread = self.thread.take();
        // The last handle may be dropped by whom the thread itself has told.
        if let Some(thread) = thread.filter(|t| t.thread().id() != std::thread::current().id()) {
            _ = thread.join();
        }
    }
}

impl Job {
    fn done(self) -> Done {
        match self {
            Job::Append { done, .. } | Job::Edit { done, .. } | Job::Flush(done) => done,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Job::Append { record, .. } => record.len(),
            // A slice of other work: few of them in one commit.
            Job::Edit { .. } => BYTES / 4,
            Job::Flush(_) => 0,
        }
    }
}

fn run(db: &Open, file: &str, jobs: &Receiver<Job>, tell: &Told) {
    let mut crowd = Crowd::default();
    while let Ok(first) = jobs.recv() {
        let mut bytes = first.bytes();
        let mut group = vec![first];
        let patience = crowd.patience();
        while group.len() < JOBS && bytes < BYTES {
            let next = jobs.try_recv().ok().or_else(|| {
                let more = patience.filter(|_| group.len() < crowd.expected());
                more.and_then(|until| jobs.recv_deadline(until).ok())
            });
            let Some(job) = next else { break };
            bytes += job.bytes();
            group.push(job);
        }
        let (count, since) = (group.len(), Instant::now());
        let (told, outcome) = match tell.broken.get() {
            Some(why) => (
                group.into_iter().map(Job::done).collect(),
                Err(Arc::clone(why)),
            ),
            None => commit(db, file, group, tell),
        };
        for done in told {
            // Whoever panics when told must not take the others along.
            _ = catch_unwind(AssertUnwindSafe(|| done(outcome.clone())));
        }
        crowd.committed(count, since.elapsed());
    }
}

/// How many write at the same time. Where it is many, a commit waits a moment for those who
/// have just been told of the one before and come again: a sync costs the same for all of
/// them. One writer alone waits for nobody.
#[derive(Default)]
struct Crowd {
    /// Jobs of the newest commits, newest last.
    jobs: [usize; 4],
    took: Duration,
}

/// Of the time that a commit takes, one part in so many may go by before it.
const HASTE: u32 = 3;
/// Fewer writers are not waited for.
const FEW: usize = 4;

impl Crowd {
    fn committed(&mut self, jobs: usize, took: Duration) {
        self.jobs.rotate_left(1);
        self.jobs[3] = jobs;
        self.took = took;
    }

    /// How many are likely to come: those of two commits, since the ones who wait for this
    /// commit are not the ones who have just been told of the other.
    fn expected(&self) -> usize {
        self.jobs.iter().copied().max().unwrap_or(0) * 2
    }

    /// Until when they are waited for, if at all.
    fn patience(&self) -> Option<Instant> {
        let crowded = self.jobs.iter().filter(|jobs| **jobs >= FEW).count() > 1;
        crowded.then(|| Instant::now() + self.took / HASTE)
    }
}

fn commit(
    db: &Open,
    file: &str,
    group: Vec<Job>,
    tell: &Told,
) -> (Vec<Done>, Result<(), Arc<str>>) {
    let mut told = Vec::with_capacity(group.len());
    let writes = group.iter().any(|job| !matches!(job, Job::Flush(_)));
    let records = group.iter().filter(|j| matches!(j, Job::Append { .. }));
    let records = records.count() as u64;
    if !writes {
        return (group.into_iter().map(Job::done).collect(), Ok(()));
    }
    let written = guarded(|| {
        let transaction = db.begin_write()?;
        write(&transaction, group, &mut told)?;
        transaction.commit()?;
        Ok(())
    });
    let outcome = written.map_err(|why| {
        let sentence: Arc<str> = format!(
            "{file}: a commit has failed ({why}): the outcome of the changes that waited for it \
             is unknown, and no change is accepted until Floe is started again; answers stay as \
             of the last published epoch"
        )
        .into();
        Arc::clone(tell.broken.get_or_init(|| sentence))
    });
    if outcome.is_ok() {
        tell.transactions.fetch_add(1, Ordering::Relaxed);
        tell.records.fetch_add(records, Ordering::Relaxed);
    }
    (told, outcome)
}

/// Whom to tell is kept, in order, whatever fails.
fn write(
    transaction: &WriteTransaction,
    group: Vec<Job>,
    told: &mut Vec<Done>,
) -> Result<(), Error> {
    let mut appends = Vec::new();
    let mut edits = Vec::new();
    for job in group {
        match job {
            Job::Append {
                environment,
                epoch,
                record,
                policy,
                done,
            } => {
                appends.push((environment, epoch, record, policy));
                told.push(done);
            }
            Job::Edit { edit, done } => {
                edits.push(edit);
                told.push(done);
            }
            Job::Flush(done) => told.push(done),
        }
    }
    if !appends.is_empty() {
        let mut log = transaction.open_table(LOG)?;
        let mut newest = std::collections::BTreeMap::new();
        for (environment, epoch, record, policy) in appends {
            let key = place(environment, epoch, 0);
            let record = seal("log", &key, &record);
            log.insert((environment, epoch), &*record)?;
            newest.insert(environment, epoch);
            if let Some((version, source)) = policy {
                let key = place(environment, version, 0);
                let sealed = seal("policies", &key, &source);
                let mut policies = transaction.open_table(POLICIES)?;
                policies.insert((environment, version), &*sealed)?;
            }
        }
        let mut table = transaction.open_table(NEWEST)?;
        for (environment, epoch) in newest {
            let key = place(environment, 0, 0);
            let sealed = seal("newest", &key, &epoch.to_le_bytes());
            table.insert(environment, &*sealed)?;
        }
    }
    edits.into_iter().try_for_each(|edit| edit(transaction))
}
