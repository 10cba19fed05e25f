//! Flows as operators.
//!
//! Everything is generic over the time, so that the same code renders the outermost scope
//! and the inside of a recursive component.

use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::VecCollection;
use differential_dataflow::lattice::Lattice;
use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;
use timely::progress::Timestamp;

use crate::plan::{Column, Filter, Flow, Operand, Step};

use super::filter::Condition;
use super::row::Row;
use super::words::Words;

/// Rows with multiplicities.
pub(super) type Rows<'s, T, const N: usize> = VecCollection<'s, T, Row<N>, i64>;

/// Keyed rows.
type Keyed<'s, T, const N: usize> = VecCollection<'s, T, (Row<N>, Row<N>), i64>;

/// What flows of one scope can read.
pub(super) struct Readable<'s, T: Timestamp, const N: usize> {
    pub(super) parts: FxHashMap<PartId, Rows<'s, T, N>>,
    pub(super) words: Arc<dyn Words>,
    /// Words of a row of each part.
    pub(super) widths: Rc<Vec<usize>>,
    /// One row of no words, for rules without positive atoms.
    pub(super) unit: Rows<'s, T, N>,
}

impl<'s, T: Timestamp + Lattice + Ord, const N: usize> Readable<'s, T, N> {
    fn part(&self, part: PartId) -> Rows<'s, T, N> {
        self.parts[&part].clone()
    }

    fn condition(&self, filters: &[Filter]) -> Condition {
        Condition::new(filters, &self.words)
    }

    fn filtered(&self, rows: Rows<'s, T, N>, filters: &[Filter]) -> Rows<'s, T, N> {
        let condition = self.condition(filters);
        if condition.is_empty() {
            return rows;
        }
        rows.filter(move |row| condition.holds(|c| row.0[c]))
    }

    /// The rows a flow makes.
    pub(super) fn flow(&self, flow: &Flow) -> Rows<'s, T, N> {
        let source = match flow.source {
            Some(part) => self.part(part),
            None => self.unit.clone(),
        };
        let mut rows = project(self.filtered(source, &flow.filters), &flow.carried);
        let mut width = flow.carried.len();
        for step in &flow.steps {
            rows = self.step(rows, step, &mut width);
        }
        let output: Vec<Result<usize, u32>> = flow
            .output
            .iter()
            .map(|o| match o {
                Operand::Column(c) => Ok(*c),
                Operand::Value(v) => Err(self.words.constant(v).0),
            })
            .collect();
        rows.map(move |row| {
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

    fn step(&self, rows: Rows<'s, T, N>, step: &Step, width: &mut usize) -> Rows<'s, T, N> {
        match step {
            Step::Join {
                part,
                right,
                left_key,
                right_key,
                joined,
                output,
            } => {
                let right = keyed(self.filtered(self.part(*part), right), right_key);
                let left = std::mem::replace(width, output.len());
                let condition = self.condition(joined);
                join(
                    keyed(rows, left_key),
                    right,
                    left,
                    condition,
                    output.clone(),
                )
            }
            Step::Without {
                part,
                right,
                left_key,
                right_key,
                joined,
                unless,
            } => {
                let there = self.filtered(self.part(*part), right);
                if joined.is_empty() && unless.is_empty() {
                    return without(keyed(rows, left_key), project(there, right_key));
                }
                // A set on the left keeps multiplicities out of the negations inside.
                let left = keyed(rows.clone().distinct_core::<i64>(), left_key);
                let mut pair = *width + self.widths[part.0 as usize];
                let both = (0..pair).collect();
                let condition = self.condition(joined);
                let mut pairs = join(left, keyed(there, right_key), *width, condition, both);
                for step in unless {
                    pairs = self.step(pairs, step, &mut pair);
                }
                let whole: Vec<Column> = (0..*width).collect();
                without(keyed(rows, &whole), project(pairs, &whole))
            }
        }
    }
}

/// Joins rows on their keys; `left` is the number of words on the left, `output` counts
/// left words, then right words.
fn join<'s, T: Timestamp + Lattice + Ord, const N: usize>(
    here: Keyed<'s, T, N>,
    there: Keyed<'s, T, N>,
    left: usize,
    condition: Condition,
    output: Vec<Column>,
) -> Rows<'s, T, N> {
    here.arrange_by_key().join_core(
        there.arrange_by_key(),
        move |_, here: &Row<N>, there: &Row<N>| {
            let word = |c: usize| {
                if c < left {
                    here.0[c]
                } else {
                    there.0[c - left]
                }
            };
            condition.holds(word).then(|| {
                let mut words = [0; N];
                for (w, &c) in words.iter_mut().zip(&output) {
                    *w = word(c);
                }
                Row(words)
            })
        },
    )
}

/// Rows whose key is not among these.
fn without<'s, T: Timestamp + Lattice + Ord, const N: usize>(
    rows: Keyed<'s, T, N>,
    keys: Rows<'s, T, N>,
) -> Rows<'s, T, N> {
    rows.antijoin(keys.distinct_core::<i64>())
        .map(|(_, row)| row)
}

fn project<'s, T: Timestamp + Lattice, const N: usize>(
    rows: Rows<'s, T, N>,
    columns: &[Column],
) -> Rows<'s, T, N> {
    let columns = columns.to_vec();
    rows.map(move |row| row.pick(&columns))
}

/// Rows by the words at these columns.
fn keyed<'s, T: Timestamp + Lattice, const N: usize>(
    rows: Rows<'s, T, N>,
    columns: &[Column],
) -> Keyed<'s, T, N> {
    let columns = columns.to_vec();
    rows.map(move |row| (row.pick(&columns), row))
}
