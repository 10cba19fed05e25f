//! Playing a case: the subject in every treatment, the reference evaluator beside it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::facts::{UNKNOWN, UNNAMED};
use super::script::{Action, Round, Script};
use super::store::{Operation, Store};
use crate::case::Ask;
use crate::equality::{Said, Subject, agree, ask, show};
use crate::question::{Answers, Argument};
use crate::reference::World;
use crate::value::{Fact, Value};

/// What differs.
#[derive(Clone, Debug)]
pub enum Failure {
    /// An answer.
    Answer {
        /// The moment.
        now: i64,
        /// The facts that came along.
        context: Vec<Fact>,
        /// The question.
        ask: Ask,
        /// What the reference evaluator says.
        expected: Said,
        /// What the subject says.
        said: Said,
    },
    /// A change set should be refused and is not, or the other way round.
    Refusal {
        /// Whether it should be applied.
        expected: bool,
        /// What the subject did.
        said: Result<(), String>,
    },
    /// The subject panicked.
    Panic(String),
}

/// Where and what.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Index into the steps of the script.
    pub step: usize,
    /// In which treatment.
    pub treatment: String,
    /// Whether the subject had just been built anew from the facts.
    pub rebuilt: bool,
    /// What.
    pub failure: Failure,
}

/// What happened in a case.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Questions asked, once for all treatments.
    pub asked: usize,
    /// Questions answered with yes or a list that is not empty.
    pub something: usize,
    /// Questions that have no answer.
    pub unanswered: usize,
    /// Insertions and deletions, without the first facts.
    pub inserts: usize,
    /// Deletions.
    pub deletes: usize,
    /// Change sets refused.
    pub refused: usize,
    /// Policy swaps.
    pub swaps: usize,
    /// A question about a value that no fact mentions had something as its answer.
    pub unknown_id: bool,
    /// A fact of a type that the policy does not name was stored, or a question about one
    /// had something as its answer.
    pub unnamed_type: bool,
    /// The first difference.
    pub difference: Option<Difference>,
    at: (usize, String),
}

/// Plays the case in these treatments, up to the first difference.
#[must_use]
pub fn run<S: Subject>(script: &Script, treatments: &[String]) -> Run {
    let mut run = Run::default();
    let played = catch_unwind(AssertUnwindSafe(|| run.play::<S>(script, treatments)));
    run.difference = played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        let (step, treatment) = run.at.clone();
        Some(Difference {
            step,
            treatment,
            rebuilt: false,
            failure: Failure::Panic(text.unwrap_or_default()),
        })
    });
    run
}

impl Run {
    fn play<S: Subject>(&mut self, script: &Script, treatments: &[String]) -> Option<Difference> {
        let mut store = Store::default();
        let mut program = &script.policies[0].program;
        let mut subjects: Vec<(String, S)> = Vec::new();
        for treatment in treatments {
            self.at = (0, treatment.clone());
            subjects.push((treatment.clone(), S::start(program, treatment)));
        }
        for (number, step) in script.steps.iter().enumerate() {
            match &step.action {
                Action::Swap(to) => {
                    self.swaps += 1;
                    program = &script.policies[*to].program;
                    for (treatment, subject) in &mut subjects {
                        self.at = (number, treatment.clone());
                        subject.swap(program);
                    }
                }
                Action::Change(changes) => {
                    self.count(number, changes);
                    let expected = store.apply(program, changes);
                    self.refused += usize::from(!expected);
                    for (treatment, subject) in &mut subjects {
                        self.at = (number, treatment.clone());
                        let said = subject.apply(changes);
                        if said.is_ok() != expected {
                            return Some(Difference {
                                step: number,
                                treatment: treatment.clone(),
                                rebuilt: false,
                                failure: Failure::Refusal { expected, said },
                            });
                        }
                    }
                    let other = |value: &Value| UNNAMED.contains(&&*value.ty);
                    let visible = store.visible(program, &[]);
                    self.unnamed_type |= visible.iter().any(|fact| fact.args.iter().any(other));
                }
            }
            let last = number + 1 == script.steps.len();
            for round in &step.rounds {
                let facts = store.visible(program, &round.context);
                let world = World::new(program, facts, round.now);
                let mut expected: Vec<Said> = Vec::new();
                for question in &round.asks {
                    let said = ask(&world, question);
                    self.note(question, &said);
                    expected.push(said);
                }
                for (treatment, subject) in &subjects {
                    self.at = (number, treatment.clone());
                    let answers = subject.answers(round.now, &round.context);
                    let failure = compare(round, &expected, &*answers);
                    let mut rebuilt = false;
                    let failure = failure.or_else(|| {
                        rebuilt = true;
                        let mut again = last.then(|| S::start(program, treatment))?;
                        let facts = store.visible(program, &[]);
                        let load: Vec<Operation> =
                            facts.into_iter().map(Operation::Insert).collect();
                        if let Err(why) = again.apply(&load) {
                            let said = Err(why);
                            return Some(Failure::Refusal {
                                expected: true,
                                said,
                            });
                        }
                        compare(round, &expected, &*again.answers(round.now, &round.context))
                    });
                    if let Some(failure) = failure {
                        return Some(Difference {
                            step: number,
                            treatment: treatment.clone(),
                            rebuilt,
                            failure,
                        });
                    }
                }
            }
        }
        None
    }

