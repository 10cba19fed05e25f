//! Which environments there are.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::Environment;
use super::engine::Config;

/// How long an environment stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As long as the process.
    Lasting,
    /// Until nobody has used it for a while.
    ForTests,
}

/// There are as many environments for tests as there may be.
#[derive(Debug)]
pub(crate) struct Full;

/// All environments by id.
pub(crate) struct Registry {
    config: Config,
    all: RwLock<HashMap<String, (Kind, Arc<Environment>)>>,
    most_for_tests: usize,
}

impl Registry {
    /// None yet.
    pub(crate) fn new(config: Config, most_for_tests: usize) -> Registry {
        Registry {
            config,
            all: RwLock::default(),
            most_for_tests,
        }
    }

    /// How the engines of new environments are set up.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The environment of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Environment>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.get(id).map(|(_, environment)| environment.clone())
    }

    /// Adds one.
    ///
    /// # Errors
    /// There are too many of its kind.
    pub(crate) fn add(
        &self,
        kind: Kind,
        environment: Environment,
    ) -> Result<Arc<Environment>, Full> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let for_tests = || all.values().filter(|(k, _)| *k == Kind::ForTests).count();
        if kind == Kind::ForTests && for_tests() >= self.most_for_tests {
            return Err(Full);
        }
        let environment = Arc::new(environment);
        all.insert(environment.id().to_owned(), (kind, environment.clone()));
        Ok(environment)
    }

    /// Removes test environments that nobody has used for so long, and says which.
    pub(crate) fn sweep(&self, unused: Duration) -> Vec<String> {
        let mut gone = Vec::new();
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, (kind, environment)| {
            let stays = *kind == Kind::Lasting || environment.idle() < unused;
            if !stays {
                gone.push(id.clone());
            }
            stays
        });
        gone
    }

    /// Every environment that lasts.
    pub(crate) fn lasting(&self) -> Vec<Arc<Environment>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        let lasting = all.values().filter(|(kind, _)| *kind == Kind::Lasting);
        lasting
            .map(|(_, environment)| environment.clone())
            .collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}
