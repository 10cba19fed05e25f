//! Which recursion can be separated, and the edges it moves along (design D6).

use floe_frontend::ir::core::RuleId;
use floe_frontend::ir::part::{
    Column, Mode, PartAtom, PartId, PartLiteral, PartRule, PartTerm, PartVariable, Strata,
};
use rustc_hash::FxHashMap;

use super::groups::Group;
use super::order::stored_terms;
use super::{AsWritten, variable};

/// How a rule moves one class of columns. Variables are numbered by first occurrence, so
/// equal edges are equal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edge {
    pub(super) from: Vec<PartTerm>,
    pub(super) to: Vec<PartTerm>,
    pub(super) rest: Vec<PartLiteral>,
    pub(super) variables: Vec<PartVariable>,
    pub(super) core: RuleId,
}

/// A component of one part whose recursive rules are linear and move one class each.
pub(super) struct Separable {
    pub(super) part: PartId,
    /// Columns of each class with its edges, first column first.
    pub(super) classes: Vec<(Vec<usize>, Vec<Edge>)>,
    /// Rules that do not mention the part.
    pub(super) base: Vec<PartRule>,
}

impl Separable {
    /// The component of a recursive group, if it is one.
    pub(super) fn of(group: &Group, strata: &Strata) -> Result<Separable, AsWritten> {
        let &[part] = &group.parts[..] else {
            return Err(AsWritten::Mutual);
        };
        let data = strata.part(part);
        let plain = data.mode == Mode::Rows
            && data.residue.is_empty()
            && data.hidden.is_empty()
            && data.open.is_empty()
            && !data.columns.iter().any(|c| matches!(c, Column::Every(_)));
        if !plain {
            return Err(AsWritten::Conditions);
        }
        let mut classes: Vec<(Vec<usize>, Vec<Edge>)> = Vec::new();
        let mut base = Vec::new();
        for rule in &group.rules {
            let mut own = rule.body.iter().filter(|l| reads(l, part));
            match (own.next(), own.next()) {
                (None, _) => base.push(rule.clone()),
                (Some(PartLiteral::Positive(atom)), None) => {
                    let (class, edge) = moved(rule, atom, strata).ok_or(AsWritten::Entangled)?;
                    let known = classes.iter_mut().find(|(c, _)| *c == class);
                    if let Some((_, edges)) = known {
                        if !edges.iter().any(|e| e.is(&edge)) {
                            edges.push(edge);
                        }
                    } else {
                        let overlaps =
                            |(c, _): &(Vec<usize>, _)| c.iter().any(|i| class.contains(i));
                        if classes.iter().any(overlaps) {
                            return Err(AsWritten::Entangled);
                        }
                        classes.push((class, vec![edge]));
                    }
                }
                _ => return Err(AsWritten::NotLinear),
            }
        }
        let width = data.stored().count();
        let moves_everything = classes.iter().any(|(class, _)| class.len() == width);
        // Without a column that rides along there is nothing to gain.
        if moves_everything {
            return Err(AsWritten::NothingRides);
        }
        classes.sort_by_key(|(class, _)| class.clone());
        Ok(Separable {
            part,
            classes,
            base,
        })
    }
}

/// Whether a literal mentions the part.
fn reads(literal: &PartLiteral, part: PartId) -> bool {
    match literal {
        PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => atom.part == part,
        PartLiteral::Compare(..) | PartLiteral::HasType(..) => false,
    }
}

