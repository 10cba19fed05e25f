//! One request's view of an environment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use hyper::StatusCode;

use super::engine::{Asking, Budget, CannotAnswer, Exceeded, Snapshot, Unanswered, Value};
use super::explain;
use super::policies::{Policies, Version};
use crate::wire::{Fact, Failure};

/// One published state of facts and policy: everything a request says is true of it.
pub(crate) struct Moment<'e> {
    snapshot: Snapshot,
    policies: &'e Policies,
}

/// What a question may cost.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    /// Rows read, joined or derived.
    pub(crate) steps: u64,
    /// Bytes kept on the way.
    pub(crate) bytes: u64,
    /// When it must be answered.
    pub(crate) deadline: Instant,
    /// Whether running out of steps means another try elsewhere, not a failure.
    pub(crate) light: bool,
    /// Set when nobody waits for the answer any more.
    pub(crate) abandoned: Option<Arc<AtomicBool>>,
}

impl Meter {
    /// Looks at the clock: a request of many small questions would never come to it.
    ///
    /// # Errors
    /// The time is over.
    pub(crate) fn check(&self) -> Result<(), Unanswered> {
        match self.is_over() {
            true => Err(Unanswered::Cannot(CannotAnswer::Exceeded(Exceeded::Time))),
            false => Ok(()),
        }
    }
}

impl Meter {
    /// Whether the time is over, or nobody waits.
    fn is_over(&self) -> bool {
        let abandoned = self.abandoned.as_ref();
        abandoned.is_some_and(|gone| gone.load(Ordering::Relaxed))
            || Instant::now() >= self.deadline
    }
}

impl<'e> Moment<'e> {
    pub(super) fn new(snapshot: Snapshot, policies: &'e Policies) -> Moment<'e> {
        Moment { snapshot, policies }
    }

    /// The epoch of the facts.
    pub(crate) fn epoch(&self) -> u64 {
        self.snapshot.epoch()
    }

    /// The number of the policy.
    pub(crate) fn policy_version(&self) -> u64 {
        self.snapshot.policy_version()
    }

    /// The engine's view.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The policy in force.
    pub(crate) fn version(&self) -> Arc<Version> {
        let version = self.policies.get(self.snapshot.policy_version());
        // Of a version that is kept no longer only messages and listings would have had need.
        version.unwrap_or_else(|| self.policies.newest())
    }

    /// Asks within a budget. Several questions of one request share it, and the facts of
    /// its context, whose values have been checked.
    ///
    /// # Errors
    /// What the engine cannot answer, in words.
    pub(crate) fn ask<T>(
        &self,
        context: &[&Fact<'_>],
        meter: &Meter,
        questions: impl FnOnce(&mut Asking<'_>) -> Result<T, Unanswered>,
    ) -> Result<T, Failure> {
        let rows: Vec<Vec<Value<'_>>> = (context.iter())
            .map(|fact| fact.args.iter().map(|arg| arg.value()).collect())
            .collect();
        let facts: Vec<(&str, &[Value<'_>])> = (context.iter().zip(&rows))
            .map(|(fact, row)| (&*fact.predicate, &row[..]))
            .collect();
        let expired = || meter.is_over();
        let budget = Budget {
            steps: meter.steps,
            bytes: meter.bytes,
            expired: Some(&expired),
        };
        let asking = self.snapshot.ask(now(), &facts, budget);
        let mut asking = asking.map_err(|why| Failure::bad(format!("context_facts: {why}")))?;
        questions(&mut asking).map_err(|why| self.failure(&why, meter))
    }

    fn failure(&self, why: &Unanswered, meter: &Meter) -> Failure {
        match why {
            Unanswered::Cannot(why) => {
                let message = explain(why, self.snapshot.program(), &self.version().sources);
                let mut failure = Failure::bad(message);
                failure.heavy = meter.light && *why == CannotAnswer::Exceeded(Exceeded::Steps);
                failure
            }
            Unanswered::BadValue(why) => Failure::bad(why.to_string()),
            Unanswered::Down(why) => {
                let why = format!("this environment cannot answer at the moment: {why}");
                Failure::new(StatusCode::SERVICE_UNAVAILABLE, why).retry_after(1)
            }
            other => Failure::bad(other.to_string()),
        }
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |d| d.as_secs() as i64)
}
