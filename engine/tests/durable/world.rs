//! A policy, change sets, and a directory to keep them in.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use floe_engine::catalog::{Arg, ChangeSet, Pattern};
use floe_engine::goal::Budget;
use floe_engine::store::{Store, StoreError};
use floe_engine::{Config, Engine, OpenError};
use floe_frontend::ir::Program;
use floe_frontend::source::Sources;

pub(crate) const POLICY: &str = r#"
actor User {}
resource Document {
  roles = ["reader", "writer"];
  permissions = ["read"];
  "reader" if "writer";
  "read" if "reader";
}
declare left(User);
declare right(User);
"#;

pub(crate) fn compile(source: &[u8]) -> Result<Arc<Program>, String> {
    let mut sources = Sources::new();
    sources.add(
        "policy.polar",
        str::from_utf8(source).map_err(|e| e.to_string())?,
    );
    let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
    let program = compiled.program.ok_or("it has errors")?;
    Ok(Arc::new(program))
}

pub(crate) fn config(on_demand_below: u64) -> Config {
    Config {
        on_demand_below,
        ..Config::default()
    }
}

/// Opens `main`; the threads of an engine just dropped may take a moment to let it go.
pub(crate) fn open(store: &Store, config: Config) -> Engine {
    let since = Instant::now();
    loop {
        match Engine::open(store, "main", config.clone(), compile) {
            Err(OpenError::Store(StoreError::InUse(_))) if since.elapsed().as_secs() < 5 => {
                std::thread::sleep(Duration::from_millis(2));
            }
            other => return other.unwrap(),
        }
    }
}

/// Ann, Bob and so on may read a document each.
pub(crate) fn grant(set: &mut ChangeSet, user: &str, document: &str) {
    let user = ("User", user).into();
    set.insert(
        "has_role",
        [
            user,
            ("String", "writer").into(),
            ("Document", document).into(),
        ],
    );
}

pub(crate) fn granted(user: &str, document: &str) -> ChangeSet {
    let mut set = ChangeSet::new();
    grant(&mut set, user, document);
    set
}

pub(crate) fn pair(set: &mut ChangeSet, user: &str) {
    set.insert("left", [("User", user).into()]);
    set.insert("right", [("User", user).into()]);
}

pub(crate) fn unpair(set: &mut ChangeSet, user: &str) {
    set.delete("left", [Arg::Value(("User", user).into())]);
    set.delete("right", [Arg::Value(("User", user).into())]);
}

pub(crate) fn may_read(engine: &Engine, user: &str, document: &str) -> bool {
    let snapshot = engine.snapshot();
    let mut asking = snapshot.ask(0, &[], Budget::unlimited()).unwrap();
    let (user, document) = (("User", user).into(), ("Document", document).into());
    asking.authorize(user, "read", Some(document)).unwrap()
}

/// All facts as text.
pub(crate) fn facts(engine: &Engine) -> BTreeSet<String> {
    let all = Pattern {
        predicate: None,
        args: Vec::new(),
        open: true,
    };
    let facts = engine.snapshot().facts(&all);
    facts.into_iter().map(|f| format!("{f:?}")).collect()
}
