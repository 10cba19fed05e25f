//! Separated relations unfolded where they are joined.
//!
//! `read(u, d) if folder(d, f) and viewer(u, f)` would index every pair of `viewer` by
//! folder. With `viewer` replaced by what it is made of, its base and its closure, the
//! closure is joined with the folders first and the base comes last: nothing as large as
//! `viewer` is ever indexed.

use crate::faults::{Fault, has};
use floe_frontend::ir::part::{
    Column, PartAtom, PartId, PartLiteral, PartRule, PartTerm, PartVariable, Strata,
};
use rustc_hash::FxHashMap;

/// What a separated relation is made of: the rows of `from`, and those of `from` whose
/// `class` columns have moved along `pairs`.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) from: PartId,
    /// Stored columns.
    pub(super) class: Vec<usize>,
    pub(super) pairs: PartId,
}

/// Rules in the place of one that joins separated relations; itself, if it does not.
pub(super) fn unfold(
    rule: PartRule,
    views: &FxHashMap<PartId, View>,
    strata: &Strata,
) -> Vec<PartRule> {
    let mut open = vec![rule];
    let mut done = Vec::new();
    while let Some(rule) = open.pop() {
        match seen(&rule, views) {
            Some((at, view)) => {
                let both = alternatives(&rule, at, view, strata);
                let lost = usize::from(has(Fault::UnfoldedOnlyMoved));
                open.extend(both.into_iter().skip(lost));
            }
            None => done.push(rule),
        }
    }
    done
}

/// A literal that reads a separated relation, in a rule that joins it with something.
fn seen<'v>(rule: &PartRule, views: &'v FxHashMap<PartId, View>) -> Option<(usize, &'v View)> {
    let positive = |l: &&PartLiteral| matches!(l, PartLiteral::Positive(_));
    if rule.body.iter().filter(positive).count() < 2 {
        return None;
    }
    let mut literals = rule.body.iter().enumerate();
    literals.find_map(|(at, literal)| match literal {
        PartLiteral::Positive(atom) => Some((at, views.get(&atom.part)?)),
        _ => None,
    })
}

fn alternatives(rule: &PartRule, at: usize, view: &View, strata: &Strata) -> [PartRule; 2] {
    let PartLiteral::Positive(atom) = &rule.body[at] else {
        unreachable!("only positive literals are unfolded");
    };
    let base = PartAtom {
        part: view.from,
        ..atom.clone()
    };
    let mut stays = rule.clone();
    stays.body[at] = PartLiteral::Positive(base.clone());

    let mut moves = rule.clone();
    let mut base = base;
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let columns = &strata.part(atom.part).columns;
    for (stored, i) in strata.part(atom.part).stored().enumerate() {
        if let (true, Column::Stored(types, _)) = (view.class.contains(&stored), &columns[i]) {
            let node = PartTerm::Variable(moves.variables.len() as u32);
            moves.variables.push(PartVariable {
                name: "x".into(),
                types: types.clone(),
            });
            from.push(node.clone());
            to.push(std::mem::replace(&mut base.args[i], node));
        }
    }
    moves.body[at] = PartLiteral::Positive(PartAtom {
        part: view.pairs,
        args: from.into_iter().chain(to).collect(),
        hidden: Vec::new(),
    });
    // Behind the other positive literals, before conditions.
    let end = moves
        .body
        .iter()
        .rposition(|l| matches!(l, PartLiteral::Positive(_)));
    moves
        .body
        .insert(end.map_or(0, |e| e + 1), PartLiteral::Positive(base));
    [stays, moves]
}
