//! An engine that dies takes the server along, and the process says so.

use std::sync::atomic::{AtomicBool, Ordering};

use floe_engine::Observer;
use floe_engine::value::Sym;
use floe_frontend::ir::part::PartId;
use floe_frontend::source::Sources;

use super::upkeep::look_after;
use super::*;
use crate::api::readyz;
use crate::environment::Options;
use crate::environment::engine::{ApplyError, ChangeSet, Config};
use crate::wire::PolicyText;

const POLICY: &str = "actor User {} resource Doc { roles = [\"reader\"]; \
    permissions = [\"read\"]; \"read\" if \"reader\"; }";

/// Panics on the thread that keeps the policy's relations, once told to.
#[derive(Default)]
struct Falling(AtomicBool);

impl Observer for Falling {
    fn delta(&self, _: PartId, _: &[Sym], _: i64) {}

    fn published(&self, _: u64) {
        assert!(!self.0.load(Ordering::Relaxed), "as the test wants it");
    }
}

fn role(user: &str) -> ChangeSet {
    let mut set = ChangeSet::new();
    let args = [("User", user), ("String", "reader"), ("Doc", "1")];
    set.insert("has_role", args.map(Into::into));
    set
}

#[test]
fn a_dead_engine_makes_the_server_not_ready_and_ends_it_with_a_failure() {
    let falling = Arc::new(Falling::default());
    let settings = Settings::new(&Layers::default()).unwrap();
    let config = Config {
        on_demand_below: 0,
        observer: Some(falling.clone()),
        ..engines(&settings)
    };
    let server = Arc::new(build(settings, None, &[], config).unwrap());
    let environment = server.development.clone().unwrap();
    let text = PolicyText {
        filename: None,
        src: POLICY.to_owned(),
    };
    let mut sources = Sources::new();
    sources.add("policy", POLICY);
    let options = Options {
        dry_run: false,
        fail_fast: false,
        time: Duration::from_secs(10),
        bytes: 1 << 20,
    };
    assert!(environment.upload(text, sources, options).is_ok());
    environment.engine().apply(&role("ann")).unwrap();
    assert!(readyz(&server, None).is_ok());

    falling.0.store(true, Ordering::Relaxed);
    let applied = environment.engine().apply(&role("bob"));
    assert!(matches!(applied, Err(ApplyError::Stopped)), "{applied:?}");
    while !environment.engine().is_dead() {
        std::thread::yield_now();
    }
    let refused = readyz(&server, None).err().unwrap();
    assert_eq!(refused.status.as_u16(), 503);
    let reason = &refused.body["environments"][environment.id()]["reason"];
    assert!(reason.as_str().unwrap().contains("has died"), "{reason}");
    assert_eq!(refused.body["ready"], false);

    // Nobody asks for a change, and it is noticed all the same.
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let code = runtime.unwrap().block_on(async {
        tokio::spawn(look_after(server.clone()));
        let mut signals = Signals::new().unwrap();
        let ended = signals.end(&server, None);
        tokio::time::timeout(Duration::from_secs(10), ended).await
    });
    assert_eq!(code.unwrap(), ExitCode::FAILURE);
}
