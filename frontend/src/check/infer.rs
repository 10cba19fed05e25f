//! Types of untyped variables (spec 5.7).
//!
//! Annotations, `matches`, literals and integer comparisons have been turned into types
//! of variables already (steps 1 and 2). What is left open takes the types that the
//! positions it stands in can have (step 3), iterated to a fixpoint. The result decides
//! which facts may be stored; it never changes what a rule means.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::core::{Atom, Literal, Origin, Predicate, PredicateId, Term, VariableId};
use crate::ir::{TypeSet, TypeTable};

use rustc_hash::FxHashSet;

use crate::desugar::Lowered;
use crate::source::Span;

/// Rounds after which open types count as unknown. Chains of untyped predicates as long
/// as this do not occur; the bound is there for time, not for meaning.
const ROUNDS: usize = 64;

/// Types of every variable of every rule; `None` where nothing is known.
pub(super) struct Inferred {
    variables: Vec<Vec<Option<TypeSet>>>,
    /// Variables that the rules themselves leave open.
    open: Vec<(usize, VariableId)>,
    positions: Positions,
}

impl Inferred {
    /// W004 and W005 of the variables left open, except those written at `known` places.
    pub(super) fn report(
        &self,
        types: &TypeTable,
        rules: &[Lowered],
        known: &FxHashSet<Span>,
        diagnostics: &mut Diagnostics,
    ) {
        // One rule as written may have become several.
        let mut reported = FxHashSet::default();
        for &(rule, v) in &self.open {
            let lowered = &rules[rule];
            let Some(span) = lowered.spans[v.0 as usize].filter(|s| !known.contains(s)) else {
                continue;
            };
            // A group's variables that come from outside are reported there.
            let handed_in = lowered.rule.origin == Origin::Group
                && lowered.rule.head.args.contains(&Term::Variable(v));
            let private = lowered.rule.variable(v).name.starts_with('_');
            if !handed_in && !private && reported.insert(span) {
                diagnostics.extend(self.problem(types, rules, (rule, v), span));
            }
        }
    }

    /// W004 or W005 of one open variable.
    fn problem(
        &self,
        types: &TypeTable,
        rules: &[Lowered],
        (rule, v): (usize, VariableId),
        span: Span,
    ) -> Option<Diagnostic> {
        let name = &rules[rule].rule.variable(v).name;
        match self.of(rule, v) {
            None => Some(
                Diagnostic::new(
                    Code::W004,
                    span,
                    format!("no type could be inferred for `{name}`"),
                )
                .label("could be anything")
                .help(format!("add `{name} matches SomeType`")),
            ),
            Some(none) if none.is_empty() => {
                let uses: Vec<String> = occurrences(rules, rule, v)
                    .into_iter()
                    .filter_map(|(p, i)| self.positions[p.0 as usize][i].as_ref())
                    .map(|t| types.show(t))
                    .collect();
                Some(
                    Diagnostic::new(
                        Code::W005,
                        span,
                        format!(
                            "this condition can never hold: one use of `{name}` needs {}",
                            uses.join(", another ")
                        ),
                    )
                    .label("no value fits all its uses"),
                )
            }
            Some(_) => None,
        }
    }

    /// The types a variable can have, as far as the policy tells.
    pub(super) fn of(&self, rule: usize, variable: VariableId) -> Option<&TypeSet> {
        self.variables[rule][variable.0 as usize].as_ref()
    }
}

/// What each position of each predicate can have; `None` without any source.
type Positions = Vec<Vec<Option<TypeSet>>>;

pub(super) fn infer(
    types: &TypeTable,
    predicates: &[Predicate],
    declared: &[(PredicateId, Vec<TypeSet>)],
    rules: &[Lowered],
) -> Inferred {
    let mut variables: Vec<Vec<Option<TypeSet>>> = rules
        .iter()
        .map(|r| {
            let known = |t: &TypeSet| (t != types.any()).then(|| t.clone());
            r.rule.variables.iter().map(|v| known(&v.types)).collect()
        })
        .collect();
    let open: Vec<(usize, VariableId)> = rules
        .iter()
        .enumerate()
        .flat_map(|(i, r)| {
            let any = types.any();
            r.rule
                .variables
                .iter()
                .enumerate()
                .filter(move |(_, v)| v.types == *any)
                .map(move |(v, _)| (i, VariableId(v as u32)))
        })
        .collect();
    let mut positions = Positions::new();
    for round in 0.. {
        if open.is_empty() {
            break;
        }
        positions = gather(types, predicates, declared, rules, &variables);
        let mut changed = false;
        for &(rule, v) in &open {
            let found = meet(rules, rule, v, &positions);
            let slot = &mut variables[rule][v.0 as usize];
            if *slot != found {
                *slot = if round < ROUNDS { found } else { None };
                changed = true;
            }
        }
        if !changed || round > ROUNDS {
            break;
        }
    }
    Inferred {
        variables,
        open,
        positions,
    }
}

/// Unions over heads, declarations and uses.
fn gather(
    types: &TypeTable,
    predicates: &[Predicate],
    declared: &[(PredicateId, Vec<TypeSet>)],
    rules: &[Lowered],
    variables: &[Vec<Option<TypeSet>>],
) -> Positions {
    let mut positions: Positions = predicates.iter().map(|p| vec![None; p.arity]).collect();
    let mut add = |predicate: PredicateId, i: usize, more: &TypeSet| {
        let slot = &mut positions[predicate.0 as usize][i];
        *slot = Some(match slot.take() {
            Some(before) => before.or(more),
            None => more.clone(),
        });
    };
    for (predicate, entry) in declared {
        for (i, t) in entry.iter().enumerate() {
            add(*predicate, i, t);
        }
    }
    for (r, lowered) in rules.iter().enumerate() {
        let atoms =
            std::iter::once(&lowered.rule.head).chain(lowered.rule.body.iter().filter_map(atom));
        for atom in atoms {
            for (i, arg) in atom.args.iter().enumerate() {
                match arg {
                    Term::Value(value) => add(atom.predicate, i, &types.only(value.ty())),
                    Term::Variable(v) => {
                        if let Some(t) = &variables[r][v.0 as usize] {
                            add(atom.predicate, i, t);
                        }
                    }
                    Term::Now => {}
                }
            }
        }
    }
    positions
}

fn atom(literal: &Literal) -> Option<&Atom> {
    match literal {
        Literal::Positive(a) | Literal::Negative(a) => Some(a),
        Literal::Compare(..) => None,
    }
}

/// Positions a variable occupies: positive atoms, or negated ones if there are no others.
fn occurrences(rules: &[Lowered], rule: usize, v: VariableId) -> Vec<(PredicateId, usize)> {
    let body = &rules[rule].rule.body;
    let within = |positive: bool| {
        let mut found = Vec::new();
        for literal in body {
            let ((Literal::Positive(atom), true) | (Literal::Negative(atom), false)) =
                (literal, positive)
            else {
                continue;
            };
            for (i, arg) in atom.args.iter().enumerate() {
                if *arg == Term::Variable(v) {
                    found.push((atom.predicate, i));
                }
            }
        }
        found
    };
    let positive = within(true);
    if positive.is_empty() {
        within(false)
    } else {
        positive
    }
}

fn meet(rules: &[Lowered], rule: usize, v: VariableId, positions: &Positions) -> Option<TypeSet> {
    occurrences(rules, rule, v)
        .into_iter()
        .filter_map(|(p, i)| positions[p.0 as usize][i].clone())
        .reduce(|a, b| a.and(&b))
}
