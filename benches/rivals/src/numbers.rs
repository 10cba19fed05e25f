//! Ids as small integers, the keys that an application's own tables would have.

use floe_benches::workload::{Fact, Value};
use rustc_hash::FxHashMap;

/// A number for every id, dense inside its type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    kinds: FxHashMap<&'static str, Kind>,
}

#[derive(Clone, Debug, Default)]
struct Kind {
    numbers: FxHashMap<String, u32>,
    ids: Vec<String>,
}

impl Numbers {
    /// Gives numbers to whatever a fact mentions.
    pub(crate) fn meet(&mut self, fact: &Fact) {
        for value in fact.args.iter().filter(|value| value.kind != "String") {
            let kind = self.kinds.entry(value.kind).or_default();
            if !kind.numbers.contains_key(&*value.id) {
                let next = u32::try_from(kind.ids.len()).expect("fewer than 2^32 ids");
                kind.numbers.insert(value.id.to_string(), next);
                kind.ids.push(value.id.to_string());
            }
        }
    }

    /// The number of a value that was met.
    pub(crate) fn of(&self, value: &Value) -> u32 {
        self.kinds[value.kind].numbers[&*value.id]
    }

    /// The id behind a number.
    pub(crate) fn id(&self, kind: &str, number: u32) -> &str {
        &self.kinds[kind].ids[number as usize]
    }

    /// How many ids of a type there are.
    pub(crate) fn count(&self, kind: &str) -> u32 {
        let count = self.kinds.get(kind).map_or(0, |kind| kind.ids.len());
        u32::try_from(count).expect("fewer than 2^32 ids")
    }

    /// The value behind a number.
    pub(crate) fn value(&self, kind: &'static str, number: u32) -> Value {
        Value {
            kind,
            id: self.id(kind, number).to_owned().into(),
        }
    }

    /// A fact as a shape, such as `has_role(User,"admin",Organization)`, and the numbers of
    /// its values that are no strings.
    pub(crate) fn row(&self, fact: &Fact) -> (String, Vec<u32>) {
        let (mut shape, mut row) = (format!("{}(", fact.predicate), Vec::new());
        for (place, value) in fact.args.iter().enumerate() {
            if place > 0 {
                shape.push(',');
            }
            if value.kind == "String" {
                shape.push_str(&format!("{:?}", value.id));
            } else {
                shape.push_str(value.kind);
                row.push(self.of(value));
            }
        }
        shape.push(')');
        (shape, row)
    }
}
