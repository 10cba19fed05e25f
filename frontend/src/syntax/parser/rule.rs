//! Full rules, heads and declarations, and the `;` that ends an item.

use super::Parser;
use super::expr::is_float_word;
use super::list::Shape;
use super::report::{Broken, MISSING_SEMICOLON, Parsed, quote};
use crate::diag::{Code, suggest};
use crate::syntax::ast::{Declaration, Head, Name, Param, Rule, Term, TermKind};
use crate::syntax::token::Kind;

impl Parser<'_> {
    /// `head if condition;`
    pub(super) fn rule(&mut self) -> Parsed<Rule> {
        let start = self.token().start;
        let flags = self.flags()?;
        let head = self.head("a rule")?;
        let body = if self.rule_if()? {
            let body = self.expr()?;
            self.finish("`and`, `or` or `;`")?;
            Some(body)
        } else {
            self.finish("`if` or `;`")?;
            None
        };
        self.check_float_word();
        Ok(Rule {
            flags,
            head,
            body,
            span: self.span_from(start),
        })
    }

    /// Consumes the `if` of a rule. What other languages write is reported and taken for
    /// it.
    pub(super) fn rule_if(&mut self) -> Parsed<bool> {
        if self.eat(Kind::If) {
            return Ok(true);
        }
        let foreign = match self.kind() {
            Kind::Operator => matches!(self.word(), ":-" | "<-" | "=>" | "->"),
            Kind::Ident => {
                let word = self.word();
                matches!(word, "IF" | "If")
                    || (matches!(word, "iff" | "when" | "where")
                        && !(self.token().first_on_line && self.ahead(1) == Kind::LeftParen))
            }
            Kind::Colon => {
                return self
                    .unexpected("`if` or `;`")
                    .map_err(|b| b.or_help("a rule is written `head if condition;`"));
            }
            _ => false,
        };
        if foreign {
            self.slip(self.word(), |p| p.describe(p.at, "`if` or `;`"));
            self.bump();
        }
        Ok(foreign)
    }

    /// `p(x: T, "lit", y)`
    pub(super) fn head(&mut self, expected: &str) -> Parsed<Head> {
        let predicate = self.name(expected)?;
        if self.kind() != Kind::LeftParen {
            return Err(self.no_parameters(&predicate));
        }
        self.bump();
        let params = self.elements(Shape::ARGUMENTS, Self::param)?;
        let span = self.span_from(predicate.span.start);
        Ok(Head {
            predicate,
            params,
            span,
        })
    }

    /// A name at the start of an item, not followed by parameters.
    fn no_parameters(&self, predicate: &Name) -> Broken {
        const KEYWORDS: [&str; 6] = ["actor", "resource", "global", "declare", "test", "setup"];
        let word: &str = &predicate.text;
        let d = self.describe(self.at, "`(`");
        let starts_block = matches!(self.kind(), Kind::Ident | Kind::LeftBrace | Kind::String);
        if !starts_block || !d.help.is_empty() || d.message.is_empty() {
            return Broken::new(d);
        }
        let d = self
            .error(
                Code::E001,
                predicate.span,
                &format!("unexpected {}, expected an item", quote(word)),
            )
            .label("no item starts like this");
        Broken::new(match suggest::nearest(word, KEYWORDS) {
            Some(keyword) => d.help(format!("did you mean `{keyword}`?")),
            None => d.help(
                "items are blocks (`actor T {}`, `resource T {}`, `global {}`), rules (`p(x) if q(x);`), `declare` and `test`",
            ),
        })
    }

    /// Reports a misspelt `actor` or `resource` in front of what is clearly a block and
    /// puts the right word in its place.
    pub(super) fn misspelt_keyword(&mut self) -> bool {
        let clear = self.ahead(1) == Kind::Ident
            && (self.ahead(2) == Kind::LeftBrace || self.word_at(self.at + 2) == "extends");
        if !clear {
            return false;
        }
        let word = self.word();
        let Some(keyword) = suggest::nearest(word, ["actor", "resource"]) else {
            return false;
        };
        let d = self
            .error(
                Code::E001,
                self.here(),
                &format!("unexpected {}, expected `{keyword}`", quote(word)),
            )
            .label("no such kind of block")
            .help(format!("did you mean `{keyword}`?"));
        self.report(d);
        self.block_keyword = Some(keyword);
        true
    }

    /// A parameter of a head.
    fn param(&mut self) -> Parsed<Param> {
        if self.kind() == Kind::Ident && self.ahead(1) == Kind::Colon {
            let token = self.bump();
            let name = self.name_of(token);
            self.bump();
            if is_float_word(&name.text) {
                self.float_word_is_variable = true;
            }
            let missing = if self.kind() == Kind::LeftBrace {
                self.dictionary("a type")?
            } else {
                let ty = self.bare_name("a type")?;
                if self.kind() != Kind::LeftBrace {
                    return Ok(Param::Typed { name, ty });
                }
                self.field_pattern()?;
                TermKind::Missing
            };
            return Ok(Param::Term(Term {
                kind: missing,
                span: self.span_from(token.start),
            }));
        }
        let term = self.term("a parameter")?;
        if let TermKind::Variable(name) = &term.kind {
            self.float_word_is_variable |= is_float_word(name);
        }
        match self.kind() {
            Kind::Matches | Kind::MatchesExactly => self
                .unexpected("`,` or `)`")
                .map_err(|b| b.or_help("a parameter is typed with a colon: `x: T`")),
            Kind::If => self
                .unexpected("`,` or `)`")
                .map_err(|b| b.or_help("close the parameters with `)` before `if`")),
            Kind::Equal => self.unexpected("`,` or `)`").map_err(|b| {
                b.or_help("there are no default values: write a literal in place of the parameter")
            }),
            _ => Ok(Param::Term(term)),
        }
    }

    /// `declare p(T1, T2);`
    pub(super) fn declaration(&mut self) -> Parsed<Declaration> {
        let start = self.bump().start;
        let predicate = self.name("a predicate")?;
        self.expect(Kind::LeftParen, "`(`")?;
        if self.kind() == Kind::RightParen {
            return self
                .unexpected("a type")
                .map_err(|b| b.or_help("a fact has at least one argument: write its type"));
        }
        let types = self.elements(Shape::ARGUMENTS, |p| {
            let ty = p.declared_type()?;
            if p.kind() == Kind::Colon {
                return p.unexpected("`,` or `)`").map_err(|b| {
                    b.or_help("a declaration names types only: `declare p(T1, T2);`")
                });
            }
            Ok(ty)
        })?;
        self.finish("`;`")?;
        Ok(Declaration {
            predicate,
            types,
            span: self.span_from(start),
        })
    }

    /// A type in a declaration. A literal is reported and taken for its type.
    fn declared_type(&mut self) -> Parsed<Name> {
        let (kind, ty) = match self.kind() {
            Kind::String => ("string", "String"),
            Kind::Integer => ("number", "Integer"),
            Kind::True | Kind::False => ("truth value", "Boolean"),
            _ => return self.bare_name("a type"),
        };
        self.slip(self.word(), |p| {
            p.error(
                Code::E001,
                p.here(),
                &format!("unexpected {}, expected a type", quote(p.word())),
            )
            .label("not a type")
            .help(format!(
                "a declaration names types only: for a {kind} write `{ty}`"
            ))
        });
        let token = self.bump();
        Ok(Name {
            text: self.intern(ty),
            span: self.span(token),
        })
    }

    /// The `;` of an item. If only the `;` is missing, the item counts as finished.
    pub(super) fn finish(&mut self, expected: &str) -> Parsed<()> {
        if self.eat(Kind::Semicolon) {
            return Ok(());
        }
        let token = self.token();
        let next_item = match token.kind {
            Kind::End | Kind::RightBrace => true,
            Kind::Ident => token.first_on_line && self.advice(self.at, expected).is_none(),
            Kind::String | Kind::At => token.first_on_line,
            Kind::Comma | Kind::Operator if self.ends_line_like_semicolon() => {
                self.slip(self.word(), |p| {
                    p.error(
                        Code::E001,
                        p.here(),
                        &format!("unexpected {}, expected {expected}", p.quoted(token)),
                    )
                    .label("expected `;`")
                    .help("end the item with `;`")
                });
                self.bump();
                return Ok(());
            }
            _ => false,
        };
        if !next_item {
            let broken = self.unexpected(expected);
            return if !expected.contains("`and`") {
                broken
            } else if self.is_operator(self.at) {
                let help = self
                    .compared_call()
                    .unwrap_or_else(|| "compare one pair at a time: `a < b and b < c`".to_owned());
                broken.map_err(|b| b.or_help(&help))
            } else if matches!(token.kind, Kind::Ident | Kind::String | Kind::Not) {
                broken.map_err(|b| b.or_help("join conditions with `and` or `or`"))
            } else {
                broken
            };
        }
        self.slip(MISSING_SEMICOLON, |p| {
            p.missing(expected).help(if expected.contains("`and`") {
                "end the item with `;`, or join conditions with `and`"
            } else {
                "end the item with `;`"
            })
        });
        Ok(())
    }

    /// Whether the next token is a `,` or `.` at the end of a line.
    fn ends_line_like_semicolon(&self) -> bool {
        let next = self.tokens[(self.at + 1).min(self.tokens.len() - 1)];
        matches!(self.word(), "," | ".")
            && (next.first_on_line || matches!(next.kind, Kind::End | Kind::RightBrace))
    }
}
