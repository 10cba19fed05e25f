//! A new policy: compiled, tested, put into force; or refused, and nothing has changed.

use std::time::Duration;

use floe_frontend::source::Sources;
use serde_json::{Value, json};
use std::time::Instant;

use super::Environment;
use super::engine::{Budget, PolicyError};
use super::policies::Version;
use crate::policy::{TestReport, compile, run_tests};
use crate::wire::PolicyText;

/// How to treat a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Compile and test only.
    pub(crate) dry_run: bool,
    /// Run no test after one that fails.
    pub(crate) fail_fast: bool,
    /// What all tests together may take.
    pub(crate) time: Duration,
    /// Bytes that a test may keep on the way.
    pub(crate) bytes: u64,
}

/// What has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in force as of this epoch.
    Replaced { epoch: u64, version: u64 },
    /// It was in force already.
    Unchanged { epoch: u64 },
    /// It would be accepted.
    Checked { tests: usize },
}

/// Why it is refused.
pub(crate) enum Problem {
    /// It does not compile: one line for each error.
    Invalid(Vec<String>),
    /// Some of its tests fail.
    TestsFailed(Vec<TestReport>),
    /// Too many uploads wait already.
    Busy,
    /// No change is accepted any more, or the outcome of this one is unknown.
    Unavailable(String),
    /// Anything else.
    Generic(String),
}

impl Environment {
    /// Compiles a policy, runs its tests and puts it into force. Takes as long as that
    /// takes; requests are answered by the old policy meanwhile.
    ///
    /// `sources` are what is compiled, `text` what will be read back.
    ///
    /// # Errors
    /// It is refused, and the old one stays.
    pub(crate) fn upload(
        &self,
        text: PolicyText,
        sources: Sources,
        options: Options,
    ) -> Result<Outcome, Problem> {
        let _alone = self.upload_alone().ok_or(Problem::Busy)?;
        let active = self.policies.newest();
        if !options.dry_run && active.text.as_ref().is_some_and(|t| t.src == text.src) {
            let epoch = self.engine.snapshot().epoch();
            return Ok(Outcome::Unchanged { epoch });
        }
        let ready = compile(sources).map_err(|invalid| Problem::Invalid(invalid.lines()))?;
        let end = Instant::now() + options.time;
        let expired = || Instant::now() >= end;
        let budget = Budget {
            steps: u64::MAX,
            bytes: options.bytes,
            expired: Some(&expired),
        };
        let reports = run_tests(&ready, budget, options.fail_fast);
        if reports.iter().any(|r| !r.failures.is_empty()) {
            return Err(Problem::TestsFailed(reports));
        }
        if options.dry_run {
            let tests = reports.len();
            return Ok(Outcome::Checked { tests });
        }
        let metadata = ready.program.metadata.clone();
        let _crowd = self.crowd();
        let stored = crate::data::policy_bytes(&text).map_err(Problem::Generic)?;
        // Before it is in force: from then on somebody may ask what it says.
        let number = active.number + 1;
        self.policies.push(Version {
            number,
            text: Some(text),
            metadata,
            sources: ready.sources,
        });
        let swapped = self.engine.swap_stored(ready.program, &stored);
        let swapped = swapped.map_err(|why| {
            self.policies.pop(number);
            match why {
                PolicyError::ReadOnly(_) | PolicyError::Unknown(_) | PolicyError::Stopped => {
                    Problem::Unavailable(why.to_string())
                }
                other => Problem::Generic(other.to_string()),
            }
        })?;
        Ok(Outcome::Replaced {
            epoch: swapped.epoch,
            version: swapped.policy_version,
        })
    }
}

/// The body of the answer to a policy that is refused. Clients show `message` only.
pub(crate) fn problem_body(problem: &Problem) -> Value {
    match problem {
        Problem::Invalid(lines) => {
            let errors: Vec<Value> = (lines.iter())
                .map(|line| json!({"error_type": "ValidationFailed", "message": line}))
                .collect();
            json!({
                "error_type": "Validation",
                "message": lines.join("\n"),
                "errors": errors,
            })
        }
        Problem::TestsFailed(reports) => {
            let failed = reports.iter().filter(|r| !r.failures.is_empty()).count();
            let failures = reports.iter().flat_map(|r| &r.failures);
            let lines: Vec<&str> = failures.map(|(_, line)| line.as_str()).collect();
            let errors: Vec<Value> = (lines.iter())
                .map(|line| json!({"error_type": "AssertionFailed", "message": line}))
                .collect();
            let tests: Vec<Value> = (reports.iter())
                .map(|r| json!({"name": r.name, "passed": r.passed, "total": r.total}))
                .collect();
            json!({
                "error_type": "TestsFailed",
                "message": format!(
                    "{failed} of {} policy tests failed: {}",
                    reports.len(),
                    lines.join("\n"),
                ),
                "test_results": {"success": false, "errors": errors, "tests": tests},
            })
        }
        Problem::Busy => {
            let message = "too many uploads are waiting; try again";
            json!({"error_type": "Generic", "message": message})
        }
        Problem::Unavailable(message) | Problem::Generic(message) => {
            json!({"error_type": "Generic", "message": message})
        }
    }
}
