//! What all connections share.

use std::sync::Arc;
use std::time::Instant;

use super::admit::Caller;
use super::body::{Held, Room};
use crate::config::Settings;
use crate::environment::{Environment, Meter, Registry};
use crate::keys::{DEVELOPMENT_KEY, Ring};
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::wire::Parameters;

/// The server's state.
pub(crate) struct Server {
    /// What it was told.
    pub(crate) settings: Settings,
    /// Valid keys.
    pub(crate) keys: Ring,
    /// Environments.
    pub(crate) environments: Registry,
    /// Room for bodies.
    pub(crate) room: Room,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
    /// Long lists that are read page by page.
    pub(crate) pages: Pages,
    /// The environment that test environments may be copies of; `None` but in development,
    /// and there are none.
    pub(crate) development: Option<Arc<Environment>>,
    /// Told when the server cannot go on; the text is why.
    pub(crate) broken: tokio::sync::watch::Sender<Option<String>>,
}

impl Server {
    /// What a question may cost, from now on: little where it arrives, all that is
    /// configured on a thread of its own.
    pub(crate) fn meter(&self, since: Instant, light: bool) -> Meter {
        let settings = &self.settings;
        Meter {
            steps: if light {
                settings.evaluation_light.min(settings.evaluation_steps)
            } else {
                settings.evaluation_steps
            },
            bytes: settings.evaluation_memory.0,
            deadline: since + settings.evaluation_deadline,
            light: light && settings.evaluation_light < settings.evaluation_steps,
            abandoned: None,
        }
    }

    /// The environment that test environments may be copies of, as long as everybody has
    /// its key.
    pub(crate) fn open_to_everybody(&self) -> Option<&Arc<Environment>> {
        let known = self.keys.open(DEVELOPMENT_KEY).is_some();
        self.development.as_ref().filter(|_| known)
    }

    /// Says that the server cannot go on: it is not ready from here on, and ends.
    pub(crate) fn fail(&self, why: &str) {
        self.broken.send_replace(Some(why.to_owned()));
    }
}

/// A request that has been let in.
pub(crate) struct Call {
    /// Who asks.
    pub(super) caller: Arc<Caller>,
    /// The environment that its key opens.
    pub(crate) environment: Arc<Environment>,
    /// The text behind the `?`.
    pub(crate) query: Option<String>,
    /// The last pieces of the path, where the route leaves them open.
    pub(crate) rest: String,
    /// Its body.
    pub(super) body: Held,
}

impl Call {
    /// Everything else.
    pub(crate) fn server(&self) -> &Server {
        &self.caller.server
    }

    /// The bytes of its body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body.bytes
    }

    /// Its query parameters.
    pub(crate) fn parameters(&self) -> Parameters<'_> {
        Parameters::new(self.query.as_deref())
    }
}
