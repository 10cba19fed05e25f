//! Strongly connected components of the cells.

use super::cells::CellId;
use super::instances::Instance;

/// Cells in groups that depend on each other, dependencies first.
pub(super) struct Components {
    /// Group by group, ascending within each.
    members: Vec<CellId>,
    /// Where each group begins among the members, and the end of the last.
    starts: Vec<usize>,
    /// Per cell, the index of its group.
    of: Vec<u32>,
}

impl Components {
    pub(super) fn of(&self, cell: CellId) -> u32 {
        self.of[cell.0 as usize]
    }

    /// Each group's cells.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[CellId]> {
        self.starts.windows(2).map(|w| &self.members[w[0]..w[1]])
    }

    pub(super) fn new(
        cells: usize,
        instances: &[Instance],
        negated: &[Vec<Vec<CellId>>],
    ) -> Components {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (instance, negated) in instances.iter().zip(negated) {
            let body = instance.body.iter().chain(negated.iter().flatten());
            pairs.extend(body.map(|to| (instance.head.0, to.0)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        tarjan(&Edges::new(cells, &pairs))
    }
}

/// What each cell depends on, one list behind the other.
struct Edges {
    to: Vec<u32>,
    starts: Vec<usize>,
}

impl Edges {
    /// Of ascending pairs.
    fn new(cells: usize, pairs: &[(u32, u32)]) -> Edges {
        let mut starts = vec![0; cells + 1];
        for (from, _) in pairs {
            starts[*from as usize + 1] += 1;
        }
        for i in 0..cells {
            starts[i + 1] += starts[i];
        }
        Edges {
            to: pairs.iter().map(|(_, to)| *to).collect(),
            starts,
        }
    }

    fn of(&self, cell: usize) -> &[u32] {
        &self.to[self.starts[cell]..self.starts[cell + 1]]
    }
}

/// Tarjan's algorithm with an explicit stack: components come out dependencies first.
fn tarjan(edges: &Edges) -> Components {
    const NEW: u32 = u32::MAX;
    let n = edges.starts.len() - 1;
    let (mut index, mut low) = (vec![NEW; n], vec![0; n]);
    let mut of = vec![NEW; n];
    let mut members: Vec<CellId> = Vec::with_capacity(n);
    let mut starts = vec![0];
    let (mut stack, mut path): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
    let mut counter = 0;
    for root in 0..n as u32 {
        if index[root as usize] != NEW {
            continue;
        }
        path.push((root, 0));
        while let Some(&mut (at, ref mut edge)) = path.last_mut() {
            let a = at as usize;
            if *edge == 0 && index[a] == NEW {
                index[a] = counter;
                low[a] = counter;
                counter += 1;
                stack.push(at);
            }
            if let Some(&to) = edges.of(a).get(*edge) {
                *edge += 1;
                let t = to as usize;
                if index[t] == NEW {
                    path.push((to, 0));
                } else if of[t] == NEW {
                    low[a] = low[a].min(index[t]);
                }
                continue;
            }
            path.pop();
            if let Some(&(parent, _)) = path.last() {
                low[parent as usize] = low[parent as usize].min(low[a]);
            }
            if low[a] == index[a] {
                let group = starts.len() as u32 - 1;
                let start = members.len();
                while let Some(member) = stack.pop() {
                    of[member as usize] = group;
                    members.push(CellId(member));
                    if member == at {
                        break;
                    }
                }
                members[start..].sort_unstable();
                starts.push(members.len());
            }
        }
    }
    Components {
        members,
        starts,
        of,
    }
}
