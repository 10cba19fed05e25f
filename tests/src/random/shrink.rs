//! Making a case small: pieces are taken away as long as there is a difference.

use std::time::{Duration, Instant};

use super::run::{Difference, Failure, run};
use super::script::{Action, Round, Script, Step};
use crate::equality::Subject;

/// The smallest case found in which the subject still differs, and how.
#[must_use]
pub fn shrink<S: Subject>(script: &Script, found: &Difference) -> (Script, Difference) {
    let mut small = Small::<S> {
        script: script.clone(),
        difference: found.clone(),
        end: Instant::now() + Duration::from_secs(60),
        subject: std::marker::PhantomData,
    };
    let focused = focus(script, found);
    small.accept(focused);
    while small.steps() | small.operations() | small.context() | small.policies() {}
    (small.script, small.difference)
}

/// The case up to the difference, and no question but the one that shows it.
fn focus(script: &Script, found: &Difference) -> Script {
    let mut focused = script.clone();
    focused.steps.truncate(found.step + 1);
    for step in &mut focused.steps {
        step.rounds.clear();
    }
    if let (
        Failure::Answer {
            now, context, ask, ..
        },
        Some(last),
    ) = (&found.failure, focused.steps.last_mut())
    {
        last.rounds.push(Round {
            now: *now,
            context: context.clone(),
            asks: vec![ask.clone()],
        });
    }
    if let (Failure::Panic(_), Some(last)) = (&found.failure, focused.steps.last_mut()) {
        last.rounds.clone_from(&script.steps[found.step].rounds);
    }
    focused
}

struct Small<S> {
    script: Script,
    difference: Difference,
    end: Instant,
    subject: std::marker::PhantomData<S>,
}

impl<S: Subject> Small<S> {
    /// Takes the smaller case if the subject differs in it.
    fn accept(&mut self, smaller: Script) -> bool {
        if Instant::now() > self.end {
            return false;
        }
        let treatments = [self.difference.treatment.clone()];
        match run::<S>(&smaller, &treatments).difference {
            Some(difference) if self.is_alike(&difference) => {
                self.script = smaller;
                self.difference = difference;
                true
            }
            _ => false,
        }
    }

    /// A wrong answer stays a wrong answer, or the case would drift to something else.
    fn is_alike(&self, other: &Difference) -> bool {
        let kind = |difference: &Difference| std::mem::discriminant(&difference.failure);
        kind(&self.difference) == kind(other)
    }

    /// Tries one cut after the other, the last place first; places behind it stay where
    /// they are.
    fn cuts(&mut self, places: usize, cut: impl Fn(&mut Script, usize)) -> bool {
        let mut changed = false;
        for place in (0..places).rev() {
            let mut smaller = self.script.clone();
            cut(&mut smaller, place);
            changed |= self.accept(smaller);
        }
        changed
    }

    fn steps(&mut self) -> bool {
        let last = self.script.steps.len().saturating_sub(1);
        let mut changed = false;
        if last > 0 {
            // The last change alone may do, if it has all the facts.
            changed |= self.cuts(last, |script, i| _ = script.steps.remove(i));
        }
        let joined = self.joined();
        changed | joined.is_some_and(|script| self.accept(script))
    }

    /// All change sets before the question as one.
    fn joined(&self) -> Option<Script> {
        let steps = &self.script.steps;
        let mut all = Vec::new();
        for step in steps {
            match &step.action {
                Action::Change(changes) => all.extend(changes.iter().cloned()),
                Action::Swap(_) => return None,
            }
        }
        let last = steps.last().filter(|_| steps.len() > 1)?;
        let mut script = self.script.clone();
        script.steps = vec![Step {
            action: Action::Change(all),
            rounds: last.rounds.clone(),
        }];
        Some(script)
    }

    fn operations(&mut self) -> bool {
        let mut changed = false;
        for step in (0..self.script.steps.len()).rev() {
            if let Action::Change(changes) = &self.script.steps[step].action {
                let places = changes.len();
                changed |= self.cuts(places, |script, i| {
                    if let Action::Change(changes) = &mut script.steps[step].action {
                        changes.remove(i);
                    }
                });
            }
        }
        changed
    }

    fn context(&mut self) -> bool {
        let Some(round) = self.script.steps.last().and_then(|step| step.rounds.last()) else {
            return false;
        };
        self.cuts(round.context.len(), |script, i| {
            let round = script
                .steps
                .last_mut()
                .and_then(|step| step.rounds.last_mut());
            round.map(|round| round.context.remove(i));
        })
    }

    fn policies(&mut self) -> bool {
        let mut changed = false;
        for which in 0..self.script.policies.len() {
            loop {
                let policy = &self.script.policies[which].policy;
                let smaller = policy.smaller().into_iter();
                let smaller: Vec<_> = smaller.filter_map(|p| p.compile().ok()).collect();
                let took = smaller.into_iter().any(|compiled| {
                    let mut script = self.script.clone();
                    script.policies[which] = compiled;
                    self.accept(script)
                });
                if !took {
                    break;
                }
                changed = true;
            }
        }
        changed
    }
}
