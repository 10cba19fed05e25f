//! The symbols a policy names: its types and its constants.

use floe_frontend::ir::core::{Literal, Term};
use floe_frontend::ir::part::{Column, Condition, PartLiteral, PartTerm, Slot};
use floe_frontend::ir::{Entry, Program, TypeId, Value};
use rustc_hash::FxHashMap;

use crate::value::{Datum, Familiar, Interner, OutOfSymbols, Sym, TypeIx, words};

/// How types and constants of one policy appear in the environment.
///
/// Types outlive policies, so what a policy makes of them is kept here: a type that it
/// does not name is [`TypeId::OTHER`], one that appears later included.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// By [`TypeIx`].
    ids: Vec<TypeId>,
    /// By [`TypeId`]; the entry of `OTHER` means nothing.
    types: Vec<TypeIx>,
    constants: FxHashMap<Value, Sym>,
    familiar: Familiar,
}

impl Vocabulary {
    /// Interns everything a program names. The work is small, so the writer can do it
    /// between two changes and leave the building of the [`super::Catalog`] to others.
    ///
    /// # Errors
    /// There is no room for so many symbols; none has been interned.
    pub fn intern(program: &Program, interner: &mut Interner) -> Result<Vocabulary, OutOfSymbols> {
        let mut constants: FxHashMap<Value, Sym> = FxHashMap::default();
        visit(program, &mut |value| {
            if !constants.contains_key(value) {
                constants.insert(value.clone(), Sym(0));
            }
        });
        let count = constants.len() + program.types.any().len();
        let text = constants
            .keys()
            .map(|v| u64::from(words(datum(v))))
            .sum::<u64>()
            + program
                .types
                .iter()
                .map(|(_, t)| u64::from(words(Datum::Text(&t.name))))
                .sum::<u64>();
        interner.symbols().room(
            u32::try_from(count).unwrap_or(u32::MAX),
            u32::try_from(text).unwrap_or(u32::MAX),
        )?;

        let mut types = vec![TypeIx::STRING; program.types.any().len()];
        for (id, ty) in program.types.iter() {
            types[id.0 as usize] = interner.intern_type(&ty.name)?;
        }
        let mut ids = vec![TypeId::OTHER; interner.symbols().types() as usize + 1];
        for (id, _) in program.types.iter() {
            ids[types[id.0 as usize].0 as usize] = id;
        }
        // In a fixed order: the same policy on the same facts makes the same symbols.
        let mut order: Vec<(&Value, &mut Sym)> = constants.iter_mut().collect();
        order.sort_unstable_by_key(|(value, _)| *value);
        for (value, sym) in order {
            *sym = interner.intern(types[value.ty().0 as usize], datum(value))?;
        }
        let mut familiar = Familiar::default();
        for (id, ty) in program.types.iter() {
            familiar.add_type(&ty.name, types[id.0 as usize]);
        }
        for (value, sym) in &constants {
            if let Value::String(text) = value {
                familiar.add_string(text, *sym);
            }
        }
        Ok(Vocabulary {
            ids,
            types,
            constants,
            familiar,
        })
    }

    /// What the policy calls a type of the environment (or of a request).
    #[must_use]
    pub fn type_id(&self, ty: TypeIx) -> TypeId {
        self.ids
            .get(ty.0 as usize)
            .copied()
            .unwrap_or(TypeId::OTHER)
    }

    /// The type of the environment with this name in the policy; `None` for
    /// [`TypeId::OTHER`], which is many.
    #[must_use]
    pub fn type_ix(&self, id: TypeId) -> Option<TypeIx> {
        (id != TypeId::OTHER).then(|| self.types[id.0 as usize])
    }

    /// Its types and strings, for requests.
    #[must_use]
    pub fn familiar(&self) -> &Familiar {
        &self.familiar
    }

    pub(super) fn constants(&self) -> impl Iterator<Item = (&Value, Sym)> {
        self.constants.iter().map(|(value, &sym)| (value, sym))
    }

    /// The symbol of a constant of the policy.
    #[must_use]
    pub fn sym(&self, value: &Value) -> Option<Sym> {
        self.constants.get(value).copied()
    }
}

fn datum(value: &Value) -> Datum<'_> {
    match value {
        Value::String(text) | Value::Object(_, text) => Datum::Text(text),
        Value::Integer(number) => Datum::Integer(*number),
        Value::Boolean(truth) => Datum::Text(if *truth { "true" } else { "false" }),
    }
}

/// Every constant of a program.
fn visit(program: &Program, found: &mut impl FnMut(&Value)) {
    let mut term = |t: &Term| {
        if let Term::Value(value) = t {
            found(value);
        }
    };
    for rule in &program.core.rules {
        rule.head.args.iter().for_each(&mut term);
        for literal in &rule.body {
            match literal {
                Literal::Positive(atom) | Literal::Negative(atom) => {
                    atom.args.iter().for_each(&mut term);
                }
                Literal::Compare(_, a, b) => [a, b].into_iter().for_each(&mut term),
            }
        }
    }
    for signature in program.signatures.iter().chain(&program.context_signatures) {
        for entry in &signature.entries {
            if let Entry::Exactly(text) = entry {
                found(&Value::String(text.clone()));
            }
        }
    }
    for part in &program.strata.parts {
        for column in &part.columns {
            match column {
                Column::Constant(value) => found(value),
                Column::Stored(_, except) => except.iter().for_each(&mut *found),
                Column::Every(_) => {}
            }
        }
        let mut slot = |s: &Slot| {
            if let Slot::Value(value) = s {
                found(value);
            }
        };
        for condition in &part.residue {
            match condition {
                Condition::Compare(_, a, b) => [a, b].into_iter().for_each(&mut slot),
                Condition::Absent(_, args) => args.iter().flatten().for_each(&mut slot),
            }
        }
    }
    let mut term = |t: &PartTerm| {
        if let PartTerm::Value(value) = t {
            found(value);
        }
    };
    for rule in &program.strata.rules {
        rule.head
            .args
            .iter()
            .chain(&rule.head.hidden)
            .for_each(&mut term);
        for literal in &rule.body {
            match literal {
                PartLiteral::Positive(atom) | PartLiteral::Negative(atom) => {
                    atom.args.iter().chain(&atom.hidden).for_each(&mut term);
                }
                PartLiteral::Compare(_, a, b) => [a, b].into_iter().for_each(&mut term),
                PartLiteral::HasType(t, _) => term(t),
            }
        }
    }
}
