//! Do the tests see the faults they are there for?
//!
//! `cargo test --release -p floe-tests --features faults --test faults -- --nocapture`
//! switches on one fault of the engine after the other and prints which check notices it,
//! and after how many cases.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use floe_engine::faults::{self, Fault};
use floe_tests::case::{Document, run as run_case};
use floe_tests::equality::{Subject, agree, ask};
use floe_tests::floe::{Floe, Moment};
use floe_tests::question::Answers;
use floe_tests::random::{Script, run};

/// Cases that a fault may hide in: `CASES`, or this many.
const CASES: u64 = 400;

fn cases() -> u64 {
    std::env::var("CASES").map_or(CASES, |text| text.parse().expect("it is a number"))
}

/// Treatments that take part; a fault of one pass shows only where the pass runs.
const TREATMENTS: [&str; 5] = [
    "all",
    "none",
    "all dead-rules-kept",
    "all small-closures",
    "auto outgrown",
];

/// Whether something is noticed with this seed.
type Check = (&'static str, fn(u64) -> bool);

/// The random cases against the reference evaluator.
fn equality(seed: u64) -> bool {
    let script = Script::random(seed, 12);
    let treatments = TREATMENTS.map(ToString::to_string);
    run::<Floe>(&script, &treatments).difference.is_some()
}

/// A snapshot held while facts change says afterwards what it said before.
fn snapshots(seed: u64) -> bool {
    use floe_tests::random::{Action, Round};
    let script = Script::random(seed, 12);
    let program = Arc::clone(&script.policies[0].program);
    ["all", "none"].iter().any(|treatment| {
        let mut floe = Floe::start(&program, treatment);
        script.steps.iter().any(|step| {
            let Action::Change(changes) = &step.action else {
                return false;
            };
            let rounds: &[Round] = &step.rounds;
            let held: Vec<Moment<'_>> = (rounds.iter())
                .map(|round| Moment {
                    snapshot: floe.engine.snapshot(),
                    now: round.now,
                    context: &[],
                })
                .collect();
            let say = |moment: &dyn Answers, round: &Round| {
                let asked = round.asks.iter().map(|question| ask(moment, question));
                asked.collect::<Vec<_>>()
            };
            let before: Vec<_> = held.iter().zip(rounds).map(|(m, r)| say(m, r)).collect();
            _ = floe.apply(changes);
            let after = held.iter().zip(rounds).map(|(m, r)| say(m, r));
            before
                .into_iter()
                .zip(after)
                .any(|(before, after)| before.iter().zip(&after).any(|(b, a)| !agree(b, a)))
        })
    })
}

/// The policy cases.
fn written(_seed: u64) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/engine");
    let files = std::fs::read_dir(root).expect("the folder of cases can be read");
    let mut texts = files.map(|file| {
        let path = file.expect("the folder of cases can be read").path();
        std::fs::read_to_string(path).expect("a case can be read")
    });
    texts.any(|text| {
        let document = Document::parse(text).expect("a case is sound");
        run_case(&document).is_ok_and(|outcome| !outcome.differences.is_empty())
    })
}

/// Who notices, and when.
fn noticed(fault: Fault) -> Option<(&'static str, u64)> {
    (0..=cases()).find_map(|seed| {
        let checks: &[Check] = match seed {
            0 => &[("cases", written)],
            _ => &[("equality", equality), ("snapshots", snapshots)],
        };
        checks.iter().find_map(|(name, check)| {
            faults::set(Some(fault));
            // A panic is noticed as well as any difference.
            let found = catch_unwind(AssertUnwindSafe(|| check(seed))).unwrap_or(true);
            faults::set(None);
            found.then_some((*name, seed))
        })
    })
}

#[test]
fn every_fault_is_noticed() {
    std::panic::set_hook(Box::new(|_| {}));
    let silent = !written(0) && !equality(1) && !snapshots(1);
    assert!(silent, "something is noticed without any fault");
    let mut unnoticed = Vec::new();
    for &fault in faults::ALL {
        match noticed(fault) {
            Some((check, cases)) => println!("{fault:?}: {check}, case {cases}"),
            None => {
                println!("{fault:?}: NOT NOTICED in {} cases", cases());
                unnoticed.push(fault);
            }
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}
