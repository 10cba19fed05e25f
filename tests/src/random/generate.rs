//! A random policy: types, shorthand in their blocks, full rules, and some of the shapes.

use floe_frontend::diag::Code;

use super::dice::Dice;
use super::policy::{Block, Compiled, Policy, Rule};
use super::rule::{Predicate, rule};
use super::schema::{Schema, Sort};
use super::shapes::some;
use super::shorthand;

/// A policy that compiles, and how many were thrown away since something in them depended
/// on its own negation (E042), or an equality gave a variable two types (E043).
#[must_use]
pub fn policy(dice: &mut Dice) -> (Compiled, usize) {
    let schema = Schema::random(dice);
    for thrown in 0.. {
        let policy = draft(&mut dice.fork(), &schema);
        match policy.compile() {
            Ok(compiled) => return (compiled, thrown),
            Err((codes, said)) => assert!(
                codes
                    .iter()
                    .all(|code| matches!(code, Code::E042 | Code::E043)),
                "a random policy is wrong:\n{said}\n{}",
                policy.text()
            ),
        }
    }
    unreachable!("there is a policy without negation in a cycle")
}

fn draft(dice: &mut Dice, schema: &Schema) -> Policy {
    let shapes = some(dice, schema);
    let catalogue = catalogue(dice, schema);
    let mut blocks = schema.blocks();
    let mut forms: Vec<&'static str> = Vec::new();
    let budget = 5 + dice.roll(9);

    let calls = calls(schema, &catalogue);
    for _ in 0..2 + dice.roll(budget / 2) {
        let ty = dice.roll(schema.types.len());
        let ty = if dice.chance(40) { 1 } else { ty };
        let new = shorthand::rule(dice, schema, ty, &calls[ty]);
        blocks[ty].rules.extend(new);
    }
    if schema.global {
        let place = schema.types.len();
        blocks[place]
            .rules
            .extend(dice.chance(60).then(|| shorthand::global(dice)));
    }
    let outside = blocks.len() - 1;
    let mentioned: Vec<&Predicate> = catalogue.iter().filter(|p| p.level > 0).collect();
    let mut full: Vec<Rule> = Vec::new();
    for _ in 0..1 + dice.roll(budget / 2) {
        let head = *dice.pick(&mentioned);
        full.push(rule(dice, schema, &catalogue, head));
    }
    for shape in shapes {
        forms.push(shape.form);
        full.extend(shape.rules);
        blocks[outside].declarations.extend(shape.declarations);
        for (ty, rule) in shape.shorthand {
            blocks[ty].rules.push(rule);
        }
    }
    // `allow` written by hand replaces the injected rules; then it should say something.
    full.dedup();
    blocks[outside].rules.extend(full);
    forms.extend(counted(&blocks));
    Policy {
        blocks,
        forms: forms.into_iter().collect(),
    }
}

/// Forms of the language found in the text.
fn counted(blocks: &[Block]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for block in blocks {
        for rule in &block.rules {
            let inside = !block.head.is_empty();
            let body = rule.body.join(" and ");
            let signs = [
                (" or ", "or"),
                (" in [", "in"),
                (" matches ", "matches"),
                (" matches! ", "matches!"),
                ("@current_unix_time", "time"),
                (" != ", "!="),
                (" = ", "="),
                (" < ", "<"),
                ("not (", "negated group"),
                ("not ", "not"),
                ("global \"", "global in a block"),
                ("true", "if true"),
                ("_", "anonymous"),
            ];
            found.extend(signs.iter().filter(|s| body.contains(s.0)).map(|s| s.1));
            found.extend(body.is_empty().then_some("no body"));
            found.extend((inside && rule.head == "role").then_some("role ..."));
            found.extend((inside && rule.head == "permission").then_some("permission ..."));
            found.extend((inside && body.contains(" on \"")).then_some("on"));
            found.extend((!inside && rule.head.contains('{')).then_some("object in a head"));
        }
        found.extend(block.head.contains(" extends ").then_some("extends"));
    }
    found
}

