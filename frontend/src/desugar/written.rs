//! Full rules: syntax to draft (spec 5.1, 5.3, 5.4).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::TypeSet;
use crate::ir::core::{CompareOp, Origin};
use crate::limits::Limits;
use crate::resolve::Declarations;
use crate::syntax::ast::{Expr, ExprKind, Head, Name, Operand, Param, Rule};

use super::formula::{Draft, DraftLiteral, DraftTerm, Formula};
use super::scope::{Predicates, Variables, term};

/// Drafts full rules one after the other.
pub(super) struct Writer<'a> {
    pub(super) declarations: &'a Declarations,
    pub(super) predicates: &'a mut Predicates,
    pub(super) limits: &'a Limits,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl Writer<'_> {
    /// The draft of a rule, or nothing where an error was reported.
    pub(super) fn rule(&mut self, rule: &Rule) -> Option<Draft> {
        let mut variables = Variables::default();
        // Go on after a bad head, so that the body's errors are seen too.
        let head = self.head(&rule.head, &mut variables);
        let body = match &rule.body {
            Some(body) => self.expr(body, &mut variables),
            None => Some(Formula::True),
        };
        let (predicate, head) = head?;
        Some(Draft {
            origin: Origin::Written,
            span: Some(rule.span),
            variables: variables.list,
            predicate,
            head,
            body: body?,
        })
    }

    fn head(
        &mut self,
        head: &Head,
        variables: &mut Variables,
    ) -> Option<(crate::ir::core::PredicateId, Vec<DraftTerm>)> {
        let mut good = true;
        let mut params = Vec::with_capacity(head.params.len());
        for param in &head.params {
            match param {
                Param::Typed { name, ty } => {
                    let types = self.types(ty);
                    let v = variables.named(&name.text, name.span, self.declarations.types.any());
                    let before = &variables.list[v].types;
                    let both = before.and(&types);
                    if both.is_empty() && !before.is_empty() && !types.is_empty() {
                        self.diagnostics.push(
                            Diagnostic::new(
                                Code::E043,
                                ty.span,
                                format!(
                                    "`{}` cannot be both {} and {}",
                                    name.text,
                                    self.declarations.types.show(before),
                                    ty.text
                                ),
                            )
                            .label("no value has both types"),
                        );
                        good = false;
                    }
                    variables.list[v].types = both;
                    params.push(DraftTerm::Variable(v, name.span));
                }
                Param::Term(t) => match term(t, self.declarations, variables, self.diagnostics) {
                    Some(t) => params.push(t),
                    None => good = false,
                },
            }
        }
        let predicate = self.predicates.written(
            &head.predicate,
            head.params.len(),
            self.limits,
            self.diagnostics,
        )?;
        good.then_some((predicate, params))
    }

    /// What an annotation admits. Every name has been given a type by now; one that is
    /// missing was reported where it was declared.
    fn types(&self, name: &Name) -> TypeSet {
        let types = &self.declarations.types;
        types
            .admits(&name.text)
            .unwrap_or_else(|| types.none().clone())
    }

    fn expr(&mut self, e: &Expr, variables: &mut Variables) -> Option<Formula> {
        Some(match &e.kind {
            ExprKind::Or(parts) => {
                if let Some(and) = parts.iter().find(|p| matches!(p.kind, ExprKind::And(_))) {
                    self.diagnostics.push(mixed(and.span));
                }
                Formula::Or(self.parts(parts, variables)?)
            }
            ExprKind::And(parts) => Formula::And(self.parts(parts, variables)?),
            ExprKind::Not(inner) => Formula::Not(Box::new(self.expr(inner, variables)?), e.span),
            ExprKind::Group(inner) => self.expr(inner, variables)?,
            ExprKind::Call(call) => {
                let mut good = true;
                let mut args = Vec::with_capacity(call.args.len());
                for arg in &call.args {
                    match term(arg, self.declarations, variables, self.diagnostics) {
                        Some(t) => args.push(t),
                        None => good = false,
                    }
                }
                let predicate = self.predicates.written(
                    &call.predicate,
                    call.args.len(),
                    self.limits,
                    self.diagnostics,
                );
                if !good {
                    return None;
                }
                Formula::Literal(DraftLiteral::Atom(predicate?, args, call.span))
            }
            ExprKind::Boolean(true) => Formula::True,
            ExprKind::Boolean(false) => Formula::False,
            ExprKind::Compare { op, left, right } => {
                self.compare(e, *op, left, right, variables)?
            }
            ExprKind::In { term: t, list } => {
                let left = term(t, self.declarations, variables, self.diagnostics);
                let mut items = Vec::with_capacity(list.items.len());
                for item in &list.items {
                    items.push(term(item, self.declarations, variables, self.diagnostics));
                }
                let left = left?;
                let equalities: Option<Vec<Formula>> = items
                    .into_iter()
                    .map(|i| {
                        i.map(|i| Formula::Literal(DraftLiteral::Member(left.clone(), i, e.span)))
                    })
                    .collect();
                match equalities? {
                    none if none.is_empty() => Formula::False,
                    some => Formula::Or(some),
                }
            }
            ExprKind::Matches { name, exact, ty } => {
                let mut admitted = self.types(ty);
                if *exact {
                    admitted = match self.declarations.types.lookup(&ty.text) {
                        Some(id) => self.declarations.types.only(id),
                        // `matches! Actor`: abstract types have no values of their own.
                        None => self.declarations.types.none().clone(),
                    };
                }
                let v = variables.named(&name.text, name.span, self.declarations.types.any());
                Formula::Literal(DraftLiteral::HasType(v, admitted, e.span))
            }
        })
    }

    fn parts(&mut self, parts: &[Expr], variables: &mut Variables) -> Option<Vec<Formula>> {
        // Draft every part, so that errors behind the first are reported too.
        let drafted: Vec<Option<Formula>> = parts.iter().map(|p| self.expr(p, variables)).collect();
        drafted.into_iter().collect()
    }

    fn compare(
        &mut self,
        e: &Expr,
        op: CompareOp,
        left: &Operand,
        right: &Operand,
        variables: &mut Variables,
    ) -> Option<Formula> {
        match (left, right) {
            (Operand::Term(a), Operand::Term(b)) => {
                let a = term(a, self.declarations, variables, self.diagnostics);
                let b = term(b, self.declarations, variables, self.diagnostics);
                Some(Formula::Literal(DraftLiteral::Compare(op, a?, b?, e.span)))
            }
            (Operand::List(a), Operand::List(b)) => {
                let mut pairs = Vec::new();
                for (a, b) in a.items.iter().zip(&b.items) {
                    let a = term(a, self.declarations, variables, self.diagnostics);
                    let b = term(b, self.declarations, variables, self.diagnostics);
                    pairs.push((a, b));
                }
                if a.items.len() != b.items.len() {
                    return Some(Formula::False);
                }
                let equalities: Option<Vec<Formula>> = pairs
                    .into_iter()
                    .map(|(a, b)| {
                        let equal = DraftLiteral::Compare(CompareOp::Eq, a?, b?, e.span);
                        Some(Formula::Literal(equal))
                    })
                    .collect();
                equalities.map(Formula::And)
            }
            // A list never equals a value: nothing but lists are lists.
            _ => Some(Formula::False),
        }
    }
}

/// W006: how an unparenthesised `and` inside an `or` is grouped.
pub(super) fn mixed(and: crate::source::Span) -> Diagnostic {
    Diagnostic::new(
        Code::W006,
        and,
        "`and` and `or` are mixed without parentheses",
    )
    .label("`and` binds tighter: this is one alternative")
    .help("put parentheses around what belongs together")
}
