//! Floe in this process, in memory or stored, asked in text.

use anyhow::{Context, Result};
use floe_benches::floe::{change_set, program};
use floe_benches::workload::{Change, Fact};
use floe_engine::catalog::ChangeSet;
use floe_engine::goal::Budget;
use floe_engine::store::Store;
use floe_engine::{Config, Engine, Ids};

use crate::contestant::{About, Contestant};
use crate::locked::version;
use crate::stage::{Ask, Check, Stage};

/// Facts of one change set while loading.
const LOAD: usize = 100_000;

/// Floe as a library, which keeps relations from the first fact on, so that loading is not over
/// before they are derived; every other setting as it comes.
pub(crate) struct Floe<const STORED: bool> {
    engine: Engine,
    /// Dropped after the engine; the directory goes with it.
    _place: Option<(Store, tempfile::TempDir)>,
}

impl<const STORED: bool> Floe<STORED> {
    /// What is asked.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}

fn config() -> Config {
    Config {
        on_demand_below: 0,
        ..Config::default()
    }
}

impl<const STORED: bool> Contestant for Floe<STORED> {
    type Load = Vec<ChangeSet>;
    type Change = ChangeSet;
    type Check = Check;
    type Ask = Ask;
    /// As text, a line each.
    type Ids = Vec<u8>;
    const WORLDS: &'static [&'static str] = &crate::stage::WORLDS;

    fn start(stage: &Stage) -> Result<Self> {
        let compile = || program(stage.policy).context("the policy has errors");
        if !STORED {
            return Ok(Floe {
                engine: Engine::start(compile()?, config())?,
                _place: None,
            });
        }
        let dir = tempfile::tempdir()?;
        let store = Store::open(dir.path())?;
        store.create("main", stage.policy.as_bytes())?;
        let compiled = compile()?;
        let engine = Engine::open(&store, "main", config(), |_| Ok(compiled))?;
        Ok(Floe {
            engine,
            _place: Some((store, dir)),
        })
    }

    fn about(&mut self) -> About {
        About {
            name: if STORED { "floe stored" } else { "floe" },
            version: format!("Floe {}", version("floe-engine")),
            against: &[],
            data: "facts as text, copied into the engine; questions and answers in text, lists \
                   in the order of their bytes",
            freshness: "the newest change, visible when `apply` returns",
            completeness: "the whole policy, every answer kept up to date in advance",
            durability: if STORED {
                "a change is synced to the log before it is visible"
            } else {
                "none"
            },
            transport: "a call in the same process",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<ChangeSet>> {
        let sets = stage.facts.chunks(LOAD);
        let set = |facts: &[Fact]| change_set(facts.iter().cloned().map(Change::insert));
        Ok(sets.map(set).collect())
    }

    fn prepare_change(&mut self, _: &Stage, changes: &[Change<Fact>]) -> Result<ChangeSet> {
        Ok(change_set(changes.iter().cloned()))
    }

    fn prepare_check(&mut self, _: &Stage, check: &Check) -> Result<Check> {
        Ok(check.clone())
    }

    fn prepare_ask(&mut self, _: &Stage, ask: &Ask) -> Result<Ask> {
        Ok(ask.clone())
    }

    fn load(&mut self, facts: Vec<ChangeSet>) -> Result<()> {
        for set in &facts {
            self.engine.apply(set)?;
        }
        Ok(())
    }

    fn change(&mut self, change: &ChangeSet) -> Result<()> {
        self.engine.apply(change)?;
        Ok(())
    }

    fn authorize(&mut self, check: &Check) -> Result<bool> {
        let Check {
            actor,
            action,
            resource,
        } = check;
        let snapshot = self.engine.snapshot();
        let mut asking = snapshot.ask(0, &[], Budget::unlimited())?;
        let resource = (resource.kind, &*resource.id).into();
        Ok(asking.authorize((actor.kind, &*actor.id).into(), action, Some(resource))?)
    }

    fn list(&mut self, ask: &Ask) -> Result<Vec<u8>> {
        let snapshot = self.engine.snapshot();
        let mut asking = snapshot.ask(0, &[], Budget::unlimited())?;
        let actor = (ask.actor.kind, &*ask.actor.id).into();
        let listed = asking.sorted(actor, ask.action, ask.kind)?;
        anyhow::ensure!(!listed.every, "`*` is not what the rivals answer");
        let Ids::Ranked(ids) = listed.ids else {
            anyhow::bail!("a question without context has ids of its own");
        };
        let mut text = Vec::with_capacity(ids.room(ids.len()));
        ids.write(0..ids.len(), &mut text);
        Ok(text)
    }

    fn ids(&self, _: &Stage, _: &Ask, ids: Vec<u8>) -> Vec<String> {
        let text = String::from_utf8_lossy(&ids);
        text.lines().map(str::to_owned).collect()
    }
}
