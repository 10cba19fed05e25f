//! The types of a random policy, and what terms may stand where.

use super::dice::Dice;
use super::policy::Block;

/// Names of roles, of permissions, and of both in the global block.
pub(super) const ROLES: [&str; 3] = ["viewer", "editor", "owner"];
pub(super) const PERMISSIONS: [&str; 3] = ["read", "write", "share"];
pub(super) const GLOBAL_ROLES: [&str; 2] = ["staff", "root"];
pub(super) const GLOBAL_PERMISSIONS: [&str; 1] = ["open"];

/// A declared type.
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) actor: bool,
    pub(super) extends: Option<usize>,
    pub(super) roles: Vec<&'static str>,
    pub(super) permissions: Vec<&'static str>,
    pub(super) relations: Vec<(&'static str, usize)>,
}

/// All types. The first is an actor, the second a resource nested in itself.
pub(super) struct Schema {
    pub(super) types: Vec<Type>,
    pub(super) global: bool,
}

/// What values may stand somewhere, as the generator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Is(usize),
    Actor,
    Resource,
    Role,
    Permission,
    Integer,
    Boolean,
    Any,
}

/// What the names of types say about them: actor, possible supertypes, relations.
type Kind = (
    &'static str,
    bool,
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
);
const KINDS: [Kind; 8] = [
    ("User", true, &[], &[]),
    (
        "Folder",
        false,
        &[],
        &[("parent", "Folder"), ("org", "Org"), ("author", "User")],
    ),
    ("Team", true, &[], &[("boss", "User")]),
    ("Bot", true, &["User"], &[]),
    ("Org", false, &[], &[("lead", "User"), ("above", "Org")]),
    (
        "Doc",
        false,
        &[],
        &[("folder", "Folder"), ("author", "User"), ("team", "Team")],
    ),
    ("Photo", false, &["Doc", "Folder"], &[("shows", "User")]),
    ("Role", false, &[], &[]),
];

impl Schema {
    pub(super) fn random(dice: &mut Dice) -> Schema {
        let mut kinds: Vec<&Kind> = KINDS[2..].iter().collect();
        dice.shuffle(&mut kinds);
        kinds.truncate(dice.roll(5));
        kinds.splice(0..0, &KINDS[..2]);
        let place = |name: &str| kinds.iter().position(|kind| kind.0 == name);
        let types = kinds.iter().map(|(name, actor, above, relations)| {
            let above: Vec<usize> = above.iter().filter_map(|name| place(name)).collect();
            let extends = (!above.is_empty() && dice.chance(80)).then(|| *dice.pick(&above));
            let nested = *name == "Folder";
            let mut some = |all: &[&'static str], percent| {
                let taken = all.iter().filter(|_| dice.chance(percent));
                taken.copied().collect::<Vec<_>>()
            };
            let percent = if *actor { 20 } else { 70 };
            let mut roles = some(&ROLES, percent);
            let mut permissions = some(&PERMISSIONS, percent);
            if nested && roles.is_empty() {
                roles.push("viewer");
            }
            if nested && permissions.is_empty() {
                permissions.push("read");
            }
            let there = relations.iter().filter_map(|(name, target)| {
                let keep = *name == "parent" || dice.chance(75);
                place(target).filter(|_| keep).map(|target| (*name, target))
            });
            Type {
                name,
                actor: *actor,
                extends,
                roles,
                permissions,
                relations: there.collect(),
            }
        });
        Schema {
            types: types.collect(),
            global: dice.chance(50),
        }
    }

    /// The type and everything it extends.
    fn line(&self, ty: usize) -> impl Iterator<Item = &Type> {
        let above = |ty: &usize| self.types[*ty].extends;
        std::iter::successors(Some(ty), above).map(|ty| &self.types[ty])
    }

