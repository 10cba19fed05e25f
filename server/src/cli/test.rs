//! `floe test`: the inline tests of a policy, without a server.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use floe_frontend::diag::render::{Style, render_all};
use floe_frontend::source::Sources;
use serde_json::json;

use super::{Misuse, Outcome, files, print, say};
use crate::environment::engine::Budget;
use crate::policy::{TestReport, compile, run_tests};

/// Run the inline tests of a policy
///
/// Several FILEs are one policy. The exit status is 1 if it has errors or a test fails.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Test {
    /// Files of the policy; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Print the results as JSON
    #[arg(long)]
    json: bool,

    /// Stop a test after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

const EXAMPLES: &str = "\
Examples:
  floe test policy.polar
  floe test --json roles.polar rules.polar";

impl Test {
    pub(super) fn run(&self, style: Style) -> Result<Outcome, Misuse> {
        let mut sources = Sources::new();
        for path in &self.files {
            sources.add(files::name(path), files::read(path)?);
        }
        let ready = match compile(sources) {
            Ok(ready) => ready,
            Err(invalid) => {
                say(&render_all(&invalid.diagnostics, &invalid.sources, style));
                return Ok(Outcome::Refused);
            }
        };
        say(&render_all(&ready.diagnostics, &ready.sources, style));
        let began = Instant::now();
        let end = began + Duration::from_secs(self.timeout);
        let expired = || Instant::now() >= end;
        let budget = Budget {
            steps: u64::MAX,
            bytes: 1 << 30,
            expired: Some(&expired),
        };
        let reports = run_tests(&ready, budget, false);
        print(&if self.json {
            as_json(&reports)
        } else {
            as_text(&reports, began.elapsed())
        })?;
        let passed = reports.iter().all(|r| r.failures.is_empty());
        Ok(if passed {
            Outcome::Fine
        } else {
            Outcome::Refused
        })
    }
}

fn as_text(reports: &[TestReport], took: Duration) -> String {
    let mut text = String::new();
    for report in reports {
        let ok = if report.failures.is_empty() {
            "ok"
        } else {
            "FAILED"
        };
        text += &format!("test {:?} ... {ok}\n", report.name);
        for (place, line) in &report.failures {
            text += &format!("  {place}: {line}\n");
        }
    }
    let failed = reports.iter().filter(|r| !r.failures.is_empty()).count();
    let passed = reports.len() - failed;
    text + &format!("{passed} passed, {failed} failed, in {took:.1?}\n")
}

fn as_json(reports: &[TestReport]) -> String {
    let tests = reports.iter().map(|r| {
        let failures = r
            .failures
            .iter()
            .map(|(place, line)| json!({"place": place, "message": line}));
        json!({
            "name": r.name,
            "passed": r.passed,
            "total": r.total,
            "failures": failures.collect::<Vec<_>>(),
        })
    });
    let tests: Vec<_> = tests.collect();
    let success = reports.iter().all(|r| r.failures.is_empty());
    json!({"success": success, "tests": tests}).to_string() + "\n"
}
