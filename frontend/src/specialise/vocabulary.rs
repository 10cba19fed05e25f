//! Type sets and constants as numbers. What instantiation compares and copies thousands of
//! times is then plain data of a few words, however many types and names a policy has.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::core::{Atom, Core, Literal, Term};
use crate::ir::{Entry, Signature, TypeId, TypeSet, TypeTable, Value};

/// Index of a [`TypeSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SetId(u32);

impl SetId {
    pub(super) const NONE: SetId = SetId(0);
    pub(super) const ANY: SetId = SetId(1);
}

/// Index of a constant; ordered as the constants are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ValueId(u32);

/// Index of a list of constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ListId(u32);

impl ListId {
    pub(super) const EMPTY: ListId = ListId(0);
}

/// Every set, constant and list of constants there is a number for.
pub(super) struct Vocabulary {
    sets: Vec<TypeSet>,
    set_ids: FxHashMap<TypeSet, SetId>,
    common: FxHashMap<(SetId, SetId), SetId>,
    /// Ascending, each with the set of its type alone.
    values: Vec<(Value, SetId)>,
    value_ids: FxHashMap<Value, ValueId>,
    lists: Vec<List>,
    list_ids: FxHashMap<Box<[ValueId]>, ListId>,
}

/// Constants, ascending: as numbers, and as the program holds them.
struct List {
    values: Box<[ValueId]>,
    shared: Arc<[Value]>,
}

impl Vocabulary {
    /// Numbers for every constant that can stand in an atom or a signature.
    pub(super) fn new<'a>(
        core: &'a Core,
        types: &TypeTable,
        signatures: impl Iterator<Item = &'a Signature>,
    ) -> Vocabulary {
        let mut vocabulary = Vocabulary {
            sets: Vec::new(),
            set_ids: FxHashMap::default(),
            common: FxHashMap::default(),
            values: Vec::new(),
            value_ids: FxHashMap::default(),
            lists: Vec::new(),
            list_ids: FxHashMap::default(),
        };
        vocabulary.set(types.none());
        vocabulary.set(types.any());
        vocabulary.list(Vec::new());
        let mut seen: FxHashSet<Value> = FxHashSet::default();
        for rule in &core.rules {
            for arg in atoms(&rule.body).chain([&rule.head]).flat_map(|a| &a.args) {
                if let Term::Value(value) = arg
                    && !seen.contains(value)
                {
                    seen.insert(value.clone());
                }
            }
        }
        for entry in signatures.flat_map(|s| &s.entries) {
            if let Entry::Exactly(text) = entry {
                seen.insert(Value::String(text.clone()));
            }
        }
        let mut values: Vec<Value> = seen.into_iter().collect();
        values.sort_unstable();
        for value in values {
            let id = ValueId(vocabulary.values.len() as u32);
            let only = vocabulary.set(&types.only(value.ty()));
            vocabulary.value_ids.insert(value.clone(), id);
            vocabulary.values.push((value, only));
        }
        vocabulary
    }

    pub(super) fn set(&mut self, types: &TypeSet) -> SetId {
        if let Some(&id) = self.set_ids.get(types) {
            return id;
        }
        let id = SetId(self.sets.len() as u32);
        self.sets.push(types.clone());
        self.set_ids.insert(types.clone(), id);
        id
    }

    pub(super) fn types(&self, id: SetId) -> &TypeSet {
        &self.sets[id.0 as usize]
    }

    /// Members of both.
    pub(super) fn and(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b == SetId::ANY {
            return a;
        }
        if a == SetId::ANY {
            return b;
        }
        if let Some(&both) = self.common.get(&(a, b)) {
            return both;
        }
        let both = self.types(a).and(self.types(b));
        let both = self.set(&both);
        self.common.insert((a, b), both);
        both
    }

    /// Whether both have a member in common.
    pub(super) fn meets(&self, a: SetId, b: SetId) -> bool {
        self.types(a).meets(self.types(b))
    }

    /// Whether every member of the first is in the second.
    pub(super) fn within(&self, a: SetId, b: SetId) -> bool {
        a == b || b == SetId::ANY || self.types(a).within(self.types(b))
    }

    pub(super) fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0 as usize].0
    }

    /// The number of a constant that stands in some atom or signature.
    pub(super) fn find(&self, value: &Value) -> Option<ValueId> {
        self.value_ids.get(value).copied()
    }

    pub(super) fn type_of(&self, id: ValueId) -> TypeId {
        self.value(id).ty()
    }

    /// The set of the constant's type alone.
    pub(super) fn only(&self, id: ValueId) -> SetId {
        self.values[id.0 as usize].1
    }

    /// Whether the constant's type is a member.
    pub(super) fn admits(&self, set: SetId, value: ValueId) -> bool {
        set == SetId::ANY || self.types(set).has(self.type_of(value))
    }

    /// The list of these constants, sorted, each once.
    pub(super) fn list(&mut self, mut values: Vec<ValueId>) -> ListId {
        values.sort_unstable();
        values.dedup();
        if let Some(&id) = self.list_ids.get(&values[..]) {
            return id;
        }
        let id = ListId(self.lists.len() as u32);
        let shared = values.iter().map(|&v| self.value(v).clone()).collect();
        let values: Box<[ValueId]> = values.into();
        self.list_ids.insert(values.clone(), id);
        self.lists.push(List { values, shared });
        id
    }

    /// Constants of a list, ascending.
    pub(super) fn listed(&self, list: ListId) -> &[ValueId] {
        &self.lists[list.0 as usize].values
    }

    /// The same as the program holds them.
    pub(super) fn shared(&self, list: ListId) -> &Arc<[Value]> {
        &self.lists[list.0 as usize].shared
    }

    /// Whether the constant is in the list.
    pub(super) fn contains(&self, list: ListId, value: ValueId) -> bool {
        list != ListId::EMPTY && self.listed(list).binary_search(&value).is_ok()
    }
}

fn atoms(body: &[Literal]) -> impl Iterator<Item = &Atom> {
    body.iter().filter_map(|l| match l {
        Literal::Positive(atom) | Literal::Negative(atom) => Some(atom),
        Literal::Compare(..) => None,
    })
}
