//! From settings, keys and a store to a server that can be asked.

use std::sync::Arc;

use tokio::sync::watch as channel;

use super::{Plan, memory};
use crate::config::{KeyEntry, Layers, Settings};
use crate::data;
use crate::environment::engine::{Config, Store};
use crate::environment::{Environment, Kind, Registry};
use crate::http::{Room, Server, Tls, TlsFiles, Unusable, labels};
use crate::keys::{DEVELOPMENT_KEY, Pieces, Ring, Scope, random};
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::wire::listed;

/// The keys that are valid, if they are enough for the address.
pub(super) fn keys(
    plan: &Plan,
    settings: &Settings,
    store: Option<&Store>,
) -> Result<Vec<KeyEntry>, String> {
    let mut keys = plan.layers.keys().to_vec();
    if let Some(store) = store {
        keys.append(&mut data::keys(store)?);
    }
    let public = !settings.listen.ip().is_loopback();
    let (setting, address) = (plan.layers.named("listen"), settings.listen);
    if public && store.is_some() && keys.is_empty() {
        return Err(format!(
            "{setting}: floe serve does not listen on {address} without keys: make one with \
             `floe key create`"
        ));
    }
    if public && store.is_none() {
        return Err(format!(
            "{setting}: floe dev listens on the loopback address only, not on {address}: its key \
             is known to everybody"
        ));
    }
    Ok(keys)
}

/// The files for TLS, if there shall be any.
pub(super) fn tls(settings: &Settings, layers: &Layers) -> Result<Option<Arc<Tls>>, String> {
    let half = |there: &str, missing: &str| {
        let there = layers.named(there);
        Err(format!("{there} needs the setting `{missing}` beside it"))
    };
    let files = match (&settings.tls_certificate, &settings.tls_key) {
        (None, None) => return Ok(None),
        (Some(_), None) => return half("tls.certificate", "tls.key"),
        (None, Some(_)) => return half("tls.key", "tls.certificate"),
        (Some(certificate), Some(key)) => TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
        },
    };
    let tls = Tls::new(files).map_err(|unusable| {
        let (name, why) = match unusable {
            Unusable::Certificate(why) => ("tls.certificate", why),
            Unusable::Key(why) => ("tls.key", why),
        };
        format!("{}: {why}", layers.named(name))
    })?;
    Ok(Some(Arc::new(tls)))
}

/// How engines are set up.
pub(super) fn engines(settings: &Settings) -> Config {
    let mut config = Config::default();
    config.limits.id_bytes = settings.limits_argument.0 as usize;
    config.memory = memory::ceiling(&settings.limits_memory);
    config
}

/// The server, with every environment loaded.
///
/// # Errors
/// An environment cannot be read or made.
pub(super) fn build(
    settings: Settings,
    store: Option<&Store>,
    keys: &[KeyEntry],
    config: Config,
) -> Result<Server, String> {
    let secret = random().map_err(|why| format!("there is no randomness: {why}"))?;
    let most = settings.limits_test_environments as usize;
    let config = Config {
        spelling: listed,
        ..config
    };
    let environments = Registry::new(config.clone(), most);
    let ring = Ring::default();
    let lasting = |id: &str| match environments.get(id) {
        Some(known) => Ok(known),
        None => {
            let environment = match store {
                None => Environment::new(id, &config)?,
                Some(store) => {
                    data::ensure(store, id)?;
                    Environment::open(store, id, &config)?
                }
            };
            let added = environments.add(Kind::Lasting, environment);
            added.map_err(|_| "there are too many environments".to_owned())
        }
    };
    let mut development = None;
    // Who has keys of his own does not want one that everybody knows.
    if store.is_none() || keys.is_empty() {
        let pieces = Pieces::of(DEVELOPMENT_KEY).ok_or("the development key has no shape")?;
        development = Some(lasting(pieces.environment)?);
        ring.add(DEVELOPMENT_KEY, Scope::Write);
    }
    if let Some(store) = store {
        for id in store.environments().map_err(|why| why.to_string())? {
            lasting(&id)?;
        }
    }
    for key in keys {
        lasting(&key.environment)?;
        let pieces = Pieces {
            environment: &key.environment,
            id: &key.id,
        };
        ring.add_fingerprint(pieces, key.fingerprint, key.scope);
    }
    Ok(Server {
        room: Room::new(settings.limits_bodies.0.max(settings.limits_body.0)),
        settings,
        keys: ring,
        environments,
        metrics: Metrics::new(store, labels()),
        pages: Pages::new(secret),
        development,
        broken: channel::Sender::new(None),
    })
}

/// A server in memory with every setting at its default.
#[cfg(test)]
pub(crate) fn for_tests() -> Server {
    let settings = Settings::new(&Layers::default()).unwrap();
    let config = engines(&settings);
    build(settings, None, &[], config).unwrap()
}
