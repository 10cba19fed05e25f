//! `and`, `or`, `not` and parentheses, for full rules and shorthand alike.
//!
//! Owns precedence. Works on an explicit stack instead of recursion, so that depth is a
//! number to compare with the limit and not a matter of the thread's stack. What stands
//! between the connectives is up to the caller.

use super::Parser;
use super::report::{Broken, Parsed};
use crate::diag::Code;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, ShorthandExpr, ShorthandExprKind};
use crate::syntax::token::Kind;

/// A condition that connectives can build.
pub(super) trait Condition: Sized {
    /// Whether `not` stands in front of any condition. If it does not, it belongs to the
    /// unit it stands in front of.
    const NOT_IS_PREFIX: bool;

    fn span(&self) -> Span;
    fn and(all: Vec<Self>, span: Span) -> Self;
    fn or(any: Vec<Self>, span: Span) -> Self;
    fn not(inner: Self, span: Span) -> Self;
    fn group(inner: Self, span: Span) -> Self;
}

impl Condition for Expr {
    const NOT_IS_PREFIX: bool = true;

    fn span(&self) -> Span {
        self.span
    }

    fn and(all: Vec<Expr>, span: Span) -> Expr {
        let kind = ExprKind::And(all);
        Expr { kind, span }
    }

    fn or(any: Vec<Expr>, span: Span) -> Expr {
        let kind = ExprKind::Or(any);
        Expr { kind, span }
    }

    fn not(inner: Expr, span: Span) -> Expr {
        let kind = ExprKind::Not(Box::new(inner));
        Expr { kind, span }
    }

    fn group(inner: Expr, span: Span) -> Expr {
        let kind = ExprKind::Group(Box::new(inner));
        Expr { kind, span }
    }
}

impl Condition for ShorthandExpr {
    const NOT_IS_PREFIX: bool = false;

    fn span(&self) -> Span {
        self.span
    }

    fn and(all: Vec<ShorthandExpr>, span: Span) -> ShorthandExpr {
        let kind = ShorthandExprKind::And(all);
        ShorthandExpr { kind, span }
    }

    fn or(any: Vec<ShorthandExpr>, span: Span) -> ShorthandExpr {
        let kind = ShorthandExprKind::Or(any);
        ShorthandExpr { kind, span }
    }

    fn not(inner: ShorthandExpr, _: Span) -> ShorthandExpr {
        inner // not reached: see NOT_IS_PREFIX
    }

    fn group(inner: ShorthandExpr, span: Span) -> ShorthandExpr {
        let kind = ShorthandExprKind::Group(Box::new(inner));
        ShorthandExpr { kind, span }
    }
}

/// What may follow a condition.
const CONNECTIVE: &str = "`and`, `or` or `;`";

/// An open parenthesis, or the whole condition.
struct Frame {
    /// The first byte of the `(`; nothing for the whole condition.
    open: Option<u32>,
    /// How long the stacks were when the current alternative, the current condition of
    /// it, and its first `not` began.
    alternatives: usize,
    conditions: usize,
    nots: usize,
}

/// Alternatives, their conditions, and pending `not`s. All frames share the stacks; each
/// knows where its own part begins.
struct Stacks<N> {
    /// Finished alternatives of the innermost frame, then the finished conditions of its
    /// current alternative, on top of what the enclosing frames have.
    done: Vec<N>,
    /// Where the pending `not`s start.
    nots: Vec<u32>,
    frames: Vec<Frame>,
}

