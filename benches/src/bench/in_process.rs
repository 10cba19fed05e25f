//! The engine in this process, in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use floe_engine::value::Sym;
use floe_engine::{Config, Engine, Observer};
use floe_frontend::ir::part::PartId;

use super::{Failure, Grants, Target};
use crate::floe;
use crate::measure::Memory;
use crate::workload::{Answer, Change, Fact, Question};

/// An engine with a policy. Questions are text, as a server would ask them.
pub struct InProcess {
    engine: Engine,
    deltas: Arc<Deltas>,
}

/// Counts changes of output rows.
#[derive(Default)]
struct Deltas(AtomicU64);

impl Observer for Deltas {
    fn delta(&self, _: PartId, _: &[Sym], _: i64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn published(&self, _: u64) {}
}

impl InProcess {
    /// An engine with this policy and no facts, which keeps relations from the first fact on.
    ///
    /// # Errors
    /// The policy has errors, or there is no thread for it.
    pub fn new(polar: &str) -> Result<InProcess, Failure> {
        let deltas = Arc::new(Deltas::default());
        let config = Config {
            on_demand_below: 0,
            observer: Some(deltas.clone()),
            ..Config::default()
        };
        let engine = Engine::start(program(polar)?, config);
        Ok(InProcess {
            engine: engine.map_err(failure)?,
            deltas,
        })
    }
}

fn program(polar: &str) -> Result<Arc<floe_frontend::ir::Program>, Failure> {
    floe::program(polar).ok_or_else(|| Failure("the policy has errors".to_owned()))
}

fn failure(why: impl std::fmt::Display) -> Failure {
    Failure(why.to_string())
}

impl Target for InProcess {
    fn apply(&self, changes: Vec<Change<Fact>>) -> Result<(), Failure> {
        let set = floe::change_set(changes);
        self.engine.apply(&set).map_err(failure)?;
        Ok(())
    }

    fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.map_err(failure)?.as_secs();
        floe::ask(&self.engine, question, now.cast_signed()).map_err(failure)
    }

    fn policy(&self, polar: &str) -> Result<(), Failure> {
        self.engine.swap(program(polar)?).map_err(failure)?;
        Ok(())
    }

    fn memory(&self) -> u64 {
        Memory::now().resident
    }

    fn grants(&self) -> Option<Grants> {
        let index = self.engine.stats().index;
        Some(Grants {
            rows: index.rows,
            bytes: index.bytes,
            deltas: self.deltas.0.load(Ordering::Relaxed),
        })
    }

    fn restart(&mut self) -> Result<bool, Failure> {
        Ok(false)
    }
}
