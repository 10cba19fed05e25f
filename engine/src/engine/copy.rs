//! An environment made of another as it is at one moment.

use std::sync::Arc;

use super::{Config, Engine, PolicyError, Snapshot};
use crate::catalog::{FactSet, Pattern, Vocabulary};
use crate::value::{Datum, Interner, OutOfSymbols, Sym};

impl Engine {
    /// An environment in memory with the policy and all facts of a moment, those included that
    /// the policy has no use for. From there on each goes its own way.
    ///
    /// # Errors
    /// See [`PolicyError`]; above the ceiling on memory there is no copy.
    pub fn copy_of(snapshot: &Snapshot, config: Config) -> Result<Engine, PolicyError> {
        let program = Arc::clone(snapshot.program());
        if let Some(memory) = &config.memory {
            let shared = snapshot.shared();
            let needed = (memory.used)() + shared.facts.memory() + shared.symbols.memory();
            if needed > memory.bytes {
                let ceiling = memory.bytes;
                return Err(PolicyError::Memory { needed, ceiling });
            }
        }
        let mut interner = Interner::new(config.limits.clone());
        let vocabulary = Vocabulary::intern(&program, &mut interner)?;
        let facts = copied(snapshot, &mut interner)?;
        let epoch = u64::from(!facts.is_empty());
        let policy = (1, program, vocabulary);
        let engine = Engine::resume(interner, facts, policy, epoch, None, config);
        engine.shared.begin()?;
        Ok(engine)
    }
}

/// The facts of a moment, in symbols of their own.
fn copied(snapshot: &Snapshot, interner: &mut Interner) -> Result<FactSet, OutOfSymbols> {
    let symbols = snapshot.symbols();
    let mut facts = FactSet::new(Arc::clone(interner.symbols()));
    let mut value = |sym: Sym| {
        let ty = interner.intern_type(&symbols.type_name(symbols.type_of(sym)))?;
        match symbols.integer(sym) {
            Some(number) => interner.intern(ty, Datum::Integer(number)),
            None => symbols.read(sym, |id| interner.intern(ty, Datum::Text(id))),
        }
    };
    let everything = Pattern {
        predicate: None,
        args: Vec::new(),
        open: true,
    };
    let mut outcome = Ok(());
    let mut row = Vec::new();
    snapshot.each_row(&everything, &mut |predicate, args| {
        row.clear();
        for sym in args {
            match value(*sym) {
                Ok(sym) => row.push(sym),
                Err(out) => outcome = Err(out),
            }
        }
        if outcome.is_ok() {
            let relation = facts.enter_relation(predicate, row.len());
            facts.insert(relation, &row);
        }
        outcome.is_ok()
    });
    outcome.map(|()| facts)
}
