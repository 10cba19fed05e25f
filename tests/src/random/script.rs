//! A case: policies, and what happens to an environment step by step.

use std::collections::BTreeSet;

use super::dice::Dice;
use super::facts::{Pool, TIMES, possible};
use super::generate::policy;
use super::policy::Compiled;
use super::questions::{Domain, conjunction, pointed};
use super::store::{Operation, Slot, Store};
use crate::case::Ask;
use crate::value::{Fact, Value, fits};

/// What happens.
#[derive(Clone, Debug)]
pub enum Action {
    /// A change set.
    Change(Vec<Operation>),
    /// The policy with this index takes over.
    Swap(usize),
}

/// Questions of one moment.
#[derive(Clone, Debug)]
pub struct Round {
    /// Seconds since 1970.
    pub now: i64,
    /// Facts that come along.
    pub context: Vec<Fact>,
    /// The questions.
    pub asks: Vec<Ask>,
}

/// Something happens, and then questions are asked.
#[derive(Clone, Debug)]
pub struct Step {
    /// What happens.
    pub action: Action,
    /// What is asked.
    pub rounds: Vec<Round>,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Script {
    /// The seed that makes this very case.
    pub seed: u64,
    /// The policies; the first is in force at the beginning.
    pub policies: Vec<Compiled>,
    /// What happens, the first facts first.
    pub steps: Vec<Step>,
    /// Policies thrown away since they did not compile.
    pub thrown: usize,
}

/// Questions of an ordinary step, and of every eighth one: there the bound is above all
/// there are.
const FEW: usize = 30;
const MANY: usize = 4000;

impl Script {
    /// The case of this seed, with so many change sets.
    #[must_use]
    pub fn random(seed: u64, changes: usize) -> Script {
        let mut dice = Dice::new(seed);
        // Neighbouring seeds share no stream.
        let mut dice = dice.fork();
        let (first, thrown) = policy(&mut dice);
        let mut script = Script {
            seed,
            policies: vec![first],
            steps: Vec::new(),
            thrown,
        };
        let every = 3 + dice.roll(4);
        if dice.chance(50) {
            let (second, thrown) = policy(&mut dice);
            script.policies.push(second);
            script.thrown += thrown;
        }
        script.happen(&mut dice, changes, every);
        script
    }

