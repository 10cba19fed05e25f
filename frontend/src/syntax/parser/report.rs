//! Making and keeping diagnostics.
//!
//! Owns the wording of "unexpected `X`, expected ...". What to advise about a particular
//! token is in [`super::hints`].

use super::Parser;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::token::{Kind, Token};

/// An item that cannot be understood, and why. Boxed: it is the rare case.
pub(super) struct Broken(Box<Diagnostic>);

/// What a rule of the grammar gives.
pub(super) type Parsed<T> = Result<T, Broken>;

impl Broken {
    pub(super) fn new(diagnostic: Diagnostic) -> Broken {
        Broken(Box::new(diagnostic))
    }

    /// Adds advice, unless the token itself has earned some already.
    pub(super) fn or_help(mut self, text: &str) -> Broken {
        if self.0.help.is_empty() && !self.0.message.is_empty() {
            self.0.help.push(text.to_owned());
        }
        self
    }

    pub(super) fn into_diagnostic(self) -> Diagnostic {
        *self.0
    }

    pub(super) fn code(&self) -> Code {
        self.0.code
    }
}

/// The key under which a forgotten `;` is remembered.
pub(super) const MISSING_SEMICOLON: &str = "missing ;";

/// Characters of a lexeme that a message quotes.
const QUOTED: usize = 40;

/// What stands beside the source line: long expectations are in the message anyway.
pub(super) fn label(expected: &str) -> String {
    if expected.len() > 40 {
        "not allowed here".to_owned()
    } else {
        format!("expected {expected}")
    }
}

/// A lexeme in backticks, clipped.
pub(super) fn quote(lexeme: &str) -> String {
    match lexeme.char_indices().nth(QUOTED) {
        None => format!("`{lexeme}`"),
        Some((end, _)) => format!("`{}...`", &lexeme[..end]),
    }
}

impl<'a> Parser<'a> {
    /// Whether further diagnostics are only counted, so that wording them is wasted.
    pub(super) fn saturated(&self) -> bool {
        self.diagnostics.errors() >= self.limits.diagnostics
    }

    /// A diagnostic, without text once nobody will read it.
    pub(super) fn error(&self, code: Code, span: Span, message: &str) -> Diagnostic {
        let message = if self.saturated() { "" } else { message };
        Diagnostic::new(code, span, message)
    }

    /// Keeps a diagnostic.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        match &mut self.held {
            Some(held) => held.push(diagnostic),
            None => self.diagnostics.push(diagnostic),
        }
    }

    /// Reports a slip that will be mended: once per item and lexeme, so that nobody reads
    /// the same advice twice.
    pub(super) fn slip(&mut self, lexeme: &'a str, about: impl FnOnce(&Self) -> Diagnostic) {
        const REMEMBERED: usize = 8;
        if self.mended.len() < REMEMBERED && !self.mended.contains(&lexeme) {
            self.mended.push(lexeme);
            let diagnostic = about(self);
            self.report(diagnostic);
        }
    }

    /// A token as a message names it.
    pub(super) fn quoted(&self, token: Token) -> String {
        match token.kind {
            Kind::End => "end of file".to_owned(),
            _ => quote(self.lexeme(token)),
        }
    }

    /// The next token does not fit.
    pub(super) fn unexpected<T>(&self, expected: &str) -> Parsed<T> {
        Err(Broken::new(self.describe(self.at, expected)))
    }

    /// A diagnostic about the token at `index`, which does not fit.
    pub(super) fn describe(&self, index: usize, expected: &str) -> Diagnostic {
        let index = index.min(self.tokens.len() - 1);
        let token = self.tokens[index];
        let span = self.span(token);
        if self.saturated() {
            return Diagnostic::new(Code::E001, span, "");
        }
        self.advice(index, expected).unwrap_or_else(|| {
            let found = self.quoted(token);
            Diagnostic::new(
                Code::E001,
                span,
                format!("unexpected {found}, expected {expected}"),
            )
            .label(label(expected))
        })
    }

    /// What there is to say about the token at `index` whatever is expected.
    pub(super) fn advice(&self, index: usize, expected: &str) -> Option<Diagnostic> {
        self.hint(index, self.tokens[index], expected)
    }

    /// Consumes a token of this kind or fails.
    pub(super) fn expect(&mut self, kind: Kind, expected: &str) -> Parsed<Token> {
        if self.kind() == kind {
            Ok(self.bump())
        } else {
            self.unexpected(expected)
        }
    }

    /// Something is missing between the last token and the next one.
    pub(super) fn missing(&self, what: &str) -> Diagnostic {
        let found = self.quoted(self.token());
        self.error(
            Code::E001,
            self.gap(),
            &format!("unexpected {found}, expected {what}"),
        )
        .label(format!("{what} is missing here"))
    }

    /// Nested beyond the limit.
    pub(super) fn too_deep(&self, span: Span) -> Diagnostic {
        let limit = self.limits.nesting;
        self.error(
            Code::E070,
            span,
            &format!("nested too deeply: the limit is {limit} levels"),
        )
        .label("one level too many")
        .help("split the condition: give an inner part a rule of its own and call that")
    }
}
