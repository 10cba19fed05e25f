//! Stored facts.

use super::rows::{Parts, Rows};
use crate::environment::engine::Pattern;
use crate::http::{Call, Content, Reply};
use crate::wire::{FactFilter, Failure, Stats};

/// `GET /facts`: sorted by predicate, then by arguments; long answers part by part.
pub(crate) fn get_facts(call: &Call) -> Result<Reply, Failure> {
    let parameters = call.parameters();
    let filter = FactFilter::new(&parameters);
    let moment = call.environment.moment();
    let rows = match filter.pattern() {
        Some(pattern) => Rows::of(moment.snapshot(), &pattern),
        None => Rows::default(),
    };
    let mut parts = Parts::new(rows, moment.snapshot().symbols().clone());
    let first = parts.next().unwrap_or_default();
    let body = match parts.is_done() {
        true => Content::Whole(first.into()),
        false => Content::Parts(Box::new(std::iter::once(first).chain(parts))),
    };
    Ok(Reply::of(&moment, body))
}

/// `GET /stats`
pub(crate) fn stats(call: &Call) -> Result<Reply, Failure> {
    let moment = call.environment.moment();
    let count = |predicate| {
        let mut count = 0;
        let pattern = Pattern {
            predicate,
            args: Vec::new(),
            open: true,
        };
        moment.snapshot().each_row(&pattern, &mut |_, _| {
            count += 1;
            true
        });
        count
    };
    let stats = Stats {
        num_roles: count(Some("has_role")),
        num_relations: count(Some("has_relation")),
        num_facts: count(None),
    };
    Reply::at(&moment, &stats)
}

/// All facts.
pub(super) fn everything() -> Pattern<'static> {
    Pattern {
        predicate: None,
        args: Vec::new(),
        open: true,
    }
}
