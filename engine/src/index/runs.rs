//! From rows to set changes.
//!
//! Rows come one by one; neighbours with the same key are gathered into a *run*, which
//! looks its entry up once. A run of the forward table counts derivations; what that turns
//! on or off is handed to the reverse table.

use std::collections::VecDeque;

use floe_frontend::ir::part::PartId;

use crate::faults::{Fault, has};
use crate::value::{Ordinal, Sym};

use super::Index;
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
    run: Run,
    back: Back,
    owed: Owed,
    /// Entries with pending changes, and the epoch of the oldest at the time.
    touched: VecDeque<Touched>,
    /// By relation.
    rows: Vec<u64>,
    changes: Vec<(u32, bool)>,
    spare: Spare,
}

/// Changes of one entry of a forward table.
#[derive(Default)]
struct Run {
    relation: usize,
    /// Columns, then the type.
    key: Vec<u32>,
    deltas: Vec<Delta>,
}

#[derive(Clone, Copy)]
struct Delta {
    id: u32,
    diff: i64,
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
            run: Run::default(),
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
        let run = &self.run;
        let same = run.relation == place && layout.is_key(&run.key, row, ty);
        if run.deltas.is_empty() || !same {
            self.flush_run(index);
            self.run.relation = place;
            self.run.key.clear();
            self.run.key.extend(layout.words(row, ty));
        }
        self.run.deltas.push(Delta { id, diff });
    }

    /// Ends the epoch: everything is in its entry, and no row owes.
    pub(super) fn finish(&mut self, index: &Index) -> Result<(), Negative> {
        self.flush_run(index);
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

    /// Folds what every reader sees.
    pub(super) fn settle(&mut self, index: &Index) {
        self.bound = index.epochs.oldest();
        while let Some(touched) = self.touched.front().copied() {
            if touched.epoch > self.bound {
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

    /// Counts the run's derivations and turns rows on and off.
    fn flush_run(&mut self, index: &Index) {
        let mut run = std::mem::take(&mut self.run);
        if !run.deltas.is_sorted_by(|a, b| a.id < b.id) {
            consolidate(&mut run.deltas);
        }
        // A slice at a time: readers of the shard wait no longer than for one.
        for deltas in run.deltas.chunks(SLICE) {
            self.flush_slice(index, run.relation, &run.key, deltas);
        }
        run.deltas.clear();
        run.deltas.shrink_to(1 << 16);
        self.run = run;
    }

    fn flush_slice(&mut self, index: &Index, place: usize, key: &[u32], deltas: &[Delta]) {
        let relation = &index.relations[place];
        let mut changes = std::mem::take(&mut self.changes);
        changes.clear();
        let (at, fresh) = relation.forward.edit(key, |entry| {
            if self.live && entry.oldest().is_some_and(|oldest| oldest <= self.bound) {
                entry.settle(self.bound, &mut self.spare);
            }
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
            self.turn(entry, &changes)
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
                    if self.live && entry.oldest().is_some_and(|oldest| oldest <= self.bound) {
                        entry.settle(self.bound, &mut self.spare);
                    }
                    self.turn(entry, changes)
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

/// Sums changes of the same id.
fn consolidate(deltas: &mut Vec<Delta>) {
    deltas.sort_unstable_by_key(|d| d.id);
    deltas.dedup_by(|next, kept| {
        let same = next.id == kept.id;
        if same {
            kept.diff += next.diff;
        }
        same
    });
    deltas.retain(|d| d.diff != 0);
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
