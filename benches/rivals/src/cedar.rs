//! Cedar: entities in memory, policies evaluated for each question.
//!
//! The hierarchy of resources is Cedar's own (`in`), roles are sets of entities on the
//! principal. Its guide names both; the other way, a group of principals for each resource
//! and role, would make the hierarchy as large as the grants.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, ResourceQueryRequest, RestrictedExpression, Schema,
};
use floe_benches::workload::{Change, Fact, Value};

use crate::contestant::{About, Contestant};
use crate::locked::version;
use crate::stage::{Ask, Check, Stage};

/// All entities in one store, lists by asking about every resource of the type.
pub(crate) const WHOLE: u8 = 0;
/// All entities in one store, lists by type-aware partial evaluation.
pub(crate) const PARTIAL: u8 = 1;
/// For each question a store of the entities that matter to it.
pub(crate) const SLICED: u8 = 2;

/// Cedar, used in one of these ways.
pub(crate) struct Cedar<const WAY: u8> {
    authorizer: Authorizer,
    policies: PolicySet,
    schema: Schema,
    entities: Entities,
    /// Single entities, of which slices are made.
    single: HashMap<EntityUid, Entity>,
    /// Every resource that may be listed, by type.
    resources: HashMap<&'static str, Vec<EntityUid>>,
    /// What entities are made of, as the application's own tables have it.
    drafts: HashMap<EntityUid, Draft>,
    /// Roles that every principal has a set for.
    roles: &'static [&'static str],
}

/// An entity in the making.
#[derive(Clone, Debug, Default)]
struct Draft {
    parents: HashSet<EntityUid>,
    /// By role, where the principal has it.
    roles: HashMap<&'static str, HashSet<EntityUid>>,
}

/// What a fact says about entities.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// The first lies in the second.
    In(EntityUid, EntityUid),
    /// The principal has the role there.
    Role(EntityUid, &'static str, EntityUid),
}

/// A list that is wanted.
pub(crate) struct Wanted {
    kind: &'static str,
    principal: EntityUid,
    action: EntityUid,
    query: ResourceQueryRequest,
}

fn uid(value: &Value) -> Result<EntityUid> {
    let kind = EntityTypeName::from_str(value.kind)?;
    Ok(EntityUid::from_type_name_and_id(
        kind,
        EntityId::new(&*value.id),
    ))
}

fn action(name: &str) -> Result<EntityUid> {
    let kind = EntityTypeName::from_str("Action")?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(name)))
}

impl<const WAY: u8> Cedar<WAY> {
    fn says(&self, fact: &Fact) -> Result<Says> {
        let [first, name, last] = &fact.args[..] else {
            bail!("a fact of another shape: {fact}");
        };
        match fact.predicate {
            "has_relation" => Ok(Says::In(uid(first)?, uid(last)?)),
            "has_role" => {
                let role = self.roles.iter().copied().find(|&role| role == name.id);
                let role = role.with_context(|| format!("no role {}", name.id))?;
                Ok(Says::Role(uid(first)?, role, uid(last)?))
            }
            other => bail!("Cedar is not told of `{other}`"),
        }
    }

    fn draft(&mut self, says: Says, insert: bool) -> EntityUid {
        let (entity, target, role) = match says {
            Says::In(child, parent) => (child, parent, None),
            Says::Role(actor, role, place) => (actor, place, Some(role)),
        };
        // Whatever is mentioned exists.
        self.drafts.entry(target.clone()).or_default();
        let draft = self.drafts.entry(entity.clone()).or_default();
        let set = match role {
            None => &mut draft.parents,
            Some(role) => draft.roles.entry(role).or_default(),
        };
        if insert {
            set.insert(target);
        } else {
            set.remove(&target);
        }
        entity
    }

    /// The entities that matter to a request: principal, resource and what it lies in.
    fn slice(&self, request: &Request) -> Result<Entities> {
        let mut slice: HashMap<&EntityUid, Entity> = HashMap::new();
        let mut open: Vec<&EntityUid> = Vec::new();
        open.extend(request.principal());
        open.extend(request.resource());
        while let Some(uid) = open.pop() {
            if let Some(entity) = self.single.get(uid)
                && slice.insert(uid, entity.clone()).is_none()
            {
                open.extend(&self.drafts[uid].parents);
            }
        }
        Ok(Entities::from_entities(slice.into_values(), None)?)
    }

    fn entity(&self, uid: &EntityUid) -> Result<Entity> {
        let draft = &self.drafts[uid];
        let is_actor = uid.type_name().basename() == "User";
        let roles = self.roles.iter().filter(|_| is_actor).map(|&role| {
            let places = draft.roles.get(role).into_iter().flatten();
            let places = places.map(|uid| RestrictedExpression::new_entity_uid(uid.clone()));
            (role.to_owned(), RestrictedExpression::new_set(places))
        });
        Ok(Entity::new(
            uid.clone(),
            roles.collect(),
            draft.parents.clone(),
        )?)
    }
}

impl<const WAY: u8> Contestant for Cedar<WAY> {
    type Load = Vec<Says>;
    type Change = Vec<(Says, bool)>;
    type Check = Request;
    type Ask = Wanted;
    type Ids = Vec<EntityUid>;

    fn lists(_: &Stage) -> bool {
        WAY != SLICED
    }

