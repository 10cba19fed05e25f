//! Flows as operators.
//!
//! Everything is generic over the time, so that the same code renders the outermost scope
//! and the inside of a recursive component.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::lattice::Lattice;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::operators::join::join_traces;
use differential_dataflow::trace::implementations::ValSpine;
use differential_dataflow::{AsCollection, VecCollection};
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;
use timely::container::{CapacityContainerBuilder, PushInto};
use timely::progress::Timestamp;

use crate::faults::{Fault, has};
use crate::plan::{Body, Column, Filter, Flow, Operand, Step};

use super::filter::Condition;
use super::outlet::{Outlet, Taker};
use super::row::Row;
use super::strand::Strand;
use super::words::Words;

/// Rows with multiplicities.
pub(super) type Rows<'s, T, const N: usize> = VecCollection<'s, T, Row<N>, i64>;

/// Rows by key.
type Arrangement<'s, T, const N: usize> =
    Arranged<'s, TraceAgent<ValSpine<Row<N>, Row<N>, T, i64>>>;

/// What makes two arrangements one: the part, conditions on its rows, and the columns of
/// the key.
type ArrangementKey = (PartId, Vec<Filter>, Vec<Column>);

/// Arrangements made once for all who need them.
pub(super) struct Shared<'s, T: Timestamp + Lattice + Ord, const N: usize> {
    rows: FxHashMap<ArrangementKey, Arrangement<'s, T, N>>,
    keys: FxHashMap<Vec<ArrangementKey>, Arrangement<'s, T, N>>,
}

impl<T: Timestamp + Lattice + Ord, const N: usize> Default for Shared<'_, T, N> {
    fn default() -> Self {
        Shared {
            rows: FxHashMap::default(),
            keys: FxHashMap::default(),
        }
    }
}

/// What flows of one scope can read.
pub(super) struct Readable<'s, T: Timestamp + Lattice + Ord, const N: usize> {
    pub(super) parts: FxHashMap<PartId, Vec<Strand<'s, T, N>>>,
    pub(super) words: Arc<dyn Words>,
    /// Words of a row of each part.
    pub(super) widths: Rc<Vec<usize>>,
    /// One row of no words, for rules without positive atoms.
    pub(super) unit: Rows<'s, T, N>,
    /// Arrangements of parts, and of the keys that their rows have; unless they are not to be
    /// shared.
    pub(super) shared: Option<RefCell<Shared<'s, T, N>>>,
    /// Strands by the body of the flow that makes them, if they are to be shared: what makes two
    /// flows one strand.
    pub(super) made: RefCell<FxHashMap<Body, Strand<'s, T, N>>>,
    /// How many strands the dataflow has.
    pub(super) strands: Rc<Cell<usize>>,
}

/// Rows on their way through a flow.
#[derive(Clone)]
enum Stream<'s, T: Timestamp + Lattice + Ord, const N: usize> {
    Rows(Rows<'s, T, N>),
    /// The rows of a part that meet conditions; of their words those at the columns.
    Part(PartId, Vec<Filter>, Vec<Column>),
}

impl<'s, T: Timestamp + Lattice + Ord, const N: usize> Readable<'s, T, N> {
    /// A strand of its own.
    pub(super) fn strand(&self, rows: Rows<'s, T, N>) -> Strand<'s, T, N> {
        let id = self.strands.get();
        self.strands.set(id + 1);
        Strand {
            id,
            rows,
            outlet: None,
        }
    }

    /// The rows of a part.
    pub(super) fn part(&self, part: PartId) -> Rows<'s, T, N> {
        self.united(self.parts[&part].clone())
    }

    /// All rows of several strands; without any, none.
    ///
    /// # Panics
    /// Rows of one of them leave the dataflow unread.
    pub(super) fn united(&self, strands: Vec<Strand<'s, T, N>>) -> Rows<'s, T, N> {
        let mut rows = strands.into_iter().map(|strand| {
            assert!(strand.outlet.is_none(), "rows that are read do not leave");
            strand.rows
        });
        match rows.next() {
            Some(first) => first.concatenate(rows),
            None => self.unit.clone().filter(|_| false),
        }
    }

    fn condition(&self, filters: &[Filter]) -> Condition {
        Condition::new(filters, &self.words)
    }

    fn filtered(&self, part: PartId, filters: &[Filter]) -> Rows<'s, T, N> {
        let rows = self.part(part);
        let condition = self.condition(filters);
        if condition.is_empty() {
            return rows;
        }
        rows.filter(move |row| condition.holds(|c| row.0[c]))
    }

