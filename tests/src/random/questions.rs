//! Questions about a program: everything over a small domain, and random conjunctions.

use std::collections::BTreeSet;

use floe_frontend::ir::core::{Rule, Term};
use floe_frontend::ir::{TypeId, TypeKind};
use floe_frontend::source::Text;

use super::dice::Dice;
use super::facts::{IDS, Pool, UNKNOWN, UNNAMED, possible};
use crate::case::Ask;
use crate::question::{Argument, Call};
use crate::value::Value;

/// What questions of the API are asked about.
#[derive(Clone, Debug)]
pub struct Domain {
    actors: Vec<Value>,
    actions: Vec<Text>,
    resources: Vec<Value>,
    types: Vec<Text>,
}

impl Domain {
    /// Every type of the program with two known ids and an unknown one, a type that the
    /// policy does not name, and every action it mentions.
    #[must_use]
    pub fn new(pool: &Pool) -> Domain {
        let program = pool.program;
        let kinds = |wanted: &[TypeKind]| -> Vec<Text> {
            let all = program.types.any().iter();
            let all = all
                .filter(|ty| *ty != TypeId::OTHER)
                .map(|ty| program.types.get(ty));
            let all = all.filter(|ty| wanted.contains(&ty.kind));
            all.map(|ty| ty.name.clone()).collect()
        };
        let values = |types: &[Text]| -> Vec<Value> {
            let ids = [IDS[0], IDS[1], UNKNOWN];
            let all = types
                .iter()
                .flat_map(|ty| ids.map(|id| Value::new(ty.clone(), id)));
            all.collect()
        };
        let (actors, resources) = (kinds(&[TypeKind::Actor]), kinds(&[TypeKind::Resource]));
        let ghost = Value::new(UNNAMED[0], IDS[0]);
        let mut actions: BTreeSet<Text> = BTreeSet::from(["nothing".into()]);
        for entry in program.metadata.resources.values() {
            actions.extend(entry.permissions.iter().cloned());
        }
        let heads = program.core.rules.iter().map(|rule| &rule.head);
        for head in heads {
            let name = &program.core.predicate(head.predicate).name;
            if let ("allow" | "has_permission", Some(Term::Value(value))) =
                (&**name, head.args.get(1))
            {
                actions.insert(value.id());
            }
        }
        let mut domain = Domain {
            actors: values(&actors),
            resources: values(&resources),
            actions: actions.into_iter().collect(),
            types: resources.clone(),
        };
        domain.actors.push(ghost.clone());
        domain.resources.push(ghost);
        domain.resources.push(Value::string("viewer"));
        domain
            .resources
            .extend(domain.actors.iter().take(3).cloned());
        domain.types.extend(actors);
        domain.types.extend([UNNAMED[0].into(), "String".into()]);
        domain
    }

    /// The question with this number of all: every triple, every list, every pair of
    /// actor and resource.
    fn ask(&self, n: usize) -> Ask {
        let (a, x, r, t) = (
            self.actors.len(),
            self.actions.len(),
            self.resources.len(),
            self.types.len(),
        );
        let actor = self.actors[n % a].clone();
        let rest = n / a;
        let action = |i: usize| self.actions[i].clone();
        let allow = |args: Vec<Value>| Ask::Holds("allow".into(), args);
        if rest < x * r {
            let action = Value::string(action(rest % x));
            return allow(vec![actor, action, self.resources[rest / x].clone()]);
        }
        let rest = rest - x * r;
        if rest < x * t {
            return Ask::List(actor, action(rest % x), self.types[rest / x].clone());
        }
        let rest = rest - x * t;
        match rest < r {
            true => Ask::Actions(actor, self.resources[rest].clone()),
            false => allow(vec![actor, Value::string(action(rest - r))]),
        }
    }

