//! Diagnostics: what the compiler has to say, as data.
//!
//! Owns: codes, severities, labelled places, and the collection they are gathered in.
//! Rendering them for people is [`render`]'s business and needs the sources; every stage
//! before that only appends to [`Diagnostics`].

mod code;
mod excerpt;
pub mod json;
pub mod render;
pub mod suggest;
#[cfg(test)]
mod tests;

pub use code::Code;

use serde::Serialize;

use crate::source::Span;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy is refused.
    Error,
    /// A suggestion; never blocks.
    Warning,
}

/// A place with something to say about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What, short enough to stand beside the source line; may be empty.
    pub text: String,
}

/// One thing the compiler has to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Its code.
    pub code: Code,
    /// One sentence that can stand alone.
    pub message: String,
    /// The place it is about.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// Facts worth knowing, whole sentences.
    pub notes: Vec<String>,
    /// What to do about it, whole sentences or code to write.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A diagnostic about one place; the builder methods add the rest.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            message: message.into(),
            primary: Label {
                span,
                text: String::new(),
            },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Sets the text beside the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Adds a help sentence.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }

    /// Errors stop the policy from being saved.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The same with every text of bounded length: names of the policy may have any.
    fn clipped(mut self) -> Diagnostic {
        const MOST: usize = 4_096;
        let labels = std::iter::once(&mut self.primary).chain(&mut self.secondary);
        let texts = labels.map(|l| &mut l.text).chain([&mut self.message]);
        for text in texts.chain(&mut self.notes).chain(&mut self.help) {
            if text.len() > MOST {
                *text = excerpt::middle_cut(text, MOST).into_owned();
            }
        }
        self
    }
}

/// Everything found so far, in the order found, bounded by
/// [`crate::Limits::diagnostics`] (errors are never dropped in favour of warnings).
#[derive(Clone, Debug)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    limit: usize,
    errors: usize,
    warnings: usize,
    /// Places about which all has been said, sorted.
    closed: Vec<Span>,
}

impl Diagnostics {
    /// Nothing found; keeps at most `limit` errors and as many warnings.
    #[must_use]
    pub fn new(limit: usize) -> Diagnostics {
        Diagnostics {
            found: Vec::new(),
            limit,
            errors: 0,
            warnings: 0,
            closed: Vec::new(),
        }
    }

    /// Ends a stage: what later ones say of the very places found so far is one mistake
    /// seen twice, and dropped.
    pub(crate) fn close_places(&mut self) {
        self.closed = self.found.iter().map(|d| d.primary.span).collect();
        self.closed.sort_unstable();
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.closed.binary_search(&diagnostic.primary.span).is_ok() {
            return;
        }
        let seen = match diagnostic.severity() {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *seen += 1;
        if *seen <= self.limit {
            self.found.push(diagnostic.clipped());
        }
    }

    /// Adds all of them.
    pub(crate) fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        more.into_iter().for_each(|d| self.push(d));
    }

    /// Whether anything so far refuses the policy.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors were found, kept or not.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings were found, kept or not.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// Those kept.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// Sorts by place: file, line, column; errors first at one place.
    pub fn sort(&mut self) {
        self.found.sort_by_key(|d| (d.primary.span, d.code));
    }
}
