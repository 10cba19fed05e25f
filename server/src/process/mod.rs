//! The life of a server: in memory for development, on the loopback address only, with a
//! key that everybody knows; or with a data directory and keys of its own.
//!
//! Owns: the life of the process from settings to its end, loading files at the start, and
//! loading them again when they change. Must not know: what a request is.

mod assembly;
mod facts;
mod load;
mod memory;
pub(crate) mod orders;
mod restore;
mod signals;
#[cfg(test)]
mod tests;
mod upkeep;
mod watch;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use floe_frontend::diag::render::Style;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::sync::watch as channel;
use tokio::task::JoinSet;
use tracing::{error, warn};

#[cfg(test)]
pub(crate) use self::assembly::for_tests;
use self::assembly::{build, engines};
use self::load::load;
use self::restore::Restore;
use self::signals::Signals;
use crate::config::{KeyEntry, Layers, Settings};
use crate::control::Control;
use crate::data;
use crate::environment::Options;
use crate::environment::engine::Store;
use crate::http::{Listening, Server, Tls, serve_metrics};
use crate::keys::DEVELOPMENT_KEY;
use crate::logs;

/// Threads for questions that are not light, uploads and large bodies, for each core: they
/// take turns rather than wait for one another.
const BLOCKING: usize = 8;

/// What is said to whoever still writes to data that a backup takes the place of.
const TOO_LATE: &str = "a backup takes the place of this data: the change came too late for what \
    was there before and has not been made; send it again";

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
    let tls = assembly::tls(&settings, &plan.layers)?;
    logs::start(&settings, &plan.layers)?;
    let (store, keys) = opened(&plan, &settings)?;
    for variable in plan.layers.ignored() {
        warn!("{variable} is no setting and has no effect; `floe config show` lists them");
    }
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING * cores())
        .thread_name("floe-http")
        .build()
        .map_err(|why| format!("cannot start the runtime: {why}"))?;
    let code = runtime.block_on(serve(plan, settings, tls, store, keys))?;
    // Whatever still runs has had its time.
    runtime.shutdown_timeout(Duration::from_millis(100));
    Ok(code)
}

