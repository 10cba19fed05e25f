//! Facts that are answers as they are: on their way to an output nothing is joined with them,
//! so they need no dataflow, and do not make its rows as wide as they are themselves.

use floe_frontend::ir::part::PartId;

use super::Plan;

/// Outputs that are facts as they came, and the others.
pub(crate) struct Direct {
    /// By part of facts: outputs that have each of its rows.
    pub(crate) passed_on: Vec<Vec<PartId>>,
    /// Outputs that are derived.
    pub(crate) derived: Vec<PartId>,
}

impl Plan {
    /// Tells outputs that are facts from those that are derived. Without shared strands each
    /// of them counts as derived.
    pub(crate) fn direct(&self, outputs: &[PartId]) -> Direct {
        let mut direct = Direct {
            passed_on: vec![Vec::new(); self.sides.len()],
            derived: Vec::new(),
        };
        let facts = self.facts_alone();
        for &output in outputs {
            match &facts[output.0 as usize] {
                Some(facts) if self.shares => {
                    for part in facts {
                        direct.passed_on[part.0 as usize].push(output);
                    }
                }
                _ => direct.derived.push(output),
            }
        }
        direct
    }

    /// By part: the parts whose facts are its rows; none if it has others.
    fn facts_alone(&self) -> Vec<Option<Vec<PartId>>> {
        let mut facts: Vec<Option<Vec<PartId>>> = vec![None; self.sides.len()];
        for component in self.components.iter().filter(|c| !c.recursive) {
            for &part in &component.parts {
                let mut all: Vec<PartId> = self.feeds[part.0 as usize].into_iter().collect();
                let mut flows = self.flows[component.flows.clone()].iter();
                let alone = flows.all(|flow| {
                    if flow.head != part {
                        return true;
                    }
                    let copied = flow.copied(&self.widths);
                    let copied = copied.and_then(|from| facts[from.0 as usize].as_ref());
                    let more = copied.into_iter().flatten().copied();
                    all.extend(more);
                    copied.is_some()
                });
                all.sort_unstable();
                all.dedup();
                facts[part.0 as usize] = alone.then_some(all);
            }
        }
        facts
    }
}
