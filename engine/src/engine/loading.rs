//! HOT PATH: an index that is loaded beside the dataflow, by a thread of its own.
//!
//! Deriving rows and putting them into the index cost about the same, and nobody reads the
//! index yet. So while the dataflow makes the next rows, those before are put in their place.

use std::panic::resume_unwind;
use std::thread::JoinHandle;

use crossbeam_channel::Sender;
use floe_frontend::ir::part::PartId;

use crate::index::{Load, Negative, Writer};
use crate::value::Sym;

/// Words, and runs of rows, that are handed over together.
const CHUNK: usize = 1 << 16;
/// Chunks that may wait: the dataflow does not run ahead by more than these.
const WAITING: usize = 8;

/// An index being loaded.
pub(super) struct Loading {
    rows: Rows,
    place: Place,
}

/// Where the index is.
enum Place {
    /// As long as there are few rows they are not worth a thread.
    Here(Box<Load>),
    There(Sender<Rows>, JoinHandle<Load>),
    /// The other two change places.
    Nowhere,
}

/// Rows in the order they came.
#[derive(Default)]
struct Rows {
    runs: Vec<Run>,
    words: Vec<Sym>,
}

/// Neighbours of one part with the same change of multiplicity.
struct Run {
    part: PartId,
    diff: i64,
    width: usize,
    len: usize,
}

impl Loading {
    /// Nothing has been loaded yet.
    pub(super) fn new(load: Load) -> Loading {
        Loading {
            rows: Rows::default(),
            place: Place::Here(Box::new(load)),
        }
    }

    /// Changes the number of derivations of a row.
    ///
    /// # Panics
    /// No thread can be started, or the one that loads has panicked.
    pub(super) fn add(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.rows.add(part, row, diff);
        if self.rows.words.len() >= CHUNK || self.rows.runs.len() >= CHUNK {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        self.place = match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Here(load) => there(*load),
            place => place,
        };
        if let Place::There(sender, _) = &self.place
            && sender.send(rows).is_err()
        {
            self.load();
        }
    }

    /// The index with all rows that have been handed over.
    fn load(&mut self) -> Option<Load> {
        match std::mem::replace(&mut self.place, Place::Nowhere) {
            Place::Here(load) => Some(*load),
            Place::There(sender, thread) => {
                drop(sender);
                Some(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
            }
            Place::Nowhere => None,
        }
    }

    /// Ends loading with what holds at this epoch.
    ///
    /// # Errors
    /// A row has a negative number of derivations.
    ///
    /// # Panics
    /// The thread that loads has panicked.
    pub(super) fn finish(mut self, epoch: u64) -> Result<Writer, Negative> {
        let rows = std::mem::take(&mut self.rows);
        let mut load = self.load().expect("the index is here or with the thread");
        rows.put_into(&mut load);
        load.finish(epoch)
    }
}

/// A thread that puts rows into the index until there are no more.
fn there(mut load: Load) -> Place {
    let (sender, receiver) = crossbeam_channel::bounded::<Rows>(WAITING);
    let thread = std::thread::Builder::new().name("floe-load".to_owned());
    let started = thread.spawn(move || {
        for rows in receiver {
            rows.put_into(&mut load);
        }
        load
    });
    let thread = started.unwrap_or_else(|why| panic!("no thread to load the index: {why}"));
    Place::There(sender, thread)
}

impl Rows {
    fn add(&mut self, part: PartId, row: &[Sym], diff: i64) {
        self.words.extend_from_slice(row);
        match self.runs.last_mut() {
            Some(run) if run.part == part && run.diff == diff => run.len += 1,
            _ => self.runs.push(Run {
                part,
                diff,
                width: row.len(),
                len: 1,
            }),
        }
    }

    fn put_into(self, load: &mut Load) {
        let mut words = self.words.as_slice();
        for run in self.runs {
            for _ in 0..run.len {
                let (row, rest) = words.split_at(run.width);
                load.add(run.part, row, run.diff);
                words = rest;
            }
        }
    }
}
