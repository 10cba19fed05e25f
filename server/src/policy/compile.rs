//! From text to a program with its sources.

use std::sync::Arc;

use floe_frontend::diag::Diagnostics;
use floe_frontend::diag::Severity;
use floe_frontend::diag::json::Report;
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile as to_program};

/// A policy that compiles.
pub(crate) struct Ready {
    /// What it means.
    pub(crate) program: Arc<Program>,
    /// Its text, for messages that point at a rule.
    pub(crate) sources: Sources,
    /// Warnings at most.
    pub(crate) diagnostics: Diagnostics,
}

/// A policy that does not.
pub(crate) struct Invalid {
    /// Its text.
    pub(crate) sources: Sources,
    /// At least one error.
    pub(crate) diagnostics: Diagnostics,
}

impl Invalid {
    /// One line for each error: place, reason, code.
    pub(crate) fn lines(&self) -> Vec<String> {
        let report = Report::new(&self.diagnostics, &self.sources);
        let errors = report.diagnostics.iter();
        errors
            .filter(|entry| entry.severity == Severity::Error)
            .map(|entry| {
                let at = &entry.primary;
                format!(
                    "{}:{}:{}: {} [{}]",
                    at.file,
                    at.line,
                    at.column,
                    entry.message.replace('\n', " "),
                    entry.code.as_str()
                )
            })
            .collect()
    }
}

/// Compiles all files of `sources` as one policy.
///
/// # Errors
/// It has errors.
pub(crate) fn compile(sources: Sources) -> Result<Ready, Box<Invalid>> {
    let compiled = to_program(&sources, &Limits::default());
    match compiled.program {
        Some(program) => Ok(Ready {
            program: Arc::new(program),
            sources,
            diagnostics: compiled.diagnostics,
        }),
        None => Err(Box::new(Invalid {
            sources,
            diagnostics: compiled.diagnostics,
        })),
    }
}
