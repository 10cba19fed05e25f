//! The tree itself, for people who want to see what the parser understood.
//!
//! Owns a stable form: one node per line, indented by depth, terms within the line of the
//! node they belong to, and behind it `line:column-line:column` if the sources are given.
//! Without them two trees print alike exactly if they differ in nothing but spans.

use std::fmt::Write as _;

use super::condition::{Node, Shape};
use super::term::{boolean, param_text, quoted, shorthand_term_text, term_text};
use crate::source::{Position, Sources, Span};
use crate::syntax::ast::{
    Assertion, Block, BlockHead, BlockItem, Call, Expr, ExprKind, Fact, Head, Item, List, Name,
    Operand, Policy, Rule, SetupItem, Shorthand, ShorthandExpr, ShorthandExprKind, ShorthandTarget,
    Term, Test, TestItem,
};

/// Prints a tree node by node.
pub(in crate::syntax) fn dump(policy: &Policy, sources: Option<&Sources>) -> String {
    let mut dump = Dump {
        out: String::new(),
        depth: 0,
        sources,
        last: None,
    };
    for item in &policy.items {
        dump.item(item);
    }
    dump.out
}

struct Dump<'s> {
    out: String,
    depth: usize,
    sources: Option<&'s Sources>,
    /// The start located last: the next one lies shortly behind it, so that long lines
    /// are not counted from their beginning again and again.
    last: Option<(Span, Position)>,
}

