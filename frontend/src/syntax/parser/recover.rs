//! Finding the place to go on after an item that cannot be understood.
//!
//! Owns the notion of "where the next item surely starts". Items end at `;`, inside
//! braces at the brace that closes them, and in any case before a line that can only be
//! a new item. The search starts at the item's first token, so that it knows which
//! braces the item itself has opened.

use super::Parser;
use super::report::Broken;
use crate::diag::Code;
use crate::syntax::token::Kind;

/// Where the broken item stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// At the top level: it may be a whole block.
    Top,
    /// Between the braces of a block, test, setup or fixture.
    Inside,
}

impl Parser<'_> {
    /// Reports a broken item and moves behind it. `from` is its first token.
    pub(super) fn recover(&mut self, broken: Broken, from: usize, place: Place) {
        self.whole = false;
        let (stop, deep) = self.item_end(from, place);
        match deep {
            Some(index) if broken.code() != Code::E070 => {
                let d = self.too_deep(self.span(self.tokens[index]));
                self.report(d);
            }
            _ => self.report(broken.into_diagnostic()),
        }
        self.at = stop;
    }

    /// Moves behind a broken item without a word.
    pub(super) fn skip(&mut self, from: usize, place: Place) {
        self.whole = false;
        self.at = self.item_end(from, place).0;
    }

    /// The token after the item, and the bracket in it that is nested too deeply.
    fn item_end(&self, from: usize, place: Place) -> (usize, Option<usize>) {
        let (mut round, mut square, mut curly) = (0usize, 0usize, 0usize);
        let mut in_block = false;
        let mut deep = None;
        let mut i = from;
        loop {
            let past_error = i >= self.at;
            if past_error && i > from && self.surely_starts(i, place) {
                return (i, deep);
            }
            match self.kind_at(i) {
                Kind::End => return (i, deep),
                Kind::Semicolon if past_error && !(in_block && curly > 0) => {
                    return (i + 1, deep);
                }
                Kind::LeftParen => round += 1,
                Kind::RightParen => round = round.saturating_sub(1),
                Kind::LeftBracket => square += 1,
                Kind::RightBracket => square = square.saturating_sub(1),
                Kind::LeftBrace => {
                    // At the top level, braces that are no object make it a block.
                    in_block |= place == Place::Top && round == 0 && !self.is_object(i);
                    curly += 1;
                }
                Kind::RightBrace if curly > 0 => {
                    curly -= 1;
                    if in_block && curly == 0 && past_error {
                        return (i + 1, deep);
                    }
                }
                Kind::RightBrace if past_error => {
                    return match place {
                        Place::Top => (i + 1, deep),
                        Place::Inside => (i, deep),
                    };
                }
                _ => {}
            }
            if round + square + curly > self.limits.nesting && deep.is_none() {
                deep = Some(i);
            }
            i += 1;
        }
    }

    /// Whether the `{` at `index` opens an object such as `T{"id"}`.
    fn is_object(&self, index: usize) -> bool {
        index > 0
            && self.kind_at(index - 1) == Kind::Ident
            && self.kind_at(index + 2) == Kind::RightBrace
            && self.kind_at(index + 1) != Kind::Ident
    }

    /// Whether the token at `index` begins an item whatever stands before it.
    fn surely_starts(&self, index: usize, place: Place) -> bool {
        if self.starts_top_item(index) {
            return true;
        }
        let token = self.tokens[index];
        if !token.first_on_line {
            return false;
        }
        match place {
            Place::Top => {
                self.in_first_column(token)
                    && token.kind == Kind::Ident
                    && self.kind_at(index + 1) == Kind::LeftParen
                    && !self.leads_on(index - 1)
            }
            Place::Inside => self.starts_inner_item(index),
        }
    }

    /// Whether the line of this token begins a block, declaration or test.
    pub(super) fn starts_top_item(&self, index: usize) -> bool {
        let token = self.tokens[index];
        if token.kind != Kind::Ident || !token.first_on_line {
            return false;
        }
        let next = self.kind_at(index + 1);
        match self.lexeme(token) {
            "actor" | "resource" | "declare" => next == Kind::Ident,
            "global" => next == Kind::LeftBrace,
            "test" => {
                next == Kind::String
                    || (next == Kind::Ident && self.word_at(index + 1) == "fixture")
            }
            _ => false,
        }
    }

    /// Whether the line of this token begins an item of a block or of a test.
    pub(super) fn starts_inner_item(&self, index: usize) -> bool {
        let token = self.tokens[index];
        if !token.first_on_line {
            return false;
        }
        let next = self.kind_at(index + 1);
        match token.kind {
            Kind::String => next == Kind::If,
            Kind::Ident => match self.lexeme(token) {
                "roles" | "permissions" | "relations" => next == Kind::Equal,
                "role" | "permission" => next == Kind::If,
                "assert" | "assert_not" => next == Kind::Ident,
                "setup" => next == Kind::LeftBrace,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the token at `index` cannot be the last of an item.
    fn leads_on(&self, index: usize) -> bool {
        matches!(
            self.kind_at(index),
            Kind::If
                | Kind::And
                | Kind::Or
                | Kind::Not
                | Kind::In
                | Kind::Comma
                | Kind::LeftParen
                | Kind::LeftBracket
                | Kind::Operator
        )
    }
}
