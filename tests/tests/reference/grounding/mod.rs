//! The evaluator against the meaning of rules by definition: over a small domain, every
//! variable is tried with every value, one stratum after the other.
//!
//! The domain has, beside all constants, values of every type that nothing mentions; what
//! holds for every value of a type must hold for those. Programs are random; what the
//! evaluator refuses to answer is not compared, and must be the smaller part.
//!
//! `CASES=30000 cargo test -p floe-tests --test reference grounding` tries more of them.

mod ground;
mod programs;

use std::collections::BTreeSet;

use floe_tests::question::{Answers, Argument, Call};
use floe_tests::reference::World;
use floe_tests::text::Reader;
use floe_tests::value::{Fact, Value};

use super::policy::policy;
use ground::Ground;
use programs::{CONSTANTS, Dice, PREDICATES, TYPES, UNHEARD_OF, VARIABLES, rule};

fn read(text: &str) -> Value {
    match Reader::new(text).argument().unwrap() {
        Argument::Value(value) => value,
        Argument::Variable(_) => unreachable!("constants are values"),
    }
}

/// Compares one random program; says how many answers there were, and how many refusals.
fn compare(seed: u64) -> (usize, usize) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let rules: Vec<String> = (0..3 + dice.roll(6))
        .map(|_| {
            let stratum = 1 + dice.roll(3);
            rule(&mut dice, stratum)
        })
        .collect();
    let text = format!("{TYPES} {}", rules.join("; "));
    let facts: Vec<String> = (0..4 + dice.roll(8))
        .map(|_| {
            let (name, arity) = PREDICATES[dice.roll(2)][dice.roll(2)];
            let args: Vec<&str> = (0..arity).map(|_| dice.pick(&CONSTANTS)).collect();
            format!("{name}({})", args.join(", "))
        })
        .collect();
    let program = policy(&text);
    let context = format!(
        "seed {seed}\n{}\n{}",
        text.replace("; ", ";\n"),
        facts.join("\n")
    );
    let facts: Vec<Fact> = facts
        .iter()
        .map(|fact| Reader::new(fact).fact().unwrap())
        .collect();
    let domain: Vec<Value> = CONSTANTS
        .iter()
        .chain(&UNHEARD_OF)
        .map(|text| read(text))
        .collect();
    let ground = Ground::new(&program, domain, &facts);
    let world = World::new(&program, facts, 0);

    let (mut answers, mut refusals) = (0, 0);
    for (predicate, holds) in program.core.predicates.iter().zip(&ground.holds) {
        let size = ground.domain.len();
        for row in (0..size.pow(predicate.arity as u32)).map(|n| [n % size, n / size]) {
            let values: Vec<Value> = row[..predicate.arity]
                .iter()
                .map(|i| ground.domain[*i].clone())
                .collect();
            match world.holds(&predicate.name, &values) {
                Ok(holding) => {
                    let expected = holds.contains(&row[..predicate.arity]);
                    assert_eq!(
                        holding, expected,
                        "{}{values:?} in\n{context}",
                        predicate.name
                    );
                    answers += 1;
                }
                Err(_) => refusals += 1,
            }
        }
        let variables = (0..predicate.arity).map(|i| Argument::variable(VARIABLES[i], None));
        match world.query(&[Call::new(predicate.name.clone(), variables)]) {
            Ok(rows) => {
                let mut found = BTreeSet::new();
                for row in rows {
                    let choices = row.iter().map(|item| ground.choices(item));
                    found.extend(choices.fold(
                        vec![Vec::new()],
                        |rows: Vec<Vec<usize>>, choice| {
                            let longer = |row: &Vec<usize>| -> Vec<Vec<usize>> {
                                choice.iter().map(|c| [&row[..], &[*c]].concat()).collect()
                            };
                            rows.iter().flat_map(longer).collect()
                        },
                    ));
                }
                assert_eq!(found, *holds, "all of {} in\n{context}", predicate.name);
                answers += 1;
            }
            Err(_) => refusals += 1,
        }
    }
    (answers, refusals)
}

#[test]
fn random_programs_mean_what_trying_every_value_finds() {
    let count = std::env::var("CASES").map_or(300, |n| n.parse().unwrap());
    let (mut answers, mut refusals) = (0, 0);
    for seed in 1..=count {
        let (a, r) = compare(seed);
        answers += a;
        refusals += r;
    }
    assert!(
        answers > 4 * refusals,
        "{answers} answers, {refusals} refusals"
    );
}
