//! The engine against the reference evaluator: random policies, random updates, the same
//! questions after every change set (R01 to R06 of `reliability.md`).
//!
//! `CASES=10000 STEPS=50 SEED=1 cargo test --release -p floe-tests --test equality` runs
//! more of them; a seed is the first of as many in a row, so a failing one is run alone
//! with `CASES=1 SEED=n`. A case mostly waits for the threads of its engines, so several
//! are played at a time: `JOBS`, or twice as many as there are processors.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use floe_frontend::ir::Program;
use floe_frontend::ir::core::Literal;
use floe_tests::case::{Document, run as run_case};
use floe_tests::equality::Subject;
use floe_tests::floe::Floe;
use floe_tests::question::Answers;
use floe_tests::random::{Difference, Operation, Script, Store, Tally, markdown, run, shrink};
use floe_tests::reference::World;
use floe_tests::value::Fact;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("it is a number"))
}

/// Cases with what happened in them, and the one of the lowest seed that differs.
type Cases = (Tally, Option<(Script, Difference)>);

/// Plays cases, so many at a time, up to a difference: those that have begun are ended.
fn cases<S: Subject>(first: u64, count: u64, steps: usize, jobs: usize) -> Cases {
    let next = AtomicU64::new(first);
    let end = AtomicU64::new(first + count);
    let found: Mutex<Cases> = Mutex::default();
    let play = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end.load(Ordering::Relaxed) {
                return;
            }
            let script = Script::random(seed, steps);
            let run = run::<S>(&script, &S::treatments(seed));
            let mut found = found.lock().expect("no case panics");
            found.0.add(&script, &run);
            if let Some(difference) = run.difference {
                end.fetch_min(seed, Ordering::Relaxed);
                let before = found.1.as_ref().map_or(u64::MAX, |(s, _)| s.seed);
                if seed < before {
                    found.1 = Some((script, difference));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(play);
        }
        play();
    });
    found.into_inner().expect("no case panics")
}

/// What is said about a difference, and the case made small.
fn report<S: Subject>(script: &Script, difference: &Difference) -> String {
    let (small, rest) = shrink::<S>(script, difference);
    format!(
        "seed {}: {difference}\n\n{}\n\nthe same made small:\n\n{}",
        script.seed,
        markdown(script, difference),
        markdown(&small, &rest)
    )
}

/// A reference evaluator with one fault, which its treatment names.
struct Faulty {
    program: Program,
    original: Arc<Program>,
    store: Store,
    fault: String,
}

const FAULTS: [&str; 9] = [
    "negation ignored",
    "comparison ignored",
    "last rule dropped",
    "one deletion lost",
    "context ignored",
    "time stands still",
    "pattern deletes nothing",
    "swap forgets the facts",
    "cannot start",
];

impl Subject for Faulty {
    fn treatments(seed: u64) -> Vec<String> {
        vec![FAULTS[seed as usize % FAULTS.len()].to_string()]
    }

    fn start(program: &Arc<Program>, fault: &str) -> Self {
        assert!(fault != "cannot start", "{fault}");
        let mut faulty = Program::clone(program);
        let rules = &mut faulty.core.rules;
        for rule in rules.iter_mut() {
            rule.body.retain(|literal| match literal {
                Literal::Negative(_) => fault != "negation ignored",
                Literal::Compare(..) => fault != "comparison ignored",
                Literal::Positive(_) => true,
            });
        }
        if fault == "last rule dropped" {
            rules.pop();
        }
        Faulty {
            program: faulty,
            original: program.clone(),
            store: Store::default(),
            fault: fault.to_string(),
        }
    }

    fn apply(&mut self, changes: &[Operation]) -> Result<(), String> {
        let mut changes = changes.to_vec();
        let exact = |operation: &Operation| match operation {
            Operation::Insert(_) => false,
            Operation::Delete(_, slots) => {
                let value = |slot: &_| matches!(slot, floe_tests::random::Slot::Value(_));
                slots.iter().all(value)
            }
        };
        match &*self.fault {
            "one deletion lost" if changes.len() > 3 => {
                if let Some(place) = changes.iter().position(exact) {
                    changes.remove(place);
                }
            }
            "pattern deletes nothing" => {
                changes.retain(|op| matches!(op, Operation::Insert(_)) || exact(op));
            }
            _ => {}
        }
        let applied = self.store.apply(&self.original, &changes);
        applied.then_some(()).ok_or("refused".to_string())
    }

    fn swap(&mut self, program: &Arc<Program>) {
        let store = std::mem::take(&mut self.store);
        *self = Faulty::start(program, &self.fault.clone());
        if self.fault != "swap forgets the facts" {
            self.store = store;
        }
    }

    fn answers<'a>(&'a self, now: i64, context: &'a [Fact]) -> Box<dyn Answers + 'a> {
        let context = if self.fault == "context ignored" {
            &[]
        } else {
            context
        };
        let now = if self.fault == "time stands still" {
            20
        } else {
            now
        };
        let facts = self.store.visible(&self.original, context);
        Box::new(World::new(&self.program, facts, now))
    }
}

#[test]
fn random_cases_are_answered_as_the_reference_does() {
    let (first, count) = (number("SEED", 1), number("CASES", 500));
    let steps = number("STEPS", 20) as usize;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = number("JOBS", 2 * processors as u64) as usize;
    let start = std::time::Instant::now();
    let (tally, difference) = cases::<Floe>(first, count, steps, jobs);
    println!("{tally}\n{:.1} s", start.elapsed().as_secs_f64());
    if let Some((script, difference)) = difference {
        panic!("{}", report::<Floe>(&script, &difference));
    }
    assert_eq!(tally.missed(), Vec::<String>::new());
}

#[test]
fn every_fault_is_found_within_few_cases_and_made_small() {
    for (which, fault) in FAULTS.iter().enumerate() {
        let found = (0..60).find_map(|i| {
            let seed = (i * FAULTS.len() + which) as u64;
            let (_, found) = cases::<Faulty>(seed, 1, 12, 1);
            found
        });
        let (script, difference) = found.unwrap_or_else(|| panic!("nobody noticed: {fault}"));
        let (small, rest) = shrink::<Faulty>(&script, &difference);
        let text = markdown(&small, &rest);
        assert!(
            small.policies[0].policy.rules() <= 6,
            "{fault} could be smaller:\n{text}"
        );
        // What is printed is a case: it says what the reference evaluator says.
        let document = Document::parse(text.clone()).unwrap();
        let outcome = run_case(&document).unwrap();
        assert_eq!(
            outcome.differences,
            Vec::<String>::new(),
            "{fault}:\n{text}"
        );
    }
}

#[test]
fn a_seed_is_one_case() {
    for seed in 0..20 {
        let text = |script: &Script| format!("{:?} {:?}", script.policies[0].policy, script.steps);
        let (a, b) = (Script::random(seed, 5), Script::random(seed, 5));
        assert_eq!(text(&a), text(&b));
    }
}
