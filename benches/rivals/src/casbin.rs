//! Casbin: roles in domains, the tree of places in the application.
//!
//! An enforcer evaluates its matcher for every line of its policy. With a line for each
//! share, and places as a second hierarchy of roles, that is thousands of evaluations for one
//! question. Here a place is a domain: the policy has a line for each role and action,
//! memberships are links in the role manager, and the application, which knows what lies in
//! what, asks about one place after the other on the way up.

use anyhow::{Context, Result, bail};
use casbin::{
    CachedApi, CachedEnforcer, CoreApi, DefaultCache, DefaultModel, Enforcer, MemoryAdapter,
    MgmtApi,
};
use floe_benches::workload::{Change, Fact, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::runtime::Runtime;

use crate::contestant::{About, Contestant};
use crate::locked::version;
use crate::stage::{Ask, Check, Stage};

/// The two enforcers.
pub(crate) trait Kind: CoreApi + MgmtApi {
    /// How it is called here.
    const NAME: &'static str;
    /// What it remembers.
    const FRESHNESS: &'static str;
    /// Room for all that is asked.
    fn settle(&mut self);
}

impl Kind for Enforcer {
    const NAME: &'static str = "casbin";
    const FRESHNESS: &'static str = "the newest change";
    fn settle(&mut self) {}
}

impl Kind for CachedEnforcer {
    const NAME: &'static str = "casbin cached";
    const FRESHNESS: &'static str =
        "the newest change; questions repeat, and decisions are remembered until any change";
    fn settle(&mut self) {
        self.set_cache(Box::new(DefaultCache::new(100_000)));
    }
}

/// Something that lies in something.
#[derive(Default)]
struct Place {
    domain: String,
    kind: &'static str,
    number: u32,
    up: Vec<usize>,
    down: Vec<usize>,
}

/// An enforcer and the application's tree.
pub(crate) struct Casbin<E> {
    enforcer: E,
    runtime: Runtime,
    places: Vec<Place>,
    index: FxHashMap<(&'static str, u32), usize>,
    /// Places that have roles of their own, by domain.
    domains: FxHashMap<String, usize>,
    /// Types that have no roles of their own.
    leaves: &'static [&'static str],
}

/// What a fact says.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// User, role, domain.
    Role(Vec<String>),
    /// The first place lies in the second.
    In(usize, usize),
}

impl<E: Kind> Casbin<E> {
    fn place(&mut self, stage: &Stage, value: &Value) -> usize {
        let (kind, number) = (value.kind, stage.numbers.of(value));
        if let Some(&known) = self.index.get(&(kind, number)) {
            return known;
        }
        let (place, domain) = (self.places.len(), value.id.to_string());
        self.index.insert((kind, number), place);
        if !self.leaves.contains(&kind) {
            self.domains.insert(domain.clone(), place);
        }
        self.places.push(Place {
            domain,
            kind,
            number,
            ..Place::default()
        });
        place
    }

    fn says(&mut self, stage: &Stage, fact: &Fact) -> Result<Says> {
        let [first, name, last] = &fact.args[..] else {
            bail!("a fact of another shape: {fact}");
        };
        let above = self.place(stage, last);
        Ok(match fact.predicate {
            "has_role" => Says::Role([first, name, last].map(|v| v.id.to_string()).to_vec()),
            "has_relation" => Says::In(self.place(stage, first), above),
            other => bail!("Casbin is not told of `{other}`"),
        })
    }

    fn tree(&mut self, below: usize, above: usize, insert: bool) {
        self.places[below].up.retain(|&place| place != above);
        self.places[above].down.retain(|&place| place != below);
        if insert {
            self.places[below].up.push(above);
            self.places[above].down.push(below);
        }
    }

    fn may(&self, actor: &str, action: &str, place: usize) -> Result<bool> {
        let domain = &*self.places[place].domain;
        Ok(self.enforcer.enforce((actor, domain, action))?)
    }
}

