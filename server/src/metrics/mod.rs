//! Counters for Prometheus.
//!
//! Owns: what is counted and its text form. Must not know: keys, ids, anything a client
//! sends; labels come from the route table only, so there is a fixed number of series.

mod commits;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::environment::engine::Store;

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram>,
    /// By place in the table of routes: what nearly every request counts, found already.
    routes: Vec<Usual>,
    /// Open connections.
    pub(crate) connections: Gauge,
    /// Handlers that panicked; each was a 500.
    pub(crate) panics: Counter,
    /// Questions that were too heavy for the thread they arrived on.
    pub(crate) moved: Counter,
    /// Questions that were given up because their client had gone away.
    pub(crate) abandoned: Counter,
    /// Facts that are new or gone.
    pub(crate) changed: Counter,
    /// Environments, those for tests included.
    pub(crate) environments: Gauge,
    epoch: Family<Environment, Gauge<u64, AtomicU64>>,
    policy: Family<Environment, Gauge<u64, AtomicU64>>,
    outgrown: Family<Environment, Gauge<u64, AtomicU64>>,
}

/// What is not in the table of routes.
pub(crate) const UNKNOWN: &str = "unknown";

struct Usual {
    route: &'static str,
    /// Answered 200.
    fine: Counter,
    seconds: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: &'static str,
    status: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Environment {
    environment: String,
}

impl Metrics {
    /// Nothing is counted yet, but what `store` has counted; requests will be, for these
    /// routes.
    pub(crate) fn new(
        store: Option<&Store>,
        routes: impl Iterator<Item = &'static str>,
    ) -> Arc<Metrics> {
        let mut registry = Registry::with_prefix("floe");
        if let Some(store) = store {
            commits::register(store, &mut registry);
        }
        let requests = Family::<Request, Counter>::default();
        registry.register(
            "http_requests",
            "Requests by route and status",
            requests.clone(),
        );
        let seconds = Family::<Route, Histogram>::new_with_constructor(|| {
            // A check takes tens of microseconds, the deadline is at seconds.
            Histogram::new([
                0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                0.25, 0.5, 1.0, 2.5, 5.0,
            ])
        });
        registry.register(
            "http_request_seconds",
            "From the head of a request to its answer",
            seconds.clone(),
        );
        let connections = Gauge::default();
        registry.register("http_connections", "Open connections", connections.clone());
        let panics = Counter::default();
        registry.register(
            "panics",
            "Requests answered 500 after a panic",
            panics.clone(),
        );
        let moved = Counter::default();
        registry.register(
            "moved_questions",
            "Questions moved to a thread of their own",
            moved.clone(),
        );
        let abandoned = Counter::default();
        registry.register(
            "abandoned_questions",
            "Questions given up because their client had gone away",
            abandoned.clone(),
        );
        let changed = Counter::default();
        registry.register(
            "changed_facts",
            "Facts that became new or went away",
            changed.clone(),
        );
        let environments = Gauge::default();
        registry.register(
            "environments",
            "Environments, those for tests included",
            environments.clone(),
        );
        let epoch = Family::default();
        registry.register("epoch", "Published epoch", epoch.clone());
        let policy = Family::default();
        registry.register("policy_version", "Policy in force", policy.clone());
        let outgrown = Family::default();
        registry.register(
            "outgrown_closures",
            "Recursive relations derived as written since their closures are too large",
            outgrown.clone(),
        );
        let usual = |route| Usual {
            route,
            fine: requests.get_or_create_owned(&Request { route, status: 200 }),
            seconds: seconds.get_or_create_owned(&Route { route }),
        };
        Arc::new(Metrics {
            registry,
            routes: routes.map(usual).collect(),
            requests,
            seconds,
            connections,
            panics,
            moved,
            abandoned,
            changed,
            environments,
            epoch,
            policy,
            outgrown,
        })
    }

    /// Counts a request that has its answer, for the route at a place of the table.
    pub(crate) fn request(&self, place: Option<usize>, status: u16, took: Duration) {
        let usual = place.and_then(|place| self.routes.get(place));
        let route = usual.map_or(UNKNOWN, |usual| usual.route);
        match usual {
            Some(usual) if status == 200 => usual.fine.inc(),
            _ => {
                let status = u32::from(status);
                let counter = self.requests.get_or_create(&Request { route, status });
                counter.inc()
            }
        };
        let took = took.as_secs_f64();
        match usual {
            Some(usual) => usual.seconds.observe(took),
            None => self.seconds.get_or_create(&Route { route }).observe(took),
        }
    }

    /// Notes where a lasting environment is.
    pub(crate) fn place(
        &self,
        environment: &str,
        epoch: u64,
        policy_version: u64,
        outgrown: usize,
    ) {
        let label = Environment {
            environment: environment.to_owned(),
        };
        self.epoch.get_or_create(&label).set(epoch);
        self.policy.get_or_create(&label).set(policy_version);
        self.outgrown.get_or_create(&label).set(outgrown as u64);
    }

    /// Everything in the text format of Prometheus.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
