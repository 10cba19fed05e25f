//! Looking at tokens and consuming them.

use super::Parser;
use crate::source::{Span, Text};
use crate::syntax::token::{Kind, Token};

impl<'a> Parser<'a> {
    /// The next token.
    pub(super) fn token(&self) -> Token {
        self.tokens[self.at]
    }

    /// The kind of the next token.
    pub(super) fn kind(&self) -> Kind {
        self.token().kind
    }

    /// The kind of the token `n` places after the next one.
    pub(super) fn ahead(&self, n: usize) -> Kind {
        self.kind_at(self.at + n)
    }

    /// The kind of a token by its index; the end of the text lasts for ever.
    pub(super) fn kind_at(&self, index: usize) -> Kind {
        self.tokens.get(index).map_or(Kind::End, |t| t.kind)
    }

    /// The text of a token.
    pub(super) fn lexeme(&self, token: Token) -> &'a str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// The next token's text.
    pub(super) fn word(&self) -> &'a str {
        self.lexeme(self.token())
    }

    /// The text of a token by its index; empty past the end.
    pub(super) fn word_at(&self, index: usize) -> &'a str {
        self.tokens.get(index).map_or("", |t| self.lexeme(*t))
    }

    /// Whether the next token is this contextual word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind() == Kind::Ident && self.word() == word
    }

    /// Consumes a token; the end of the text stays where it is.
    pub(super) fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    /// Consumes the next token if it is of this kind.
    pub(super) fn eat(&mut self, kind: Kind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.bump();
        }
        found
    }

    /// Where a token lies.
    pub(super) fn span(&self, token: Token) -> Span {
        Span {
            file: self.file,
            start: token.start,
            end: token.end,
        }
    }

    /// Where the next token lies.
    pub(super) fn here(&self) -> Span {
        self.span(self.token())
    }

    /// The last token consumed.
    pub(super) fn previous(&self) -> Option<Token> {
        self.at.checked_sub(1).map(|i| self.tokens[i])
    }

    /// From `start` to the end of the last token consumed.
    pub(super) fn span_from(&self, start: u32) -> Span {
        Span {
            file: self.file,
            start,
            end: self.previous().map_or(start, |t| t.end.max(start)),
        }
    }

    /// The empty place right after the last token consumed.
    pub(super) fn gap(&self) -> Span {
        let end = self.previous().map_or(0, |t| t.end);
        Span {
            file: self.file,
            start: end,
            end,
        }
    }

    /// Whether a token stands in the very first column.
    pub(super) fn in_first_column(&self, token: Token) -> bool {
        let start = token.start as usize;
        start == 0 || self.text.as_bytes()[start - 1] == b'\n'
    }

    /// One shared copy of each text.
    pub(super) fn intern(&mut self, text: &'a str) -> Text {
        self.interned
            .entry(text)
            .or_insert_with(|| Text::from(text))
            .clone()
    }
}
