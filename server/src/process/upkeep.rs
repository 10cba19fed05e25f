//! What is done beside serving, again and again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info};

use crate::http::Server;

/// How often engines are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Ends the server when an engine has died, also if nobody asks for a change that would
/// notice; until the end it is not ready. Where changes are accepted no longer the log says
/// so, also if nobody brings one.
pub(super) async fn look_after(server: Arc<Server>) {
    let mut known = HashMap::new();
    loop {
        for environment in server.environments.lasting() {
            let engine = environment.engine();
            if engine.is_dead() {
                let why = engine.health().err().unwrap_or_default();
                server.fail(&format!("environment {}: {why}", environment.id()));
                return;
            }
            let why = engine.accepts_changes().err();
            let before = known.insert(environment.id().to_owned(), why.clone());
            if let Some(why) = why.filter(|why| before.flatten().as_ref() != Some(why)) {
                error!(environment = environment.id(), why, "no change is accepted");
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
