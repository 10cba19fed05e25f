//! What cases consist of, counted; and a case written down.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::classes::{SHARES, classes};
use super::run::{Difference, Failure, Run};
use super::script::{Action, Script};
use super::store::Store;
use crate::case::{Ask, Question};
use crate::equality::show;
use crate::reference::World;

/// Counts over many cases.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cases.
    pub cases: usize,
    classes: BTreeMap<&'static str, usize>,
    forms: BTreeMap<&'static str, usize>,
    rules: usize,
    steps: usize,
    thrown: usize,
    total: Run,
}

/// Of every hundred changes, so many delete at least.
const DELETES: usize = 25;

/// Of fewer cases than this, shares say nothing.
const ENOUGH: usize = 200;

impl Tally {
    /// Counts a case.
    pub fn add(&mut self, script: &Script, run: &Run) {
        self.cases += 1;
        self.steps += script.steps.len();
        self.thrown += script.thrown;
        let first = &script.policies[0];
        self.rules += first.policy.rules();
        let mut found = classes(&first.program);
        found.extend(run.unknown_id.then_some("unknown id in a question"));
        found.extend(run.unnamed_type.then_some("type the policy never names"));
        for class in found {
            *self.classes.entry(class).or_default() += 1;
        }
        for form in &first.policy.forms {
            *self.forms.entry(form).or_default() += 1;
        }
        let total = &mut self.total;
        total.asked += run.asked;
        total.something += run.something;
        total.unanswered += run.unanswered;
        total.inserts += run.inserts;
        total.deletes += run.deletes;
        total.refused += run.refused;
        total.swaps += run.swaps;
    }

    /// How many cases are of this class.
    #[must_use]
    pub fn count(&self, class: &str) -> usize {
        self.classes.get(class).copied().unwrap_or_default()
    }

    /// The shares that are missed; of fewer than 200 cases none is.
    #[must_use]
    pub fn missed(&self) -> Vec<String> {
        if self.cases < ENOUGH {
            return Vec::new();
        }
        let mut missed = Vec::new();
        for (class, share) in SHARES {
            let count = self.count(class);
            if count * 100 < share * self.cases {
                missed.push(format!("{class}: {count} of {}, not {share} %", self.cases));
            }
        }
        let (inserts, deletes) = (self.total.inserts, self.total.deletes);
        if deletes * 100 < DELETES * (inserts + deletes) {
            missed.push(format!("{deletes} deletes, {inserts} inserts"));
        }
        for (form, count) in &self.forms {
            if count * 100 < self.cases {
                missed.push(format!("{form}: in {count} of {} policies", self.cases));
            }
        }
        missed
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |n: usize, of: usize| 100.0 * n as f64 / of.max(1) as f64;
        let total = &self.total;
        writeln!(
            f,
            "{} cases, {} steps, {} swaps, {:.1} rules a policy, {} policies thrown away (E042, E043)",
            self.cases,
            self.steps,
            total.swaps,
            self.rules as f64 / self.cases.max(1) as f64,
            self.thrown
        )?;
        writeln!(
            f,
            "{} questions: {:.1} % with something as the answer, {:.1} % without an answer",
            total.asked,
            percent(total.something, total.asked),
            percent(total.unanswered, total.asked)
        )?;
        let changes = total.inserts + total.deletes;
        writeln!(
            f,
            "{changes} changes: {:.1} % deletes; {} change sets refused",
            percent(total.deletes, changes),
            total.refused
        )?;
        for (class, share) in SHARES {
            let found = percent(self.count(class), self.cases);
            writeln!(f, "{found:6.1} % (at least {share}) {class}")?;
        }
        write!(f, "forms:")?;
        for (form, count) in &self.forms {
            write!(f, " {form} {:.0} %,", percent(*count, self.cases))?;
        }
        Ok(())
    }
}

/// The case at its end, as a file for `tests/cases`: the policy, the facts, the question
/// that shows the difference with the right answer. How it came to these facts, which a
/// case file cannot say, stands in the prose.
#[must_use]
pub fn markdown(script: &Script, difference: &Difference) -> String {
    let mut store = Store::default();
    let (mut current, mut swapped) = (0, false);
    let mut history = String::new();
    for step in &script.steps[..=difference.step] {
        match &step.action {
            Action::Swap(to) => {
                swapped = true;
                current = *to;
                history += &format!("    swap to policy {to}\n");
            }
            Action::Change(changes) => {
                let applied = store.apply(&script.policies[current].program, changes);
                history += if applied {
                    "    change set\n"
                } else {
                    "    change set, refused\n"
                };
                for operation in changes {
                    history += &format!("      {operation}\n");
                }
            }
        }
    }
    let compiled = &script.policies[current];
    let program = &*compiled.program;
    let mut text =
        format!("# Seed {}\n\n{difference}\n\n{history}\n", script.seed).replace("\n  ", "\n    ");
    let mut block = |word: &str, body: &str| {
        if !body.is_empty() || word == "polar" {
            text += &format!("```{word}\n{body}```\n\n");
        }
    };
    block("polar", &compiled.policy.text());
    block("diagnostics", &compiled.warnings);
    let Failure::Answer {
        now, context, ask, ..
    } = &difference.failure
    else {
        return text;
    };
    let mut facts = format!("now = {now}\n");
    for fact in store.visible(program, &[]) {
        _ = writeln!(facts, "{fact}");
    }
    block("facts", &facts);
    let along: String = context.iter().map(|fact| format!("{fact}\n")).collect();
    block("context", &along);
    let world = World::new(program, store.visible(program, context), *now);
    let question = Question {
        text: show(ask),
        ask: Some::<Ask>(ask.clone()),
    };
    block(
        "questions",
        &question.answered(&world, program, &compiled.sources),
    );
    for (i, other) in script.policies.iter().enumerate() {
        if i != current && swapped {
            let lines = other.policy.text();
            let lines: String = lines.lines().map(|line| format!("    {line}\n")).collect();
            text += &format!("Policy {i}:\n\n{lines}");
        }
    }
    text
}
