//! Names, literals and terms: what never breaks.

use std::borrow::Cow;

use super::Printer;
use super::list::Brackets;
use crate::syntax::ast::{
    Call, CompareOp, Head, List, Literal, Name, Operand, Param, ShorthandTerm, ShorthandTermKind,
    Term, TermKind,
};

impl<'a> Printer<'a> {
    pub(super) fn name(&mut self, name: &'a Name) {
        self.out.text(&*name.text);
    }

    pub(super) fn term(&mut self, term: &'a Term) {
        self.out.text(term_text(term));
    }

    /// `p(a, b)`
    pub(super) fn call(&mut self, call: &'a Call) {
        self.out.text(&*call.predicate.text);
        self.arguments(&call.args, (call.predicate.span.end, call.span.end));
    }

    /// `(a, b)`
    pub(super) fn arguments(&mut self, args: &'a [Term], place: (u32, u32)) {
        let ends = |t: &Term| t.span.end;
        self.list(Brackets::ROUND, args, place, ends, Self::term);
    }

    /// `p(x: T, y)`
    pub(super) fn head(&mut self, head: &'a Head) {
        self.out.text(&*head.predicate.text);
        let place = (head.predicate.span.end, head.span.end);
        let ends = |p: &Param| match p {
            Param::Typed { ty, .. } => ty.span.end,
            Param::Term(term) => term.span.end,
        };
        self.list(Brackets::ROUND, &head.params, place, ends, Self::param);
    }

    fn param(&mut self, param: &'a Param) {
        self.out.text(param_text(param));
    }

    pub(super) fn operand(&mut self, operand: &'a Operand) {
        match operand {
            Operand::Term(term) => self.term(term),
            Operand::List(list) => self.square(list),
        }
    }

    /// `[a, b]`
    pub(super) fn square(&mut self, list: &'a List) {
        let place = (list.span.start, list.span.end);
        let ends = |t: &Term| t.span.end;
        self.list(Brackets::SQUARE, &list.items, place, ends, Self::term);
    }

    pub(super) fn operator(&mut self, op: CompareOp) {
        self.out.text(" ");
        self.out.text(op.as_str());
        self.out.text(" ");
    }
}

/// A parameter as written.
pub(super) fn param_text(param: &Param) -> Cow<'_, str> {
    match param {
        Param::Typed { name, ty } => format!("{}: {}", name.text, ty.text).into(),
        Param::Term(term) => term_text(term),
    }
}

/// A term as written.
pub(super) fn term_text(term: &Term) -> Cow<'_, str> {
    match &term.kind {
        TermKind::String(text) => quoted(text).into(),
        TermKind::Integer(value) => value.to_string().into(),
        TermKind::Boolean(value) => boolean(*value).into(),
        TermKind::Object { ty, id } => match id {
            Literal::String(text) => format!("{}{{{}}}", ty.text, quoted(text)).into(),
            Literal::Integer(value) => format!("{}{{{value}}}", ty.text).into(),
            Literal::Boolean(value) => format!("{}{{{value}}}", ty.text).into(),
        },
        TermKind::Now => "@current_unix_time".into(),
        TermKind::Variable(name) => Cow::Borrowed(name),
        TermKind::Missing => "_".into(),
    }
}

/// `true` or `false`
pub(super) fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// `"name"`, `role` or `permission`
pub(super) fn shorthand_term_text(term: &ShorthandTerm) -> Cow<'_, str> {
    match &term.kind {
        ShorthandTermKind::Literal(text) => quoted(text).into(),
        ShorthandTermKind::Role => "role".into(),
        ShorthandTermKind::Permission => "permission".into(),
    }
}

/// A string literal with this value.
pub(super) fn quoted(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('"');
    for c in value.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\0' => literal.push_str("\\0"),
            _ => literal.push(c),
        }
    }
    literal.push('"');
    literal
}
