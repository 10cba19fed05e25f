//! Tests, fixtures, their facts and assertions.

use super::Parser;
use super::expr::is_float_word;
use super::list::Shape;
use super::recover::Place;
use super::report::{Parsed, quote};
use crate::diag::Code;
use crate::syntax::ast::{
    Assertion, Fact, Fixture, Item, Name, Setup, SetupItem, StringLiteral, Term, TermKind, Test,
    TestItem,
};
use crate::syntax::token::{Kind, Token};

impl Parser<'_> {
    /// `test "..." { ... }` or `test fixture f { ... }`
    pub(super) fn test_or_fixture(&mut self) -> Parsed<Item> {
        let keyword = self.bump();
        if self.is_word("fixture") {
            self.bump();
            let name = self.bare_name("the fixture's name")?;
            return self.fixture(keyword, name).map(Item::Fixture);
        }
        let name = self.test_name()?;
        let open = self.open_brace("`{`", |p| p.starts_inner_item(p.at))?;
        let items = self.body(keyword, open, |_| false, Self::test_item);
        Ok(Item::Test(Test {
            name,
            items,
            span: self.span_from(keyword.start),
        }))
    }

    fn test_name(&mut self) -> Parsed<StringLiteral> {
        if self.kind() == Kind::Ident && self.ahead(1) != Kind::LeftBrace {
            return self
                .unexpected("a name in quotes")
                .map_err(|b| b.or_help("a test is written `test \"what it shows\" { ... }`"));
        }
        self.quoted_name("a name in quotes")
    }

    fn fixture(&mut self, keyword: Token, name: Name) -> Parsed<Fixture> {
        let open = self.open_brace("`{`", |_| false)?;
        let facts = self.body(
            keyword,
            open,
            |_| false,
            |p| {
                if p.is_word("fixture") && p.ahead(1) == Kind::Ident {
                    return p.unexpected("a fact").map_err(|b| {
                        b.or_help("fixtures do not contain fixtures: name both in `setup`")
                    });
                }
                p.fact()
            },
        );
        Ok(Fixture {
            name,
            facts,
            span: self.span_from(keyword.start),
        })
    }

    /// The items of a body up to its `}`. `outside` tells when an item belongs to what is
    /// around the body, so that the `}` must be missing.
    fn body<T>(
        &mut self,
        keyword: Token,
        open: Token,
        outside: fn(&Self) -> bool,
        item: fn(&mut Self) -> Parsed<T>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        loop {
            match self.kind() {
                Kind::RightBrace => {
                    self.bump();
                    return items;
                }
                Kind::Semicolon => {
                    self.bump();
                }
                _ if self.kind() == Kind::End || self.starts_top_item(self.at) || outside(self) => {
                    self.missing_brace(keyword, open);
                    return items;
                }
                _ => {
                    let from = self.at;
                    self.begin_item();
                    match item(self) {
                        Ok(item) => items.push(item),
                        Err(broken) => self.recover(broken, from, Place::Inside),
                    }
                }
            }
        }
    }

    fn starts_assertion(&self) -> bool {
        (self.is_word("assert") || self.is_word("assert_not")) && self.ahead(1) == Kind::Ident
    }

    fn test_item(&mut self) -> Parsed<TestItem> {
        let next = self.ahead(1);
        match (self.kind(), self.word()) {
            (Kind::Ident, "setup") if next != Kind::LeftParen => self.setup().map(TestItem::Setup),
            (Kind::Ident, "assert" | "assert_not") if next != Kind::LeftParen => {
                self.assertion().map(TestItem::Assertion)
            }
            (Kind::Ident, "fixture") if next == Kind::Ident => self
                .unexpected(TEST_ITEM)
                .map_err(|b| b.or_help("fixtures are named inside `setup { ... }`")),
            (Kind::Ident, _) if next == Kind::LeftParen => {
                self.unexpected(TEST_ITEM).map_err(|b| {
                    b.or_help("facts stand inside `setup { ... }`; questions follow `assert`")
                })
            }
            _ => self.unexpected(TEST_ITEM),
        }
    }

    /// `setup { ... }`
    fn setup(&mut self) -> Parsed<Setup> {
        let keyword = self.bump();
        let open = self.open_brace("`{`", |p| {
            p.kind() == Kind::Ident && p.ahead(1) == Kind::LeftParen
        })?;
        let items = self.body(keyword, open, Self::starts_assertion, |p| {
            if p.is_word("fixture") && p.ahead(1) != Kind::LeftParen {
                p.bump();
                let name = p.bare_name("the fixture's name")?;
                p.finish("`;`")?;
                return Ok(SetupItem::Fixture(name));
            }
            p.fact().map(SetupItem::Fact)
        });
        Ok(Setup {
            items,
            span: self.span_from(keyword.start),
        })
    }

    /// `p("a", T{"b"});`
    fn fact(&mut self) -> Parsed<Fact> {
        let predicate = self.name("a fact")?;
        self.expect(Kind::LeftParen, "`(`")?;
        if self.kind() == Kind::RightParen {
            return self
                .unexpected("an argument")
                .map_err(|b| b.or_help("a fact has at least one argument"));
        }
        let args = self.elements(Shape::ARGUMENTS, Self::ground)?;
        if self.kind() == Kind::If {
            return self
                .unexpected("`;`")
                .map_err(|b| b.or_help("a setup holds facts; rules stand outside of tests"));
        }
        self.finish("`;`")?;
        let span = self.span_from(predicate.span.start);
        Ok(Fact {
            predicate,
            args,
            span,
        })
    }

    /// A literal or an object.
    fn ground(&mut self) -> Parsed<Term> {
        let mut term = self.term("a literal or an object")?;
        let lexeme = match &term.kind {
            TermKind::Variable(name) if is_float_word(name) => {
                let d = super::hints::fraction(term.span, name);
                self.report(d);
                term.kind = TermKind::Missing;
                return Ok(term);
            }
            TermKind::Variable(name) => name.clone(),
            TermKind::Now => crate::source::Text::from("@current_unix_time"),
            _ => return Ok(term),
        };
        let d = self
            .error(
                Code::E001,
                term.span,
                &format!("unexpected {}, expected a literal or an object", quote(&lexeme)),
            )
            .label("not a concrete value")
            .help("facts of a test are concrete: write `\"text\"`, a number, `true`, `false` or `T{\"id\"}`");
        Err(super::report::Broken::new(d))
    }

    /// `assert p(...);`, with or without `iff`
    fn assertion(&mut self) -> Parsed<Assertion> {
        let keyword = self.bump();
        let negated = self.lexeme(keyword) == "assert_not";
        if self.kind() == Kind::Not {
            return self
                .unexpected("a question")
                .map_err(|b| b.or_help("write `assert_not p(...);`"));
        }
        let head = self.head("a question")?;
        let iff = if self.is_word("iff") {
            self.bump();
            Some(self.expr()?)
        } else if self.kind() == Kind::If {
            self.slip("if", |p| {
                p.describe(p.at, "`iff` or `;`")
                    .help("in an assertion write `iff`: `assert p(x: T) iff x in [...];`")
            });
            self.bump();
            Some(self.expr()?)
        } else {
            None
        };
        self.finish(if iff.is_some() {
            "`and`, `or` or `;`"
        } else {
            "`iff` or `;`"
        })?;
        self.check_float_word();
        Ok(Assertion {
            negated,
            head,
            iff,
            span: self.span_from(keyword.start),
        })
    }
}

const TEST_ITEM: &str = "`setup`, `assert`, `assert_not` or `}`";
