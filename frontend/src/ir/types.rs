//! The types of a policy and sets of them (spec section 3).
//!
//! Every type the policy names has a [`TypeId`]; all types it does not name are one more
//! member, [`TypeId::OTHER`], so that a set says exactly which values it admits and
//! complements are sets again. The abstract types `Actor` and `Resource` are sets only:
//! they have no values of their own.

use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::source::Text;

/// A concrete type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

impl TypeId {
    /// Stands for every type that the policy does not name.
    pub const OTHER: TypeId = TypeId(0);
    /// UTF-8 text.
    pub const STRING: TypeId = TypeId(1);
    /// Signed 64-bit integers.
    pub const INTEGER: TypeId = TypeId(2);
    /// `true` and `false`.
    pub const BOOLEAN: TypeId = TypeId(3);
}

/// What a type was declared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `String`, `Integer`, `Boolean`.
    Primitive,
    /// `actor T {}`
    Actor,
    /// `resource T {}`
    Resource,
    /// Used but never declared (W001).
    Undeclared,
}

impl TypeKind {
    /// The word used in printed programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TypeKind::Primitive => "primitive",
            TypeKind::Actor => "actor",
            TypeKind::Resource => "resource",
            TypeKind::Undeclared => "undeclared",
        }
    }
}

/// One type.
#[derive(Clone, Debug)]
pub struct Type {
    /// Its name.
    pub name: Text,
    /// How it was declared.
    pub kind: TypeKind,
    /// Types named after `extends`, in order of declaration.
    pub extends: Vec<TypeId>,
}

/// A set of concrete types of one [`TypeTable`].
///
/// Cheap to clone. Two sets of the same table are equal iff they have the same members.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeSet(Arc<[u64]>);

impl fmt::Debug for TypeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|t| t.0)).finish()
    }
}

impl TypeSet {
    fn zip(&self, other: &TypeSet, op: impl Fn(u64, u64) -> u64) -> TypeSet {
        TypeSet(
            self.0
                .iter()
                .zip(&*other.0)
                .map(|(&a, &b)| op(a, b))
                .collect(),
        )
    }

    /// Members of both.
    #[must_use]
    pub fn and(&self, other: &TypeSet) -> TypeSet {
        if self.within(other) {
            return self.clone();
        }
        if other.within(self) {
            return other.clone();
        }
        self.zip(other, |a, b| a & b)
    }

    /// Members of either.
    #[must_use]
    pub fn or(&self, other: &TypeSet) -> TypeSet {
        if self == other {
            return self.clone();
        }
        self.zip(other, |a, b| a | b)
    }

    /// Members of this set that are not in `other`.
    #[must_use]
    pub fn minus(&self, other: &TypeSet) -> TypeSet {
        self.zip(other, |a, b| a & !b)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&w| w == 0)
    }

    /// Whether both have a member in common.
    #[must_use]
    pub fn meets(&self, other: &TypeSet) -> bool {
        self.0.iter().zip(&*other.0).any(|(&a, &b)| a & b != 0)
    }

    /// Whether every member of this set is in `other`.
    #[must_use]
    pub fn within(&self, other: &TypeSet) -> bool {
        self.0.iter().zip(&*other.0).all(|(&a, &b)| a & !b == 0)
    }

    /// Whether the type is a member.
    #[must_use]
    pub fn has(&self, ty: TypeId) -> bool {
        let bit = ty.0 as usize;
        self.0
            .get(bit / 64)
            .is_some_and(|w| w >> (bit % 64) & 1 == 1)
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Members in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = TypeId> + '_ {
        self.0.iter().enumerate().flat_map(|(i, &word)| {
            // Strip the lowest member until none is left.
            std::iter::successors(Some(word), |w| Some(w & w.wrapping_sub(1)))
                .take_while(|w| *w != 0)
                .map(move |w| TypeId(i as u32 * 64 + w.trailing_zeros()))
        })
    }

    /// The only member, if there is exactly one and the policy names it.
    #[must_use]
    pub fn single(&self) -> Option<TypeId> {
        let mut members = self.iter();
        match (members.next(), members.next()) {
            (Some(t), None) if t != TypeId::OTHER => Some(t),
            _ => None,
        }
    }
}

