//! What is done beside serving, again and again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info};

use crate::http::Server;

/// How often engines are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Ends the server when an engine has died, also if nobody asks for a change that would
/// notice; until the end it is not ready. Where changes are accepted no longer, or something
/// else is not as it should be, the log says so, also if nobody brings a change.
pub(super) async fn look_after(server: Arc<Server>) {
    let mut known: HashMap<String, [Option<String>; 2]> = HashMap::new();
    loop {
        for environment in server.environments.lasting() {
            let engine = environment.engine();
            if engine.is_dead() {
                let why = engine.health().err().unwrap_or_default();
                server.fail(&format!("environment {}: {why}", environment.id()));
                return;
            }
            let now = [engine.accepts_changes().err(), engine.degraded()];
            let id = environment.id();
            let before = known.insert(id.to_owned(), now.clone()).unwrap_or_default();
            let [refusing, degraded] = std::array::from_fn(|i| {
                let is_new = now[i] != before[i];
                now[i].as_ref().filter(|_| is_new)
            });
            if let Some(why) = refusing {
                error!(environment = id, why, "no change is accepted");
            }
            if let Some(why) = degraded {
                error!(
                    environment = id,
                    why, "answers are right, but not all is well"
                );
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Lets go of test environments that nobody uses.
pub(super) async fn sweep(server: Arc<Server>) {
    let unused = server.settings.test_environments_unused;
    let pause = (unused / 4).clamp(Duration::from_millis(50), Duration::from_secs(60));
    loop {
        tokio::time::sleep(pause).await;
        for id in server.environments.sweep(unused) {
            server.keys.remove_environment(&id);
            info!(
                environment = id,
                "test environment removed: nobody has used it"
            );
        }
    }
}
