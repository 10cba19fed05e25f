//! Terms: literals, objects, variables, the current time.

use super::Parser;
use super::report::{Broken, Parsed, quote};
use crate::diag::Code;
use crate::syntax::ast::{Literal, Name, Term, TermKind};
use crate::syntax::token::{Kind, Token};

impl Parser<'_> {
    /// A term. Things that are not terms but whose end is plain to see are reported and
    /// marked as missing.
    pub(super) fn term(&mut self, expected: &str) -> Parsed<Term> {
        let start = self.token();
        let kind = match start.kind {
            Kind::Ident => match self.ahead(1) {
                Kind::LeftBrace => return self.object(),
                Kind::LeftParen => self.nested_call()?,
                _ => {
                    self.bump();
                    TermKind::Variable(self.intern(self.lexeme(start)))
                }
            },
            Kind::At if self.word() == "@current_unix_time" => {
                self.bump();
                TermKind::Now
            }
            Kind::LeftBracket => self.misplaced_list(expected)?,
            Kind::LeftBrace => self.dictionary(expected)?,
            Kind::Operator if self.word() == "*" && self.ahead(1) == Kind::Ident => {
                let d = self.describe(self.at, expected);
                self.bump();
                self.bump();
                self.report(d);
                TermKind::Missing
            }
            _ => match self.literal(expected)? {
                Some(Literal::String(text)) => TermKind::String(text),
                Some(Literal::Integer(value)) => TermKind::Integer(value),
                Some(Literal::Boolean(value)) => TermKind::Boolean(value),
                None => TermKind::Missing,
            },
        };
        Ok(Term {
            kind,
            span: self.span_from(start.start),
        })
    }

    /// A literal; nothing for a number that has no value and was reported.
    fn literal(&mut self, expected: &str) -> Parsed<Option<Literal>> {
        Ok(match self.kind() {
            Kind::String | Kind::OtherQuotes => Some(Literal::String(self.string(expected)?.value)),
            Kind::Integer => {
                let token = self.bump();
                self.integer(token).map(Literal::Integer)
            }
            Kind::True | Kind::False => Some(Literal::Boolean(self.bump().kind == Kind::True)),
            Kind::Fraction => {
                let d = self.describe(self.at, expected);
                self.bump();
                self.report(d);
                None
            }
            _ => return self.unexpected(expected),
        })
    }

    /// The value of an integer token, if it is within range.
    fn integer(&mut self, token: Token) -> Option<i64> {
        let lexeme = self.lexeme(token);
        let value = lexeme.parse().ok();
        if value.is_none() {
            let d = self
                .error(
                    Code::E003,
                    self.span(token),
                    &format!("{} is outside the range of Integer", quote(lexeme)),
                )
                .label("does not fit into 64 bits")
                .help(
                    "an Integer lies between -9223372036854775808 and 9223372036854775807; \
                     use a string for longer numbers",
                );
            self.report(d);
        }
        value
    }

    /// `T{"id"}`
    fn object(&mut self) -> Parsed<Term> {
        let token = self.bump();
        let ty = self.name_of(token);
        let id = match self.ahead(1) {
            Kind::Ident | Kind::RightBrace | Kind::Legacy => {
                self.bad_id(&ty)?;
                None
            }
            _ => {
                self.bump();
                let id = self.literal("a literal id")?;
                if self.kind() == Kind::Colon {
                    return self.unexpected("`}`").map_err(|b| b.or_help(NO_FIELDS));
                }
                self.expect(Kind::RightBrace, "`}`")?;
                id
            }
        };
        Ok(Term {
            kind: id.map_or(TermKind::Missing, |id| TermKind::Object { ty, id }),
            span: self.span_from(token.start),
        })
    }

    /// An object whose id is missing, a variable, or a list of fields.
    fn bad_id(&mut self, ty: &Name) -> Parsed<()> {
        if self.ahead(2) == Kind::Colon {
            return self.field_pattern();
        }
        let d = self.describe(self.at + 1, "a literal id");
        let d = if d.help.is_empty() && !d.message.is_empty() {
            d.help(format!(
                "write the id as a literal: `{}{{\"id\"}}`",
                ty.text
            ))
        } else {
            d
        };
        self.skip_brackets()?;
        self.report(d);
        Ok(())
    }

    /// Reports `{field: value}` at its first `:` and skips it. The next token is the `{`.
    pub(super) fn field_pattern(&mut self) -> Parsed<()> {
        let at = if self.ahead(2) == Kind::Colon {
            self.at + 2
        } else {
            self.at
        };
        let d = self
            .describe(
                at,
                if at == self.at {
                    "`and`, `or` or `;`"
                } else {
                    "`}`"
                },
            )
            .help(NO_FIELDS);
        self.skip_brackets()?;
        self.report(d);
        Ok(())
    }

    /// `{a: 1}` in place of a term.
    pub(super) fn dictionary(&mut self, expected: &str) -> Parsed<TermKind> {
        let at = if self.ahead(2) == Kind::Colon {
            self.at + 2
        } else {
            self.at
        };
        let d = self.describe(at, expected).help(NO_FIELDS);
        self.skip_brackets()?;
        self.report(d);
        Ok(TermKind::Missing)
    }

    /// A list in place of a term.
    fn misplaced_list(&mut self, expected: &str) -> Parsed<TermKind> {
        let d = self
            .error(
                Code::E001,
                self.here(),
                &format!("unexpected `[`, expected {expected}"),
            )
            .label("a list is not a value")
            .help("lists stand around `=` and to the right of `in`, and do not nest; store one fact per element");
        self.skip_brackets()?;
        self.report(d);
        Ok(TermKind::Missing)
    }

    /// A call in place of a term.
    fn nested_call(&mut self) -> Parsed<TermKind> {
        let token = self.token();
        let name = self.lexeme(token);
        let d = self
            .error(
                Code::E011,
                self.span(token),
                &format!(
                    "a condition cannot be an argument: {} is a call",
                    quote(name)
                ),
            )
            .label("a call is true or false, not a value")
            .help(format!(
                "give the value a name: `{name}(..., x) and ...`, then use `x` here"
            ));
        self.bump();
        self.skip_brackets()?;
        self.report(d);
        Ok(TermKind::Missing)
    }

    /// Skips from the next bracket at or after here to the one that closes it. Fails if
    /// there is none in the item, or if the nesting is too deep.
    pub(super) fn skip_brackets(&mut self) -> Parsed<()> {
        let mut depth = 0usize;
        loop {
            match self.kind() {
                Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace => {
                    depth += 1;
                    if depth > self.limits.nesting {
                        return Err(Broken::new(self.too_deep(self.here())));
                    }
                }
                Kind::RightParen | Kind::RightBracket | Kind::RightBrace => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.bump();
                        return Ok(());
                    }
                }
                Kind::Semicolon | Kind::End => return self.unexpected("a closing bracket"),
                _ => {}
            }
            self.bump();
        }
    }
}

const NO_FIELDS: &str = "values have no fields: store each one as a fact, such as `is_public(doc)`";
