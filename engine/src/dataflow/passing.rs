//! HOT PATH: facts that are answers as they are pass the dataflow by.

use std::cell::RefCell;
use std::rc::Rc;

use floe_frontend::ir::part::PartId;

use crate::plan::Plan;
use crate::value::Sym;

use super::{Dataflow, Deltas, Outgrown};

/// A dataflow, and what need not go through it.
pub(super) struct Passing {
    /// By part of facts.
    passed_on: Vec<Vec<PartId>>,
    derived: Box<dyn Dataflow>,
    deltas: Rc<RefCell<Deltas>>,
}

impl Passing {
    /// Starts the dataflow for outputs that need it; without others it stands alone.
    ///
    /// # Errors
    /// That of `start`.
    pub(super) fn around(
        plan: &Plan,
        outputs: &[PartId],
        deltas: Deltas,
        start: impl FnOnce(&[PartId], Deltas) -> Result<Box<dyn Dataflow>, String>,
    ) -> Result<Box<dyn Dataflow>, String> {
        let direct = plan.direct(outputs);
        if direct.passed_on.iter().all(Vec::is_empty) {
            return start(outputs, deltas);
        }
        let deltas = Rc::new(RefCell::new(deltas));
        let shared = Rc::clone(&deltas);
        let derived = move |part, row: &[Sym], diff| (shared.borrow_mut())(part, row, diff);
        Ok(Box::new(Passing {
            passed_on: direct.passed_on,
            derived: start(&direct.derived, Box::new(derived))?,
            deltas,
        }))
    }
}

impl Dataflow for Passing {
    fn update(&mut self, part: PartId, row: &[Sym], diff: i64) {
        for &output in &self.passed_on[part.0 as usize] {
            (self.deltas.borrow_mut())(output, row, diff);
        }
        self.derived.update(part, row, diff);
    }

    fn close(&mut self) -> Result<(), Outgrown> {
        self.derived.close()
    }
}
