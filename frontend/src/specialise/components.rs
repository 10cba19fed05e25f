//! Strongly connected components of the cells, and the ban on negation within one (E042).

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::TypeTable;
use crate::ir::core::{Core, Predicate};
use crate::source::{Sources, Span};

use super::cells::{CellId, Cells, View};
use super::instances::Instance;

/// Cells in groups that depend on each other, dependencies first.
pub(super) struct Components {
    pub(super) groups: Vec<Vec<CellId>>,
    /// Per cell, the index of its group.
    of: Vec<u32>,
}

impl Components {
    pub(super) fn of(&self, cell: CellId) -> u32 {
        self.of[cell.0 as usize]
    }

    pub(super) fn new(
        cells: usize,
        instances: &[Instance],
        negated: &[Vec<Vec<CellId>>],
    ) -> Components {
        let mut edges: Vec<Vec<u32>> = vec![Vec::new(); cells];
        for (instance, negated) in instances.iter().zip(negated) {
            let to = &mut edges[instance.head.0 as usize];
            to.extend(instance.body.iter().map(|c| c.0));
            to.extend(negated.iter().flatten().map(|c| c.0));
        }
        for list in &mut edges {
            list.sort_unstable();
            list.dedup();
        }
        tarjan(&edges)
    }
}

/// Tarjan's algorithm with an explicit stack: components come out dependencies first.
fn tarjan(edges: &[Vec<u32>]) -> Components {
    const NEW: u32 = u32::MAX;
    let n = edges.len();
    let (mut index, mut low) = (vec![NEW; n], vec![0; n]);
    let mut of = vec![NEW; n];
    let mut groups: Vec<Vec<CellId>> = Vec::new();
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
            if let Some(&to) = edges[a].get(*edge) {
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
                let group = groups.len() as u32;
                let mut members = Vec::new();
                while let Some(member) = stack.pop() {
                    of[member as usize] = group;
                    members.push(CellId(member));
                    if member == at {
                        break;
                    }
                }
                members.sort_unstable();
                groups.push(members);
            }
        }
    }
    Components { groups, of }
}

/// A step of a dependency: from one cell to another, through a rule.
#[derive(Clone, Copy)]
struct Step {
    instance: usize,
    to: CellId,
    negative: bool,
}

#[expect(
    clippy::too_many_arguments,
    reason = "everything a message about a cycle shows"
)]
/// Reports every component that negates itself, each with one shortest cycle.
pub(super) fn forbid_negative_cycles(
    core: &Core,
    types: &TypeTable,
    sources: &Sources,
    cells: &Cells<'_>,
    components: &Components,
    instances: &[Instance],
    negated: &[Vec<Vec<CellId>>],
    diagnostics: &mut Diagnostics,
) {
    let mut reported: FxHashSet<u32> = FxHashSet::default();
    for (i, (instance, negated_cells)) in instances.iter().zip(negated).enumerate() {
        let group = components.of(instance.head);
        for &cell in negated_cells.iter().flatten() {
            if components.of(cell) != group || !reported.insert(group) {
                continue;
            }
            let first = Step {
                instance: i,
                to: cell,
                negative: true,
            };
            let mut steps = vec![first];
            steps.extend(path(
                cell,
                instance.head,
                group,
                components,
                instances,
                negated,
            ));
            report(
                core,
                types,
                sources,
                cells,
                instances,
                instance.head,
                &steps,
                diagnostics,
            );
        }
    }
}

/// The shortest way from one cell back to another within their component.
fn path(
    from: CellId,
    to: CellId,
    group: u32,
    components: &Components,
    instances: &[Instance],
    negated: &[Vec<Vec<CellId>>],
) -> Vec<Step> {
    let mut out: FxHashMap<CellId, Vec<Step>> = FxHashMap::default();
    for (i, instance) in instances.iter().enumerate() {
        if components.of(instance.head) != group {
            continue;
        }
        let steps = out.entry(instance.head).or_default();
        let step = |to: CellId, negative: bool| Step {
            instance: i,
            to,
            negative,
        };
        steps.extend(instance.body.iter().map(|&c| step(c, false)));
        steps.extend(negated[i].iter().flatten().map(|&c| step(c, true)));
        steps.retain(|s| components.of(s.to) == group);
    }
    let mut came: FxHashMap<CellId, (CellId, Step)> = FxHashMap::default();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            break;
        }
        for step in out.get(&at).into_iter().flatten() {
            if step.to != from && !came.contains_key(&step.to) {
                came.insert(step.to, (at, *step));
                queue.push_back(step.to);
            }
        }
    }
    let mut steps = Vec::new();
    let mut at = to;
    while at != from {
        let Some(&(before, step)) = came.get(&at) else {
            break;
        };
        steps.push(step);
        at = before;
    }
    steps.reverse();
    steps
}

#[expect(
    clippy::too_many_arguments,
    reason = "everything a message about a cycle shows"
)]
fn report(
    core: &Core,
    types: &TypeTable,
    sources: &Sources,
    cells: &Cells<'_>,
    instances: &[Instance],
    start: CellId,
    steps: &[Step],
    diagnostics: &mut Diagnostics,
) {
    // Groups are the insides of negations: name what they stand for, not them.
    let auxiliary = |cell: CellId| core.predicate(cells.predicate(cell)).is_auxiliary();
    let mut at = start;
    let mut from = start;
    let mut negative = false;
    let mut named: Vec<(CellId, bool, CellId, Option<Span>)> = Vec::new();
    for step in steps {
        negative |= step.negative;
        if !auxiliary(at) {
            from = at;
        }
        at = step.to;
        if !auxiliary(at) {
            let span = core.rule(instances[step.instance].rule).span;
            named.push((from, negative, at, span));
            negative = false;
        }
    }
    let show = |cell: CellId| show_cell(core.predicate(cells.predicate(cell)), types, cells, cell);
    let begin = named.first().map_or(start, |s| s.0);
    let mut chain = format!("`{}`", show(begin));
    for (_, negative, to, _) in &named {
        chain.push_str(if *negative { " -> not `" } else { " -> `" });
        chain.push_str(&show(*to));
        chain.push('`');
    }
    let span = core.rule(instances[steps[0].instance].rule).span;
    let Some(span) = span.or_else(|| named.iter().find_map(|s| s.3)) else {
        return;
    };
    let mut found = Diagnostic::new(
        Code::E042,
        span,
        format!("`{}` depends on its own negation: {chain}", show(begin)),
    )
    .label("the negation is here");
    for (from, negative, to, line) in named.iter().take(12) {
        let Some(line) = line else { continue };
        let not = if *negative { "not " } else { "" };
        found = found.note(format!(
            "{}: `{}` needs {not}`{}`",
            sources.locate(*line),
            show(*from),
            show(*to)
        ));
        if *line != span && !found.secondary.iter().any(|l| l.span == *line) {
            found = found.also(*line, format!("`{}` comes from here", show(*from)));
        }
    }
    diagnostics.push(found.help("break the circle: let one of these rules read a fact instead"));
}

/// A cell for people: `has_role(Actor, "owner", Repo)`.
pub(super) fn show_cell(
    predicate: &Predicate,
    types: &TypeTable,
    cells: &Cells<'_>,
    cell: CellId,
) -> String {
    let columns: Vec<String> = (0..predicate.arity)
        .map(|i| match cells.view(cell, i) {
            View::Constant(value) => value.show(types).to_string(),
            View::Stored(set, _) | View::Every(set, _) => types.show(set),
        })
        .collect();
    if columns.is_empty() {
        predicate.name.to_string()
    } else {
        format!("{}({})", predicate.name, columns.join(", "))
    }
}
