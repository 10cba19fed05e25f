//! Conditions of a plan made ready to run on words.

use std::sync::Arc;

use floe_frontend::ir::TypeSet;
use floe_frontend::ir::core::CompareOp;

use crate::faults::{Fault, has};
use crate::plan::{Filter, Operand};
use crate::value::Sym;

use super::words::Words;

#[derive(Clone, Copy)]
enum Source {
    Column(usize),
    Word(u32),
}

enum Test {
    Equal(Source, Source),
    Unequal(Source, Source),
    Order(CompareOp, Source, Source),
    Type(Source, TypeSet),
}

/// Conditions on one row, or on two rows side by side.
pub(super) struct Condition {
    tests: Vec<Test>,
    words: Arc<dyn Words>,
}

impl Condition {
    pub(super) fn new(filters: &[Filter], words: &Arc<dyn Words>) -> Condition {
        let source = |o: &Operand| match o {
            Operand::Column(c) => Source::Column(*c),
            Operand::Value(v) => Source::Word(words.constant(v).0),
        };
        let tests = filters
            .iter()
            .map(|f| match f {
                Filter::Same(a, b) => Test::Equal(Source::Column(*a), Source::Column(*b)),
                Filter::Compare(CompareOp::Eq, a, b) => Test::Equal(source(a), source(b)),
                Filter::Compare(CompareOp::Ne, a, b) => Test::Unequal(source(a), source(b)),
                Filter::Compare(op, a, b) => Test::Order(*op, source(a), source(b)),
                Filter::HasType(o, types) => Test::Type(source(o), types.clone()),
            })
            .collect();
        Condition {
            tests,
            words: Arc::clone(words),
        }
    }

    /// Whether there is nothing to test.
    pub(super) fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Whether all conditions hold; `word` reads a column.
    pub(super) fn holds(&self, word: impl Fn(usize) -> u32) -> bool {
        let read = |s: Source| match s {
            Source::Column(c) => word(c),
            Source::Word(w) => w,
        };
        self.tests.iter().all(|test| match test {
            Test::Equal(a, b) => read(*a) == read(*b),
            Test::Unequal(a, b) => read(*a) != read(*b),
            Test::Order(op, a, b) => {
                let number = |s: Source| self.words.integer(Sym(read(s)));
                match (number(*a), number(*b)) {
                    (Some(a), Some(b)) => match op {
                        CompareOp::Lt => a < b || (a == b && has(Fault::LessIsLessOrEqual)),
                        CompareOp::Le => a <= b,
                        CompareOp::Gt => a > b,
                        CompareOp::Ge => a >= b,
                        CompareOp::Eq => a == b,
                        CompareOp::Ne => a != b,
                    },
                    _ => false,
                }
            }
            Test::Type(..) if has(Fault::TypeTestPasses) => true,
            Test::Type(s, types) => self.words.is_of(Sym(read(*s)), types),
        })
    }
}
