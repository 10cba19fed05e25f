//! `POST /test_environment`: an environment of one's own for every test.

use floe_frontend::ir::{Program, Signature, Value as Constant};
use hyper::StatusCode;
use tracing::{error, info};

use super::facts::everything;
use crate::environment::engine::{ChangeSet, Fact};
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
        let copied = original.copy(&id, config).map_err(failed)?;
        fill(&copied, original).map_err(failed)?;
        copied
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

/// Copies facts that the policy uses; others could not be seen by any answer.
fn fill(copy: &Environment, original: &Environment) -> Result<(), String> {
    let moment = original.moment();
    let program = copy.moment().snapshot().program().clone();
    let mut set = ChangeSet::new();
    moment.snapshot().each_fact(&everything(), &mut |fact| {
        if is_used(&program, &fact) {
            let args = fact.args.iter().map(|(ty, id)| (&**ty, &**id).into());
            set.insert(&fact.predicate, args);
        }
        true
    });
    drop(moment);
    copy.engine().apply(&set).map_err(|why| why.to_string())?;
    Ok(())
}

fn is_used(program: &Program, fact: &Fact) -> bool {
    let Some(predicate) = program.core.find(&fact.predicate, fact.args.len()) else {
        return false;
    };
    let args: Vec<Constant> = (fact.args.iter())
        .map(|(ty, id)| match &**ty {
            "String" => Constant::String(id.as_str().into()),
            "Integer" => Constant::Integer(id.parse().unwrap_or_default()),
            "Boolean" => Constant::Boolean(id == "true"),
            ty => Constant::Object(program.types.classify(ty), id.as_str().into()),
        })
        .collect();
    let fits = |s: &Signature| s.predicate == predicate && s.fits(&args);
    program.signatures.iter().any(fits)
}
