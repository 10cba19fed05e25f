//! Disjunctive normal form: a formula as alternatives of conjunctions.

use crate::source::Span;

use super::formula::{DraftLiteral, Formula};

/// A conjunct of one alternative.
#[derive(Clone, Copy, Debug)]
pub(super) enum Conjunct<'f> {
    Literal(&'f DraftLiteral),
    Not(&'f Formula, Span),
}

/// One alternative.
pub(super) type Branch<'f> = Vec<Conjunct<'f>>;

/// How many alternatives the formula has, without making them. Never overflows.
pub(super) fn count(formula: &Formula) -> usize {
    match formula {
        Formula::And(parts) => parts.iter().map(count).fold(1, usize::saturating_mul),
        Formula::Or(parts) => parts.iter().map(count).fold(0, usize::saturating_add),
        Formula::Not(..) | Formula::Literal(_) | Formula::True => 1,
        Formula::False => 0,
    }
}

/// The most conditions that one alternative has, without making any.
pub(super) fn width(formula: &Formula) -> usize {
    match formula {
        Formula::And(parts) => parts.iter().map(width).sum(),
        Formula::Or(parts) => parts.iter().map(width).max().unwrap_or(0),
        Formula::Not(..) | Formula::Literal(_) => 1,
        Formula::True | Formula::False => 0,
    }
}

/// The alternatives. The caller has checked [`count`] and [`width`].
pub(super) fn branches(formula: &Formula) -> Vec<Branch<'_>> {
    match formula {
        Formula::True => vec![Vec::new()],
        Formula::False => Vec::new(),
        Formula::Literal(l) => vec![vec![Conjunct::Literal(l)]],
        Formula::Not(inner, span) => vec![vec![Conjunct::Not(inner, *span)]],
        Formula::Or(parts) => parts.iter().flat_map(branches).collect(),
        Formula::And(parts) => {
            let mut all: Vec<Branch<'_>> = vec![Vec::new()];
            for part in parts {
                let mut more = branches(part);
                if more.len() == 1 {
                    let only = more.remove(0);
                    all.iter_mut().for_each(|b| b.extend(&only));
                    continue;
                }
                let mut next = Vec::with_capacity(all.len() * more.len());
                for left in &all {
                    for right in &more {
                        next.push(left.iter().chain(right).copied().collect());
                    }
                }
                all = next;
            }
            all
        }
    }
}