impl<E: Kind> Contestant for Casbin<E> {
    type Load = Vec<Says>;
    type Change = Vec<(Says, bool)>;
    type Check = (String, &'static str, usize);
    type Ask = Ask;
    type Ids = Vec<u32>;

    fn start(stage: &Stage) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let (model, policy, leaves): (_, &str, &[&str]) = match stage.world {
            "flat" => (
                include_str!("../worlds/flat/casbin.conf"),
                include_str!("../worlds/flat/casbin.csv"),
                &["Repository"],
            ),
            "folders" => (
                include_str!("../worlds/folders/casbin.conf"),
                include_str!("../worlds/folders/casbin.csv"),
                &["Document"],
            ),
            other => bail!("{other} has no model in Casbin"),
        };
        let enforcer = runtime.block_on(async {
            let model = DefaultModel::from_str(model).await?;
            let mut enforcer = E::new(model, MemoryAdapter::default()).await?;
            enforcer.enable_auto_save(false);
            let lines = policy.lines().filter(|line| !line.starts_with('#'));
            let lines = lines.map(|line| line.split(", ").map(str::to_owned).collect());
            enforcer.add_policies(lines.collect()).await?;
            anyhow::Ok(enforcer)
        });
        let mut enforcer = enforcer?;
        enforcer.settle();
        Ok(Casbin {
            enforcer,
            runtime,
            places: Vec::new(),
            index: FxHashMap::default(),
            domains: FxHashMap::default(),
            leaves,
        })
    }

    fn about(&mut self) -> About {
        About {
            name: E::NAME,
            version: format!("casbin {}", version("casbin")),
            against: &["floe"],
            data: "roles in the role manager, a domain for each place; what lies in what is the application's; ids as text",
            freshness: E::FRESHNESS,
            completeness: "roles only: the application walks up the tree and asks place by place; a list walks down from the user's places",
            durability: "none",
            transport: "a call in the same process",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<Says>> {
        let said = stage.facts.iter().map(|fact| self.says(stage, fact));
        said.collect()
    }

    fn prepare_change(&mut self, stage: &Stage, changes: &[Change<Fact>]) -> Result<Self::Change> {
        let said = |change: &Change<Fact>| Ok((self.says(stage, &change.fact)?, change.insert));
        changes.iter().map(said).collect()
    }

    fn prepare_check(&mut self, stage: &Stage, check: &Check) -> Result<Self::Check> {
        let place = self.place(stage, &check.resource);
        Ok((check.actor.id.to_string(), check.action, place))
    }

    fn prepare_ask(&mut self, _: &Stage, ask: &Ask) -> Result<Ask> {
        Ok(ask.clone())
    }

    fn load(&mut self, facts: Vec<Says>) -> Result<()> {
        let mut roles = Vec::new();
        for says in facts {
            match says {
                Says::Role(rule) => roles.push(rule),
                Says::In(below, above) => {
                    // Loading, nothing is there twice.
                    self.places[below].up.push(above);
                    self.places[above].down.push(below);
                }
            }
        }
        let added = self.enforcer.add_grouping_policies(roles);
        let added = self.runtime.block_on(added)?;
        anyhow::ensure!(added, "a role was there before");
        Ok(())
    }

    fn change(&mut self, change: &Self::Change) -> Result<()> {
        for (says, insert) in change {
            match says {
                Says::In(below, above) => self.tree(*below, *above, *insert),
                Says::Role(rule) => {
                    let rule = rule.clone();
                    let done = if *insert {
                        self.runtime
                            .block_on(self.enforcer.add_grouping_policy(rule))
                    } else {
                        self.runtime
                            .block_on(self.enforcer.remove_grouping_policy(rule))
                    };
                    anyhow::ensure!(done?, "a change without effect");
                }
            }
        }
        Ok(())
    }

    fn authorize(&mut self, (actor, action, place): &Self::Check) -> Result<bool> {
        let mut open = vec![*place];
        while let Some(place) = open.pop() {
            let is_leaf = self.leaves.contains(&self.places[place].kind);
            if !is_leaf && self.may(actor, action, place)? {
                return Ok(true);
            }
            open.extend(&self.places[place].up);
        }
        Ok(false)
    }

    fn list(&mut self, ask: &Ask) -> Result<Vec<u32>> {
        let actor = &*ask.actor.id;
        let roles = self
            .enforcer
            .get_filtered_grouping_policy(0, vec![actor.to_owned()]);
        let mut open = Vec::new();
        for role in &roles {
            let domain = role.get(2).context("user, role, domain")?;
            if self.enforcer.enforce((actor, &**domain, ask.action))? {
                open.push(self.domains[domain]);
            }
        }
        let (mut seen, mut found) = (FxHashSet::default(), Vec::new());
        while let Some(place) = open.pop() {
            if !seen.insert(place) {
                continue;
            }
            let Place {
                kind, number, down, ..
            } = &self.places[place];
            if *kind == ask.kind {
                found.push(*number);
            }
            open.extend(down);
        }
        Ok(found)
    }

    fn ids(&self, stage: &Stage, ask: &Ask, ids: Vec<u32>) -> Vec<String> {
        let id = |number| stage.numbers.id(ask.kind, number).to_owned();
        ids.into_iter().map(id).collect()
    }
}
