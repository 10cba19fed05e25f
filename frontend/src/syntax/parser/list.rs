//! Elements between brackets, separated by commas.
//!
//! Owns recovery inside a list: a broken element is reported and the next one tried, as
//! long as the list can be seen to go on.

use super::Parser;
use super::report::{Broken, MISSING_SEMICOLON, Parsed};
use crate::diag::{Code, Diagnostic};
use crate::syntax::token::Kind;

/// How a list is written.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// The closing bracket.
    pub(super) close: Kind,
    /// The same, as text.
    pub(super) close_text: &'static str,
    /// Whether a comma may follow the last element.
    pub(super) trailing_comma: bool,
}

impl Shape {
    /// `( ... )`
    pub(super) const ARGUMENTS: Shape = Shape {
        close: Kind::RightParen,
        close_text: "`)`",
        trailing_comma: false,
    };
    /// `[ ... ]`
    pub(super) const LIST: Shape = Shape {
        close: Kind::RightBracket,
        close_text: "`]`",
        trailing_comma: true,
    };
    /// `{ ... }`
    pub(super) const MAP: Shape = Shape {
        close: Kind::RightBrace,
        close_text: "`}`",
        trailing_comma: true,
    };
}

/// The key under which a forgotten comma is remembered.
const MISSING_COMMA: &str = "missing ,";

/// What was forgotten after an element.
#[derive(PartialEq, Eq)]
enum Missing {
    Comma,
    Close,
}

impl Parser<'_> {
    /// The elements of a list whose opening bracket has been consumed, and the closing
    /// bracket.
    pub(super) fn elements<T>(
        &mut self,
        shape: Shape,
        mut element: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut found = Vec::new();
        loop {
            if self.eat(shape.close) {
                return Ok(found);
            }
            match element(self) {
                Ok(value) => found.push(value),
                Err(broken) => self.next_element(shape, broken)?,
            }
            if self.eat(Kind::Comma) {
                if !shape.trailing_comma && self.kind() == shape.close {
                    self.trailing_comma();
                }
            } else if self.eat(shape.close) || self.missing_comma(shape)? == Missing::Close {
                return Ok(found);
            }
        }
    }

    /// Moves to the comma or bracket after a broken element, or gives up the list.
    fn next_element(&mut self, shape: Shape, broken: Broken) -> Parsed<()> {
        let mut depth = 0usize;
        let mut i = self.at;
        loop {
            let kind = self.kind_at(i);
            match kind {
                Kind::Semicolon | Kind::End => return Err(broken),
                Kind::Comma if depth == 0 => break,
                _ if depth == 0 && kind == shape.close => break,
                Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace => depth += 1,
                Kind::RightParen | Kind::RightBracket | Kind::RightBrace => {
                    let Some(outer) = depth.checked_sub(1) else {
                        return Err(broken);
                    };
                    depth = outer;
                }
                _ if self.starts_top_item(i) || self.starts_inner_item(i) => return Err(broken),
                _ => {}
            }
            if depth > self.limits.nesting {
                return Err(broken);
            }
            i += 1;
        }
        self.whole = false;
        self.report(broken.into_diagnostic());
        self.at = i;
        Ok(())
    }

    fn trailing_comma(&mut self) {
        let Some(comma) = self.previous() else {
            return;
        };
        self.slip(",", |p| {
            p.error(
                Code::E001,
                p.span(comma),
                "unexpected `,`, expected an argument",
            )
            .label("no comma after the last argument")
            .help("remove the comma")
        });
    }

    /// After an element stands neither a comma nor the end. If another element or the end
    /// of the item follows, only the separator was forgotten.
    fn missing_comma(&mut self, shape: Shape) -> Parsed<Missing> {
        let close = shape.close_text;
        let next_item = self.token().first_on_line
            && self.kind() == Kind::Ident
            && self.ahead(1) == Kind::LeftParen;
        match self.kind() {
            Kind::Ident if next_item && shape.close == Kind::RightParen => {
                self.slip("missing )", |p| p.unclosed_list(shape));
                self.mended.push(MISSING_SEMICOLON);
                Ok(Missing::Close)
            }
            Kind::Semicolon => {
                self.slip(";", |p| p.unclosed_list(shape));
                Ok(Missing::Close)
            }
            Kind::String | Kind::Ident | Kind::Integer | Kind::True | Kind::False
                if !self.starts_inner_item(self.at) && !self.starts_top_item(self.at) =>
            {
                if self.mended.contains(&MISSING_COMMA) {
                    return Ok(Missing::Comma);
                }
                // A word or number with advice of its own is no element.
                if let Some(d) = self.advice(self.at, &format!("`,` or {close}")) {
                    return Err(Broken::new(d));
                }
                self.slip(MISSING_COMMA, |p| {
                    p.missing("`,`").help("separate the elements with `,`")
                });
                Ok(Missing::Comma)
            }
            _ => self.unexpected(&format!("`,` or {close}")),
        }
    }

    fn unclosed_list(&self, shape: Shape) -> Diagnostic {
        let close = shape.close_text;
        self.missing(close).help(format!("close it with {close}"))
    }
}
