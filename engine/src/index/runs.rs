//! From rows to set changes.
//!
//! Rows come one by one. They wait in a [`Backlog`] until the epoch ends or there are many,
//! and then go entry by entry: each is looked up once, whatever the order its rows came in.
//! The forward table counts derivations; what that turns on or off is handed to the reverse
//! table.

use std::collections::VecDeque;

use floe_frontend::ir::part::PartId;

use crate::faults::{Fault, has};
use crate::value::{Ordinal, Sym};

use super::Index;
use super::backlog::{Backlog, Delta};
use super::entry::{Entry, Left, SLICE, Spare};
use super::owed::{Negative, Owed};
use super::relation::symbol;
use super::table::At;

/// What the writer has in hand.
pub(super) struct Runs {
    /// Whether someone may be reading.
    live: bool,
    /// The newest finished epoch.
    epoch: u64,
    /// Nobody reads an epoch before this one.
    bound: u64,
    backlog: Backlog,
    back: Back,
    owed: Owed,
    /// Entries with pending changes, and the epoch of the oldest at the time.
    touched: VecDeque<Touched>,
    /// By relation.
    rows: Vec<u64>,
    changes: Vec<(u32, bool)>,
    spare: Spare,
}

/// Changes of one entry of a reverse table.
#[derive(Default)]
struct Back {
    relation: usize,
    key: Vec<u32>,
    changes: Vec<(u32, bool)>,
    row: Vec<Sym>,
}

#[derive(Clone, Copy)]
struct Touched {
    epoch: u64,
    relation: usize,
    reverse: bool,
    at: At,
}

impl Runs {
    pub(super) fn new(relations: usize) -> Runs {
        Runs {
            live: false,
            epoch: 0,
            bound: 0,
            backlog: Backlog::default(),
            back: Back::default(),
            owed: Owed::default(),
            touched: VecDeque::new(),
            rows: vec![0; relations],
            changes: Vec::new(),
            spare: Spare::default(),
        }
    }

    /// Changes the number of derivations of a row.
    pub(super) fn add(&mut self, index: &Index, part: PartId, row: &[Sym], diff: i64) {
        let place = index.place(part);
        let relation = &index.relations[place];
        assert_eq!(row.len(), relation.width, "columns of part {}", part.0);
        let layout = &relation.forward.layout;
        let (ty, id) = layout.member(row, &index.symbols);
        if !self.backlog.extend(place, layout, row, ty, (id, diff)) {
            if self.backlog.is_full() {
                self.work_off(index);
            }
            self.backlog.begin(place, layout.words(row, ty), (id, diff));
        }
    }

    /// Ends the epoch: everything is in its entry, and no row owes.
    pub(super) fn finish(&mut self, index: &Index) -> Result<(), Negative> {
        self.work_off(index);
        self.flush_back(index);
        let Some((relation, row, count)) = self.owed.first() else {
            return Ok(());
        };
        Err(Negative {
            part: index.relations[relation].part,
            row: row.to_vec(),
            count,
        })
    }

    /// The newest finished epoch.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Gives what has been finished its epoch.
    pub(super) fn prepared(&mut self, index: &Index, epoch: u64) {
        assert!(!self.live || epoch > self.epoch, "epochs ascend");
        for (relation, &rows) in index.relations.iter().zip(&self.rows) {
            relation.set_rows(rows);
        }
        self.live = true;
        self.epoch = epoch;
    }

    /// Folds what every reader sees, of all entries but so many.
    pub(super) fn settle(&mut self, index: &Index, left: usize) {
        self.bound = index.epochs.oldest();
        while let Some(touched) = self.touched.front().copied() {
            if touched.epoch > self.bound || self.touched.len() <= left {
                break;
            }
            self.touched.pop_front();
            let relation = &index.relations[touched.relation];
            let table = if touched.reverse {
                relation.reverse.as_ref()
            } else {
                Some(&relation.forward)
            };
            let Some(table) = table else { continue };
            loop {
                match table.revisit(touched.at, |entry| {
                    entry.settle(self.bound, &mut self.spare)
                }) {
                    Left::Nothing => break,
                    Left::More => {}
                    Left::Since(epoch) => {
                        self.touched.push_back(Touched { epoch, ..touched });
                        break;
                    }
                }
            }
        }
    }

    /// Counts the derivations of all rows that wait, and turns rows on and off.
    fn work_off(&mut self, index: &Index) {
        let mut backlog = std::mem::take(&mut self.backlog);
        backlog.each_entry(|place, key, deltas| {
            // A slice at a time: readers of the shard wait no longer than for one.
            for deltas in deltas.chunks(SLICE) {
                self.flush_slice(index, place, key, deltas);
            }
        });
        self.backlog = backlog;
    }