/// The store, and the keys that are valid with it.
fn opened(plan: &Plan, settings: &Settings) -> Result<(Option<Store>, Vec<KeyEntry>), String> {
    let store = plan.data.as_deref().map(data::open).transpose()?;
    let keys = assembly::keys(plan, settings, store.as_ref())?;
    Ok((store, keys))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// Why a server ends.
enum End {
    /// The process ends with it.
    Process(ExitCode),
    /// Another takes its place, on what has been restored.
    Restore(Restore),
}

async fn serve(
    mut plan: Plan,
    settings: Settings,
    tls: Option<Arc<Tls>>,
    mut store: Option<Store>,
    mut keys: Vec<KeyEntry>,
) -> Result<ExitCode, String> {
    let control = plan.data.as_deref().and_then(control);
    let layers = plan.layers.clone();
    let cannot = |setting, at, why| {
        let setting = layers.named(setting);
        format!("{setting}: cannot listen on {at}: {why}")
    };
    let listening = Listening::on(settings.listen, tls.clone())
        .await
        .map_err(|why| cannot("listen", settings.listen, why))?;
    let address = listening.address();
    let mut listening = Some(listening);
    let operations = match settings.metrics {
        Some(at) => {
            let cannot = |why| cannot("metrics", at, why);
            let listener = TcpListener::bind(at).await.map_err(cannot)?;
            let address = listener.local_addr().map_err(cannot)?;
            Some((address, Arc::new(listener)))
        }
        None => None,
    };
    // From here on a signal is heard, before anybody can be served.
    let mut signals = Signals::new()?;
    let visitor = plan.visitor.take();
    let mut greeting = visitor.is_none();
    let left = async move {
        if let Some(visitor) = visitor {
            let visit = tokio::task::spawn_blocking(move || visitor(address)).await;
            if let Some(code) = visit.unwrap_or(Some(ExitCode::FAILURE)) {
                return code;
            }
        }
        std::future::pending().await
    };
    tokio::pin!(left);
    let (restores, mut restore) = mpsc::unbounded_channel();
    let mut replaced: Option<restore::Done> = None;
    loop {
        let built = build(settings.clone(), store.as_ref(), &keys, engines(&settings));
        let server = match (built, replaced.take()) {
            (Ok(server), done) => {
                if let Some(done) = done {
                    done.stands();
                }
                Arc::new(server)
            }
            (Err(why), None) => return Err(why),
            (Err(why), Some(done)) => {
                drop(store.take());
                done.undo(&why)?;
                (store, keys) = opened(&plan, &settings)?;
                continue;
            }
        };
        let development = server.development.clone();
        let said = beginning(&plan, &server)?;
        if std::mem::take(&mut greeting) {
            let scheme = if tls.is_some() { "https" } else { "http" };
            println!("Floe listens on {scheme}://{address}");
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
        let mut beside = JoinSet::new();
        if let Some((_, listener)) = &operations {
            let (listener, server) = (listener.clone(), server.clone());
            beside.spawn(serve_metrics(listener, server, stopped.clone()));
        }
        if let Some(default) = development.filter(|_| !plan.policy.is_empty()) {
            let (policy, style, options) = (plan.policy.clone(), plan.style, uploads(&settings));
            let stopped = stopped.clone();
            tokio::task::spawn_blocking(move || {
                watch::watch(&default, &policy, style, options, &stopped);
            });
        }
        beside.spawn(upkeep::sweep(server.clone()));
        beside.spawn(upkeep::look_after(server.clone()));
        if let Some(tls) = tls.clone() {
            beside.spawn(async move { tls.follow().await });
        }
        if let (Some(control), Some(store), Some(dir)) = (&control, &store, &plan.data) {
            let (server, store, dir) = (server.clone(), store.clone(), dir.clone());
            control.duty(Some(orders::duty(server, store, dir, restores.clone())));
        }
        let Some(socket) = listening.clone() else {
            return Err("there is nothing to listen on any more".to_owned());
        };
        let serving = tokio::spawn(socket.serve(server.clone(), stopped));
        let end = tokio::select! {
            code = &mut left => End::Process(code),
            code = signals.end(&server, tls.as_deref()) => End::Process(code),
            Some(restore) = restore.recv() => End::Restore(restore),
        };
        if let Some(control) = &control {
            control.duty(None);
        }
        if let End::Process(_) = end {
            // Who comes now is refused, and does not wait in vain.
            listening = None;
        }
        stop.send_replace(true);
        let disorder = serving.await.err();
        beside.shutdown().await;
        match end {
            End::Process(code) => {
                let Some(why) = disorder else {
                    return Ok(code);
                };
                error!(%why, "the server ended in disorder");
                return Ok(ExitCode::FAILURE);
            }
            End::Restore(restore) => {
                // Requests that took too long still have it.
                if let Some(store) = store.take() {
                    store.retire(TOO_LATE);
                }
                drop(server);
                replaced = restore.put();
                let reopened = opened(&plan, &settings).or_else(|why| {
                    let done = replaced.take().ok_or_else(|| why.clone())?;
                    done.undo(&why)?;
                    opened(&plan, &settings)
                });
                (store, keys) = reopened?;
            }
        }
    }
}

/// The socket of the data directory. A server without it serves all the same.
fn control(dir: &Path) -> Option<Control> {
    match Control::listen(dir) {
        Ok(control) => Some(control),
        Err(why) => {
            warn!(%why, dir = %dir.display(), "no orders can be given while the server runs");
            None
        }
    }
}

/// How a policy from a file is treated: as one that is uploaded.
fn uploads(settings: &Settings) -> Options {
    Options {
        dry_run: false,
        fail_fast: false,
        time: settings.policy_deadline,
        bytes: settings.evaluation_memory.0,
    }
}

/// Loads the files that the plan begins with, and says how that went.
fn beginning(plan: &Plan, server: &Server) -> Result<String, String> {
    let mut said = String::new();
    let Some(default) = &server.development else {
        return Ok(said);
    };
    if !plan.policy.is_empty() {
        let options = uploads(&server.settings);
        said += &load(default, &plan.policy, plan.style, options)?;
    }
    if let Some(path) = &plan.facts {
        said += &facts::load(default, path)?;
    }
    Ok(said)
}