    /// A part's rows by these columns, arranged once for all who need them so.
    fn arranged(&self, part: PartId, filters: &[Filter], key: &[Column]) -> Arrangement<'s, T, N> {
        let make = || arrange(self.filtered(part, filters), key);
        let Some(shared) = &self.shared else {
            return make();
        };
        let told_apart = !has(Fault::ArrangementsSharedAcrossFilters);
        let filters_named = if told_apart { filters } else { &[] };
        let name = (part, filters_named.to_vec(), key.to_vec());
        let rows = &mut shared.borrow_mut().rows;
        rows.entry(name).or_insert_with(make).clone()
    }

    /// The keys that negations look for, each once, arranged for all who look for the same.
    fn keys(&self, steps: &[Step]) -> Arrangement<'s, T, N> {
        let negated = steps.iter().filter_map(|step| match step {
            Step::Without {
                part,
                right,
                right_key,
                ..
            } => Some((*part, right.clone(), right_key.clone())),
            Step::Join { .. } => None,
        });
        let negated: Vec<ArrangementKey> = negated.collect();
        let make = || {
            let all = negated.iter().map(|(part, filters, key)| {
                let width = self.widths[part.0 as usize];
                project(self.filtered(*part, filters), key, width)
            });
            let none = self.unit.clone().filter(|_| false);
            keys(none.concatenate(all))
        };
        let Some(shared) = &self.shared else {
            return make();
        };
        let known = shared.borrow().keys.get(&negated).cloned();
        let keys = known.unwrap_or_else(make);
        shared.borrow_mut().keys.insert(negated, keys.clone());
        keys
    }

    /// Rows whose columns at `key` no row of the negated parts has.
    fn dropped(
        &self,
        stream: Stream<'s, T, N>,
        steps: &[Step],
        key: &[Column],
        width: usize,
    ) -> Rows<'s, T, N> {
        let rows = self.rows(stream.clone());
        let (here, at) = self.left(stream, key, width);
        self.without(rows, (here, &at), self.keys(steps), width)
    }

    /// Rows whose key is not among these.
    fn without(
        &self,
        rows: Rows<'s, T, N>,
        (here, at): (Arrangement<'s, T, N>, &[Column]),
        keys: Arrangement<'s, T, N>,
        width: usize,
    ) -> Rows<'s, T, N> {
        if has(Fault::AntijoinDropped) {
            return rows;
        }
        let whole: Vec<Column> = (0..width).collect();
        let matched = join(here, keys, at, self.condition(&[]), &whole, None);
        rows.concat(matched.negate())
    }

    /// Rows by the columns of a key; and where the words of a row on its way are in those of
    /// the arrangement.
    fn left(
        &self,
        stream: Stream<'s, T, N>,
        key: &[Column],
        width: usize,
    ) -> (Arrangement<'s, T, N>, Vec<Column>) {
        match stream {
            Stream::Part(source, filters, columns) => {
                let key: Vec<Column> = key.iter().map(|&c| columns[c]).collect();
                (self.arranged(source, &filters, &key), columns)
            }
            Stream::Rows(rows) => (arrange(rows, key), (0..width).collect()),
        }
    }

    fn rows(&self, stream: Stream<'s, T, N>) -> Rows<'s, T, N> {
        match stream {
            Stream::Rows(rows) => rows,
            Stream::Part(part, filters, columns) => {
                let width = self.widths[part.0 as usize];
                project(self.filtered(part, &filters), &columns, width)
            }
        }
    }

    /// Adds the rows a flow makes to the strands of its part. With a taker nothing else
    /// reads them, and if they can they leave where they are made.
    pub(super) fn flow(
        &self,
        flow: &Flow,
        taker: Option<&Taker<N>>,
        strands: &mut Vec<Strand<'s, T, N>>,
    ) {
        let mut add = |strand: &Strand<'s, T, N>| {
            if !strands.iter().any(|s| s.id == strand.id) {
                strands.push(strand.clone());
            }
        };
        if self.shared.is_none() {
            return add(&self.make(flow, taker));
        }
        if let Some(part) = flow.copied(&self.widths) {
            return self.parts[&part].iter().for_each(add);
        }
        let body = flow.body();
        let made = self.made.borrow().get(&body).cloned();
        let strand = made.unwrap_or_else(|| self.make(flow, taker));
        add(&strand);
        self.made.borrow_mut().insert(body, strand);
    }

    fn make(&self, flow: &Flow, taker: Option<&Taker<N>>) -> Strand<'s, T, N> {
        let mut strand = self.strand(self.unit.clone());
        let joins_last = matches!(flow.steps.last(), Some(Step::Join { .. }))
            && flow.output.iter().all(|o| o.column().is_some());
        if joins_last {
            strand.outlet = taker.map(|taker| Outlet::new(Rc::clone(taker)));
        }
        strand.rows = self.made_by(flow, strand.outlet.clone());
        strand
    }

    fn made_by(&self, flow: &Flow, outlet: Option<Rc<RefCell<Outlet<N>>>>) -> Rows<'s, T, N> {
        let mut stream = match flow.source {
            Some(part) => Stream::Part(part, flow.filters.clone(), flow.carried.clone()),
            None => Stream::Rows(self.unit.clone()),
        };
        let mut width = flow.carried.len();
        let columns: Option<Vec<Column>> = flow.output.iter().map(Operand::column).collect();
        let mut steps = flow.steps.as_slice();
        while let [step, more @ ..] = steps {
            // Negations of the same columns are one.
            if let Some(key) = step.drops_by() {
                let alike = |other: &&Step| other.drops_by() == Some(key);
                let (alike, more) = steps.split_at(steps.iter().take_while(alike).count());
                stream = Stream::Rows(self.dropped(stream, alike, key, width));
                steps = more;
                continue;
            }
            // A join that comes last makes rows of the head itself.
            if let ([], Step::Join { output, .. }, Some(columns)) = (more, step, &columns) {
                let output = columns.iter().map(|&c| output[c]).collect();
                return self.step(stream, &step.with_output(output), &mut width, outlet);
            }
            stream = Stream::Rows(self.step(stream, step, &mut width, None));
            steps = more;
        }
        if let Some(columns) = columns {
            return match stream {
                Stream::Rows(rows) => project(rows, &columns, width),
                Stream::Part(part, filters, carried) => {
                    let columns: Vec<Column> = columns.iter().map(|&c| carried[c]).collect();
                    let width = self.widths[part.0 as usize];
                    project(self.filtered(part, &filters), &columns, width)
                }
            };
        }
        let output: Vec<Result<usize, u32>> = flow
            .output
            .iter()
            .map(|o| match o {
                Operand::Column(c) => Ok(*c),
                Operand::Value(v) => Err(self.words.constant(v).0),
            })
            .collect();
        self.rows(stream).map(move |row| {
            let mut words = [0; N];
            for (word, source) in words.iter_mut().zip(&output) {
                *word = match source {
                    Ok(c) => row.0[*c],
                    Err(constant) => *constant,
                };
            }
            Row(words)
        })
    }

    fn step(
        &self,
        stream: Stream<'s, T, N>,
        step: &Step,
        width: &mut usize,
        outlet: Option<Rc<RefCell<Outlet<N>>>>,
    ) -> Rows<'s, T, N> {
        match step {
            Step::Join {
                part,
                right,
                left_key,
                right_key,
                joined,
                output,
            } => {
                let left = std::mem::replace(width, output.len());
                let (here, at) = self.left(stream, left_key, left);
                let there = self.arranged(*part, right, right_key);
                join(here, there, &at, self.condition(joined), output, outlet)
            }
            Step::Without {
                part,
                right,
                left_key,
                right_key,
                joined,
                unless,
            } => {
                if let Some(key) = step.drops_by() {
                    return self.dropped(stream, std::slice::from_ref(step), key, *width);
                }
                let rows = self.rows(stream);
                let whole: Vec<Column> = (0..*width).collect();
                // A set on the left keeps multiplicities out of the negations inside.
                let left = arrange(rows.clone().distinct_core::<i64>(), left_key);
                let there = self.arranged(*part, right, right_key);
                let mut pair = *width + self.widths[part.0 as usize];
                let both: Vec<Column> = (0..pair).collect();
                let mut pairs = join(left, there, &whole, self.condition(joined), &both, None);
                for step in unless {
                    pairs = self.step(Stream::Rows(pairs), step, &mut pair, None);
                }
                let keys = keys(project(pairs, &whole, pair));
                let here = arrange(rows.clone(), &whole);
                self.without(rows, (here, &whole), keys, *width)
            }
        }
    }
}