impl Dump<'_> {
    fn line(&mut self, text: &str, span: Span) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        self.out.push_str(text);
        if let Some(sources) = self.sources {
            let from = self.start(sources, span);
            let to = advance(from, sources.text(span));
            let _ = write!(
                self.out,
                " [{}:{}-{}:{}]",
                from.line, from.column, to.line, to.column
            );
        }
        self.out.push('\n');
    }

    /// Where a span starts, counted from the start located last if possible.
    fn start(&mut self, sources: &Sources, span: Span) -> Position {
        let position = match self.last {
            Some((last, from)) if last.file == span.file && last.start <= span.start => {
                let between = Span {
                    end: span.start,
                    ..last
                };
                advance(from, sources.text(between))
            }
            _ => sources.position(span),
        };
        self.last = Some((span, position));
        position
    }

    fn inside(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Block(block) => self.block(block),
            Item::Rule(rule) => self.rule(rule),
            Item::Declaration(declaration) => {
                let types = joined(declaration.types.iter().map(|n| &*n.text));
                let text = format!("declare {}({types})", declaration.predicate.text);
                self.line(&text, declaration.span);
            }
            Item::Fixture(fixture) => {
                self.line(&format!("fixture {}", fixture.name.text), fixture.span);
                self.inside(|d| fixture.facts.iter().for_each(|f| d.fact(f)));
            }
            Item::Test(test) => self.test(test),
        }
    }

    fn block(&mut self, block: &Block) {
        let mut text = match &block.head {
            BlockHead::Actor(name) => format!("actor {}", name.text),
            BlockHead::Resource(name) => format!("resource {}", name.text),
            BlockHead::Global(_) => "global".to_owned(),
        };
        if !block.extends.is_empty() {
            let _ = write!(
                text,
                " extends {}",
                joined(block.extends.iter().map(|n| &*n.text))
            );
        }
        self.line(&text, block.span);
        self.inside(|d| block.items.iter().for_each(|i| d.block_item(i)));
    }

    fn block_item(&mut self, item: &BlockItem) {
        match item {
            BlockItem::Roles(list) => {
                let names = joined(list.names.iter().map(|n| quoted(&n.value)));
                self.line(&format!("roles [{names}]"), list.span);
            }
            BlockItem::Permissions(list) => {
                let names = joined(list.names.iter().map(|n| quoted(&n.value)));
                self.line(&format!("permissions [{names}]"), list.span);
            }
            BlockItem::Relations(map) => {
                let relations = joined(
                    map.relations
                        .iter()
                        .map(|r| format!("{}: {}", r.name.text, r.target.text)),
                );
                self.line(&format!("relations {{{relations}}}"), map.span);
            }
            BlockItem::Shorthand(rule) => self.shorthand(rule),
        }
    }

    fn shorthand(&mut self, rule: &Shorthand) {
        let head = shorthand_term_text(&rule.head);
        self.line(
            &format!("shorthand {}{head}", flags(&rule.flags)),
            rule.span,
        );
        self.inside(|d| d.shorthand_expr(&rule.body));
    }

    fn rule(&mut self, rule: &Rule) {
        let text = format!("rule {}{}", flags(&rule.flags), head_text(&rule.head));
        self.line(&text, rule.span);
        self.inside(|d| rule.body.iter().for_each(|b| d.expr(b)));
    }

    fn test(&mut self, test: &Test) {
        self.line(&format!("test {}", quoted(&test.name.value)), test.span);
        self.inside(|d| {
            for item in &test.items {
                match item {
                    TestItem::Setup(setup) => {
                        d.line("setup", setup.span);
                        d.inside(|d| setup.items.iter().for_each(|i| d.setup_item(i)));
                    }
                    TestItem::Assertion(assertion) => d.assertion(assertion),
                }
            }
        });
    }

    fn setup_item(&mut self, item: &SetupItem) {
        match item {
            SetupItem::Fact(fact) => self.fact(fact),
            SetupItem::Fixture(name) => self.line(&format!("fixture {}", name.text), name.span),
        }
    }

    fn fact(&mut self, fact: &Fact) {
        let args = terms_text(&fact.args);
        self.line(&format!("fact {}({args})", fact.predicate.text), fact.span);
    }

    fn assertion(&mut self, assertion: &Assertion) {
        let keyword = if assertion.negated {
            "assert_not"
        } else {
            "assert"
        };
        let text = format!("{keyword} {}", head_text(&assertion.head));
        self.line(&text, assertion.span);
        self.inside(|d| assertion.iff.iter().for_each(|e| d.expr(e)));
    }

    fn expr(&mut self, expr: &Expr) {
        let text = match &expr.kind {
            ExprKind::Call(call) => format!("call {}", call_text(call)),
            ExprKind::Boolean(value) => boolean(*value).to_owned(),
            ExprKind::Compare { op, left, right } => {
                let (left, right) = (operand_text(left), operand_text(right));
                format!("compare {left} {} {right}", op.as_str())
            }
            ExprKind::In { term, list } => format!("in {} {}", term_text(term), list_text(list)),
            ExprKind::Matches { name, exact, ty } => {
                let keyword = if *exact { "matches!" } else { "matches" };
                format!("{keyword} {} {}", name.text, ty.text)
            }
            ExprKind::Missing => "missing".to_owned(),
            _ => return self.connective(expr, Dump::expr),
        };
        self.line(&text, expr.span);
    }

    fn shorthand_expr(&mut self, expr: &ShorthandExpr) {
        let text = match &expr.kind {
            ShorthandExprKind::Not(call) => format!("not-call {}", call_text(call)),
            ShorthandExprKind::Call(call) => format!("call {}", call_text(call)),
            ShorthandExprKind::Global(name) => format!("global {}", quoted(&name.value)),
            ShorthandExprKind::Term { term, on } => {
                let term = shorthand_term_text(term);
                match on {
                    None => format!("term {term}"),
                    Some(ShorthandTarget::Resource(_)) => format!("term {term} on resource"),
                    Some(ShorthandTarget::Relation(name)) => {
                        format!("term {term} on {}", quoted(&name.value))
                    }
                }
            }
            ShorthandExprKind::Foreign(inner) => {
                self.line("foreign", expr.span);
                return self.inside(|d| d.expr(inner));
            }
            ShorthandExprKind::NotTerm(inner) => {
                self.line("not-term", expr.span);
                return self.inside(|d| d.shorthand_expr(inner));
            }
            ShorthandExprKind::Missing => "missing".to_owned(),
            _ => return self.connective(expr, Dump::shorthand_expr),
        };
        self.line(&text, expr.span);
    }

    fn connective<N: Node>(&mut self, node: &N, print: fn(&mut Self, &N)) {
        let (keyword, parts) = match node.shape() {
            Shape::Or(parts) => ("or", parts),
            Shape::And(parts) => ("and", parts),
            Shape::Not(inner) => ("not", std::slice::from_ref(inner)),
            Shape::Group(inner) => ("group", std::slice::from_ref(inner)),
            Shape::Leaf => return,
        };
        self.line(keyword, node.span());
        self.inside(|d| parts.iter().for_each(|p| print(d, p)));
    }
}

/// The place behind a text that starts at `from`.
fn advance(from: Position, text: &str) -> Position {
    match text.rfind('\n') {
        None => Position {
            line: from.line,
            column: from.column + text.chars().count() as u32,
        },
        Some(last) => Position {
            line: from.line + text.matches('\n').count() as u32,
            column: text[last + 1..].chars().count() as u32 + 1,
        },
    }
}

fn joined<S: AsRef<str>>(parts: impl Iterator<Item = S>) -> String {
    let mut all = String::new();
    for part in parts {
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(part.as_ref());
    }
    all
}

fn flags(flags: &[Name]) -> String {
    flags.iter().fold(String::new(), |mut all, flag| {
        let _ = write!(all, "@{} ", flag.text);
        all
    })
}

fn head_text(head: &Head) -> String {
    let params = joined(head.params.iter().map(param_text));
    format!("{}({params})", head.predicate.text)
}

fn call_text(call: &Call) -> String {
    format!("{}({})", call.predicate.text, terms_text(&call.args))
}

fn operand_text(operand: &Operand) -> String {
    match operand {
        Operand::Term(term) => term_text(term).into_owned(),
        Operand::List(list) => list_text(list),
    }
}

fn list_text(list: &List) -> String {
    format!("[{}]", terms_text(&list.items))
}

fn terms_text(terms: &[Term]) -> String {
    joined(terms.iter().map(term_text))
}
