//! The life of a server: in memory for development, on the loopback address only, with a
//! key that everybody knows; or with a data directory and keys of its own.
//!
//! Owns: the life of the process from settings to its end, loading files at the start, and
//! loading them again when they change. Must not know: what a request is.

mod facts;
mod load;
mod memory;
#[cfg(test)]
mod tests;
mod watch;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use floe_frontend::diag::render::Style;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch as channel;
use tracing::{error, info, warn};

use self::load::load;
use crate::config::{KeyEntry, Layers, Settings};
use crate::data;
use crate::environment::engine::{Config, Store};
use crate::environment::{Environment, Kind, Registry};
use crate::http::{Listening, Room, Server, serve_metrics};
use crate::keys::{DEVELOPMENT_KEY, Pieces, Ring, Scope, random};
use crate::logs;
use crate::metrics::Metrics;
use crate::pages::Pages;

/// Threads for questions that are not light, uploads and large bodies, for each core: they
/// take turns rather than wait for one another.
const BLOCKING: usize = 8;

/// How often engines are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What the server starts with.
pub(crate) struct Plan {
    /// Settings and keys.
    pub(crate) layers: Layers,
    /// Where everything is kept; without, in memory.
    pub(crate) data: Option<PathBuf>,
    /// Files that are one policy.
    pub(crate) policy: Vec<PathBuf>,
    /// Facts to store at the start.
    pub(crate) facts: Option<PathBuf>,
    /// How diagnostics look.
    pub(crate) style: Style,
    /// Who comes first, in place of a greeting on the terminal.
    pub(crate) visitor: Option<Visitor>,
}

/// Runs on a thread of its own once the server can be asked, and knows where it is; the
/// process ends with what it returns, if it returns anything.
pub(crate) type Visitor = Box<dyn FnOnce(SocketAddr) -> Option<ExitCode> + Send>;

/// Serves until it is told to end, with 0, or cannot go on, with 1.
///
/// # Errors
/// Why it cannot start.
pub(crate) fn run(plan: Plan) -> Result<ExitCode, String> {
    let settings = Settings::new(&plan.layers)?;
    let store = plan.data.as_deref().map(data::open).transpose()?;
    let mut keys = plan.layers.keys().to_vec();
    if let Some(store) = &store {
        keys.append(&mut data::keys(store)?);
    }
    let public = !settings.listen.ip().is_loopback();
    if public && plan.data.is_some() && keys.is_empty() {
        return Err(format!(
            "floe serve does not listen on {} without keys: make one with `floe key create`",
            settings.listen
        ));
    }
    if public && plan.data.is_none() {
        return Err(format!(
            "floe dev listens on the loopback address only, not on {}: its key is known to \
             everybody",
            settings.listen
        ));
    }
    logs::start(&settings)?;
    for variable in plan.layers.ignored() {
        warn!("{variable} is no setting and has no effect; `floe config show` lists them");
    }
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING * cores())
        .thread_name("floe-http")
        .build()
        .map_err(|why| format!("cannot start the runtime: {why}"))?;
    let code = runtime.block_on(serve(plan, settings, store, &keys))?;
    // Whatever still runs has had its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(code)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

