//! Shorthand rules: `"a" if "b" on "c";`.
//!
//! Full-rule operators in a shorthand body are understood and kept in the tree: the stage
//! that knows the expansion says what to write instead.

use super::Parser;
use super::report::{Broken, Parsed};
use crate::diag::Code;
use crate::syntax::ast::{
    Expr, Shorthand, ShorthandExpr, ShorthandExprKind, ShorthandTarget, ShorthandTerm,
    ShorthandTermKind, StringLiteral,
};
use crate::syntax::token::Kind;

impl Parser<'_> {
    /// `"a" if "b";`
    pub(super) fn shorthand(&mut self) -> Parsed<Shorthand> {
        let start = self.token().start;
        let flags = self.flags()?;
        let head = self.shorthand_term("a shorthand rule")?;
        if self.kind() == Kind::Ident && self.word() == "on" {
            return self
                .unexpected("`if`")
                .map_err(|b| b.or_help("a shorthand rule grants on its own block's type only"));
        }
        if !self.rule_if()? {
            return self.unexpected("`if`").map_err(|b| {
                b.or_help("a shorthand rule is written `\"granted\" if \"condition\";`")
            });
        }
        let body = self.condition(Self::shorthand_unit)?;
        self.finish("`and`, `or`, `on` or `;`")?;
        Ok(Shorthand {
            flags,
            head,
            body,
            span: self.span_from(start),
        })
    }

    /// `"name"`, `role` or `permission`
    fn shorthand_term(&mut self, expected: &str) -> Parsed<ShorthandTerm> {
        let kind = match (self.kind(), self.word()) {
            (Kind::Ident, "role") => ShorthandTermKind::Role,
            (Kind::Ident, "permission") => ShorthandTermKind::Permission,
            _ => {
                let name = self.quoted_name(expected)?;
                return Ok(ShorthandTerm {
                    kind: ShorthandTermKind::Literal(name.value),
                    span: name.span,
                });
            }
        };
        let token = self.bump();
        Ok(ShorthandTerm {
            kind,
            span: self.span(token),
        })
    }

    /// A shorthand condition without connectives.
    fn shorthand_unit(&mut self) -> Parsed<ShorthandExpr> {
        let start = self.token().start;
        let kind = match self.kind() {
            Kind::Ident if self.ahead(1) == Kind::LeftParen => {
                let call = self.call()?;
                ShorthandExprKind::Call(call)
            }
            Kind::Ident if self.global_name() => {
                self.bump();
                ShorthandExprKind::Global(self.quoted_name("a name in quotes")?)
            }
            Kind::Ident if self.ahead(1) == Kind::LeftBrace => self.foreign()?,
            Kind::Ident | Kind::String | Kind::OtherQuotes if self.is_operator(self.at + 1) => {
                self.foreign()?
            }
            Kind::Ident if self.word_at(self.at + 1) == "." => {
                self.bump();
                return self.unexpected("a condition");
            }
            Kind::Ident if self.is_word("on") => return self.unexpected("a condition"),
            Kind::Ident | Kind::String | Kind::OtherQuotes => self.named()?,
            Kind::True
            | Kind::False
            | Kind::Integer
            | Kind::Fraction
            | Kind::At
            | Kind::LeftBracket => self.foreign()?,
            Kind::Not => self.shorthand_not()?,
            Kind::Operator if self.word() == "!" => self.shorthand_not()?,
            _ => {
                return self.unexpected(
                    "a condition such as `\"name\"`, `\"name\" on \"relation\"` or `p(resource)`",
                );
            }
        };
        Ok(ShorthandExpr {
            kind,
            span: self.span_from(start),
        })
    }

    /// `"name"`, `role` or `permission`, with or without `on`.
    fn named(&mut self) -> Parsed<ShorthandExprKind> {
        let term = self.shorthand_term("a name in quotes")?;
        let (on, more) = self.target()?;
        // Which of the hops was meant first is anybody's guess.
        Ok(if more {
            ShorthandExprKind::Missing
        } else {
            ShorthandExprKind::Term { term, on }
        })
    }

    /// Whether the next two tokens are `global "name"`, with or without quotes.
    fn global_name(&self) -> bool {
        self.is_word("global")
            && match self.ahead(1) {
                Kind::String | Kind::OtherQuotes => true,
                Kind::Ident => self.word_at(self.at + 1) != "on",
                _ => false,
            }
    }

    /// An operator of full rules.
    fn foreign(&mut self) -> Parsed<ShorthandExprKind> {
        self.unit().map(ShorthandExprKind::Foreign)
    }

    /// `not p(...)`, or a `not` that only full rules have.
    fn shorthand_not(&mut self) -> Parsed<ShorthandExprKind> {
        let index = self.at;
        if self.kind() == Kind::Operator {
            self.slip("!", |p| p.describe(p.at, "a condition"));
        }
        if self.ahead(1) == Kind::Ident && self.ahead(2) == Kind::LeftParen {
            self.bump();
            return self.call().map(ShorthandExprKind::Not);
        }
        let quoted = |i: usize| matches!(self.kind_at(i), Kind::String | Kind::OtherQuotes);
        let is_name = match self.word_at(index + 1) {
            "role" | "permission" => self.kind_at(index + 2) != Kind::LeftBrace,
            "global" => quoted(index + 2),
            _ => quoted(index + 1),
        };
        if is_name && !self.is_operator(index + 2) {
            self.bump();
            let start = self.token().start;
            let kind = if self.global_name() {
                self.bump();
                ShorthandExprKind::Global(self.quoted_name("a name in quotes")?)
            } else {
                self.named()?
            };
            return Ok(ShorthandExprKind::NotTerm(Box::new(ShorthandExpr {
                kind,
                span: self.span_from(start),
            })));
        }
        // Parentheses after `not` may hold a condition of full rules or of shorthand. Only
        // the former can be kept; nobody wants to hear of the errors of the attempt.
        let outer = self.held.replace(Vec::new());
        let attempt: Parsed<Expr> = self.single_condition(Self::unit);
        let reports = std::mem::replace(&mut self.held, outer).unwrap_or_default();
        match attempt {
            Ok(expr) if reports.is_empty() => Ok(ShorthandExprKind::Foreign(expr)),
            Err(broken) if broken.code() == Code::E070 => Err(broken),
            _ => Err(self.negated_group(index)),
        }
    }

    /// The `not` at `index` stands before a group of names.
    fn negated_group(&self, index: usize) -> Broken {
        let span = self.span(self.tokens[index]);
        let d = self
            .error(
                Code::E022,
                span,
                "in a shorthand rule `not` stands only before a call",
            )
            .label("only in full rules");
        Broken::new(d.help("write this as a full rule"))
    }

    /// `on "relation"` or `on resource`, if present, and whether there is more than one.
    fn target(&mut self) -> Parsed<(Option<ShorthandTarget>, bool)> {
        if !self.is_word("on") {
            return Ok((None, false));
        }
        self.bump();
        let target = self.one_target()?;
        let more = self.is_word("on");
        if more {
            let d = self
                .error(Code::E021, self.here(), "only one `on` per condition")
                .label("second `on`")
                .help("give the intermediate type a role of its own, or write a full rule");
            self.report(d);
            while self.is_word("on") {
                self.bump();
                self.one_target()?;
            }
        }
        Ok((Some(target), more))
    }

    fn one_target(&mut self) -> Parsed<ShorthandTarget> {
        if self.is_word("resource") {
            let token = self.bump();
            return Ok(ShorthandTarget::Resource(self.span(token)));
        }
        let StringLiteral { value, span } = self.quoted_name("a relation in quotes")?;
        Ok(ShorthandTarget::Relation(StringLiteral { value, span }))
    }
}
