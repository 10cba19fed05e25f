//! Policy files into the default environment, with what there is to say on the terminal.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use floe_frontend::diag::render::{Style, render_all};
use floe_frontend::source::Sources;

use crate::environment::{Environment, Options, Outcome, Problem, problem_body};
use crate::policy::compile;
use crate::wire::PolicyText;

/// Reads the files as one policy and loads it. The result is a line about a policy that is
/// loaded; one that is not has been explained on standard error, and the one before stays.
///
/// # Errors
/// A file cannot be read.
pub(super) fn load(
    environment: &Environment,
    files: &[PathBuf],
    style: Style,
    options: Options,
) -> Result<String, String> {
    let began = Instant::now();
    let (text, sources) = read(files)?;
    match environment.upload(text, sources.clone(), options) {
        Ok(Outcome::Replaced { version, .. }) => {
            let (warnings, tests) = advice(sources, style);
            eprint!("{warnings}");
            let took = began.elapsed();
            Ok(format!(
                "Policy loaded as version {version} in {took:.1?}; {tests}\n"
            ))
        }
        Ok(Outcome::Unchanged { .. } | Outcome::Checked { .. }) => Ok(String::new()),
        Err(Problem::Invalid(_)) => {
            if let Err(invalid) = compile(sources) {
                let shown = render_all(&invalid.diagnostics, &invalid.sources, style);
                eprintln!("{shown}The policy is not loaded; the one before stays in force.");
            }
            Ok(String::new())
        }
        Err(Problem::TestsFailed(reports)) => {
            for (place, line) in reports.iter().flat_map(|r| &r.failures) {
                eprintln!("test failed: {place}: {line}");
            }
            eprintln!("The policy is not loaded; the one before stays in force.");
            Ok(String::new())
        }
        Err(problem @ (Problem::Busy | Problem::Unavailable(_) | Problem::Generic(_))) => {
            let why = problem_body(&problem);
            let why = why["message"].as_str().unwrap_or_default();
            eprintln!("error: {why}\nThe policy is not loaded; the one before stays in force.");
            Ok(String::new())
        }
    }
}

/// The files as one text, and each by its own name.
fn read(files: &[PathBuf]) -> Result<(PolicyText, Sources), String> {
    let mut sources = Sources::new();
    let mut whole = String::new();
    for path in files {
        let text = text_of(path)?;
        if !whole.is_empty() && !whole.ends_with('\n') {
            whole.push('\n');
        }
        whole += &text;
        sources.add(path.display().to_string(), text);
    }
    let filename = match files {
        [one] => one
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        _ => None,
    };
    let text = PolicyText {
        filename: Some(filename.unwrap_or_default()),
        src: whole,
    };
    Ok((text, sources))
}

fn text_of(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("cannot read {}: {why}", path.display()))
}

/// Warnings as text, and how many tests there are.
fn advice(sources: Sources, style: Style) -> (String, String) {
    let Ok(ready) = compile(sources) else {
        return Default::default();
    };
    let warnings = render_all(&ready.diagnostics, &ready.sources, style);
    let tests = match ready.program.tests.len() {
        0 => "it has no tests".to_owned(),
        1 => "1 test passed".to_owned(),
        n => format!("{n} tests passed"),
    };
    (warnings, tests)
}
