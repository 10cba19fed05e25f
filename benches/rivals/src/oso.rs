//! The embedded Polar: rules over the application's own objects.
//!
//! Facts are attributes of objects, as that library wants it. Roles of a user are a hash set
//! behind a method, so that no rule walks a list of them.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, RwLock};

use anyhow::{Result, bail};
use floe_benches::workload::{Change, Fact, Value};
use oso::{Class, Oso, PolarClass, PolarValue};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::contestant::{About, Contestant};
use crate::locked::version;
use crate::stage::{Ask, Check, Stage};

/// One object of the application.
#[derive(Default)]
struct Object {
    /// Unlike that of any other object of any type.
    key: i64,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// Role and the key of where.
    roles: FxHashSet<(String, i64)>,
    /// By relation.
    related: FxHashMap<String, Vec<(i64, PolarValue)>>,
}

impl Object {
    fn holds(&self, role: String, place: i64) -> bool {
        let state = self.state.read().expect("nobody panics with the lock");
        state.roles.contains(&(role, place))
    }

    fn related(&self, relation: &str) -> Vec<PolarValue> {
        let state = self.state.read().expect("nobody panics with the lock");
        let related = state.related.get(relation).into_iter().flatten();
        related.map(|(_, value)| value.clone()).collect()
    }
}

/// Types of the application: the library tells classes apart by the type in Rust.
macro_rules! classes {
    ($($name:ident),*) => {
        $(
            #[derive(Clone)]
            struct $name(Arc<Object>);

            impl PolarClass for $name {
                fn get_polar_class() -> Class {
                    Class::builder::<$name>()
                        .name(stringify!($name))
                        .set_equality_check(|a: &$name, b: &$name| a.0.key == b.0.key)
                        .add_attribute_getter("key", |this: &$name| this.0.key)
                        .add_method("holds", |this: &$name, role: String, place: i64| {
                            this.0.holds(role, place)
                        })
                        .add_method("related", |this: &$name, relation: String| {
                            this.0.related(&relation)
                        })
                        .build()
                }
            }
        )*

        fn register(oso: &mut Oso) -> Result<()> {
            $(oso.register_class($name::get_polar_class())?;)*
            Ok(())
        }

        fn value(kind: &str, object: Arc<Object>) -> Result<PolarValue> {
            match kind {
                $(stringify!($name) => Ok(PolarValue::new_from_instance($name(object))),)*
                other => bail!("`{other}` is no class"),
            }
        }
    };
}

classes!(User, Organization, Repository, Folder, Document);

/// Up to so many resources are listed.
const LISTED: u32 = 1_000;

/// All resources of a type.
type Resources = Rc<Vec<(u32, PolarValue)>>;

/// The library and the application's objects.
pub(crate) struct Embedded {
    oso: Oso,
    resources: HashMap<&'static str, Resources>,
    objects: HashMap<(&'static str, u32), (Arc<Object>, PolarValue)>,
}

/// A fact between two objects: what it says about the first.
pub(crate) struct Link {
    object: Arc<Object>,
    is_role: bool,
    name: String,
    other: (i64, PolarValue),
}

impl Link {
    fn apply(&self, insert: bool) {
        let mut state = self
            .object
            .state
            .write()
            .expect("nobody panics with the lock");
        let (key, value) = &self.other;
        if self.is_role {
            let role = (self.name.clone(), *key);
            if insert {
                state.roles.insert(role);
            } else {
                state.roles.remove(&role);
            }
            return;
        }
        let related = state.related.entry(self.name.clone()).or_default();
        related.retain(|(other, _)| other != key);
        if insert {
            related.push((*key, value.clone()));
        }
    }
}

impl Embedded {
    fn object(&mut self, stage: &Stage, of: &Value) -> Result<(Arc<Object>, PolarValue)> {
        let at = (of.kind, stage.numbers.of(of));
        if let Some(known) = self.objects.get(&at) {
            return Ok(known.clone());
        }
        let object = Arc::new(Object {
            key: i64::try_from(self.objects.len())?,
            ..Object::default()
        });
        let made = (Arc::clone(&object), value(of.kind, object)?);
        self.objects.insert(at, made.clone());
        Ok(made)
    }

