//! What a fact in a request's context can change: parts that read its part, and so on.

use std::sync::{Arc, PoisonError, RwLock};

use floe_frontend::ir::part::{Condition, PartId, PartLiteral, Strata};
use rustc_hash::{FxHashMap, FxHashSet};

/// Who reads what, and what follows, worked out once per part asked about.
///
/// Node `2p` stands for the rows of part `p`, node `2p + 1` for what is true of it, its
/// residue considered.
pub(super) struct Reach {
    /// Readers of node `n` are `readers[first[n]..first[n + 1]]`.
    first: Vec<u32>,
    readers: Vec<u32>,
    known: RwLock<FxHashMap<PartId, Arc<FxHashSet<PartId>>>>,
}

fn rows(part: PartId) -> u32 {
    2 * part.0
}

fn truth(part: PartId) -> u32 {
    2 * part.0 + 1
}

impl Reach {
    pub(super) fn new(strata: &Strata) -> Reach {
        let mut edges: Vec<(u32, u32)> = Vec::new();
        for (p, part) in (0..).map(PartId).zip(&strata.parts) {
            edges.push((rows(p), truth(p)));
            for condition in &part.residue {
                if let Condition::Absent(absent, _) = condition {
                    edges.push((truth(*absent), truth(p)));
                }
            }
        }
        for rule in &strata.rules {
            for literal in &rule.body {
                match literal {
                    PartLiteral::Positive(atom) => {
                        edges.push((rows(atom.part), rows(rule.head.part)));
                    }
                    PartLiteral::Negative(atom) => {
                        edges.push((truth(atom.part), rows(rule.head.part)));
                    }
                    PartLiteral::Compare(..) | PartLiteral::HasType(..) => {}
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let nodes = 2 * strata.parts.len();
        let mut first = vec![0; nodes + 1];
        for (from, _) in &edges {
            first[*from as usize + 1] += 1;
        }
        for n in 0..nodes {
            first[n + 1] += first[n];
        }
        Reach {
            first,
            readers: edges.into_iter().map(|(_, to)| to).collect(),
            known: RwLock::default(),
        }
    }

    /// Every part whose rows may depend on those of this one, itself included.
    pub(super) fn of(&self, part: PartId) -> Arc<FxHashSet<PartId>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(&part) {
            return found.clone();
        }
        drop(known);
        let mut seen: FxHashSet<u32> = FxHashSet::default();
        let mut open = vec![rows(part)];
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                let first = |n: u32| self.first[n as usize] as usize;
                open.extend(&self.readers[first(next)..first(next + 1)]);
            }
        }
        let reached = seen
            .into_iter()
            .filter(|n| n % 2 == 0)
            .map(|n| PartId(n / 2));
        let found = Arc::new(reached.collect());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(part).or_insert(found).clone()
    }
}
