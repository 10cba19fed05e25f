//! `POST /test_environment`: an environment of one's own for every test.

use hyper::StatusCode;
use tracing::{error, info};

use crate::environment::engine::PolicyError;
use crate::environment::{Environment, Full, Kind};
use crate::http::{Reply, Server};
use crate::keys::{Scope, generate, random_name};
use crate::wire::{Failure, Parameters, Token};

/// Makes an empty environment, or with `copy=true` one with the policy and the facts of
/// the default environment, and answers with a key for it.
pub(crate) fn test_environment(server: &Server, query: Option<&str>) -> Result<Reply, Failure> {
    let Some(original) = server.open_to_everybody() else {
        let why = "test environments exist in development only (floe dev)";
        return Err(Failure::not_found(why));
    };
    let failed = |why: String| {
        error!(why, "cannot make a test environment");
        Failure::internal()
    };
    let name = random_name().map_err(|e| failed(e.to_string()))?;
    let id = format!("testenv{name}");
    let config = server.environments.config();
    let environment = if Parameters::new(query).flag("copy") {
        original.copy(&id, config).map_err(|why| match why {
            PolicyError::Memory { .. } => {
                Failure::new(StatusCode::SERVICE_UNAVAILABLE, why.to_string()).retry_after(30)
            }
            other => failed(other.to_string()),
        })?
    } else {
        Environment::new(&id, config).map_err(failed)?
    };
    let token = generate(&id).map_err(|e| failed(e.to_string()))?;
    let added = server.environments.add(Kind::ForTests, environment);
    added.map_err(|Full| {
        let most = server.settings.limits_test_environments;
        let why = format!("there are {most} test environments already; unused ones go away");
        Failure::new(StatusCode::TOO_MANY_REQUESTS, why).retry_after(60)
    })?;
    server.keys.add(&token, Scope::Write);
    info!(environment = id, "test environment made");
    Reply::json(&Token { token })
}
