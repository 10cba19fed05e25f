//! The engine, as far as the server sees it. Nothing else here names its crate's questions
//! and changes, so that they can move.

pub(crate) use floe_engine::catalog::{Arg, ChangeSet, MAX_ARITY, Pattern};
pub(crate) use floe_engine::goal::{Budget, CannotAnswer, Exceeded};
pub(crate) use floe_engine::store::Store;
pub(crate) use floe_engine::value::{BadValue, Datum, Ordinal, Sym, Symbols, TypeIx, Value};
pub(crate) use floe_engine::{
    Applied, ApplyError, Asking, Audit, Binding, Call as Atom, Config, Difference, Engine, Ids,
    Memory, Names, PolicyError, Progress, ReadBack, Snapshot, Sorted, Term, Unanswered, trial,
};
