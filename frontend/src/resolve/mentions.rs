//! Where a policy mentions type names.

use crate::syntax::ast::{
    BlockItem, Expr, ExprKind, Head, Item, List, Name, Operand, Param, Policy, Setup, SetupItem,
    ShorthandExpr, ShorthandExprKind, Term, TermKind, TestItem,
};

/// Calls `seen` with every type name outside block heads; the flag says whether it
/// stands inside a test or fixture.
pub(super) fn walk<'a>(policy: &'a Policy, seen: &mut dyn FnMut(&'a Name, bool)) {
    for item in &policy.items {
        match item {
            Item::Block(block) => {
                for item in &block.items {
                    match item {
                        BlockItem::Relations(map) => {
                            map.relations.iter().for_each(|r| seen(&r.target, false));
                        }
                        BlockItem::Shorthand(s) => shorthand(&s.body, seen),
                        BlockItem::Roles(_) | BlockItem::Permissions(_) => {}
                    }
                }
            }
            Item::Rule(rule) => {
                head(&rule.head, false, seen);
                if let Some(body) = &rule.body {
                    expr(body, false, seen);
                }
            }
            Item::Declaration(d) => d.types.iter().for_each(|t| seen(t, false)),
            Item::Fixture(f) => {
                f.facts
                    .iter()
                    .flat_map(|f| &f.args)
                    .for_each(|a| term(a, true, seen));
            }
            Item::Test(test) => {
                for item in &test.items {
                    match item {
                        TestItem::Setup(s) => setup(s, seen),
                        TestItem::Assertion(a) => {
                            head(&a.head, true, seen);
                            if let Some(iff) = &a.iff {
                                expr(iff, true, seen);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn setup<'a>(setup: &'a Setup, seen: &mut dyn FnMut(&'a Name, bool)) {
    for item in &setup.items {
        if let SetupItem::Fact(fact) = item {
            fact.args.iter().for_each(|a| term(a, true, seen));
        }
    }
}

fn shorthand<'a>(e: &'a ShorthandExpr, seen: &mut dyn FnMut(&'a Name, bool)) {
    match &e.kind {
        ShorthandExprKind::Or(parts) | ShorthandExprKind::And(parts) => {
            parts.iter().for_each(|p| shorthand(p, seen));
        }
        ShorthandExprKind::Group(inner) => shorthand(inner, seen),
        ShorthandExprKind::Not(call) | ShorthandExprKind::Call(call) => {
            call.args.iter().for_each(|a| term(a, false, seen));
        }
        ShorthandExprKind::Global(_)
        | ShorthandExprKind::Term { .. }
        | ShorthandExprKind::NotTerm(_)
        | ShorthandExprKind::Foreign(_)
        | ShorthandExprKind::Missing => {}
    }
}

fn head<'a>(head: &'a Head, test: bool, seen: &mut dyn FnMut(&'a Name, bool)) {
    for param in &head.params {
        match param {
            Param::Typed { ty, .. } => seen(ty, test),
            Param::Term(t) => term(t, test, seen),
        }
    }
}

fn expr<'a>(e: &'a Expr, test: bool, seen: &mut dyn FnMut(&'a Name, bool)) {
    match &e.kind {
        ExprKind::Or(parts) | ExprKind::And(parts) => {
            parts.iter().for_each(|p| expr(p, test, seen));
        }
        ExprKind::Not(inner) | ExprKind::Group(inner) => expr(inner, test, seen),
        ExprKind::Call(call) => call.args.iter().for_each(|a| term(a, test, seen)),
        ExprKind::Boolean(_) | ExprKind::Missing => {}
        ExprKind::Compare { left, right, .. } => {
            for operand in [left, right] {
                match operand {
                    Operand::Term(t) => term(t, test, seen),
                    Operand::List(l) => list(l, test, seen),
                }
            }
        }
        ExprKind::In { term: t, list: l } => {
            term(t, test, seen);
            list(l, test, seen);
        }
        ExprKind::Matches { ty, .. } => seen(ty, test),
    }
}

fn list<'a>(list: &'a List, test: bool, seen: &mut dyn FnMut(&'a Name, bool)) {
    list.items.iter().for_each(|t| term(t, test, seen));
}

fn term<'a>(term: &'a Term, test: bool, seen: &mut dyn FnMut(&'a Name, bool)) {
    if let TermKind::Object { ty, .. } = &term.kind {
        seen(ty, test);
    }
}