    fn happen(&mut self, dice: &mut Dice, changes: usize, every: usize) {
        let mut store = Store::default();
        let mut gone: BTreeSet<Fact> = BTreeSet::new();
        let mut current = 0;
        for step in 0..=changes {
            let pool = Pool::new(&self.policies[current].program);
            let change = match step {
                0 => first(dice, &pool),
                _ => change(dice, &pool, &store, &gone),
            };
            let before = store.stored().clone();
            store.apply(pool.program, &change);
            gone.extend(before.difference(store.stored()).cloned());
            let many = step % 8 == 4 || step == changes;
            let asked = rounds(dice, &pool, many);
            self.steps.push(Step {
                action: Action::Change(change),
                rounds: asked,
            });
            if self.policies.len() > 1 && step > 0 && step % every == 0 {
                current = 1 - current;
                let pool = Pool::new(&self.policies[current].program);
                let asked = rounds(dice, &pool, false);
                self.steps.push(Step {
                    action: Action::Swap(current),
                    rounds: asked,
                });
            }
        }
    }
}

/// The facts of the beginning.
fn first(dice: &mut Dice, pool: &Pool) -> Vec<Operation> {
    let facts = (0..12 + dice.roll(20)).filter_map(|_| pool.storable(dice));
    facts.map(Operation::Insert).collect()
}

/// One to six operations.
fn change(dice: &mut Dice, pool: &Pool, store: &Store, gone: &BTreeSet<Fact>) -> Vec<Operation> {
    let stored: Vec<&Fact> = store.stored().iter().collect();
    let gone: Vec<&Fact> = gone.iter().collect();
    // A large store shrinks, a small one grows.
    let deleting = 20 + stored.len().min(40);
    let mut operations = Vec::new();
    for _ in 0..1 + dice.roll(6) {
        let any = pool.storable(dice);
        let one = (!stored.is_empty()).then(|| (*dice.pick(&stored)).clone());
        operations.extend(if dice.chance(deleting) {
            match (dice.roll(8), one, any) {
                (0, Some(fact), _) => Some(pattern(dice, &fact)),
                (1, _, Some(fact)) => Some(Operation::delete(&fact)),
                (_, Some(fact), _) => Some(Operation::delete(&fact)),
                _ => None,
            }
        } else {
            let again = (!gone.is_empty()).then(|| (*dice.pick(&gone)).clone());
            let again = again.filter(|f| fits(pool.program, &pool.program.signatures, f));
            match (dice.roll(12), again, one) {
                (0..=1, Some(fact), _) => Some(Operation::Insert(fact)),
                (2, _, Some(fact)) if fits(pool.program, &pool.program.signatures, &fact) => {
                    Some(Operation::Insert(fact))
                }
                _ => any.map(Operation::Insert),
            }
        });
    }
    if dice.chance(8) {
        operations.push(Operation::Insert(unfit(dice, pool)));
        dice.shuffle(&mut operations);
    }
    // One fact touched twice in a change set: the last word counts.
    if dice.chance(15)
        && let Some(Operation::Insert(fact)) = operations.first().cloned()
    {
        operations.push(Operation::delete(&fact));
        if dice.chance(50) {
            operations.push(Operation::Insert(fact));
        }
    }
    operations
}

/// A deletion that the fact agrees with.
fn pattern(dice: &mut Dice, fact: &Fact) -> Operation {
    let slots = fact.args.iter().map(|value| match dice.roll(8) {
        0..=1 => Slot::Any,
        2 => Slot::Type(value.ty.clone()),
        3 => Slot::Id(value.id.clone()),
        _ => Slot::Value(value.clone()),
    });
    Operation::Delete(fact.predicate.clone(), slots.collect())
}

/// A fact that most likely fits no signature.
fn unfit(dice: &mut Dice, pool: &Pool) -> Fact {
    let mut fact = match pool.storable(dice) {
        Some(fact) => fact,
        None => Fact::new("unheard_of", [pool.any(dice)]),
    };
    match dice.roll(4) {
        0 => fact.predicate = "unheard_of".into(),
        1 => fact.args.push(Value::string("more")),
        _ => {
            let place = dice.roll(fact.args.len());
            fact.args[place] = pool.any(dice);
        }
    }
    fact
}

fn rounds(dice: &mut Dice, pool: &Pool, many: bool) -> Vec<Round> {
    let domain = Domain::new(pool);
    let mut asks = domain.questions(dice, if many { MANY } else { FEW });
    asks.extend((0..FEW / 2).filter_map(|_| pointed(dice, pool)));
    asks.extend((0..8).map(|_| conjunction(dice, pool)));
    let mut rounds = vec![Round {
        now: *dice.pick(&TIMES),
        context: Vec::new(),
        asks,
    }];
    if dice.chance(30) {
        let mut asks = domain.questions(dice, FEW / 2);
        asks.extend((0..FEW / 2).filter_map(|_| pointed(dice, pool)));
        asks.extend((0..4).map(|_| conjunction(dice, pool)));
        rounds.push(Round {
            now: *dice.pick(&TIMES),
            context: context(dice, pool),
            asks,
        });
    }
    rounds
}

/// Facts of a context: storable ones, ones of the shape of a head, useless ones.
fn context(dice: &mut Dice, pool: &Pool) -> Vec<Fact> {
    let heads = &pool.program.context_signatures;
    let mut facts = Vec::new();
    for _ in 0..1 + dice.roll(4) {
        match dice.roll(10) {
            0 => facts.push(unfit(dice, pool)),
            1..=2 if !heads.is_empty() => {
                let head = dice.pick(heads);
                if possible(head) {
                    facts.push(pool.fact(dice, head));
                }
            }
            _ => facts.extend(pool.storable(dice)),
        }
    }
    facts
}
