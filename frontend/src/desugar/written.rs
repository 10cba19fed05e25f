//! Full rules: syntax to draft (spec 5.1, 5.3, 5.4).

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::TypeSet;
use crate::ir::core::{CompareOp, Origin};
use crate::limits::Limits;
use crate::resolve::Declarations;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Head, Name, Operand, Param, Rule, Term};

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
            ExprKind::Missing => return None,
            ExprKind::Compare { op, left, right } => {
                self.compare(e, *op, left, right, variables)?
            }
            ExprKind::In { term: t, list } => {
                let left = term(t, self.declarations, variables, self.diagnostics);
                let items = self.terms(&list.items, variables);
                let (left, items) = (left?, items?);
                if items.is_empty() {
                    return Some(Formula::False);
                }
                let member = |i| DraftLiteral::Member(left.clone(), i, e.span);
                Formula::Or(
                    items
                        .into_iter()
                        .map(member)
                        .map(Formula::Literal)
                        .collect(),
                )
            }
            ExprKind::Matches { name, exact, ty } => {
                let v = variables.named(&name.text, name.span, self.declarations.types.any());
                let mut admitted = self.types(ty);
                if *exact {
                    let Some(id) = self.declarations.types.lookup(&ty.text) else {
                        let why =
                            format!("`{}` is abstract, no value has exactly this type", ty.text);
                        let help = format!("write `{} matches {}`", name.text, ty.text);
                        let found = never(e.span, &why).label("never true").help(help);
                        self.diagnostics.push(found);
                        return Some(Formula::False);
                    };
                    admitted = self.declarations.types.only(id);
                }
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
                let left = self.terms(&a.items, variables);
                let right = self.terms(&b.items, variables);
                let (left, right) = (left?, right?);
                if left.len() != right.len() {
                    let why = format!(
                        "lists of {} and {} elements are never equal",
                        left.len(),
                        right.len()
                    );
                    return Some(self.never(e.span, &why));
                }
                let equal = |(a, b)| DraftLiteral::Compare(CompareOp::Eq, a, b, e.span);
                let pairs = left.into_iter().zip(right).map(equal);
                Some(Formula::And(pairs.map(Formula::Literal).collect()))
            }
            (Operand::List(list), Operand::Term(value))
            | (Operand::Term(value), Operand::List(list)) => {
                let known = self.terms(&list.items, variables);
                term(value, self.declarations, variables, self.diagnostics)?;
                known?;
                // Nothing but lists are lists.
                Some(self.never(e.span, "a list never equals a value"))
            }
        }
    }

    /// All terms, so that errors behind the first are reported too.
    fn terms(&mut self, terms: &[Term], variables: &mut Variables) -> Option<Vec<DraftTerm>> {
        let drafted: Vec<Option<DraftTerm>> = terms
            .iter()
            .map(|t| term(t, self.declarations, variables, self.diagnostics))
            .collect();
        drafted.into_iter().collect()
    }

    /// A condition that is false as it is written.
    fn never(&mut self, span: Span, why: &str) -> Formula {
        let found = never(span, why).label("never true together with the rest");
        self.diagnostics.push(found);
        Formula::False
    }
}

/// W005.
fn never(span: Span, why: &str) -> Diagnostic {
    let message = format!("this condition can never hold: {why}");
    Diagnostic::new(Code::W005, span, message)
}

/// W006: how an unparenthesised `and` inside an `or` is grouped.
pub(super) fn mixed(and: Span) -> Diagnostic {
    Diagnostic::new(
        Code::W006,
        and,
        "`and` and `or` are mixed without parentheses",
    )
    .label("`and` binds tighter: this is one alternative")
    .help("put parentheses around what belongs together")
}