/// Joins rows on their keys. `at` are the columns of left rows that count as the first
/// words of a joined row; those of right rows follow. `output` are the words to keep. With
/// an outlet rows leave by it, and none come out here.
fn join<'s, T: Timestamp + Lattice + Ord, const N: usize>(
    here: Arrangement<'s, T, N>,
    there: Arrangement<'s, T, N>,
    at: &[Column],
    condition: Condition,
    output: &[Column],
    outlet: Option<Rc<RefCell<Outlet<N>>>>,
) -> Rows<'s, T, N> {
    // The join runs through the values of its second side for each of its first. The index
    // has a set for each value of a row's first words: those of one set come together if the
    // last word is of the second side.
    let turned = outlet.is_some() && output.last().is_some_and(|&last| last < at.len());
    let (first, second, left, right) = if turned {
        (there, here, N, 0)
    } else {
        (here, there, 0, N)
    };
    // Where a word of a joined row is: in a row of the first side, or so far behind it.
    let place = |c: Column| match at.get(c) {
        Some(&column) => left + column,
        None => right + c.saturating_sub(at.len()).min(N - 1),
    };
    let places: Vec<usize> = (0..at.len() + N).map(place).collect();
    let output: Vec<usize> = output.iter().map(|&c| place(c)).collect();
    // Rows leave as the join finds them: sorting every container, as `join_core` does, costs
    // more than it saves whoever reads them.
    join_traces::<_, _, _, _, CapacityContainerBuilder<_>>(
        first,
        second,
        "Join",
        move |_, first: &Row<N>, second: &Row<N>, time, one: &i64, other: &i64, out| {
            let word = |at: usize| {
                let (row, c) = if at < N {
                    (first, at)
                } else {
                    (second, at - N)
                };
                row.0[c]
            };
            if condition.is_empty() || condition.holds(|c| word(places[c])) {
                let mut words = [0; N];
                for (w, &place) in words.iter_mut().zip(&output) {
                    *w = word(place);
                }
                match &outlet {
                    Some(outlet) => outlet.borrow_mut().push(Row(words), one * other),
                    None => out.push_into((Row(words), time.clone(), one * other)),
                }
            }
        },
    )
    .as_collection()
}