/// The types of one policy with their subtyping, complete and immutable.
#[derive(Clone, Debug)]
pub struct TypeTable {
    types: Vec<Type>,
    by_name: FxHashMap<Text, TypeId>,
    /// For each type, itself and everything that extends it, directly or not.
    subtypes: Vec<TypeSet>,
    /// For each type, the set of it alone.
    only: Vec<TypeSet>,
    any: TypeSet,
    none: TypeSet,
    actor: TypeSet,
    resource: TypeSet,
}

/// Names of the abstract types: sets without values of their own.
pub const ABSTRACT: [&str; 2] = ["Actor", "Resource"];

impl TypeTable {
    /// Builds the table from the types a policy declares or merely names, in order. Their
    /// `extends` use the ids they will have: position plus four, behind
    /// [`TypeId::OTHER`] and the primitives. Cycles of `extends` must have been cut.
    #[must_use]
    pub fn new(named: Vec<Type>) -> TypeTable {
        let primitive = |name: &str| Type {
            name: name.into(),
            kind: TypeKind::Primitive,
            extends: Vec::new(),
        };
        let mut types = vec![
            Type {
                name: "".into(),
                kind: TypeKind::Undeclared,
                extends: Vec::new(),
            },
            primitive("String"),
            primitive("Integer"),
            primitive("Boolean"),
        ];
        types.extend(named);

        let words = types.len().div_ceil(64);
        let none = TypeSet(vec![0; words].into());
        let set_of = |members: &[usize]| {
            let mut set = vec![0_u64; words];
            for &m in members {
                set[m / 64] |= 1 << (m % 64);
            }
            TypeSet(set.into())
        };
        let all: Vec<usize> = (0..types.len()).collect();
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); types.len()];
        // From which type each was reached last.
        let mut seen: Vec<usize> = vec![usize::MAX; types.len()];
        for i in 0..types.len() {
            // Walk up from each type and enter it below everything it extends.
            let mut up = vec![i];
            seen[i] = i;
            while let Some(at) = up.pop() {
                below[at].push(i);
                for e in &types[at].extends {
                    let e = e.0 as usize;
                    if std::mem::replace(&mut seen[e], i) != i {
                        up.push(e);
                    }
                }
            }
        }
        let kind = |wanted: &[TypeKind]| {
            let members: Vec<usize> = (4..types.len())
                .filter(|&i| wanted.contains(&types[i].kind))
                .collect();
            set_of(&members)
        };
        let subtypes: Vec<TypeSet> = below.iter().map(|b| set_of(b)).collect();
        let only = |(i, below): (usize, &Vec<usize>)| match below[..] {
            [_] => subtypes[i].clone(),
            _ => set_of(&[i]),
        };
        TypeTable {
            only: below.iter().enumerate().map(only).collect(),
            subtypes,
            any: set_of(&all),
            none,
            actor: kind(&[TypeKind::Actor]),
            resource: kind(&[TypeKind::Actor, TypeKind::Resource]),
            by_name: types
                .iter()
                .enumerate()
                .skip(1)
                .map(|(i, t)| (t.name.clone(), TypeId(i as u32)))
                .collect(),
            types,
        }
    }

    /// The type with this id.
    #[must_use]
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The concrete type of this name, if the policy names it.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The concrete type of this name, [`TypeId::OTHER`] if the policy does not name it.
    #[must_use]
    pub fn classify(&self, name: &str) -> TypeId {
        self.lookup(name).unwrap_or(TypeId::OTHER)
    }

    /// What an annotation with this name admits: the type and its subtypes, or the
    /// members of an abstract type.
    #[must_use]
    pub fn admits(&self, name: &str) -> Option<TypeSet> {
        match name {
            "Actor" => Some(self.actor.clone()),
            "Resource" => Some(self.resource.clone()),
            _ => self.lookup(name).map(|t| self.subtypes(t).clone()),
        }
    }

    /// The type and everything that extends it.
    #[must_use]
    pub fn subtypes(&self, id: TypeId) -> &TypeSet {
        &self.subtypes[id.0 as usize]
    }

    /// Exactly one type.
    #[must_use]
    pub fn only(&self, id: TypeId) -> TypeSet {
        self.only[id.0 as usize].clone()
    }

    /// Exactly these types.
    #[must_use]
    pub fn set(&self, members: &[TypeId]) -> TypeSet {
        let mut words = vec![0_u64; self.none.0.len()];
        for m in members {
            words[m.0 as usize / 64] |= 1 << (m.0 % 64);
        }
        TypeSet(words.into())
    }

    /// Every type, named by the policy or not.
    #[must_use]
    pub fn any(&self) -> &TypeSet {
        &self.any
    }

    /// No type.
    #[must_use]
    pub fn none(&self) -> &TypeSet {
        &self.none
    }

    /// The members of `Actor`.
    #[must_use]
    pub fn actor(&self) -> &TypeSet {
        &self.actor
    }

    /// The members of `Resource` (every actor type among them, spec 3.1).
    #[must_use]
    pub fn resource(&self) -> &TypeSet {
        &self.resource
    }

    /// Named types with their ids, [`TypeId::OTHER`] left out.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        self.types
            .iter()
            .enumerate()
            .skip(1)
            .map(|(i, t)| (TypeId(i as u32), t))
    }

    /// The shortest readable name of a set: `any`, `Actor`, `User`, `User|=Team`, `!String`,
    /// where `T` stands for `T` with its subtypes, `=T` for `T` alone, `!` for the rest. The parts of a
    /// program's text form use it, so it can be read back ([`TypeTable::parse_set`]).
    #[must_use]
    pub fn show(&self, set: &TypeSet) -> String {
        if *set == self.any {
            return "any".to_string();
        }
        if set.is_empty() {
            return "none".to_string();
        }
        // "Everything but" is the shorter name of a set that reaches beyond the policy.
        let rest = self.any.minus(set);
        if set.has(TypeId::OTHER) && rest.len() < set.len() {
            return format!("!{}", self.show(&rest));
        }
        if let Some(name) = self.named(set) {
            return name.to_string();
        }
        let mut left = set.clone();
        let mut words: Vec<String> = Vec::new();
        for members in [&self.resource, &self.actor] {
            if !members.is_empty()
                && members.within(set)
                && members.len() > 1
                && members.meets(&left)
                && let Some(name) = self.named(members)
            {
                words.push(name.to_string());
                left = left.minus(members);
            }
        }
        // Supertypes before subtypes, so that the fewest names are needed.
        let mut members: Vec<TypeId> = left.iter().collect();
        members.sort_by_key(|&t| (std::cmp::Reverse(self.subtypes(t).len()), t));
        for t in members {
            if !left.has(t) {
                continue;
            }
            let below = self.subtypes(t);
            if t == TypeId::OTHER {
                words.push("other".to_string());
                left = left.minus(&self.only(t));
            } else if below.within(set) {
                words.push(self.get(t).name.to_string());
                left = left.minus(below);
            } else {
                words.push(format!("={}", self.get(t).name));
                left = left.minus(&self.only(t));
            }
        }
        words.join("|")
    }

    /// The one word a policy has for the set: a type with its subtypes if there is one,
    /// otherwise an abstract type.
    fn named(&self, set: &TypeSet) -> Option<&str> {
        let concrete = |t: &TypeId| *t != TypeId::OTHER && self.subtypes(*t) == set;
        match set.iter().find(concrete) {
            Some(t) => Some(&self.get(t).name),
            None if *set == self.actor => Some("Actor"),
            None if *set == self.resource => Some("Resource"),
            None => None,
        }
    }

    /// Reads what [`TypeTable::show`] printed; `None` for an unknown name.
    #[must_use]
    pub fn parse_set(&self, text: &str) -> Option<TypeSet> {
        match text {
            "any" => return Some(self.any.clone()),
            "none" => return Some(self.none.clone()),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix('!') {
            return Some(self.any.minus(&self.parse_set(rest)?));
        }
        let mut set = self.none.clone();
        for word in text.split('|') {
            let more = match word.strip_prefix('=') {
                Some(exact) => self.only(self.lookup(exact)?),
                None if word == "other" && self.lookup(word).is_none() => self.only(TypeId::OTHER),
                None => self.admits(word)?,
            };
            set = set.or(&more);
        }
        Some(set)
    }
}
