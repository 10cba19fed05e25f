//! Diagnostics for programs: the same content as the text, as one serialisable value.
//!
//! The layout is an interface: fields are added, never renamed. How it is written down
//! (JSON, for the command line and over HTTP) is the business of whoever prints it.

use serde::Serialize;

use super::excerpt;
use super::render::{left_out, shown};
use super::{Code, Diagnostic, Diagnostics, Label, Severity};
use crate::source::Sources;

/// Everything the compiler had to say about a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Errors found, those left out below included. Zero means the policy is accepted.
    pub errors: usize,
    /// Warnings found, those left out below included.
    pub warnings: usize,
    /// Errors and warnings beyond [`crate::Limits::diagnostics`]: counted, not listed.
    pub left_out: usize,
    /// The diagnostics.
    pub diagnostics: Vec<Entry>,
}

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its code, e.g. `E041`.
    pub code: Code,
    /// `error` or `warning`.
    pub severity: Severity,
    /// What the code stands for; the same for every diagnostic of this code.
    pub title: &'static str,
    /// What is wrong here.
    pub message: String,
    /// The place it is about.
    pub primary: Place,
    /// Other places that explain it.
    pub secondary: Vec<Place>,
    /// Facts worth knowing.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
}

/// A labelled place. Offsets are bytes from 0, lines and columns (characters) count from 1,
/// ends are exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Name of the file.
    pub file: String,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line of the start.
    pub line: u32,
    /// Column of the start.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column of the end.
    pub end_column: u32,
    /// What to say beside it; may be empty.
    pub label: String,
    /// The source line of the start; of a very long line what surrounds the place, with
    /// `...` for the rest.
    pub excerpt: String,
}

impl Report {
    /// The report about `diagnostics` found in `sources`.
    #[must_use]
    pub fn new(diagnostics: &Diagnostics, sources: &Sources) -> Report {
        let (errors_left_out, warnings_left_out) = left_out(diagnostics);
        Report {
            errors: diagnostics.errors(),
            warnings: diagnostics.warnings(),
            left_out: errors_left_out + warnings_left_out,
            diagnostics: diagnostics.iter().map(|d| Entry::new(d, sources)).collect(),
        }
    }
}

impl Entry {
    /// One diagnostic of `sources`.
    #[must_use]
    pub fn new(diagnostic: &Diagnostic, sources: &Sources) -> Entry {
        Entry {
            code: diagnostic.code,
            severity: diagnostic.severity(),
            title: diagnostic.code.title(),
            message: shown(&diagnostic.message),
            primary: Place::new(&diagnostic.primary, sources),
            secondary: diagnostic
                .secondary
                .iter()
                .map(|label| Place::new(label, sources))
                .collect(),
            notes: diagnostic.notes.iter().map(|n| shown(n)).collect(),
            help: diagnostic.help.iter().map(|h| shown(h)).collect(),
        }
    }
}

impl Place {
    fn new(label: &Label, sources: &Sources) -> Place {
        let file = sources.file(label.span.file);
        let start = file.position(label.span.start);
        let end = file.position(label.span.end);
        Place {
            file: file.name().to_owned(),
            start: label.span.start,
            end: label.span.end,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            label: shown(&label.text),
            excerpt: excerpt::first_line(label, sources),
        }
    }
}
