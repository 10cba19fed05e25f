//! Inline tests, as they are reported.

use super::Ready;
use crate::environment::engine::{Budget, trial};
use crate::environment::now;

/// How one test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TestReport {
    /// Its name.
    pub(crate) name: String,
    /// Assertions that hold.
    pub(crate) passed: usize,
    /// All its assertions.
    pub(crate) total: usize,
    /// What is wrong with the others: place, and a sentence that stands alone.
    pub(crate) failures: Vec<(String, String)>,
}

/// Runs every test of a policy, in the order written; with `fail_fast` none after one that
/// fails. `budget` is what one assertion may cost.
pub(crate) fn run_tests(ready: &Ready, budget: Budget<'_>, fail_fast: bool) -> Vec<TestReport> {
    let report = |report: trial::Report| TestReport {
        name: report.name.to_string(),
        passed: report.assertions - report.failures.len().min(report.assertions),
        total: report.assertions,
        failures: (report.failures.into_iter())
            .map(|failure| {
                let place = ready.sources.locate(failure.span);
                (
                    place,
                    format!("{:?}: expected {}", &*report.name, failure.expected),
                )
            })
            .collect(),
    };
    let mut reports = Vec::new();
    for one in trial::each(&ready.program, now(), budget) {
        let stop = fail_fast && !one.passed();
        reports.push(report(one));
        if stop {
            break;
        }
    }
    reports
}
