//! Stored facts.

use crate::environment::engine::{Fact, Pattern};
use crate::http::{Call, Reply};
use crate::wire::{FactFilter, FactOut, Failure, Stats, ValueOut};

/// `GET /facts`: sorted by predicate, then by arguments.
pub(crate) fn get_facts(call: &Call) -> Result<Reply, Failure> {
    let parameters = call.parameters();
    let filter = FactFilter::new(&parameters);
    let moment = call.environment.moment();
    let mut facts = match filter.pattern() {
        Some(pattern) => moment.snapshot().facts(&pattern),
        None => Vec::new(),
    };
    facts.sort_unstable();
    let out = |fact: Fact| FactOut {
        predicate: fact.predicate,
        args: (fact.args.into_iter())
            .map(|(ty, id)| ValueOut { ty, id })
            .collect(),
    };
    let facts: Vec<FactOut<ValueOut<String>>> = facts.into_iter().map(out).collect();
    Reply::at(&moment, &facts)
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
        moment.snapshot().each_fact(&pattern, &mut |_| {
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
