//! How fast work beside the writers goes: as fast as it can while nobody writes, and else so
//! that few of the writers' commits have to share the disk with it.

use std::time::{Duration, Instant};

use super::Inner;

/// Of the time that it takes while others write, one part in so many is work.
const SHARE: u32 = 8;
/// The longest pause.
const PAUSE: Duration = Duration::from_millis(50);

/// The same for what keeps the disk from the writers without being of use to any of them:
/// fewer than one write in a hundred shall meet it.
const SHARE_ALONE: u32 = 150;
/// The longest pause behind that.
const PAUSE_ALONE: Duration = Duration::from_secs(5);

/// Nobody writes if nobody has for so long.
const LULL: Duration = Duration::from_millis(100);

/// Work in pieces.
pub(super) struct Pace<'i> {
    inner: &'i Inner,
    /// Records there were at the last look.
    records: u64,
    /// When there were more than at the look before. A writer whose turn takes longer than a
    /// piece is there all the same.
    written: Option<Instant>,
    /// When the piece before was done.
    since: Instant,
}

impl<'i> Pace<'i> {
    pub(super) fn new(inner: &'i Inner) -> Pace<'i> {
        Pace {
            inner,
            records: inner.group.commits().records,
            written: None,
            since: Instant::now(),
        }
    }

    /// Whether somebody writes.
    pub(super) fn is_busy(&self) -> bool {
        self.written.is_some_and(|since| since.elapsed() < LULL)
    }

    /// Does a piece, and rests.
    pub(super) fn work<E>(&mut self, work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        self.since = Instant::now();
        work()?;
        self.rest();
        Ok(())
    }

    /// Does a piece that makes the disk wait for nothing else, and rests long.
    pub(super) fn work_alone<E>(&mut self, work: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        self.since = Instant::now();
        work()?;
        let pause = self.since.elapsed() * (SHARE_ALONE - 1);
        self.pause(pause.min(PAUSE_ALONE));
        Ok(())
    }

    /// Lets the writers have their turns, if there are any, after what has been done since
    /// the last time.
    pub(super) fn rest(&mut self) {
        let pause = self.since.elapsed() * (SHARE - 1);
        self.pause(pause.min(PAUSE));
    }

    /// Waits so long, or until nobody writes.
    fn pause(&mut self, pause: Duration) {
        let until = Instant::now() + pause;
        loop {
            self.look();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || !self.is_busy() {
                break;
            }
            std::thread::sleep(left.min(LULL));
        }
        self.since = Instant::now();
    }

    fn look(&mut self) {
        let records = self.inner.group.commits().records;
        if records != self.records {
            self.records = records;
            self.written = Some(Instant::now());
        }
    }
}