    fn count(&mut self, step: usize, changes: &[Operation]) {
        for operation in changes.iter().filter(|_| step > 0) {
            match operation {
                Operation::Insert(_) => self.inserts += 1,
                Operation::Delete(..) => self.deletes += 1,
            }
        }
    }

    fn note(&mut self, question: &Ask, said: &Said) {
        self.asked += 1;
        let something = said
            .as_ref()
            .is_ok_and(crate::equality::Answer::is_something);
        self.something += usize::from(something);
        self.unanswered += usize::from(said.is_err());
        let mut mentions = |value: &Value| {
            self.unknown_id |= something && *value.id == *UNKNOWN;
            self.unnamed_type |= something && UNNAMED.contains(&&*value.ty);
        };
        match question {
            Ask::Holds(_, args) => args.iter().for_each(mentions),
            Ask::List(actor, ..) => mentions(actor),
            Ask::Actions(actor, resource) => [actor, resource].into_iter().for_each(mentions),
            Ask::Query(calls) => {
                for argument in calls.iter().flat_map(|call| &call.args) {
                    if let Argument::Value(value) = argument {
                        mentions(value);
                    }
                }
            }
        }
    }
}

fn compare(round: &Round, expected: &[Said], answers: &dyn Answers) -> Option<Failure> {
    let pairs = round.asks.iter().zip(expected);
    pairs
        .map(|(question, expected)| (question, expected, ask(answers, question)))
        .find(|(_, expected, said)| !agree(expected, said))
        .map(|(question, expected, said)| Failure::Answer {
            now: round.now,
            context: round.context.clone(),
            ask: question.clone(),
            expected: expected.clone(),
            said,
        })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rebuilt = if self.rebuilt {
            ", built anew from the facts"
        } else {
            ""
        };
        writeln!(
            f,
            "step {}, treatment {}{rebuilt}",
            self.step, self.treatment
        )?;
        let show_said = |said: &Said| match said {
            Ok(answer) => answer.to_string(),
            Err(why) => format!("error {why:?}"),
        };
        match &self.failure {
            Failure::Answer {
                now,
                context,
                ask,
                expected,
                said,
            } => {
                writeln!(f, "  now = {now}")?;
                for fact in context {
                    writeln!(f, "  context {fact}")?;
                }
                writeln!(f, "  {}", show(ask))?;
                writeln!(f, "  expected: {}", show_said(expected))?;
                write!(f, "  said: {}", show_said(said))
            }
            Failure::Refusal { expected, said } => {
                write!(
                    f,
                    "  change set: should it be applied? {expected}; said: {said:?}"
                )
            }
            Failure::Panic(text) => write!(f, "  panic: {text}"),
        }
    }
}
