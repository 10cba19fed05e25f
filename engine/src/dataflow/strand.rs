//! Strands: what parts are made of.
//!
//! A flow makes one strand of rows; a part is the union of strands, and a rule that merely
//! copies a part adds that part's strands. So rows that several parts have in common are
//! made once, and a part that has a strand in two ways has it once: one derivation, not two.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::AsCollection;
use differential_dataflow::lattice::Lattice;
use rustc_hash::FxHashSet;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Operator;
use timely::progress::Timestamp;

use crate::plan::{Body, Flow, Plan};

use super::outlet::{Outlet, Taker};
use super::render::Rows;

/// Rows that one flow makes, or one input.
#[derive(Clone)]
pub(super) struct Strand<'s, T: Timestamp + Lattice + Ord, const N: usize> {
    /// Tells it from all others of the dataflow.
    pub(super) id: usize,
    /// Its rows; none if they leave through the outlet.
    pub(super) rows: Rows<'s, T, N>,
    /// Where rows go that nothing else reads.
    pub(super) outlet: Option<Rc<RefCell<Outlet<N>>>>,
}

/// Which rows the dataflow itself reads; the others are only handed over.
pub(super) struct Inner {
    /// By part, copies of it included.
    parts: Vec<bool>,
    /// Bodies of flows that make such parts.
    bodies: FxHashSet<Body>,
}

impl Inner {
    pub(super) fn of(plan: &Plan, needed: &[bool]) -> Inner {
        let mut parts = vec![false; plan.sides.len()];
        let mut bodies = FxHashSet::default();
        // What is read by components behind a part's own is known when it is its turn.
        for component in plan.components.iter().rev() {
            for part in &component.parts {
                parts[part.0 as usize] |= component.recursive;
            }
            for flow in &plan.flows[component.flows.clone()] {
                let head = flow.head.0 as usize;
                if !needed[head] {
                    continue;
                }
                if parts[head] {
                    bodies.insert(flow.body());
                }
                let shares = plan.shares && !component.recursive;
                let copy_of = flow.copied(&plan.widths).filter(|_| shares);
                for part in flow.reads() {
                    parts[part.0 as usize] |= copy_of != Some(part) || parts[head];
                }
            }
        }
        Inner { parts, bodies }
    }

    /// Whether nothing in the dataflow reads what the flow makes.
    pub(super) fn leaves(&self, flow: &Flow) -> bool {
        !self.parts[flow.head.0 as usize] && !self.bodies.contains(&flow.body())
    }
}

impl<'s, const N: usize> Strand<'s, u64, N> {
    /// The strand with an outlet; its rows are those that nobody has to take any more.
    pub(super) fn leaving(self, taker: &Taker<N>) -> Strand<'s, u64, N> {
        if self.outlet.is_some() {
            return self;
        }
        let outlet = Outlet::new(Rc::clone(taker));
        let out = Rc::clone(&outlet);
        let rest = self
            .rows
            .inner
            .unary::<CapacityContainerBuilder<Vec<_>>, _, _, _>(Pipeline, "Output", |_, _| {
                move |input, _| {
                    input.for_each(|_, batch| {
                        let mut out = out.borrow_mut();
                        for (row, _, diff) in batch.drain(..) {
                            out.push(row, diff);
                        }
                    });
                }
            });
        Strand {
            id: self.id,
            rows: rest.as_collection(),
            outlet: Some(outlet),
        }
    }
}
