//! The rows of a part, whether it is maintained or not.

use floe_frontend::ir::part::PartId;

use super::clause::View;
use super::machine::Outcome;
use super::plan::{Adorned, Call, HEADER, STUCK};
use super::{CannotAnswer, Evaluation};
use crate::value::Sym;

impl Evaluation<'_, '_> {
    /// Derives the rows of a part: symbols at its stored columns, hidden ones behind, as
    /// many as `width` says, `first` in front if it is given.
    ///
    /// # Errors
    /// They cannot be enumerated, or only at too high a price.
    pub fn derive(
        &mut self,
        part: PartId,
        width: usize,
        first: Option<Sym>,
        found: &mut dyn FnMut(&[Sym]),
    ) -> Result<(), CannotAnswer> {
        let outcome = self.derived(part, width, first, found);
        self.settle(outcome)
    }

    fn derived(
        &mut self,
        part: PartId,
        width: usize,
        first: Option<Sym>,
        found: &mut dyn FnMut(&[Sym]),
    ) -> Outcome {
        let machine = &mut self.machine;
        let given = u16::from(first.is_some());
        let key: Vec<Sym> = first.into_iter().collect();
        let outputs = width - key.len();
        let plan = machine.goals.plan_id(Adorned {
            part,
            view: View::Rows,
            bound: (0..given).collect(),
            wanted: (given..width as u16).collect(),
        });
        let node = machine.work.node(&Call {
            plan,
            stratum: machine.goals.stratum(part),
            inputs: key.len(),
            outputs,
            number: 0,
            readable: false,
        });
        machine.call(node, &key)?;
        machine.run(None)?;
        let answers = &machine.work.nodes[node as usize].answers;
        let mut row = key.clone();
        for answer in 0..answers.len() as u32 {
            let answer = answers.get(answer);
            if answer[STUCK].0 != 0 {
                return Err(machine.goals.cause_of(answer[STUCK].0));
            }
            row.truncate(key.len());
            row.extend_from_slice(&answer[HEADER..]);
            found(&row);
        }
        Ok(())
    }
}
