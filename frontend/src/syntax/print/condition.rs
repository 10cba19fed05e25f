//! Conditions: on one line if they fit, otherwise one conjunct or alternative per line,
//! with the connective at the end of the line.

use super::Printer;
use super::term::{boolean, quoted, shorthand_term_text};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, ShorthandExpr, ShorthandExprKind, ShorthandTarget};

/// How a condition is built.
pub(super) enum Shape<'a, N> {
    Or(&'a [N]),
    And(&'a [N]),
    Not(&'a N),
    Group(&'a N),
    Leaf,
}

/// A condition of a full rule or of shorthand.
pub(super) trait Node: Sized {
    fn span(&self) -> Span;
    fn shape(&self) -> Shape<'_, Self>;

    /// Comments before this place go in front of the leaf; it prints the others.
    fn leaf_anchor(&self) -> u32;

    /// Prints a [`Shape::Leaf`].
    fn leaf<'a>(&'a self, printer: &mut Printer<'a>);
}

/// Comments before this place go in front of the whole condition.
fn anchor<N: Node>(node: &N) -> u32 {
    match node.shape() {
        Shape::Or(parts) | Shape::And(parts) => parts.first().map_or(0, anchor),
        Shape::Not(inner) => anchor(inner),
        Shape::Group(_) => node.span().start,
        Shape::Leaf => node.leaf_anchor(),
    }
}

impl Node for Expr {
    fn span(&self) -> Span {
        self.span
    }

    fn shape(&self) -> Shape<'_, Expr> {
        match &self.kind {
            ExprKind::Or(parts) => Shape::Or(parts),
            ExprKind::And(parts) => Shape::And(parts),
            ExprKind::Not(inner) => Shape::Not(inner),
            ExprKind::Group(inner) => Shape::Group(inner),
            _ => Shape::Leaf,
        }
    }

    fn leaf_anchor(&self) -> u32 {
        match &self.kind {
            ExprKind::Call(call) => call.predicate.span.start,
            ExprKind::In { list, .. } => list.span.start,
            // Of a comparison all: there is no good place between two lists.
            _ => self.span.end,
        }
    }

    fn leaf<'a>(&'a self, printer: &mut Printer<'a>) {
        match &self.kind {
            ExprKind::Call(call) => printer.call(call),
            ExprKind::Boolean(value) => printer.out.text(boolean(*value)),
            ExprKind::Compare { op, left, right } => {
                printer.operand(left);
                printer.operator(*op);
                printer.operand(right);
            }
            ExprKind::In { term, list } => {
                printer.term(term);
                printer.out.text(" in ");
                printer.square(list);
            }
            ExprKind::Matches { name, exact, ty } => {
                printer.name(name);
                printer
                    .out
                    .text(if *exact { " matches! " } else { " matches " });
                printer.name(ty);
            }
            ExprKind::Missing => printer.out.text("_"),
            // These have shapes of their own.
            ExprKind::Or(_) | ExprKind::And(_) | ExprKind::Not(_) | ExprKind::Group(_) => {}
        }
    }
}

impl Node for ShorthandExpr {
    fn span(&self) -> Span {
        self.span
    }

    fn shape(&self) -> Shape<'_, ShorthandExpr> {
        match &self.kind {
            ShorthandExprKind::Or(parts) => Shape::Or(parts),
            ShorthandExprKind::And(parts) => Shape::And(parts),
            ShorthandExprKind::Group(inner) => Shape::Group(inner),
            _ => Shape::Leaf,
        }
    }

    fn leaf_anchor(&self) -> u32 {
        match &self.kind {
            ShorthandExprKind::Call(call) | ShorthandExprKind::Not(call) => {
                call.predicate.span.start
            }
            ShorthandExprKind::Foreign(expr) => anchor(expr),
            _ => self.span.end,
        }
    }

    fn leaf<'a>(&'a self, printer: &mut Printer<'a>) {
        match &self.kind {
            ShorthandExprKind::Not(call) => {
                printer.out.text("not ");
                printer.call(call);
            }
            ShorthandExprKind::Call(call) => printer.call(call),
            ShorthandExprKind::Global(name) => {
                printer.out.text("global ");
                printer.out.text(quoted(&name.value));
            }
            ShorthandExprKind::Term { term, on } => {
                printer.out.text(shorthand_term_text(term));
                match on {
                    None => {}
                    Some(ShorthandTarget::Resource(_)) => printer.out.text(" on resource"),
                    Some(ShorthandTarget::Relation(name)) => {
                        printer.out.text(" on ");
                        printer.out.text(quoted(&name.value));
                    }
                }
            }
            ShorthandExprKind::NotTerm(inner) => {
                printer.out.text("not ");
                printer.nested(&**inner);
            }
            ShorthandExprKind::Foreign(expr) => printer.nested(expr),
            ShorthandExprKind::Missing => printer.out.text("_"),
            // These have shapes of their own.
            ShorthandExprKind::Or(_) | ShorthandExprKind::And(_) | ShorthandExprKind::Group(_) => {}
        }
    }
}

impl<'a> Printer<'a> {
    /// ` if condition`, after a head that ends at `head_end`.
    pub(super) fn body<N: Node>(&mut self, keyword: &'static str, head_end: u32, body: &'a N) {
        self.out.open();
        self.out.text(keyword);
        self.out.indent();
        self.beside(head_end, anchor(body));
        self.out.line(" ");
        self.leading(anchor(body));
        self.chain(body);
        self.out.dedent();
        self.out.close();
    }

    /// A condition whose line breaks belong to the group around it.
    fn chain<N: Node>(&mut self, node: &'a N) {
        let (parts, connective) = match node.shape() {
            Shape::Or(parts) => (parts, " or"),
            Shape::And(parts) => (parts, " and"),
            _ => return self.nested(node),
        };
        let mut before = None;
        for part in parts {
            if let Some(before) = before {
                self.out.text(connective);
                self.beside(before, anchor(part));
                self.out.line(" ");
                self.leading(anchor(part));
            }
            self.nested(part);
            before = Some(part.span().end);
        }
    }

    /// A condition inside another one, a group of its own.
    fn nested<N: Node>(&mut self, node: &'a N) {
        match node.shape() {
            Shape::Or(_) | Shape::And(_) => {
                self.out.open();
                self.out.indent();
                self.chain(node);
                self.out.dedent();
                self.out.close();
            }
            Shape::Not(inner) => {
                self.out.text("not ");
                self.nested(inner);
            }
            Shape::Group(inner) => {
                let (start, end) = (node.span().start, node.span().end);
                self.out.open();
                self.out.text("(");
                self.out.indent();
                self.beside(start, anchor(inner));
                self.out.line("");
                self.leading(anchor(inner));
                self.chain(inner);
                self.beside(inner.span().end, end);
                while let Some((comment, _)) = self.comments.next_before(end) {
                    self.out.hard(false);
                    self.out.text(comment);
                }
                self.out.dedent();
                self.out.line("");
                self.out.text(")");
                self.out.close();
            }
            Shape::Leaf => node.leaf(self),
        }
    }
}
