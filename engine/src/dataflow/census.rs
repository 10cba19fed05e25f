//! Closures counted against what they rest on, by all workers together (design D6).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use floe_frontend::ir::part::PartId;
use rustc_hash::FxHashMap;

use crate::plan::{ClosureBudget, Plan};

use super::Outgrown;
use super::strand::Strand;

/// The sizes of a plan's closures.
pub(super) struct Census {
    closures: Vec<Counted>,
    budget: ClosureBudget,
}

struct Counted {
    pairs: PartId,
    rests_on: Vec<PartId>,
    /// Of the pairs, and of what they rest on.
    counts: [Arc<AtomicI64>; 2],
    /// Whether it has ever been too large: then all workers stop, whatever is counted later.
    outgrown: AtomicBool,
}

impl Census {
    pub(super) fn new(plan: &Plan) -> Arc<Census> {
        let closures = plan.closures.iter().map(|closure| Counted {
            pairs: closure.pairs,
            rests_on: closure.rests_on.clone(),
            counts: Default::default(),
            outgrown: AtomicBool::new(false),
        });
        Arc::new(Census {
            closures: closures.collect(),
            budget: plan.budget,
        })
    }

    /// Counts the rows of a worker.
    pub(super) fn count<const N: usize>(&self, parts: &FxHashMap<PartId, Vec<Strand<'_, u64, N>>>) {
        for closure in &self.closures {
            let counted = [(&closure.counts[0], closure.pairs)].into_iter();
            let rests_on = closure.rests_on.iter().map(|p| (&closure.counts[1], *p));
            for (count, part) in counted.chain(rests_on) {
                for strand in parts.get(&part).into_iter().flatten() {
                    let count = Arc::clone(count);
                    strand.rows.clone().inspect_batch(move |_, batch| {
                        let sum = batch.iter().map(|(_, _, diff)| diff).sum();
                        count.fetch_add(sum, Ordering::Relaxed);
                    });
                }
            }
        }
    }

    /// # Errors
    /// A closure is larger than it may be, or has been.
    pub(super) fn check(&self) -> Result<(), Outgrown> {
        for closure in &self.closures {
            let [pairs, rows] = [0, 1].map(|i| closure.counts[i].load(Ordering::Relaxed));
            if self.budget.is_exceeded(pairs, rows) {
                closure.outgrown.store(true, Ordering::Relaxed);
            }
        }
        let all = self.closures.iter().enumerate();
        let outgrown = all.filter(|(_, closure)| closure.outgrown.load(Ordering::Relaxed));
        let closures: Vec<usize> = outgrown.map(|(k, _)| k).collect();
        if closures.is_empty() {
            Ok(())
        } else {
            Err(Outgrown { closures })
        }
    }
}
