//! Random facts for a program: drawn from its signatures, over few values.

use std::collections::BTreeSet;

use floe_frontend::ir::core::{Literal, Term};
use floe_frontend::ir::{self, Entry, Program, Signature, TypeId, TypeKind, TypeSet};
use floe_frontend::source::Text;

use super::dice::Dice;
use crate::value::{Fact, Value};

/// Ids of facts, and one that no fact mentions.
pub const IDS: [&str; 3] = ["a", "b", "c"];
/// The id that no fact mentions.
pub const UNKNOWN: &str = "z";
/// Types that no policy names.
pub const UNNAMED: [&str; 2] = ["Ghost", "Shade"];
/// Integers of facts; times are around them.
pub const INTEGERS: [i64; 3] = [10, 20, 30];
/// Moments, in seconds since 1970.
pub const TIMES: [i64; 7] = [9, 10, 11, 20, 25, 30, 31];

/// The values that facts and questions about a program are made of.
#[derive(Clone, Debug)]
pub struct Pool<'p> {
    /// The program.
    pub program: &'p Program,
    /// Its string constants, and one string more.
    pub strings: Vec<Text>,
}

impl<'p> Pool<'p> {
    /// The values for this program.
    #[must_use]
    pub fn new(program: &'p Program) -> Pool<'p> {
        let mut strings: BTreeSet<Text> = BTreeSet::from(["else".into()]);
        let mut note = |term: &Term| {
            if let Term::Value(ir::Value::String(text)) = term {
                strings.insert(text.clone());
            }
        };
        for rule in &program.core.rules {
            rule.head.args.iter().for_each(&mut note);
            for literal in &rule.body {
                match literal {
                    Literal::Positive(atom) | Literal::Negative(atom) => {
                        atom.args.iter().for_each(&mut note);
                    }
                    Literal::Compare(_, a, b) => [a, b].into_iter().for_each(&mut note),
                }
            }
        }
        Pool {
            program,
            strings: strings.into_iter().collect(),
        }
    }

    /// A value of one of the types; objects more often than others where both may stand.
    pub(super) fn value(&self, dice: &mut Dice, types: &TypeSet) -> Value {
        let all: Vec<TypeId> = types.iter().collect();
        let table = &self.program.types;
        let objects: Vec<TypeId> = (all.iter().copied())
            .filter(|ty| matches!(table.get(*ty).kind, TypeKind::Actor | TypeKind::Resource))
            .collect();
        let ty = match !objects.is_empty() && dice.chance(65) {
            true => *dice.pick(&objects),
            false if types.has(TypeId::OTHER) && dice.chance(60) => TypeId::OTHER,
            false => *dice.pick(&all),
        };
        self.of(dice, ty)
    }

    fn of(&self, dice: &mut Dice, ty: TypeId) -> Value {
        let id = IDS[[0, 0, 0, 1, 1, 1, 2][dice.roll(7)]];
        match ty {
            TypeId::OTHER => Value::new(*dice.pick(&UNNAMED), id),
            TypeId::STRING => Value::string(dice.pick(&self.strings).clone()),
            TypeId::INTEGER => Value::integer(*dice.pick(&INTEGERS)),
            TypeId::BOOLEAN => Value::new("Boolean", *dice.pick(&["true", "false"])),
            ty => Value::new(self.program.types.get(ty).name.clone(), id),
        }
    }

    /// A value of any type at all.
    pub fn any(&self, dice: &mut Dice) -> Value {
        self.value(dice, self.program.types.any())
    }

    /// A fact that fits the signature.
    pub fn fact(&self, dice: &mut Dice, signature: &Signature) -> Fact {
        let args = signature.entries.iter().map(|entry| match entry {
            Entry::Exactly(text) => Value::string(text.clone()),
            Entry::Types(types) => self.value(dice, types),
        });
        let args: Vec<Value> = args.collect();
        let predicate = self.program.core.predicate(signature.predicate);
        Fact::new(predicate.name.clone(), args)
    }

    /// A signature of facts that may be stored, if there is any. Half of the time every
    /// name counts once, or the roles would leave little room for the rest.
    pub fn signature(&self, dice: &mut Dice) -> Option<&'p Signature> {
        let signatures = self.program.signatures.iter();
        let mut usable: Vec<&Signature> = signatures.filter(|s| possible(s)).collect();
        if dice.chance(50) && !usable.is_empty() {
            let mut names: Vec<_> = usable.iter().map(|s| s.predicate).collect();
            names.dedup();
            let name = *dice.pick(&names);
            usable.retain(|s| s.predicate == name);
        }
        (!usable.is_empty()).then(|| *dice.pick(&usable))
    }

    /// A fact that may be stored.
    pub fn storable(&self, dice: &mut Dice) -> Option<Fact> {
        let signature = self.signature(dice)?;
        Some(self.fact(dice, signature))
    }
}

/// Whether there are facts of this shape: one to five arguments, a value for each.
#[must_use]
pub fn possible(signature: &Signature) -> bool {
    let filled = |entry: &Entry| !matches!(entry, Entry::Types(types) if types.is_empty());
    (1..=5).contains(&signature.entries.len()) && signature.entries.iter().all(filled)
}