fn catalogue(dice: &mut Dice, schema: &Schema) -> Vec<Predicate> {
    let (actors, resources) = (schema.all(true), schema.all(false));
    let mut sort = |all: &[usize], abstracted| match dice.chance(50) {
        true => abstracted,
        false => Sort::Is(*dice.pick(all)),
    };
    let a: Vec<Sort> = (0..8).map(|_| sort(&actors, Sort::Actor)).collect();
    let r: Vec<Sort> = (0..8).map(|_| sort(&resources, Sort::Resource)).collect();
    let group = schema.place("Team").map_or(Sort::Actor, Sort::Is);
    let nested = Sort::Is(1);
    let mut known = vec![
        ("banned", vec![a[0]], 0),
        ("public", vec![r[0]], 0),
        ("likes", vec![a[1], r[1]], 0),
        ("blocked", vec![Sort::Actor, nested], 0),
        ("until", vec![a[2], Sort::Integer], 0),
        ("level", vec![a[3], Sort::Integer], 0),
        ("size", vec![r[2], Sort::Integer], 0),
        ("active", vec![r[3], Sort::Boolean], 0),
        ("member", vec![Sort::Actor, group], 0),
        ("mark", vec![Sort::Any], 0),
        ("link", vec![Sort::Any, Sort::Any], 0),
        ("grants", vec![r[4], Sort::Permission], 0),
        ("good", vec![a[4]], 1),
        ("near", vec![a[5], r[5]], 1),
        ("reach", vec![Sort::Actor, group], 2),
        ("under", vec![nested, nested], 2),
        ("has_role", vec![a[6], Sort::Role, r[6]], 3),
        ("has_role", vec![Sort::Actor, Sort::Role, nested], 3),
        ("has_permission", vec![a[7], Sort::Permission, r[7]], 4),
        (
            "has_permission",
            vec![Sort::Actor, Sort::Permission, nested],
            4,
        ),
        ("trusted", vec![a[0], r[1]], 5),
    ];
    if schema.global {
        known.push(("has_role", vec![Sort::Actor, Sort::Role], 3));
    }
    let known = known.into_iter().map(|(name, sorts, level)| Predicate {
        name: name.to_string(),
        sorts,
        level,
    });
    let mut known: Vec<Predicate> = known.collect();
    for (ty, kind) in schema.types.iter().enumerate() {
        for (relation, target) in &kind.relations {
            // The name is part of the predicate here: a constant stands in its place.
            let (from, to) = (Sort::Is(ty), Sort::Is(*target));
            known.push(Predicate {
                name: format!("has_relation:{relation}"),
                sorts: vec![from, to],
                level: 0,
            });
        }
    }
    known
}

/// What shorthand rules of each type may call: of an actor, of a resource, of both.
fn calls(schema: &Schema, catalogue: &[Predicate]) -> Vec<[Vec<String>; 3]> {
    let of = |ty: usize| {
        let fits = |p: &&Predicate, sorts: &[Sort]| {
            let pairs = p.sorts.iter().zip(sorts);
            p.level < 3 && p.sorts.len() == sorts.len() && {
                let mut pairs = pairs;
                pairs.all(|(a, b)| schema.meet(*a, *b) && *a != Sort::Any)
            }
        };
        let list = |sorts: &[Sort], args: &str| {
            let found = catalogue.iter().filter(|p| fits(p, sorts));
            let found = found.filter(|p| !p.name.contains(':'));
            found.map(|p| format!("{}({args})", p.name)).collect()
        };
        let resource = Sort::Is(ty);
        [
            list(&[Sort::Actor], "actor"),
            list(&[resource], "resource"),
            list(&[Sort::Actor, resource], "actor, resource"),
        ]
    };
    (0..schema.types.len()).map(of).collect()
}
