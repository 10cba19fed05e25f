//! Identifiers and string literals, and the slips people make with their quotes.

use std::borrow::Cow;

use super::Parser;
use super::report::{Parsed, quote};
use crate::diag::Code;
use crate::source::Text;
use crate::syntax::ast::{Name, StringLiteral};
use crate::syntax::token::{Kind, Token};

impl Parser<'_> {
    /// An identifier; `expected` says what it would name.
    pub(super) fn name(&mut self, expected: &str) -> Parsed<Name> {
        let token = self.expect(Kind::Ident, expected)?;
        Ok(self.name_of(token))
    }

    /// The identifier that a token is.
    pub(super) fn name_of(&mut self, token: Token) -> Name {
        Name {
            text: self.intern(self.lexeme(token)),
            span: self.span(token),
        }
    }

    /// A name that is no string, although some put it in quotes.
    pub(super) fn bare_name(&mut self, expected: &str) -> Parsed<Name> {
        if !matches!(self.kind(), Kind::String | Kind::OtherQuotes) {
            return self.name(expected);
        }
        let inner = unquoted(self.word());
        self.slip(self.word(), |p| {
            p.error(
                Code::E001,
                p.here(),
                &format!("unexpected {}, expected {expected}", quote(p.word())),
            )
            .label("written without quotes")
            .help(format!("write {} without quotes", quote(inner)))
        });
        let token = self.bump();
        Ok(Name {
            text: self.intern(inner),
            span: self.span(token),
        })
    }

    /// `@word`s in front of a rule.
    pub(super) fn flags(&mut self) -> Parsed<Vec<Name>> {
        let mut flags = Vec::new();
        while self.kind() == Kind::At {
            if self.word() == "@current_unix_time" {
                return self.unexpected("a rule");
            }
            let token = self.bump();
            flags.push(Name {
                text: self.intern(&self.lexeme(token)[1..]),
                span: self.span(token),
            });
        }
        Ok(flags)
    }

    /// A string literal. Wrong quotes are reported and taken for the right ones.
    pub(super) fn string(&mut self, expected: &str) -> Parsed<StringLiteral> {
        match self.kind() {
            Kind::String => {
                let token = self.bump();
                Ok(StringLiteral {
                    value: self.string_value(token),
                    span: self.span(token),
                })
            }
            Kind::OtherQuotes => {
                self.slip(self.word(), |p| p.describe(p.at, expected));
                let token = self.bump();
                Ok(StringLiteral {
                    value: self.intern(unquoted(self.lexeme(token))),
                    span: self.span(token),
                })
            }
            _ => self.unexpected(expected),
        }
    }

    /// A declared name in quotes; an identifier is taken for one whose quotes are missing.
    pub(super) fn quoted_name(&mut self, expected: &str) -> Parsed<StringLiteral> {
        if self.kind() != Kind::Ident {
            return self.string(expected);
        }
        let word = self.word();
        self.slip(word, |p| {
            p.error(
                Code::E001,
                p.here(),
                &format!("unexpected {}, expected {expected}", quote(word)),
            )
            .label("quotes are missing")
            .help(format!(
                "names are written in quotes: {}",
                quote(&format!("\"{word}\""))
            ))
        });
        let token = self.bump();
        Ok(StringLiteral {
            value: self.intern(word),
            span: self.span(token),
        })
    }

    /// The value of a string token.
    pub(super) fn string_value(&mut self, token: Token) -> Text {
        let inner = unquoted(self.lexeme(token));
        match unescape(inner) {
            Cow::Borrowed(text) => self.intern(text),
            Cow::Owned(text) => Text::from(text),
        }
    }
}

/// A quoted lexeme without its quotes, whatever they look like.
pub(super) fn unquoted(lexeme: &str) -> &str {
    let mut inner = lexeme.chars();
    inner.next();
    inner.next_back();
    inner.as_str()
}

/// Resolves escapes (spec 1.4).
fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some('0') => value.push('\0'),
                Some(other) => value.push(other),
                None => {}
            },
            _ => value.push(c),
        }
    }
    Cow::Owned(value)
}
