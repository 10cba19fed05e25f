//! Which facts there can be, which there are, and how they change.
//!
//! Owns: the signatures of the policy in force and where facts of each belong
//! ([`Catalog`]), the stored facts of an environment ([`FactSet`]), and change sets on
//! their way from text to net changes of rows ([`ChangeSet`]). Must not know: rules,
//! epochs, what is derived from a fact, where facts are kept when the process ends.
//!
//! A change set is *checked* first, which changes nothing, and *committed* then, which
//! cannot fail; what leaves this room are rows that were absent and are present now, or
//! the other way round. So whatever comes after sees a set: never a second insertion, never the deletion of nothing.
//!
//! ```
//! # use std::sync::Arc;
//! use floe_engine::catalog::{Arg, Catalog, ChangeSet, FactSet, Vocabulary};
//! use floe_engine::value::{Interner, Limits};
//!
//! # let mut sources = floe_frontend::source::Sources::new();
//! # sources.add("doc.polar", "actor User {} welcome(u: User) if invited(u, _);");
//! # let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
//! # let program = Arc::new(compiled.program.expect("a sound policy"));
//! // welcome(u: User) if invited(u, _);
//! let mut interner = Interner::new(Limits::default());
//! let vocabulary = Vocabulary::intern(&program, &mut interner)?;
//! let catalog = Catalog::new(program, vocabulary);
//! let mut facts = FactSet::new(interner.symbols().clone());
//!
//! let mut set = ChangeSet::new();
//! set.insert("invited", [("User", "ann").into(), ("Party", "easter").into()]);
//! set.insert("invited", [("User", "bob").into(), ("Party", "easter").into()]);
//! set.delete("invited", [Arg::Value(("User", "ann").into()), Arg::Any]);
//! let checked = set.check(&catalog, interner.symbols())?;
//! let net = checked.commit(&mut interner, &mut facts)?;
//! assert_eq!((net.len(), facts.count("invited")), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod change;
mod check;
mod commit;
mod facts;
mod pattern;
mod postings;
mod refusal;
mod relation;
mod rows;
mod shapes;
mod signatures;
mod snapshot;
mod vocabulary;

pub use change::{ChangeSet, Operation};
pub use check::Checked;
pub use commit::{Change, NetChange};
pub use facts::{FactRow, FactSet, RelationIx, Selection};
pub use pattern::{Arg, Pattern};
pub use refusal::{Reason, Refusal};
pub use signatures::{Catalog, ContextUse};
pub use snapshot::{Cursor, FactSnapshot};
pub use vocabulary::Vocabulary;

/// A fact has between one and this many arguments (spec 6.1).
pub const MAX_ARITY: usize = 5;
