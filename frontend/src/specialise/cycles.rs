//! The ban on negation within a component (E042).

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::Checked;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::TypeTable;
use crate::ir::core::Predicate;
use crate::source::{Sources, Span};

use super::cells::{CellId, Cells, View};
use super::components::Components;
use super::instances::Instance;
use super::vocabulary::Vocabulary;

/// A step of a dependency: from one cell to another, through a rule.
#[derive(Clone, Copy)]
struct Step {
    instance: usize,
    to: CellId,
    negative: bool,
}

/// Reports every component that negates itself, each with one shortest cycle.
#[expect(
    clippy::too_many_arguments,
    reason = "everything a message about a cycle shows"
)]
pub(super) fn forbid_negative_cycles(
    checked: &Checked,
    types: &TypeTable,
    sources: &Sources,
    vocabulary: &Vocabulary,
    cells: &Cells<'_>,
    components: &Components,
    instances: &[Instance],
    negated: &[Vec<Vec<CellId>>],
    diagnostics: &mut Diagnostics,
) {
    let mut reported: FxHashSet<u32> = FxHashSet::default();
    for (i, (instance, negated_cells)) in instances.iter().zip(negated).enumerate() {
        let group = components.of(instance.head);
        let places = &checked.negations[instance.rule.0 as usize];
        let each = negated_cells.iter().zip(places);
        for (&cell, &place) in each.flat_map(|(cells, place)| cells.iter().map(move |c| (c, place)))
        {
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
                checked,
                types,
                sources,
                vocabulary,
                cells,
                instances,
                instance.head,
                &steps,
                place,
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
    checked: &Checked,
    types: &TypeTable,
    sources: &Sources,
    vocabulary: &Vocabulary,
    cells: &Cells<'_>,
    instances: &[Instance],
    start: CellId,
    steps: &[Step],
    place: Span,
    diagnostics: &mut Diagnostics,
) {
    let core = &checked.core;
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
    let show = |cell: CellId| {
        let predicate = core.predicate(cells.predicate(cell));
        show_cell(predicate, types, vocabulary, cells, cell)
    };
    let begin = named.first().map_or(start, |s| s.0);
    let mut chain = format!("`{}`", show(begin));
    for (_, negative, to, _) in &named {
        chain.push_str(if *negative { " -> not `" } else { " -> `" });
        chain.push_str(&show(*to));
        chain.push('`');
    }
    let mut found = Diagnostic::new(
        Code::E042,
        place,
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
        let around = line.file == place.file && line.start <= place.start && place.end <= line.end;
        if !around && !found.secondary.iter().any(|l| l.span == *line) {
            found = found.also(*line, format!("`{}` comes from here", show(*from)));
        }
    }
    diagnostics.push(found.help("break the circle: let one of these rules read a fact instead"));
}

/// A cell for people: `has_role(Actor, "owner", Repo)`.
pub(super) fn show_cell(
    predicate: &Predicate,
    types: &TypeTable,
    vocabulary: &Vocabulary,
    cells: &Cells<'_>,
    cell: CellId,
) -> String {
    let columns: Vec<String> = (0..predicate.arity)
        .map(|i| match cells.view(cell, i) {
            View::Constant(value) => vocabulary.value(value).show(types).to_string(),
            View::Stored(set, _) | View::Every(set, _) => types.show(vocabulary.types(set)),
        })
        .collect();
    if columns.is_empty() {
        predicate.name.to_string()
    } else {
        format!("{}({})", predicate.name, columns.join(", "))
    }
}
