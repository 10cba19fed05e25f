//! A disk in memory that remembers what was synced, and fails when told to.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use floe_engine::store::StorageBackend;

use super::Dice;

const SECTOR: usize = 512;

/// Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    content: Vec<u8>,
    history: Vec<Event>,
    /// Accesses so far.
    accesses: u64,
    failure: Option<Failure>,
    /// Bytes there is room for.
    capacity: Option<u64>,
    /// Whether nobody is told that there is no more.
    silent: bool,
    failed: u64,
}

/// What has happened to the disk, and what was promised meanwhile.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Write(u64, Vec<u8>),
    Length(u64),
    Sync,
    /// Somebody was told that something is durable: environment, epoch.
    Told(usize, u64),
}

/// Which access fails, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) at: u64,
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// That one fails.
    Once,
    /// That one and all that follow.
    Ever,
    /// Half of a write reaches the disk, then it fails.
    Half,
    /// It says that all went well and does nothing. No store can survive that: it is here
    /// to see that the tests notice.
    Silent,
}

impl Disk {
    pub(crate) fn of(content: Vec<u8>) -> Disk {
        let disk = Disk::default();
        disk.lock().content = content;
        disk
    }

    pub(crate) fn fail(&self, failure: Failure) {
        self.lock().failure = Some(failure);
    }

    pub(crate) fn room(&self, capacity: Option<u64>) {
        self.lock().capacity = capacity;
    }

    /// What does not fit is dropped, and nobody is told. No store can survive that: it is here
    /// to see that the tests notice.
    pub(crate) fn room_in_silence(&self, capacity: u64) {
        let mut state = self.lock();
        (state.capacity, state.silent) = (Some(capacity), true);
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        self.lock().content.clone()
    }

    pub(crate) fn history(&self) -> Vec<Event> {
        self.lock().history.clone()
    }

    /// How many accesses have failed.
    pub(crate) fn failed(&self) -> u64 {
        self.lock().failed
    }

    pub(crate) fn told(&self, environment: usize, epoch: u64) {
        self.lock().history.push(Event::Told(environment, epoch));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds the disk")
    }
}

/// What an access comes to.
enum Fate {
    Done,
    Half,
    Ignored,
}

impl State {
    fn access(&mut self) -> Result<Fate, Error> {
        self.accesses += 1;
        let Some(Failure { at, how }) = self.failure else {
            return Ok(Fate::Done);
        };
        let hit = self.accesses == at || (self.accesses > at && how == How::Ever);
        if !hit {
            return Ok(Fate::Done);
        }
        self.failed += 1;
        match how {
            How::Silent => Ok(Fate::Ignored),
            How::Half => Ok(Fate::Half),
            How::Once | How::Ever => Err(Error::other("the disk fails")),
        }
    }

    /// Whether there is no room up to here and somebody hears of it.
    fn is_full(&mut self, end: u64) -> bool {
        let full = self.capacity.is_some_and(|capacity| end > capacity) && !self.silent;
        self.failed += u64::from(full);
        full
    }

    fn apply(&mut self, event: Event) {
        replay(&mut self.content, &event);
        self.history.push(event);
    }
}

fn failed() -> Error {
    Error::other("the disk fails half way")
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.lock().content.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let mut state = self.lock();
        match state.access()? {
            // A read that is ignored hands out what was in the buffer.
            Fate::Ignored => return Ok(()),
            Fate::Half => return Err(failed()),
            Fate::Done => {}
        }
        let from = state.content.get(offset as usize..);
        let from = from.and_then(|rest| rest.get(..out.len()));
        out.copy_from_slice(from.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let mut state = self.lock();
        if state.is_full(len) {
            return Err(ErrorKind::StorageFull.into());
        }
        match state.access()? {
            Fate::Ignored => {}
            Fate::Half => return Err(failed()),
            Fate::Done => state.apply(Event::Length(len)),
        }
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut state = self.lock();
        match state.access()? {
            Fate::Ignored => {}
            Fate::Half => return Err(failed()),
            Fate::Done => state.history.push(Event::Sync),
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut state = self.lock();
        let end = offset + data.len() as u64;
        if state.is_full(end) {
            return Err(ErrorKind::StorageFull.into());
        }
        if state.capacity.is_some_and(|capacity| end > capacity) {
            return Ok(());
        }
        match state.access()? {
            Fate::Ignored => {}
            Fate::Half => {
                let half = data[..data.len() / 2].to_vec();
                state.apply(Event::Write(offset, half));
                return Err(failed());
            }
            Fate::Done => state.apply(Event::Write(offset, data.to_vec())),
        }
        Ok(())
    }
}

fn replay(content: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write(offset, data) => {
            let (start, end) = (*offset as usize, *offset as usize + data.len());
            if content.len() < end {
                content.resize(end, 0);
            }
            content[start..end].copy_from_slice(data);
        }
        Event::Length(len) => content.resize(*len as usize, 0),
        Event::Sync | Event::Told(..) => {}
    }
}

/// What may be on the disk after the power fails in the middle of a history.
pub(crate) struct Loss {
    /// What was synced before.
    durable: Vec<u8>,
    unsynced: Vec<Event>,
    /// What was promised before, by environment.
    pub(crate) told: Vec<u64>,
}

impl Loss {
    /// The power fails before the event at `cut`. With `lying`, syncs do nothing.
    pub(crate) fn at(
        begin: &[u8],
        history: &[Event],
        cut: usize,
        environments: usize,
        lying: bool,
    ) -> Loss {
        let mut loss = Loss {
            durable: begin.to_vec(),
            unsynced: Vec::new(),
            told: vec![0; environments],
        };
        for event in &history[..cut] {
            match event {
                Event::Sync if lying => {}
                Event::Sync => {
                    for event in loss.unsynced.drain(..) {
                        replay(&mut loss.durable, &event);
                    }
                }
                Event::Told(environment, epoch) => {
                    loss.told[*environment] = loss.told[*environment].max(*epoch);
                }
                other => loss.unsynced.push(other.clone()),
            }
        }
        loss
    }

    /// One of the many things that may be left: of what was not synced, some is dropped,
    /// some kept, some torn, in another order than it was written.
    pub(crate) fn image(&self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        let mut events = self.unsynced.clone();
        let style = dice.below(5);
        if style == 0 {
            return content;
        }
        if style >= 3 {
            for i in (1..events.len()).rev() {
                events.swap(i, dice.below(i + 1));
            }
        }
        for event in events {
            match event {
                _ if style == 1 => replay(&mut content, &event),
                _ if dice.one_in(3) => {}
                Event::Write(offset, data) if style != 2 || dice.one_in(2) => {
                    torn(&mut content, offset, &data, dice);
                }
                other => replay(&mut content, &other),
            }
        }
        content
    }
}

/// Writes some sectors of it.
fn torn(content: &mut Vec<u8>, offset: u64, data: &[u8], dice: &mut Dice) {
    let whole = dice.one_in(2);
    let mut at = 0;
    while at < data.len() {
        let sector = SECTOR - (offset as usize + at) % SECTOR;
        let end = (at + sector).min(data.len());
        if whole || !dice.one_in(4) {
            let piece = data[at..end].to_vec();
            replay(content, &Event::Write(offset + at as u64, piece));
        }
        at = end;
    }
}