    fn flush_slice(&mut self, index: &Index, place: usize, key: &[u32], deltas: &[Delta]) {
        let relation = &index.relations[place];
        let mut changes = std::mem::take(&mut self.changes);
        changes.clear();
        let (at, fresh) = relation.forward.edit(key, |entry| {
            let queued = self.fold(entry);
            // What lies behind all that is there need not be looked for.
            let end = entry.end();
            for &Delta { id, diff } in deltas {
                let on = u64::from(id) < end && entry.now(id);
                match (on, diff) {
                    (false, 1) if self.owed.is_empty() => changes.push((id, true)),
                    (true, -1) if entry.extra(id) == 0 => changes.push((id, false)),
                    _ => {
                        let is_on = self.recount(index, place, key, entry, (id, on), diff);
                        if is_on != on {
                            changes.push((id, is_on));
                        }
                    }
                }
            }
            self.turn(entry, &changes) && !queued
        });
        let ons = changes.iter().filter(|(_, on)| *on).count() as u64;
        self.rows[place] = self.rows[place] + ons - (changes.len() as u64 - ons);
        if fresh {
            self.touch(place, false, at);
        }
        if relation.reverse.is_some() {
            self.hand_back(index, place, key, &changes);
        }
        self.changes = changes;
    }

    /// What does not fit a bit: counts above one or below zero. Whether the row is on then.
    #[cold]
    fn recount(
        &mut self,
        index: &Index,
        place: usize,
        key: &[u32],
        entry: &mut Entry,
        (id, on): (u32, bool),
        diff: i64,
    ) -> bool {
        let extra = if on { entry.extra(id) } else { 0 };
        let mut before = i64::from(on) + extra;
        if !on && !self.owed.is_empty() {
            before = self.owed.take(place, &row(index, place, key, id));
        }
        let off = i64::from(before == 2 && diff == -1 && has(Fault::CountOffByOne));
        let after = before + diff - off;
        entry.set_extra(id, extra, (after - 1).max(0));
        if after < 0 {
            let row = row(index, place, key, id);
            self.owed.put(place, row, after);
        }
        after > 0
    }

    /// Folds what every reader sees of an entry; true if it has had pending changes, and so is
    /// in the queue already.
    fn fold(&mut self, entry: &mut Entry) -> bool {
        let Some(oldest) = entry.oldest() else {
            return false;
        };
        if oldest <= self.bound {
            entry.settle(self.bound, &mut self.spare);
        }
        true
    }

    /// Turns ids on and off; true if the entry has pending changes and had none.
    fn turn(&mut self, entry: &mut Entry, changes: &[(u32, bool)]) -> bool {
        if !self.live {
            entry.put(changes);
            return false;
        }
        !changes.is_empty() && entry.suspend(changes, self.epoch + 1, &mut self.spare)
    }

    fn touch(&mut self, relation: usize, reverse: bool, at: At) {
        let epoch = self.epoch + 1;
        self.touched.push_back(Touched {
            epoch,
            relation,
            reverse,
            at,
        });
    }

    /// Hands set changes of a forward entry to the reverse table.
    fn hand_back(&mut self, index: &Index, place: usize, key: &[u32], changes: &[(u32, bool)]) {
        let relation = &index.relations[place];
        let Some(reverse) = &relation.reverse else {
            return;
        };
        let layout = &relation.forward.layout;
        let Some(column) = layout.set() else { return };
        let mut row = std::mem::take(&mut self.back.row);
        row.clear();
        row.resize(relation.width, Sym(0));
        let ty = layout.fill(&mut row, key);
        let (back_ty, back_id) = reverse.layout.member(&row, &index.symbols);
        for &(id, on) in changes {
            row[column] = symbol(&index.symbols, ty, Ordinal(id));
            let words = reverse.layout.words(&row, back_ty);
            let back = &mut self.back;
            if back.relation != place || !words.clone().eq(back.key.iter().copied()) {
                self.flush_back(index);
                self.back.relation = place;
                self.back.key.clear();
                self.back.key.extend(words);
            }
            self.back.changes.push((back_id, on));
        }
        self.back.row = row;
    }

    fn flush_back(&mut self, index: &Index) {
        let mut back = std::mem::take(&mut self.back);
        if !back.changes.is_sorted_by(|a, b| a.0 < b.0) {
            // The last word on each id.
            back.changes.reverse();
            back.changes.sort_by_key(|c| c.0);
            back.changes.dedup_by_key(|c| c.0);
        }
        if let Some(reverse) = &index
            .relations
            .get(back.relation)
            .and_then(|r| r.reverse.as_ref())
        {
            for changes in back.changes.chunks(SLICE) {
                let (at, fresh) = reverse.edit(&back.key, |entry| {
                    let queued = self.fold(entry);
                    self.turn(entry, changes) && !queued
                });
                if fresh {
                    self.touch(back.relation, true, at);
                }
            }
        }
        back.changes.clear();
        self.back = back;
    }
}

/// The row of an id in a forward entry.
fn row(index: &Index, place: usize, key: &[u32], id: u32) -> Vec<Sym> {
    let relation = &index.relations[place];
    let layout = &relation.forward.layout;
    let mut row = vec![Sym(0); relation.width];
    let ty = layout.fill(&mut row, key);
    if let Some(column) = layout.set() {
        row[column] = symbol(&index.symbols, ty, Ordinal(id));
    }
    row
}