    fn start(stage: &Stage) -> Result<Self> {
        let (policies, schema, roles): (_, _, &[&str]) = match stage.world {
            "flat" => (
                include_str!("../worlds/flat/policy.cedar"),
                include_str!("../worlds/flat/schema.cedarschema"),
                &["member", "admin"],
            ),
            "folders" => (
                include_str!("../worlds/folders/policy.cedar"),
                include_str!("../worlds/folders/schema.cedarschema"),
                &["viewer", "editor"],
            ),
            other => bail!("{other} has no policy in Cedar"),
        };
        Ok(Cedar {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(policies)?,
            schema: Schema::from_cedarschema_str(schema)?.0,
            entities: Entities::empty(),
            single: HashMap::new(),
            resources: HashMap::new(),
            drafts: HashMap::new(),
            roles,
        })
    }

    fn about(&mut self) -> About {
        About {
            name: match WAY {
                WHOLE => "cedar",
                PARTIAL => "cedar tpe",
                _ => "cedar sliced",
            },
            version: format!("cedar-policy {}", version("cedar-policy")),
            against: &["floe"],
            data: match WAY {
                SLICED => {
                    "entities in the application, resources in a hierarchy, roles as sets on the principal; ids as text"
                }
                _ => {
                    "one store of all entities, resources in a hierarchy, roles as sets on the principal; ids as text"
                }
            },
            freshness: "the newest change",
            completeness: match WAY {
                WHOLE => "the whole policy; a list by asking about every resource of the type",
                PARTIAL => {
                    "the whole policy; a list by type-aware partial evaluation (experimental `query_resource`)"
                }
                _ => "the whole policy over principal, resource and its ancestors; no lists",
            },
            durability: "none",
            transport: "a call in the same process, requests built beforehand",
        }
    }

    fn prepare_load(&mut self, stage: &Stage) -> Result<Vec<Says>> {
        for &(_, kind) in &stage.lists {
            let numbers = 0..stage.numbers.count(kind);
            let resources = numbers.map(|number| uid(&stage.numbers.value(kind, number)));
            self.resources
                .insert(kind, resources.collect::<Result<_>>()?);
        }
        stage.facts.iter().map(|fact| self.says(fact)).collect()
    }

    fn prepare_change(&mut self, _: &Stage, changes: &[Change<Fact>]) -> Result<Vec<(Says, bool)>> {
        let said = |change: &Change<Fact>| Ok((self.says(&change.fact)?, change.insert));
        changes.iter().map(said).collect()
    }

    fn prepare_check(&mut self, _: &Stage, check: &Check) -> Result<Request> {
        let (principal, resource) = (uid(&check.actor)?, uid(&check.resource)?);
        let action = action(check.action)?;
        Ok(Request::new(
            principal,
            action,
            resource,
            Context::empty(),
            None,
        )?)
    }

    fn prepare_ask(&mut self, _: &Stage, ask: &Ask) -> Result<Wanted> {
        let (principal, action) = (uid(&ask.actor)?, action(ask.action)?);
        let kind = EntityTypeName::from_str(ask.kind)?;
        let query = ResourceQueryRequest::new(
            principal.clone(),
            action.clone(),
            kind,
            Context::empty(),
            &self.schema,
        )?;
        Ok(Wanted {
            kind: ask.kind,
            principal,
            action,
            query,
        })
    }

    fn load(&mut self, facts: Vec<Says>) -> Result<()> {
        for says in facts {
            self.draft(says, true);
        }
        let entities = self.drafts.keys().map(|uid| self.entity(uid));
        let entities: Vec<Entity> = entities.collect::<Result<_>>()?;
        if WAY == SLICED {
            let single = entities.into_iter().map(|entity| (entity.uid(), entity));
            self.single = single.collect();
        } else {
            self.entities = Entities::from_entities(entities, None)?;
        }
        Ok(())
    }

    fn change(&mut self, change: &Vec<(Says, bool)>) -> Result<()> {
        let mut touched = HashSet::new();
        for (says, insert) in change {
            touched.insert(self.draft(says.clone(), *insert));
        }
        let entities = touched.iter().map(|uid| self.entity(uid));
        let entities: Vec<Entity> = entities.collect::<Result<_>>()?;
        if WAY == SLICED {
            let single = entities.into_iter().map(|entity| (entity.uid(), entity));
            self.single.extend(single);
        } else {
            let all = std::mem::replace(&mut self.entities, Entities::empty());
            self.entities = all.upsert_entities(entities, None)?;
        }
        Ok(())
    }

    fn authorize(&mut self, request: &Request) -> Result<bool> {
        let slice;
        let entities = if WAY == SLICED {
            slice = self.slice(request)?;
            &slice
        } else {
            &self.entities
        };
        let response = self
            .authorizer
            .is_authorized(request, &self.policies, entities);
        Ok(response.decision() == Decision::Allow)
    }

    fn list(&mut self, wanted: &Wanted) -> Result<Vec<EntityUid>> {
        if WAY == PARTIAL {
            let found =
                self.policies
                    .query_resource(&wanted.query, &self.entities, &self.schema)?;
            return Ok(found.collect());
        }
        let mut found = Vec::new();
        for resource in &self.resources[wanted.kind] {
            let (principal, action) = (wanted.principal.clone(), wanted.action.clone());
            let request =
                Request::new(principal, action, resource.clone(), Context::empty(), None)?;
            let response = self
                .authorizer
                .is_authorized(&request, &self.policies, &self.entities);
            if response.decision() == Decision::Allow {
                found.push(resource.clone());
            }
        }
        Ok(found)
    }

    fn ids(&self, _: &Stage, _: &Ask, ids: Vec<EntityUid>) -> Vec<String> {
        let id = |uid: &EntityUid| uid.id().unescaped().to_owned();
        ids.iter().map(id).collect()
    }
}
