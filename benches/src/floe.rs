//! Worlds as Floe takes them: a program, and change sets.

use std::sync::Arc;

use floe_engine::catalog::{Arg, ChangeSet};
use floe_engine::value::Value;
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

use crate::workload::{Change, Fact};

/// The program of a policy; `None` if it has errors.
#[must_use]
pub fn program(policy: &str) -> Option<Arc<Program>> {
    let mut sources = Sources::new();
    sources.add("policy.polar", policy);
    compile(&sources, &Limits::default()).program.map(Arc::new)
}

/// These changes as one change set.
#[must_use]
pub fn change_set(changes: impl IntoIterator<Item = Change<Fact>>) -> ChangeSet {
    let mut set = ChangeSet::new();
    for Change { fact, insert } in changes {
        let values = fact.args.iter().map(|v| Value {
            ty: v.kind,
            id: &v.id,
        });
        if insert {
            set.insert(fact.predicate, values);
        } else {
            set.delete(fact.predicate, values.map(Arg::Value));
        }
    }
    set
}
