//! Floe in this process, asked by symbol: keys that are looked up beforehand, as the integers
//! of the databases are.

use anyhow::{Context, Result, ensure};
use floe_benches::workload::{Change, Fact, Value};
use floe_engine::catalog::ChangeSet;
use floe_engine::value::{Sym, TypeIx};

use crate::contestant::{About, Contestant};
use crate::floe::Floe;
use crate::stage::{self, Ask, Stage};

/// Floe in memory.
pub(crate) struct Symbols(Floe<false>);

impl Symbols {
    fn symbol(&self, kind: &str, id: &str) -> Option<Sym> {
        self.0.engine().snapshot().symbol((kind, id).into())
    }

    fn of(&self, value: &Value) -> Option<Sym> {
        self.symbol(value.kind, &value.id)
    }
}

/// A question, in text where something in it has no symbol before the next change.
pub(crate) enum Check {
    Known([Sym; 3]),
    Text(stage::Check),
}

impl Contestant for Symbols {
    type Load = Vec<ChangeSet>;
    type Change = ChangeSet;
    type Check = Check;
    type Ask = (Sym, Sym, TypeIx);
    type Ids = Vec<Sym>;
    const WORLDS: &'static [&'static str] = &stage::WORLDS;

    fn start(stage: &Stage) -> Result<Self> {
        Floe::start(stage).map(Symbols)
    }

    fn about(&mut self) -> About {
        About {
            name: "floe symbols",
            data: "facts as text, copied into the engine; questions and answers as symbols, which are integers",
            ..self.0.about()
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<ChangeSet>> {
        self.0.prepare_load(stage)
    }

    fn prepare_change(&mut self, stage: &Stage, changes: &[Change<Fact>]) -> Result<ChangeSet> {
        self.0.prepare_change(stage, changes)
    }

    fn prepare_check(&mut self, _: &Stage, check: &stage::Check) -> Result<Check> {
        let symbols = (
            self.of(&check.actor),
            self.symbol("String", check.action),
            self.of(&check.resource),
        );
        Ok(match symbols {
            (Some(actor), Some(action), Some(resource)) => Check::Known([actor, action, resource]),
            _ => Check::Text(check.clone()),
        })
    }

    fn prepare_ask(&mut self, _: &Stage, ask: &Ask) -> Result<Self::Ask> {
        let kind = self.0.engine().snapshot().symbols().lookup_type(ask.kind);
        Ok((
            self.of(&ask.actor).context("an actor of the facts")?,
            self.symbol("String", ask.action).context("an action")?,
            kind.context("a type of the policy")?,
        ))
    }

    fn load(&mut self, facts: Vec<ChangeSet>) -> Result<()> {
        self.0.load(facts)
    }

    fn change(&mut self, change: &ChangeSet) -> Result<()> {
        self.0.change(change)
    }

    fn authorize(&mut self, check: &Check) -> Result<bool> {
        match check {
            &Check::Known([actor, action, resource]) => {
                let snapshot = self.0.engine().snapshot();
                let answer = snapshot.authorize(actor, action, resource);
                answer.context("the index cannot tell")
            }
            Check::Text(check) => self.0.authorize(check),
        }
    }

    fn list(&mut self, &(actor, action, kind): &Self::Ask) -> Result<Vec<Sym>> {
        let snapshot = self.0.engine().snapshot();
        let listed = snapshot.list(actor, action, kind);
        let listed = listed.context("the index cannot tell")?;
        ensure!(!listed.every, "`*` is not what the rivals answer");
        let symbols = snapshot.symbols();
        let all = listed.values.iter();
        Ok(all.filter_map(|at| symbols.at(kind, at)).collect())
    }

    fn ids(&self, _: &Stage, _: &Ask, ids: Vec<Sym>) -> Vec<String> {
        let snapshot = self.0.engine().snapshot();
        let id = |sym| snapshot.symbols().id(sym);
        ids.into_iter().map(id).collect()
    }
}