impl Parser<'_> {
    /// A condition with all its connectives.
    pub(super) fn condition<N: Condition>(
        &mut self,
        unit: fn(&mut Self) -> Parsed<N>,
    ) -> Parsed<N> {
        self.connect(unit, false)
    }

    /// A condition up to the first connective outside parentheses.
    pub(super) fn single_condition<N: Condition>(
        &mut self,
        unit: fn(&mut Self) -> Parsed<N>,
    ) -> Parsed<N> {
        self.connect(unit, true)
    }

    fn connect<N: Condition>(
        &mut self,
        unit: fn(&mut Self) -> Parsed<N>,
        single: bool,
    ) -> Parsed<N> {
        let mut stacks = Stacks {
            done: Vec::new(),
            nots: Vec::new(),
            frames: vec![Frame {
                open: None,
                alternatives: 0,
                conditions: 0,
                nots: 0,
            }],
        };
        loop {
            let Some(first) = self.prefixes(&mut stacks, unit)? else {
                continue;
            };
            let mut finished = first;
            // A finished condition may end the frames around it.
            loop {
                let Some(frame) = stacks.frames.last_mut() else {
                    return Ok(finished);
                };
                while stacks.nots.len() > frame.nots {
                    self.depth -= 1;
                    if let Some(start) = stacks.nots.pop() {
                        let span = Span {
                            start,
                            ..finished.span()
                        };
                        finished = N::not(finished, span);
                    }
                }
                if single && frame.open.is_none() {
                    return Ok(finished);
                }
                stacks.done.push(finished);
                if self.and() {
                    break;
                }
                chain(&mut stacks.done, frame.conditions, N::and);
                if self.or() {
                    frame.conditions = stacks.done.len();
                    break;
                }
                chain(&mut stacks.done, frame.alternatives, N::or);
                let open = frame.open;
                stacks.frames.pop();
                let Some(whole) = stacks.done.pop() else {
                    return self.unexpected("a condition");
                };
                finished = match open {
                    None => whole,
                    Some(start) => {
                        self.close_group()?;
                        self.depth -= 1;
                        N::group(whole, self.span_from(start))
                    }
                };
            }
        }
    }

    /// Everything in front of a condition and the condition itself; nothing if a
    /// parenthesis was opened instead.
    fn prefixes<N: Condition>(
        &mut self,
        stacks: &mut Stacks<N>,
        unit: fn(&mut Self) -> Parsed<N>,
    ) -> Parsed<Option<N>> {
        while N::NOT_IS_PREFIX && self.not() {
            stacks.nots.push(self.previous().map_or(0, |t| t.start));
            self.deeper()?;
        }
        if self.kind() != Kind::LeftParen {
            return unit(self).map(Some);
        }
        let open = self.bump();
        self.deeper()?;
        stacks.frames.push(Frame {
            open: Some(open.start),
            alternatives: stacks.done.len(),
            conditions: stacks.done.len(),
            nots: stacks.nots.len(),
        });
        Ok(None)
    }

    /// One level down, if the limit permits.
    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > self.limits.nesting {
            let span = self.previous().map_or(self.here(), |t| self.span(t));
            return Err(Broken::new(self.too_deep(span)));
        }
        Ok(())
    }

    fn close_group(&mut self) -> Parsed<()> {
        if self.kind() == Kind::Semicolon {
            self.slip(";", |p| {
                p.missing("`)`").help("close the parenthesis with `)`")
            });
            return Ok(());
        }
        let help = if self.kind() == Kind::RightParen {
            None
        } else {
            self.compared_call()
        };
        self.expect(Kind::RightParen, "`and`, `or` or `)`")
            .map(|_| ())
            .map_err(|b| match help {
                Some(help) => b.or_help(&help),
                None => b,
            })
    }

    fn and(&mut self) -> bool {
        let comma = self.kind() == Kind::Comma
            && !self.starts_inner_item((self.at + 1).min(self.tokens.len() - 1));
        if comma {
            self.slip(",", |p| {
                p.error(
                    Code::E001,
                    p.here(),
                    "unexpected `,`, expected `and`, `or` or `;`",
                )
                .label("no comma between conditions")
                .help("conditions are joined with `and`")
            });
            self.bump();
            return true;
        }
        self.connective(Kind::And, &["&&", "&", "AND", "And"], CONNECTIVE)
    }

    fn or(&mut self) -> bool {
        self.connective(Kind::Or, &["||", "|", "OR", "Or"], CONNECTIVE)
    }

    fn not(&mut self) -> bool {
        // `NOT` may be the name of a variable or predicate.
        let is_name = self.kind() == Kind::Ident && self.ahead(1) != Kind::Ident;
        !is_name && self.connective(Kind::Not, &["!", "NOT", "Not"], "a condition")
    }

    /// Consumes a connective; a foreign spelling is reported and taken for it.
    fn connective(&mut self, kind: Kind, foreign: &[&str], expected: &str) -> bool {
        if self.eat(kind) {
            return true;
        }
        if !matches!(self.kind(), Kind::Operator | Kind::Ident) || !foreign.contains(&self.word()) {
            return false;
        }
        self.slip(self.word(), |p| p.describe(p.at, expected));
        self.bump();
        true
    }
}

/// Turns everything above `base` into one node, unless it is one already.
fn chain<N: Condition>(done: &mut Vec<N>, base: usize, build: fn(Vec<N>, Span) -> N) {
    if done.len() <= base + 1 {
        return;
    }
    let parts = match base {
        0 => std::mem::take(done),
        _ => done.split_off(base),
    };
    let span = match (parts.first(), parts.last()) {
        (Some(first), Some(last)) => first.span().to(last.span()),
        _ => return,
    };
    done.push(build(parts, span));
}
