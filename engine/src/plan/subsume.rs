//! Subsumed derivations: what reaches a part by a copy is not derived for it once more.
//!
//! With `"writer" if "admin"` a team that is admin is writer too, and what a team may its
//! members may. So a member would be writer twice: as the admin that it is, and as a member of
//! a writer. Where roles imply each other in a chain, a row has as many derivations as the
//! chain is long. Instead the join for writers reads the *base* of the team's role: what has
//! not been copied into it.
//!
//! A flow of H may read the base of Q if for every part Q' that is copied into Q the same flow,
//! with Q' for Q, makes rows of a part that is copied into H, at once or by way of others. The
//! least model stays the same: a row of Q outside of its base has a smaller derivation as a row
//! of some Q', and what the flow makes of that comes to H by the copies.

use floe_frontend::ir::part::PartId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Body, Component, Flow, Operand, Plan, Side, Step};
use crate::faults::{Fault, has};

/// A positive literal of a flow: 0 is the source, `k + 1` step `k`.
type Place = usize;

/// Lets flows read bases where they may; without a base, a flow has nothing to read.
pub(super) fn subsume(plan: &mut Plan) {
    let mut bases: FxHashMap<PartId, Option<PartId>> = FxHashMap::default();
    let mut redundant: FxHashSet<usize> = FxHashSet::default();
    for (flow, place) in subsumed(plan) {
        let Some(part) = plan.flows[flow].read(place).copied() else {
            continue;
        };
        let base = *bases.entry(part).or_insert_with(|| plan.add_base(part));
        match (base, plan.flows[flow].read(place)) {
            (Some(base), Some(read)) => *read = base,
            _ => _ = redundant.insert(flow),
        }
    }
    if !bases.is_empty() {
        plan.split(&bases, &redundant);
    }
}

/// Flows that may read a base, and where.
fn subsumed(plan: &Plan) -> Vec<(usize, Place)> {
    let copies = Copies::of(plan);
    let mut makes: FxHashMap<Body, Vec<PartId>> = FxHashMap::default();
    for flow in &plan.flows {
        makes.entry(flow.body()).or_default().push(flow.head);
    }
    let mut found = Vec::new();
    for (n, flow) in plan.flows.iter().enumerate() {
        if flow.copied(&plan.widths).is_some() {
            continue;
        }
        let to_head = copies.all_to(flow.head);
        if to_head.is_empty() {
            continue;
        }
        for place in 0..=flow.steps.len() {
            let mut other = flow.clone();
            let Some(part) = other.read(place).copied() else {
                continue;
            };
            let comes_by_copy = |from: &PartId| {
                if let Some(read) = other.read(place) {
                    *read = *from;
                }
                let heads = makes.get(&other.body()).into_iter().flatten();
                let mut heads = heads.filter(|head| **head != flow.head);
                heads.any(|head| to_head.contains(head) || has(Fault::SubsumedByAnyPart))
            };
            let from = copies.to(part);
            if !from.is_empty() && from.iter().all(comes_by_copy) {
                found.push((n, place));
            }
        }
    }
    found
}

/// Which parts are copied into which.
struct Copies {
    /// Outside of recursion.
    settled: FxHashMap<PartId, Vec<PartId>>,
}

impl Copies {
    fn of(plan: &Plan) -> Copies {
        let mut settled: FxHashMap<PartId, Vec<PartId>> = FxHashMap::default();
        for component in plan.components.iter().filter(|c| !c.recursive) {
            for flow in &plan.flows[component.flows.clone()] {
                let copied = flow.copied(&plan.widths);
                settled.entry(flow.head).or_default().extend(copied);
            }
        }
        Copies { settled }
    }

    fn to(&self, part: PartId) -> &[PartId] {
        self.settled.get(&part).map_or(&[], Vec::as_slice)
    }

    /// At once or by way of others.
    fn all_to(&self, part: PartId) -> FxHashSet<PartId> {
        let mut all = FxHashSet::default();
        let mut open = vec![part];
        while let Some(part) = open.pop() {
            open.extend(self.to(part).iter().filter(|from| all.insert(**from)));
        }
        all
    }
}

impl Flow {
    /// The part that a positive literal reads.
    fn read(&mut self, place: Place) -> Option<&mut PartId> {
        match place.checked_sub(1) {
            None => self.source.as_mut(),
            Some(step) => match &mut self.steps[step] {
                Step::Join { part, .. } => Some(part),
                Step::Without { .. } => None,
            },
        }
    }
}

impl Plan {
    /// A part for the base of another, whose facts it takes; none if all its rows are copied.
    fn add_base(&mut self, of: PartId) -> Option<PartId> {
        let at = of.0 as usize;
        let mut own = self.flows.iter().filter(|flow| flow.head == of);
        if self.feeds[at].is_none() && own.all(|flow| flow.copied(&self.widths).is_some()) {
            return None;
        }
        let base = PartId(self.sides.len() as u32);
        self.sides.push(Side::Maintained);
        self.stored.push(self.stored[at].clone());
        self.widths.push(self.widths[at]);
        let facts = self.feeds[at].take();
        self.feeds.push(facts);
        self.purposes.push(format!("p{}, copies left out", of.0));
        Some(base)
    }

    /// Gives bases the flows that are theirs, in components before those of their parts, and
    /// leaves out what is redundant.
    fn split(&mut self, bases: &FxHashMap<PartId, Option<PartId>>, redundant: &FxHashSet<usize>) {
        let flows = std::mem::take(&mut self.flows);
        for component in std::mem::take(&mut self.components) {
            let kept = component.flows.filter(|n| !redundant.contains(n));
            let mut own: Vec<Flow> = kept.map(|n| flows[n].clone()).collect();
            for part in &component.parts {
                let Some(&Some(base)) = bases.get(part) else {
                    continue;
                };
                let core = own.iter().find(|flow| flow.head == *part).map(|f| f.core);
                let (copies, made): (Vec<Flow>, Vec<Flow>) = (own.into_iter())
                    .partition(|f| f.head != *part || f.copied(&self.widths).is_some());
                let made = made.into_iter().map(|flow| Flow { head: base, ..flow });
                self.push(vec![base], made.collect(), false);
                own = copies;
                let columns: Vec<usize> = (0..self.widths[part.0 as usize]).collect();
                own.extend(core.map(|core| Flow {
                    core,
                    head: *part,
                    source: Some(base),
                    filters: Vec::new(),
                    output: columns.iter().copied().map(Operand::Column).collect(),
                    carried: columns,
                    steps: Vec::new(),
                }));
            }
            self.push(component.parts, own, component.recursive);
        }
    }

    fn push(&mut self, parts: Vec<PartId>, flows: Vec<Flow>, recursive: bool) {
        let start = self.flows.len();
        self.flows.extend(flows);
        self.components.push(Component {
            parts,
            flows: start..self.flows.len(),
            recursive,
        });
    }
}