/// Keys to be told apart from others: each once.
fn keys<T: Timestamp + Lattice + Ord, const N: usize>(
    rows: Rows<'_, T, N>,
) -> Arrangement<'_, T, N> {
    let set = if has(Fault::AntijoinAgainstBag) {
        rows
    } else {
        rows.distinct_core::<i64>()
    };
    set.map(|key| (key, Row::EMPTY)).arrange_by_key()
}

/// Rows of these columns of rows that have `width` words.
fn project<'s, T: Timestamp + Lattice, const N: usize>(
    rows: Rows<'s, T, N>,
    columns: &[Column],
    width: usize,
) -> Rows<'s, T, N> {
    if columns.iter().copied().eq(0..width) {
        return rows;
    }
    let columns = columns.to_vec();
    rows.map(move |row| row.pick(&columns))
}

/// Rows by the words at these columns.
fn keyed<'s, T: Timestamp + Lattice, const N: usize>(
    rows: Rows<'s, T, N>,
    columns: &[Column],
) -> VecCollection<'s, T, (Row<N>, Row<N>), i64> {
    let columns = columns.to_vec();
    rows.map(move |row| (row.pick(&columns), row))
}

fn arrange<'s, T: Timestamp + Lattice + Ord, const N: usize>(
    rows: Rows<'s, T, N>,
    columns: &[Column],
) -> Arrangement<'s, T, N> {
    keyed(rows, columns).arrange_by_key()
}
