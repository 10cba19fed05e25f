//! What is ordered through the socket of the data directory, carried out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use floe_engine::store::stage;
use tokio::sync::mpsc::UnboundedSender;
use tracing::info;

use super::restore::Restore;
use crate::control::{Duty, Far, Order, Said};
use crate::data::{self, Found};
use crate::environment::engine::Store;
use crate::environment::{Environment, Kind};
use crate::http::Server;
use crate::keys::{DEVELOPMENT_KEY, Pieces};

/// Carries orders out on a server and its store. A backup to be restored is copied and
/// verified here, beside everything else; only putting it in place ends the server.
pub(super) fn duty(
    server: Arc<Server>,
    store: Store,
    dir: PathBuf,
    restores: UnboundedSender<Restore>,
) -> Duty {
    Arc::new(move |order, far| match order {
        Order::Restore { from } => {
            let staged = match stage(&from, &dir) {
                Ok(staged) => staged,
                Err(why) => return Said::Failed(why.to_string()),
            };
            let (restore, outcome) = Restore::new(staged);
            let ending = || Said::Failed("the server is ending".to_owned());
            match restores.send(restore) {
                Ok(()) => outcome.recv().unwrap_or_else(|_| ending()),
                Err(_) => ending(),
            }
        }
        other => match carry_out(&server, &store, other, far) {
            Ok(said) => said,
            Err(why) => Said::Failed(why),
        },
    })
}

fn carry_out(server: &Server, store: &Store, order: Order, far: Far<'_>) -> Result<Said, String> {
    let done = |text: String| Ok(Said::Done(text));
    match order {
        Order::AddKey(key) => {
            data::ensure(store, &key.environment)?;
            if server.environments.get(&key.environment).is_none() {
                let config = server.environments.config();
                let environment = Environment::open(store, &*key.environment, config)?;
                let added = server.environments.add(Kind::Lasting, environment);
                added.map_err(|_| "there are too many environments".to_owned())?;
            }
            data::add_key(store, &key)?;
            let pieces = Pieces {
                environment: &key.environment,
                id: &key.id,
            };
            server
                .keys
                .add_fingerprint(pieces, key.fingerprint, key.scope);
            // Who has keys of his own does not want one that everybody knows.
            if let Some(everybodys) = Pieces::of(DEVELOPMENT_KEY) {
                server.keys.remove(everybodys);
            }
            info!(environment = key.environment, id = key.id, "key made valid");
            done(String::new())
        }
        Order::RevokeKey { environment, id } => {
            let known = data::revoke_key(store, &environment, &id)?;
            if !known {
                return Ok(Said::Refused(no_key(&environment, &id)));
            }
            let pieces = Pieces {
                environment: &environment,
                id: &id,
            };
            server.keys.remove(pieces);
            info!(environment, id, "key made invalid");
            done(String::new())
        }
        Order::ListKeys => done(data::key_lines(store)?),
        Order::Backup { to } => {
            backup(store, &to)?;
            done(String::new())
        }
        Order::Verify => {
            let environments = server.environments.lasting();
            let environments = environments.iter().map(|e| Ok(e.clone()));
            Ok(data::verify(store, environments, far)?.into())
        }
        Order::Restore { .. } => Err("a restore is for the process".to_owned()),
    }
}

/// What is said of a key that is not there.
pub(crate) fn no_key(environment: &str, id: &str) -> String {
    format!("environment {environment} has no key {id}\n")
}

impl From<Found> for Said {
    fn from(found: Found) -> Said {
        if found.wrong {
            Said::Refused(found.lines)
        } else {
            Said::Done(found.lines)
        }
    }
}

fn backup(store: &Store, to: &Path) -> Result<(), String> {
    store.backup(to).map_err(|why| why.to_string())?;
    info!(file = %to.display(), "backup written");
    Ok(())
}