    fn link(&mut self, stage: &Stage, fact: &Fact) -> Result<Link> {
        let [first, name, last] = &fact.args[..] else {
            bail!("a fact of another shape: {fact}");
        };
        let (object, _) = self.object(stage, first)?;
        let (other, value) = self.object(stage, last)?;
        Ok(Link {
            object,
            is_role: fact.predicate == "has_role",
            name: name.id.to_string(),
            other: (other.key, value),
        })
    }
}

impl Contestant for Embedded {
    type Load = Vec<Link>;
    type Change = Vec<(Link, bool)>;
    type Check = (PolarValue, &'static str, PolarValue);
    type Ask = (PolarValue, &'static str, Resources);
    type Ids = Vec<u32>;

    /// A question takes up to milliseconds, and a list asks about every resource.
    fn lists(stage: &Stage) -> bool {
        let mut kinds = stage.lists.iter().map(|(_, kind)| kind);
        kinds.all(|kind| stage.numbers.count(kind) <= LISTED)
    }

    fn start(stage: &Stage) -> Result<Self> {
        let mut oso = Oso::new();
        register(&mut oso)?;
        let policy = match stage.world {
            "flat" => include_str!("../worlds/flat/embedded.polar"),
            "folders" => include_str!("../worlds/folders/embedded.polar"),
            other => bail!("{other} has no policy in the embedded Polar"),
        };
        oso.load_str(policy)?;
        Ok(Embedded {
            oso,
            resources: HashMap::new(),
            objects: HashMap::new(),
        })
    }

    fn about(&mut self) -> About {
        About {
            name: "oso",
            version: format!("oso {} (embedded)", version("oso")),
            against: &["floe"],
            data: "objects of the application, roles of a user in a hash set, relations by name",
            freshness: "the newest change",
            completeness: "the whole policy; a list by asking about every resource of the type, since the Rust library has no data filtering; none of more than 1,000, which would take minutes",
            durability: "none",
            transport: "a call in the same process, objects looked up beforehand",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<Link>> {
        let links = stage.facts.iter().map(|fact| self.link(stage, fact));
        links.collect()
    }

    fn prepare_change(&mut self, stage: &Stage, changes: &[Change<Fact>]) -> Result<Self::Change> {
        let link = |change: &Change<Fact>| Ok((self.link(stage, &change.fact)?, change.insert));
        changes.iter().map(link).collect()
    }

    fn prepare_check(&mut self, stage: &Stage, check: &Check) -> Result<Self::Check> {
        let (_, actor) = self.object(stage, &check.actor)?;
        let (_, resource) = self.object(stage, &check.resource)?;
        Ok((actor, check.action, resource))
    }

    fn prepare_ask(&mut self, stage: &Stage, ask: &Ask) -> Result<Self::Ask> {
        let (_, actor) = self.object(stage, &ask.actor)?;
        if !self.resources.contains_key(ask.kind) {
            let mut resources = Vec::new();
            for number in 0..stage.numbers.count(ask.kind) {
                let resource = stage.numbers.value(ask.kind, number);
                resources.push((number, self.object(stage, &resource)?.1));
            }
            self.resources.insert(ask.kind, Rc::new(resources));
        }
        Ok((actor, ask.action, Rc::clone(&self.resources[ask.kind])))
    }

    fn load(&mut self, facts: Vec<Link>) -> Result<()> {
        facts.iter().for_each(|link| link.apply(true));
        Ok(())
    }

    fn change(&mut self, change: &Self::Change) -> Result<()> {
        change.iter().for_each(|(link, insert)| link.apply(*insert));
        Ok(())
    }

    fn authorize(&mut self, (actor, action, resource): &Self::Check) -> Result<bool> {
        let allowed = self
            .oso
            .is_allowed(actor.clone(), *action, resource.clone());
        Ok(allowed?)
    }

    fn list(&mut self, (actor, action, resources): &Self::Ask) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        for (number, resource) in resources.iter() {
            if self
                .oso
                .is_allowed(actor.clone(), *action, resource.clone())?
            {
                found.push(*number);
            }
        }
        Ok(found)
    }

    fn ids(&self, stage: &Stage, ask: &Ask, ids: Vec<u32>) -> Vec<String> {
        let id = |number| stage.numbers.id(ask.kind, number).to_owned();
        ids.into_iter().map(id).collect()
    }
}
