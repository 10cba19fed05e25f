//! The inline tests of the policies of the specification.

use std::collections::BTreeSet;
use std::path::Path;

use floe_engine::goal::{Argument as Arg, Atom, CannotAnswer, Item};
use floe_engine::value::Sym;
use floe_frontend::ir::{Argument, Assertion};

use super::world::World;

#[test]
fn every_policy_of_the_specification_passes_its_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/spec");
    let mut asserted = 0;
    let mut policies = 0;
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        policies += 1;
        let case = std::fs::read_to_string(&path).unwrap();
        let (_, rest) = case.split_once("```polar\n").unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        let program = World::new(text).program;
        for test in &program.tests {
            let mut world = World::of(program.clone());
            world.now = 1_700_000_000;
            for fact in &test.facts {
                let args: Vec<Sym> = fact.args.iter().map(|v| world.constant(v)).collect();
                world.insert(fact.predicate, &args);
            }
            for assertion in &test.assertions {
                asserted += 1;
                if let Some(wrong) = judge(&mut world, assertion) {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    failures.push(format!("{name} {:?}: {wrong}", test.name));
                }
            }
        }
    }
    assert_eq!(failures, Vec::<String>::new());
    assert_eq!(policies, 44);
    assert!(asserted > 150, "{asserted} assertions are too few");
}

/// What is wrong with an assertion.
fn judge(world: &mut World, assertion: &Assertion) -> Option<String> {
    let shown = format!("{assertion:?}");
    let args: Option<Vec<Result<Sym, floe_frontend::ir::TypeId>>> = (assertion.args.iter())
        .map(|arg| match arg {
            Argument::Value(value) => Some(Ok(world.constant(value))),
            Argument::Variable(_, ty) => ty.map(Err),
        })
        .collect();
    // No value is of an abstract type exactly.
    let found = match args {
        Some(args) => answers(world, assertion, &args),
        None => Ok(BTreeSet::new()),
    };
    let found = match found {
        Ok(found) => found,
        Err(why) => return Some(format!("{why}: {shown}")),
    };
    match &assertion.expected {
        None if found.is_empty() == assertion.negated => None,
        None => Some(shown),
        Some(values) => {
            let expected: BTreeSet<Item> = values
                .iter()
                .map(|v| Item::Value(world.constant(v)))
                .collect();
            (found != expected).then_some(shown)
        }
    }
}

fn answers(
    world: &World,
    assertion: &Assertion,
    args: &[Result<Sym, floe_frontend::ir::TypeId>],
) -> Result<BTreeSet<Item>, CannotAnswer> {
    let values: Result<Vec<Sym>, _> = args.iter().copied().collect();
    let ty = match values {
        Ok(values) => {
            return world.evaluate(|evaluation| {
                let holds = evaluation.holds(assertion.predicate, &values)?;
                Ok(holds.then_some(Item::Value(Sym(0))).into_iter().collect())
            });
        }
        Err(ty) => world.goals.catalog().vocabulary().type_ix(ty).unwrap(),
    };
    let arg = |arg: &Result<Sym, _>| arg.map_or(Arg::Variable(0), Arg::Value);
    let atom = Atom {
        predicate: assertion.predicate,
        args: args.iter().map(arg).collect(),
    };
    let listing = world.evaluate(|e| e.list(atom.predicate, &atom.args, ty))?;
    let rows = world.evaluate(|e| e.query(&[atom], &[Some(ty)]))?;
    let items: BTreeSet<Item> = rows.into_iter().flatten().collect();
    // Both ways to ask say the same.
    let every = items.iter().any(|i| matches!(i, Item::Every(_)));
    assert_eq!(every, listing.every);
    let values = items.iter().filter_map(|i| match i {
        Item::Value(sym) => Some(*sym),
        Item::Every(_) => None,
    });
    assert_eq!(values.collect::<Vec<_>>(), listing.values);
    Ok(items)
}
