//! What kind of policy a program is, found by looking at its rules.

use std::collections::{BTreeSet, HashSet};

use floe_frontend::ir::Program;
use floe_frontend::ir::core::{Atom, Literal, PredicateId, Rule, Term, VariableId};
use floe_frontend::ir::part::{
    Column, Condition, Part, PartAtom, PartLiteral, PartRule, PartTerm, Stratum,
};

/// Classes, and of how many percent of all cases each must be.
pub const SHARES: [(&str, usize); 15] = [
    ("recursion", 20),
    ("negation", 10),
    ("wildcards", 20),
    ("wildcard under negation", 5),
    ("wildcard under recursion", 5),
    ("several derivations", 5),
    ("role as data", 5),
    ("type the policy never names", 5),
    ("unknown id in a question", 5),
    ("product rule", 5),
    ("time under negation", 5),
    ("two-class separable recursion", 5),
    ("recursion not separable because of a condition", 5),
    ("zero-column relations", 5),
    ("wildcard through negation", 5),
];

/// The classes of a program; the two that depend on facts and questions are not among
/// them.
#[must_use]
pub fn classes(program: &Program) -> BTreeSet<&'static str> {
    let strata = &program.strata;
    let rules = &program.core.rules;
    let recursive: Vec<&Stratum> = strata.strata.iter().filter(|s| s.recursive).collect();
    let mut found = BTreeSet::new();
    let mut note = |class, is| {
        if is {
            found.insert(class);
        }
    };
    note("recursion", !recursive.is_empty());
    note("negation", negative(rules).next().is_some());
    note("wildcards", strata.parts.iter().any(is_open));
    let negated = strata.rules.iter().flat_map(|rule| &rule.body);
    let mut negated = negated.filter_map(|literal| match literal {
        PartLiteral::Negative(atom) => Some(atom.part),
        _ => None,
    });
    let absent = || {
        let conditions = strata.parts.iter().flat_map(|part| &part.residue);
        conditions.filter_map(|condition| match condition {
            Condition::Absent(part, _) => Some(*part),
            Condition::Compare(..) => None,
        })
    };
    let open = |part| is_open(strata.part(part));
    note(
        "wildcard under negation",
        negated.any(open) || absent().any(open),
    );
    note("wildcard through negation", absent().next().is_some());
    note(
        "wildcard under recursion",
        recursive.iter().any(|s| {
            let parts = s.parts.clone();
            strata.parts[parts.start as usize..parts.end as usize]
                .iter()
                .any(is_open)
        }),
    );
    note("several derivations", several(program));
    note(
        "role as data",
        rules.iter().any(|rule| role_as_data(program, rule)),
    );
    note("product rule", rules.iter().any(is_product));
    note("time under negation", time_under_negation(program));
    let loops = || recursive.iter().map(|stratum| steps(program, stratum));
    note(
        "two-class separable recursion",
        loops().any(|steps| two_classes(&steps)),
    );
    note(
        "recursion not separable because of a condition",
        loops().any(|steps| steps.contains(&Step::Held)),
    );
    note(
        "zero-column relations",
        strata
            .parts
            .iter()
            .any(|part| is_open(part) && part.stored().next().is_none() && part.hidden.is_empty()),
    );
    found
}

fn is_open(part: &Part) -> bool {
    let mut columns = part.columns.iter();
    columns.any(|column| matches!(column, Column::Every(_)))
}

fn negative(rules: &[Rule]) -> impl Iterator<Item = &Atom> {
    let literals = rules.iter().flat_map(|rule| &rule.body);
    literals.filter_map(|literal| match literal {
        Literal::Negative(atom) => Some(atom),
        _ => None,
    })
}

fn positive(rule: &Rule) -> impl Iterator<Item = &Atom> {
    rule.body.iter().filter_map(|literal| match literal {
        Literal::Positive(atom) => Some(atom),
        _ => None,
    })
}

/// Two rules for one part, or a rule that forgets a variable.
fn several(program: &Program) -> bool {
    let mut heads = HashSet::new();
    let twice = |rule: &PartRule| !heads.insert(rule.head.part);
    program.strata.rules.iter().any(twice)
}

/// A role or permission that is joined with data, or is no string at all.
fn role_as_data(program: &Program, rule: &Rule) -> bool {
    let named = |atom: &Atom| {
        let name = &*program.core.predicate(atom.predicate).name;
        matches!(name, "has_role" | "has_permission") && atom.args.len() == 3
    };
    let second = |atom: &Atom| atom.args[1].variable();
    let roles: Vec<VariableId> = positive(rule)
        .filter(|a| named(a))
        .filter_map(second)
        .collect();
    let mut others = positive(rule).filter(|atom| !named(atom));
    others.any(|atom| {
        let mut variables = atom.args.iter().filter_map(Term::variable);
        variables.any(|v| roles.contains(&v))
    })
}

