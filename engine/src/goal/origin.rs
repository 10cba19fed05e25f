//! From a condition that cannot be judged back to the rule that made it.
//!
//! Conditions are handed on from part to part. What people are told is the rule in which
//! one was written and the name a variable has there. If several rules made the same
//! condition, the first by name and place stands for all.

use floe_frontend::ir::Program;
use floe_frontend::ir::core::{self, CompareOp, RuleId};
use floe_frontend::ir::part::{Condition, PartAtom, PartId, PartLiteral, PartRule, PartTerm, Slot};
use floe_frontend::source::Text;
use rustc_hash::FxHashSet;

use super::clause::Origin;

/// A condition over what a rule calls things.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    op: Option<CompareOp>,
    absent: Option<PartId>,
    args: Vec<Option<Named>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    Term(PartTerm),
    /// An open variable, by name: rules that hand it on do not list it.
    Open(Text),
}

/// The variable at a place of the condition, and the rule the condition comes from. Without
/// a place it is that side of a comparison which is written first.
pub(super) fn blame(program: &Program, origin: Origin, place: Option<usize>) -> (Text, RuleId) {
    let strata = &program.strata;
    let mut found: Vec<(Text, RuleId)> = Vec::new();
    let mut seen: FxHashSet<Below> = FxHashSet::default();
    let mut open: Vec<Below> = Vec::new();
    let mut from_rule = |rule: &PartRule, written: &Written, place, open: &mut Vec<_>| {
        let before = open.len();
        inherited(program, rule, written, place, open);
        if open.len() == before {
            let name = |place: usize| match written.args.get(place) {
                Some(Some(Named::Term(PartTerm::Variable(v)))) => {
                    rule.variables[*v as usize].name.clone()
                }
                Some(Some(Named::Open(name))) => name.clone(),
                _ => "_".into(),
            };
            let name = match place {
                Some(place) => name(place),
                None => first_written(program.core.rule(rule.core), name(0), &name(1)),
            };
            found.push((name, rule.core));
        }
    };
    match origin {
        Origin::Residue { part, condition } => open.push((part, condition, place)),
        Origin::Rule { rule, literal } => {
            let rule = &strata.rules[rule as usize];
            if let Some(written) = of_literal(&rule.body[literal as usize]) {
                from_rule(rule, &written, place, &mut open);
            }
        }
    }
    while let Some((part, condition, place)) = open.pop() {
        if !seen.insert((part, condition, place)) {
            continue;
        }
        let data = strata.part(part);
        for rule in strata.rules.iter().filter(|r| r.head.part == part) {
            let written = of_condition(&data.residue[condition as usize], &rule.head, &data.open);
            from_rule(rule, &written, place, &mut open);
        }
    }
    let key = |(name, rule): &(Text, RuleId)| (name.clone(), program.core.rule(*rule).span);
    let first = found.into_iter().min_by_key(key);
    first.unwrap_or_else(|| ("_".into(), RuleId(0)))
}

/// A condition of a part's residue, and a place of it.
type Below = (PartId, u32, Option<usize>);

/// Of the two names the one that a comparison of the rule has on its left.
fn first_written(rule: &core::Rule, a: Text, b: &Text) -> Text {
    let turned = rule.body.iter().any(|literal| match literal {
        core::Literal::Compare(_, core::Term::Variable(left), core::Term::Variable(right)) => {
            rule.variable(*left).name == *b && rule.variable(*right).name == a
        }
        _ => false,
    });
    if turned { b.clone() } else { a }
}

/// Conditions of body atoms that hand this one on, with the place there.
fn inherited(
    program: &Program,
    rule: &PartRule,
    written: &Written,
    place: Option<usize>,
    found: &mut Vec<Below>,
) {
    for literal in &rule.body {
        let PartLiteral::Positive(atom) = literal else {
            continue;
        };
        let data = program.strata.part(atom.part);
        for (condition, at) in data.residue.iter().zip(0..) {
            let below = of_condition(condition, atom, &data.open);
            if below == *written {
                found.push((atom.part, at, place));
            } else if written.op == Some(CompareOp::Ne) && swapped(&below) == *written {
                found.push((atom.part, at, place.map(|p| 1 - p.min(1))));
            }
        }
    }
}

fn swapped(written: &Written) -> Written {
    let mut other = written.clone();
    other.args.reverse();
    other
}

fn of_condition(condition: &Condition, atom: &PartAtom, open: &[Text]) -> Written {
    let named = |slot: &Slot| match slot {
        Slot::Argument(i) => Named::Term(atom.args[*i as usize].clone()),
        Slot::Hidden(i) => Named::Term(atom.hidden[*i as usize].clone()),
        Slot::Open(i) => Named::Open(open[*i as usize].clone()),
        Slot::Value(value) => Named::Term(PartTerm::Value(value.clone())),
        Slot::Now => Named::Term(PartTerm::Now),
    };
    match condition {
        Condition::Compare(op, a, b) => Written {
            op: Some(*op),
            absent: None,
            args: vec![Some(named(a)), Some(named(b))],
        },
        Condition::Absent(part, slots) => Written {
            op: None,
            absent: Some(*part),
            args: slots.iter().map(|s| s.as_ref().map(named)).collect(),
        },
    }
}

fn of_literal(literal: &PartLiteral) -> Option<Written> {
    let named = |t: &PartTerm| Some(Named::Term(t.clone()));
    match literal {
        PartLiteral::Compare(op, a, b) => Some(Written {
            op: Some(*op),
            absent: None,
            args: vec![named(a), named(b)],
        }),
        PartLiteral::Negative(atom) => Some(Written {
            op: None,
            absent: Some(atom.part),
            args: atom.args.iter().map(named).collect(),
        }),
        PartLiteral::Positive(_) | PartLiteral::HasType(..) => None,
    }
}