/// The columns a recursive rule moves, and how; `None` if it cannot be separated.
fn moved(rule: &PartRule, atom: &PartAtom, strata: &Strata) -> Option<(Vec<usize>, Edge)> {
    let head = stored_terms(&rule.head, strata);
    let body = stored_terms(atom, strata);
    let rest: Vec<&PartLiteral> = (rule.body.iter())
        .filter(|l| !reads(l, atom.part))
        .collect();
    let mentioned: Vec<u32> = rest.iter().flat_map(|l| variables(l)).collect();
    let handed = |i: &usize| {
        let once = |terms: &[&PartTerm], v: u32| {
            terms.iter().filter(|t| variable(t) == Some(v)).count() == 1
        };
        match (variable(head[*i]), variable(body[*i])) {
            (Some(a), Some(b)) => {
                a == b && once(&head, a) && once(&body, a) && !mentioned.contains(&a)
            }
            _ => false,
        }
    };
    let class: Vec<usize> = (0..head.len()).filter(|i| !handed(i)).collect();
    let from: Vec<PartTerm> = class.iter().map(|&i| body[i].clone()).collect();
    let to: Vec<PartTerm> = class.iter().map(|&i| head[i].clone()).collect();
    // The rest of the body must know both ends.
    let positive: Vec<u32> = (rest.iter())
        .filter(|l| matches!(l, PartLiteral::Positive(_)))
        .flat_map(|l| stored_variables(l, strata))
        .collect();
    let known = |t: &PartTerm| variable(t).is_none_or(|v| positive.contains(&v));
    if class.is_empty() || !from.iter().chain(&to).all(known) {
        return None;
    }
    let mut names = Renaming {
        of: FxHashMap::default(),
        rule,
        variables: Vec::new(),
    };
    let edge = Edge {
        from: from.iter().map(|t| names.term(t)).collect(),
        to: to.iter().map(|t| names.term(t)).collect(),
        rest: rest.iter().map(|l| names.literal(l)).collect(),
        variables: Vec::new(),
        core: rule.core,
    };
    Some((
        class,
        Edge {
            variables: names.variables,
            ..edge
        },
    ))
}

impl Edge {
    /// Whether it leads from and to the same nodes, whatever rule it comes from.
    pub(super) fn is(&self, other: &Edge) -> bool {
        self.from == other.from && self.to == other.to && self.rest == other.rest
    }
}

/// Variables that a literal mentions.
pub(super) fn variables(literal: &PartLiteral) -> Vec<u32> {
    let mut found = Vec::new();
    match literal {
        PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => {
            found.extend(atom.args.iter().chain(&atom.hidden).filter_map(variable));
        }
        PartLiteral::Compare(_, a, b) => found.extend([a, b].into_iter().filter_map(variable)),
        PartLiteral::HasType(t, _) => found.extend(variable(t)),
    }
    found
}

/// Variables that rows of a positive literal give values.
fn stored_variables(literal: &PartLiteral, strata: &Strata) -> Vec<u32> {
    match literal {
        PartLiteral::Positive(atom) => {
            let terms = stored_terms(atom, strata);
            terms.into_iter().filter_map(variable).collect()
        }
        _ => Vec::new(),
    }
}

/// Variables by first occurrence.
struct Renaming<'r> {
    of: FxHashMap<u32, u32>,
    rule: &'r PartRule,
    variables: Vec<PartVariable>,
}

impl Renaming<'_> {
    fn term(&mut self, term: &PartTerm) -> PartTerm {
        let Some(v) = variable(term) else {
            return term.clone();
        };
        let next = self.of.len() as u32;
        let new = *self.of.entry(v).or_insert(next);
        if new == next {
            self.variables.push(self.rule.variables[v as usize].clone());
        }
        PartTerm::Variable(new)
    }

    fn literal(&mut self, literal: &PartLiteral) -> PartLiteral {
        let mut atom = |atom: &PartAtom| PartAtom {
            part: atom.part,
            args: atom.args.iter().map(|t| self.term(t)).collect(),
            hidden: atom.hidden.iter().map(|t| self.term(t)).collect(),
        };
        match literal {
            PartLiteral::Positive(a) => PartLiteral::Positive(atom(a)),
            PartLiteral::Negative(a) => PartLiteral::Negative(atom(a)),
            PartLiteral::Compare(op, a, b) => PartLiteral::Compare(*op, self.term(a), self.term(b)),
            PartLiteral::HasType(t, types) => PartLiteral::HasType(self.term(t), types.clone()),
        }
    }
}