/// Variables of the head that positive atoms bind, and that no chain of them links.
fn is_product(rule: &Rule) -> bool {
    let mut group: Vec<usize> = (0..rule.variables.len()).collect();
    let mut bound = vec![false; rule.variables.len()];
    for atom in positive(rule) {
        let variables: Vec<usize> = variables(atom).map(|v| v.0 as usize).collect();
        for v in &variables {
            bound[*v] = true;
            let (old, new) = (group[*v], group[variables[0]]);
            group
                .iter_mut()
                .filter(|g| **g == old)
                .for_each(|g| *g = new);
        }
    }
    let head = variables(&rule.head).map(|v| v.0 as usize);
    let groups: BTreeSet<usize> = head.filter(|v| bound[*v]).map(|v| group[v]).collect();
    groups.len() > 1
}

fn variables(atom: &Atom) -> impl Iterator<Item = VariableId> {
    atom.args.iter().filter_map(Term::variable)
}

fn time_under_negation(program: &Program) -> bool {
    let rules = &program.core.rules;
    let mut timed: HashSet<PredicateId> = HashSet::new();
    loop {
        let reads = |rule: &&Rule| {
            rule.body.iter().any(|literal| match literal {
                Literal::Compare(_, a, b) => *a == Term::Now || *b == Term::Now,
                Literal::Positive(atom) | Literal::Negative(atom) => {
                    timed.contains(&atom.predicate)
                }
            })
        };
        let more: Vec<PredicateId> = rules
            .iter()
            .filter(reads)
            .map(|rule| rule.head.predicate)
            .collect();
        let before = timed.len();
        timed.extend(more);
        if timed.len() == before {
            return negative(rules).any(|atom| timed.contains(&atom.predicate));
        }
    }
}

/// What a rule does that goes round a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// It moves these arguments and hands the others through, and asks nothing of them.
    Moves(BTreeSet<usize>),
    /// It asks something of an argument that it hands through.
    Held,
    /// It is not linear, or stays where it is under a condition.
    Joins,
}

fn steps(program: &Program, stratum: &Stratum) -> Vec<Step> {
    let rules = &program.strata.rules[stratum.rules.start as usize..stratum.rules.end as usize];
    let inside = |atom: &&PartAtom| stratum.parts.contains(&atom.part.0);
    let mut steps = Vec::new();
    for rule in rules {
        let atoms = rule.body.iter().filter_map(|literal| match literal {
            PartLiteral::Positive(atom) => Some(atom),
            _ => None,
        });
        let own: Vec<&PartAtom> = atoms.filter(inside).collect();
        let [own] = own[..] else {
            steps.extend((!own.is_empty()).then_some(Step::Joins));
            continue;
        };
        let pairs = || rule.head.args.iter().zip(&own.args).enumerate();
        let moved = pairs()
            .filter(|(_, (a, b))| a != b)
            .map(|(i, _)| i)
            .collect();
        let moved: BTreeSet<usize> = moved;
        let mut through = pairs().filter_map(|(_, (a, b))| match a {
            PartTerm::Variable(v) if a == b => Some(*v),
            _ => None,
        });
        let elsewhere = |v: u32| rule.body.iter().any(|l| mentions(l, own, v));
        steps.push(match through.any(elsewhere) {
            true if moved.is_empty() => Step::Joins,
            true => Step::Held,
            false => Step::Moves(moved),
        });
    }
    steps
}

/// Whether a literal other than this atom mentions the variable.
fn mentions(literal: &PartLiteral, own: &PartAtom, v: u32) -> bool {
    let it = |term: &PartTerm| *term == PartTerm::Variable(v);
    match literal {
        PartLiteral::Positive(atom) if atom == own => false,
        PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => {
            atom.args.iter().chain(&atom.hidden).any(it)
        }
        PartLiteral::Compare(_, a, b) => it(a) || it(b),
        PartLiteral::HasType(..) => false,
    }
}

/// Every step moves one of two disjoint classes of arguments.
fn two_classes(steps: &[Step]) -> bool {
    let mut classes: Vec<&BTreeSet<usize>> = Vec::new();
    for step in steps {
        match step {
            Step::Moves(moved) if moved.is_empty() || classes.contains(&moved) => {}
            Step::Moves(moved) => classes.push(moved),
            _ => return false,
        }
    }
    classes.len() > 1
        && (classes.iter().enumerate()).all(|(i, a)| classes[..i].iter().all(|b| a.is_disjoint(b)))
}
