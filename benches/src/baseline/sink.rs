//! Both ends of a hand-written dataflow: where facts enter, and where rows leave.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::Hashable;
use differential_dataflow::input::InputSession;
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::generic::Operator;

use super::index::{Ledger, Row};

/// An input of the outermost scope: rows, epochs, changes of multiplicity.
pub type Inlet<D> = InputSession<u64, D, i64>;

/// Ends a dataflow in an index: rows are taken in as they come, epochs completed as the
/// frontier passes. Rows go to the worker that owns their slot.
pub fn settle_into(stream: Stream<'_, u64, Vec<(Row, u64, i64)>>, ledger: &Rc<RefCell<Ledger>>) {
    let ledger = Rc::clone(ledger);
    if stream.scope().peers() == 1 {
        stream.sink(Pipeline, "Ledger", move |(input, frontier)| {
            let mut ledger = ledger.borrow_mut();
            input.for_each(|_, rows| ledger.take(rows.drain(..)));
            ledger.complete(passed(frontier.frontier().first()));
        });
    } else {
        let owner = Exchange::new(|&((slot, _), _, _): &(Row, u64, i64)| slot.hashed());
        stream.sink(owner, "Ledger", move |(input, frontier)| {
            let mut ledger = ledger.borrow_mut();
            input.for_each(|_, rows| ledger.take(rows.drain(..)));
            ledger.complete(passed(frontier.frontier().first()));
        });
    }
}

/// The frontier of a totally ordered time as a number: all epochs below it are complete.
pub(super) fn passed(frontier: Option<&u64>) -> u64 {
    frontier.copied().unwrap_or(u64::MAX)
}
