//! Shared arrangements: what several joins need by the same key is indexed once.
//!
//! The sharing itself happens while a plan is rendered, scope by scope; here is what can be
//! shared, for people to read.

use floe_frontend::ir::part::PartId;

use super::{Column, Filter, Plan, Step};

/// Rows of a part that joins read by a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// The part.
    pub part: PartId,
    /// What its rows must meet.
    pub filters: Vec<Filter>,
    /// The columns of the key.
    pub key: Vec<Column>,
    /// How many sides of joins read it.
    pub uses: usize,
}

impl Plan {
    /// Every arrangement of a part that joins need, in order of first use. Those of one
    /// component and those outside of it are counted together.
    #[must_use]
    pub fn arrangements(&self) -> Vec<Arrangement> {
        let mut all: Vec<Arrangement> = Vec::new();
        let mut note = |part: PartId, filters: &[Filter], key: Vec<Column>| {
            let known = all
                .iter_mut()
                .find(|a| a.part == part && a.filters == filters && a.key == key);
            match known {
                Some(known) => known.uses += 1,
                None => all.push(Arrangement {
                    part,
                    filters: filters.to_vec(),
                    key,
                    uses: 1,
                }),
            }
        };
        for flow in &self.flows {
            for (i, step) in flow.steps.iter().enumerate() {
                let Step::Join {
                    part,
                    right,
                    left_key,
                    right_key,
                    ..
                } = step
                else {
                    continue;
                };
                if let (0, Some(source)) = (i, flow.source) {
                    let key = left_key.iter().map(|&c| flow.carried[c]).collect();
                    note(source, &flow.filters, key);
                }
                note(*part, right, right_key.clone());
            }
        }
        all
    }
}