    pub(super) fn roles(&self, ty: usize) -> Vec<&'static str> {
        self.line(ty).flat_map(|ty| ty.roles.clone()).collect()
    }

    pub(super) fn permissions(&self, ty: usize) -> Vec<&'static str> {
        let lists = self.line(ty).map(|ty| ty.permissions.clone());
        lists.flatten().collect()
    }

    pub(super) fn relations(&self, ty: usize) -> Vec<(&'static str, usize)> {
        self.line(ty).flat_map(|ty| ty.relations.clone()).collect()
    }

    /// The types that are actors, or those that are not.
    pub(super) fn all(&self, actor: bool) -> Vec<usize> {
        let fitting = (0..self.types.len()).filter(|ty| self.types[*ty].actor == actor);
        fitting.collect()
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.types.iter().position(|ty| ty.name == name)
    }

    fn below(&self, ty: usize, above: usize) -> bool {
        self.line(ty).any(|it| it.name == self.types[above].name)
    }

    /// Whether a value may be of both sorts.
    pub(super) fn meet(&self, a: Sort, b: Sort) -> bool {
        use Sort::{Actor, Any, Is, Permission, Resource, Role};
        match (a, b) {
            (Is(a), Is(b)) => self.below(a, b) || self.below(b, a),
            (Is(ty), Actor) | (Actor, Is(ty)) => self.types[ty].actor,
            (Actor | Is(_), Resource) | (Resource, Actor | Is(_)) => true,
            (Role, Permission) | (Permission, Role) | (Any, _) | (_, Any) => true,
            (a, b) => a == b,
        }
    }

    /// What is written behind the colon; nothing for a sort without a type.
    pub(super) fn annotation(&self, sort: Sort) -> Option<&'static str> {
        Some(match sort {
            Sort::Is(ty) => self.types[ty].name,
            Sort::Actor => "Actor",
            Sort::Resource => "Resource",
            Sort::Role | Sort::Permission => "String",
            Sort::Integer => "Integer",
            Sort::Boolean => "Boolean",
            Sort::Any => return None,
        })
    }

    /// A constant of the sort.
    pub(super) fn constant(&self, dice: &mut Dice, sort: Sort) -> String {
        let id = *dice.pick(&["a", "b", "c"]);
        match sort {
            Sort::Is(ty) => format!("{}{{\"{id}\"}}", self.types[ty].name),
            Sort::Actor => format!("User{{\"{id}\"}}"),
            Sort::Resource | Sort::Any => format!("Folder{{\"{id}\"}}"),
            Sort::Role => format!("\"{}\"", dice.pick(&ROLES)),
            Sort::Permission => format!("\"{}\"", dice.pick(&PERMISSIONS)),
            Sort::Integer => (10 * (1 + dice.roll(3))).to_string(),
            Sort::Boolean => dice.pick(&["true", "false"]).to_string(),
        }
    }

    /// The blocks, with declarations and no rules.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let list = |word: &str, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            (!names.is_empty()).then(|| format!("{word} = [{}];", names.join(", ")))
        };
        let mut blocks: Vec<Block> = (self.types.iter())
            .map(|ty| {
                let word = if ty.actor { "actor" } else { "resource" };
                let above = ty.extends.map(|above| self.types[above].name);
                let extends = above.map_or(String::new(), |name| format!(" extends {name}"));
                let relations = (ty.relations.iter())
                    .map(|(name, target)| format!("{name}: {}", self.types[*target].name))
                    .collect::<Vec<_>>()
                    .join(", ");
                let relations =
                    (!relations.is_empty()).then(|| format!("relations = {{ {relations} }};"));
                let lists = [
                    list("roles", &ty.roles),
                    list("permissions", &ty.permissions),
                    relations,
                ];
                Block {
                    head: format!("{word} {}{extends}", ty.name),
                    declarations: lists.into_iter().flatten().collect(),
                    rules: Vec::new(),
                }
            })
            .collect();
        if self.global {
            let lists = [
                list("roles", &GLOBAL_ROLES),
                list("permissions", &GLOBAL_PERMISSIONS),
            ];
            blocks.push(Block {
                head: "global".to_string(),
                declarations: lists.into_iter().flatten().collect(),
                rules: Vec::new(),
            });
        }
        blocks.push(Block::default());
        blocks
    }
}