async fn serve(
    mut plan: Plan,
    settings: Settings,
    store: Option<Store>,
    keys: &[KeyEntry],
) -> Result<ExitCode, String> {
    let config = engines(&settings);
    let server = Arc::new(build(settings, store.as_ref(), keys, config)?);
    let development = server.development.clone();
    let (address, metrics) = (server.settings.listen, server.settings.metrics);
    let cannot = |what, why| format!("cannot listen on {what}: {why}");
    let listening = Listening::on(address)
        .await
        .map_err(|why| cannot(address, why))?;
    let operations = match metrics {
        Some(at) => {
            let listener = TcpListener::bind(at).await.map_err(|why| cannot(at, why))?;
            Some((
                listener.local_addr().map_err(|why| cannot(at, why))?,
                listener,
            ))
        }
        None => None,
    };

    let time = server.settings.policy_deadline;
    let mut said = String::new();
    if let Some(default) = development.as_ref().filter(|_| !plan.policy.is_empty()) {
        said += &load(default, &plan.policy, plan.style, time)?;
    }
    if let (Some(default), Some(path)) = (&development, &plan.facts) {
        said += &facts::load(default, path)?;
    }
    // From here on a signal is heard, before anybody can be served.
    let cannot = |why| format!("cannot hear signals: {why}");
    let terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let (visitor, address) = (plan.visitor.take(), listening.address());
    if visitor.is_none() {
        println!("Floe listens on http://{address}");
        if let Some((at, _)) = &operations {
            println!("Metrics are on http://{at}/metrics");
        }
        if development.is_some() {
            println!("The development key is {DEVELOPMENT_KEY}");
        } else {
            println!("Keys are those of the data directory and of the configuration");
        }
        print!("{said}");
    }

    let (stop, stopped) = channel::channel(false);
    if let Some((_, listener)) = operations {
        tokio::spawn(serve_metrics(listener, server.clone(), stopped.clone()));
    }
    if let Some(default) = development.filter(|_| !plan.policy.is_empty()) {
        tokio::task::spawn_blocking({
            let (stopped, style) = (stopped.clone(), plan.style);
            move || watch::watch(&default, &plan.policy, style, time, &stopped)
        });
    }
    tokio::spawn(sweep(server.clone()));
    tokio::spawn(look_after(server.clone()));
    let serving = tokio::spawn(listening.serve(server.clone(), stopped));
    let left = async move {
        if let Some(visitor) = visitor {
            let visit = tokio::task::spawn_blocking(move || visitor(address)).await;
            if let Some(code) = visit.unwrap_or(Some(ExitCode::FAILURE)) {
                return code;
            }
        }
        std::future::pending().await
    };
    let code = tokio::select! {
        code = left => code,
        code = end(&server, [terminate, interrupt]) => code,
    };
    stop.send_replace(true);
    if let Err(why) = serving.await {
        error!(%why, "the server ended in disorder");
        return Ok(ExitCode::FAILURE);
    }
    Ok(code)
}

/// Waits for a reason to end.
async fn end(server: &Server, [mut terminate, mut interrupt]: [Signal; 2]) -> ExitCode {
    let mut broken = server.broken.subscribe();
    tokio::select! {
        _ = terminate.recv() => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::SUCCESS,
        _ = broken.wait_for(Option::is_some) => {
            let why = server.broken.borrow().clone().unwrap_or_default();
            error!(why, "ending: the server cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// How engines are set up.
fn engines(settings: &Settings) -> Config {
    let mut config = Config::default();
    config.limits.id_bytes = settings.limits_argument.0 as usize;
    config.memory = memory::ceiling(&settings.limits_memory);
    config
}

fn build(
    settings: Settings,
    store: Option<&Store>,
    keys: &[KeyEntry],
    config: Config,
) -> Result<Server, String> {
    let secret = random().map_err(|why| format!("there is no randomness: {why}"))?;
    let most = settings.limits_test_environments as usize;
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
            if let Some(why) = environment.engine().degraded() {
                error!(environment = id, why, "relations are not kept");
            }
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
        metrics: Metrics::new(),
        pages: Pages::new(secret),
        development,
        broken: channel::Sender::new(None),
    })
}

/// Ends the server when an engine has died, also if nobody asks for a change that would
/// notice. Until the end it is not ready.
async fn look_after(server: Arc<Server>) {
    loop {
        for environment in server.environments.lasting() {
            let engine = environment.engine();
            if engine.is_dead() {
                let why = engine.health().err().unwrap_or_default();
                server.fail(&format!("environment {}: {why}", environment.id()));
                return;
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Lets go of test environments that nobody uses.
async fn sweep(server: Arc<Server>) {
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