    /// How many questions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let (x, r, t) = (self.actions.len(), self.resources.len(), self.types.len());
        self.actors.len() * (x * r + x * t + r + x)
    }

    /// There is always something to ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them if there are not more than `bound`; else so many, of each form its
    /// share.
    pub fn questions(&self, dice: &mut Dice, bound: usize) -> Vec<Ask> {
        let all = self.len();
        if all <= bound {
            return (0..all).map(|n| self.ask(n)).collect();
        }
        let triples = self.actors.len() * self.actions.len() * self.resources.len();
        let some = (0..bound).map(|i| match i % 3 {
            0 => dice.roll(triples),
            _ => triples + dice.roll(all - triples),
        });
        some.collect::<Vec<usize>>()
            .into_iter()
            .map(|n| self.ask(n))
            .collect()
    }
}

/// A question of the API that some rule for `has_permission` or `allow` may answer: about
/// values that can stand in its head.
pub fn pointed(dice: &mut Dice, pool: &Pool) -> Option<Ask> {
    let core = &pool.program.core;
    let granting = |rule: &&Rule| {
        let name = &*core.predicate(rule.head.predicate).name;
        rule.head.args.len() == 3 && matches!(name, "allow" | "has_permission")
    };
    let rules: Vec<&Rule> = core.rules.iter().filter(granting).collect();
    let rule = *dice.pick((!rules.is_empty()).then_some(&rules)?);
    let mut value = |place: usize| match &rule.head.args[place] {
        Term::Variable(v) if rule.variable(*v).types.is_empty() => None,
        Term::Variable(v) => Some(pool.value(dice, &rule.variable(*v).types)),
        Term::Value(value) => Some(Value::constant(value, &pool.program.types)),
        Term::Now => None,
    };
    let (mut actor, action, mut resource) = (value(0)?, value(1)?, value(2)?);
    for value in [&mut actor, &mut resource] {
        if dice.chance(12) && !matches!(&*value.ty, "String" | "Integer" | "Boolean") {
            value.id = UNKNOWN.into();
        }
    }
    Some(match dice.roll(5) {
        0 => Ask::List(actor, action.id, resource.ty),
        1 => Ask::Actions(actor, resource),
        _ => Ask::Holds("allow".into(), vec![actor, action, resource]),
    })
}

/// A conjunction of one or two calls with free, typed and repeated variables and values.
pub fn conjunction(dice: &mut Dice, pool: &Pool) -> Ask {
    let core = &pool.program.core;
    let known = core.predicates.iter().filter(|p| !p.is_auxiliary());
    let known: Vec<_> = known.collect();
    let calls = if dice.chance(40) { 2 } else { 1 };
    let mut names: Vec<(String, Option<Text>)> = Vec::new();
    let derived = core
        .rules
        .iter()
        .map(|rule| core.predicate(rule.head.predicate));
    let derived: Vec<_> = derived.filter(|p| !p.is_auxiliary()).collect();
    let open = dice.chance(40);
    let mut call = |dice: &mut Dice| {
        let list = if dice.chance(60) { &derived } else { &known };
        let predicate = *dice.pick(list);
        let id = core.find(&predicate.name, predicate.arity);
        // Values of some rule or signature, or most conjunctions would be empty.
        let signatures = pool.program.signatures.iter();
        let signatures: Vec<_> = signatures
            .filter(|s| Some(s.predicate) == id && possible(s))
            .collect();
        let sample = match signatures.is_empty() {
            true => (0..predicate.arity).map(|_| pool.any(dice)).collect(),
            false => {
                let signature = *dice.pick(&signatures);
                pool.fact(dice, signature).args
            }
        };
        let args = sample.into_iter().map(|value| match dice.roll(10) {
            0..=3 if !open => Argument::Value(value),
            4..=5 if !names.is_empty() => {
                let (name, ty) = dice.pick(&names).clone();
                Argument::variable(&name, ty.as_deref())
            }
            0 | 6..=7 => {
                let name = format!("q{}", names.len());
                names.push((name.clone(), None));
                Argument::variable(&name, None)
            }
            _ => {
                let name = format!("q{}", names.len());
                let other = dice.chance(10).then(|| UNNAMED[0].into());
                let ty = other.unwrap_or(value.ty);
                names.push((name.clone(), Some(ty.clone())));
                Argument::variable(&name, Some(&ty))
            }
        });
        Call::new(predicate.name.clone(), args.collect::<Vec<_>>())
    };
    Ask::Query((0..calls).map(|_| call(dice)).collect())
}
