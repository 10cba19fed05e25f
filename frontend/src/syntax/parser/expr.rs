//! The conditions of full rules: calls, comparisons, `in`, `matches`.

use super::Parser;
use super::list::Shape;
use super::report::{Broken, Parsed, quote};
use crate::diag::Code;
use crate::syntax::ast::{Call, CompareOp, Expr, ExprKind, List, Operand, Term, TermKind};
use crate::syntax::token::Kind;

impl Parser<'_> {
    /// A condition of a full rule.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.condition(Self::unit)
    }

    /// A condition without connectives.
    pub(super) fn unit(&mut self) -> Parsed<Expr> {
        let start = self.token().start;
        let kind = match self.kind() {
            Kind::Ident if self.ahead(1) == Kind::LeftParen => ExprKind::Call(self.call()?),
            Kind::LeftBracket => {
                let list = self.list()?;
                self.list_comparison(list)?
            }
            _ => {
                let left = self.operand_term("a condition")?;
                self.relation_of(left)?
            }
        };
        let span = self.span_from(start);
        Ok(Expr { kind, span })
    }

    /// `p(a, b)`; the caller has seen the parenthesis.
    pub(super) fn call(&mut self) -> Parsed<Call> {
        let predicate = self.name("a predicate")?;
        self.expect(Kind::LeftParen, "`(`")?;
        let args = self.elements(Shape::ARGUMENTS, Self::argument)?;
        let span = self.span_from(predicate.span.start);
        Ok(Call {
            predicate,
            args,
            span,
        })
    }

    /// An argument of a call.
    pub(super) fn argument(&mut self) -> Parsed<Term> {
        if self.kind() == Kind::Not {
            let d = self
                .error(
                    Code::E011,
                    self.here(),
                    "a condition cannot be an argument: `not` makes one",
                )
                .label("a condition, not a value")
                .help("move the condition out of the call");
            return Err(Broken::new(d));
        }
        let term = self.term("an argument")?;
        if let TermKind::Variable(name) = &term.kind
            && is_float_word(name)
        {
            self.float_word_is_variable = true;
        }
        if self.kind() == Kind::Colon && matches!(term.kind, TermKind::Variable(_)) {
            return self.unexpected("`,` or `)`").map_err(|b| {
                b.or_help("only parameters of a head are typed; in a condition write `x matches T`")
            });
        }
        Ok(term)
    }

    /// `[a, b]`
    pub(super) fn list(&mut self) -> Parsed<List> {
        let open = self.expect(Kind::LeftBracket, "`[`")?;
        let items = self.elements(Shape::LIST, |p| p.operand_term("an element"))?;
        Ok(List {
            items,
            span: self.span_from(open.start),
        })
    }

    /// A term that is compared; here `inf` and `nan` look like numbers.
    fn operand_term(&mut self, expected: &str) -> Parsed<Term> {
        let term = self.term(expected)?;
        if let TermKind::Variable(name) = &term.kind
            && is_float_word(name)
        {
            self.float_word.get_or_insert(term.span);
        }
        Ok(term)
    }

    /// What follows a list: only `=` may.
    fn list_comparison(&mut self, list: List) -> Parsed<ExprKind> {
        let op = match self.comparison() {
            Some(CompareOp::Eq) => CompareOp::Eq,
            Some(_) => {
                self.at -= 1;
                return self
                    .unexpected("`=`")
                    .map_err(|b| b.or_help("lists can only be compared with `=`"));
            }
            None => {
                return self
                    .unexpected("`=`")
                    .map_err(|b| b.or_help("a list stands around `=` or to the right of `in`"));
            }
        };
        Ok(ExprKind::Compare {
            op,
            left: Operand::List(list),
            right: self.operand()?,
        })
    }

    fn operand(&mut self) -> Parsed<Operand> {
        if self.kind() == Kind::LeftBracket {
            Ok(Operand::List(self.list()?))
        } else {
            Ok(Operand::Term(self.operand_term("a value")?))
        }
    }

    /// What follows a term: an operator, or nothing if the term is a condition itself.
    fn relation_of(&mut self, left: Term) -> Parsed<ExprKind> {
        if let Some(op) = self.comparison() {
            let left = Operand::Term(left);
            if op != CompareOp::Eq && self.kind() == Kind::LeftBracket {
                return self
                    .unexpected("a value")
                    .map_err(|b| b.or_help("lists can only be compared with `=`"));
            }
            let right = self.operand()?;
            return Ok(ExprKind::Compare { op, left, right });
        }
        match self.kind() {
            Kind::In => {
                self.bump();
                if self.kind() != Kind::LeftBracket {
                    if let Some(broken) = self.in_a_field(&left) {
                        return Err(broken);
                    }
                    return self.unexpected("a list").map_err(|b| {
                        b.or_help("`in` takes a list in brackets: `x in [\"a\", \"b\"]`; members of a group are facts: `member(x, group)`")
                    });
                }
                let list = self.list()?;
                Ok(ExprKind::In { term: left, list })
            }
            Kind::Matches | Kind::MatchesExactly => self.matches(&left),
            Kind::Not if self.ahead(1) == Kind::In => {
                let name = self.previous().map_or("x", |t| self.lexeme(t));
                let help = format!("write `not {name} in [...]`");
                self.unexpected("`in`").map_err(|b| b.or_help(&help))
            }
            _ => match left.kind {
                TermKind::Boolean(value) => Ok(ExprKind::Boolean(value)),
                _ => Err(self.not_a_condition(&left)),
            },
        }
    }

    fn matches(&mut self, left: &Term) -> Parsed<ExprKind> {
        let TermKind::Variable(text) = &left.kind else {
            return self
                .unexpected("`and`, `or` or `;`")
                .map_err(|b| b.or_help("only variables are tested with `matches`"));
        };
        if is_float_word(text) {
            self.float_word_is_variable = true;
        }
        let exact = self.bump().kind == Kind::MatchesExactly;
        let ty = self.bare_name("a type")?;
        if self.kind() == Kind::LeftBrace {
            self.field_pattern()?;
            return Ok(ExprKind::Missing);
        }
        Ok(ExprKind::Matches {
            name: crate::syntax::ast::Name {
                text: text.clone(),
                span: left.span,
            },
            exact,
            ty,
        })
    }

    /// Consumes a comparison operator. Foreign ones that mean the same are reported and
    /// taken for ours.
    fn comparison(&mut self) -> Option<CompareOp> {
        let op = match (self.kind(), self.word()) {
            (Kind::Equal, _) => CompareOp::Eq,
            (Kind::NotEqual, _) => CompareOp::Ne,
            (Kind::Less, _) => CompareOp::Lt,
            (Kind::LessEqual, _) => CompareOp::Le,
            (Kind::Greater, _) => CompareOp::Gt,
            (Kind::GreaterEqual, _) => CompareOp::Ge,
            (Kind::Operator, word) => {
                let op = foreign_comparison(word)?;
                self.slip(word, |p| p.describe(p.at, "an operator"));
                op
            }
            _ => return None,
        };
        self.bump();
        Some(op)
    }

    /// Whether the token at `index` makes an operand of what stands before it.
    pub(super) fn is_operator(&self, index: usize) -> bool {
        match self.kind_at(index) {
            Kind::Equal
            | Kind::NotEqual
            | Kind::Less
            | Kind::LessEqual
            | Kind::Greater
            | Kind::GreaterEqual
            | Kind::In
            | Kind::Matches
            | Kind::MatchesExactly => true,
            Kind::Operator => foreign_comparison(self.word_at(index)).is_some(),
            _ => false,
        }
    }

    /// A lone term where a condition belongs. The next token is the likelier culprit if it
    /// has something wrong with it.
    fn not_a_condition(&self, term: &Term) -> Broken {
        let next = self.describe(self.at, "an operator");
        let follows = !matches!(self.kind(), Kind::End | Kind::Semicolon);
        if follows && !next.help.is_empty() {
            return Broken::new(next);
        }
        let lexeme = &self.text[term.span.range()];
        let d = self
            .error(
                Code::E001,
                term.span,
                &format!("unexpected {}, expected a condition", quote(lexeme)),
            )
            .label("a value is not a condition");
        Broken::new(match (&term.kind, self.kind()) {
            (TermKind::Variable(name), Kind::Colon) => {
                d.help(format!("to restrict the type write `{name} matches T`"))
            }
            (TermKind::Variable(name), _) => d.help(format!(
                "write a call such as `{name}(...)`, or compare it: `{name} = ...`"
            )),
            (TermKind::String(_), _) => d.help(
                "names in quotes are conditions only in the shorthand rules of a block; in a full rule write `has_role(actor, \"name\", resource)`",
            ),
            _ => d.help("compare it: `x = ...`"),
        })
    }

    /// `x in y.items`: the mistake is the field, not the missing list.
    fn in_a_field(&self, left: &Term) -> Option<Broken> {
        let field = self.at + 2;
        let is_field = self.kind() == Kind::Ident
            && self.word_at(self.at + 1) == "."
            && self.kind_at(field) == Kind::Ident;
        let d = is_field.then(|| self.describe(self.at + 1, "a list"))?;
        if self.saturated() {
            return Some(Broken::new(d));
        }
        let call = format!(
            "{}({}, {})",
            self.word_at(field),
            self.word(),
            &self.text[left.span.range()]
        );
        let mut d = d;
        d.help = vec![format!(
            "there is no field access: store each member as a fact and write {}",
            quote(&call)
        )];
        Some(Broken::new(d))
    }

    /// `p(x) = y`: what to write instead, if the operator here follows a call.
    pub(super) fn compared_call(&self) -> Option<String> {
        const LONGEST: usize = 40;
        if self.saturated() || !self.is_operator(self.at) {
            return None;
        }
        let close = self.at.checked_sub(1)?;
        if self.kind_at(close) != Kind::RightParen {
            return None;
        }
        let mut depth = 0;
        let open = (0..=close).rev().take(LONGEST).find(|&i| {
            match self.kind_at(i) {
                Kind::RightParen => depth += 1,
                Kind::LeftParen => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let name = open.checked_sub(1)?;
        if self.kind_at(name) != Kind::Ident {
            return None;
        }
        let inside =
            &self.text[self.tokens[name].start as usize..self.tokens[close].start as usize];
        let comma = if open + 1 == close { "" } else { ", " };
        let value = self.word_at(self.at + 1);
        let equal = matches!(self.word(), "=" | "==" | "===" | ":=");
        let call = if equal && self.kind_at(self.at + 2) != Kind::LeftBrace {
            format!("{inside}{comma}{value})")
        } else {
            format!("{inside}{comma}x) and x {} ...", self.word())
        };
        (call.len() <= 80).then(|| format!("a call is true or false, not a value: write `{call}`"))
    }

    /// After the item: `inf` and `nan` are floats of the legacy dialect unless the rule
    /// uses the word as a variable.
    pub(super) fn check_float_word(&mut self) {
        if let Some(span) = self.float_word.take()
            && !self.float_word_is_variable
        {
            let d = super::hints::fraction(span, &self.text[span.range()]);
            self.report(d);
            // The tree has a variable where a number was meant.
            self.whole = false;
        }
    }
}

/// The words that the legacy dialect reads as floats.
pub(super) fn is_float_word(word: &str) -> bool {
    matches!(word, "inf" | "nan")
}

/// What a foreign comparison operator means here.
fn foreign_comparison(operator: &str) -> Option<CompareOp> {
    Some(match operator {
        "==" | "===" | ":=" => CompareOp::Eq,
        "!==" | "<>" => CompareOp::Ne,
        "=<" => CompareOp::Le,
        _ => return None,
    })
}
