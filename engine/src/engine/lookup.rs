//! HOT PATH: answers read off the index, without evaluation.
//!
//! That works where every part that can have an answer is maintained and leaves no
//! condition open. Which parts those are depends on the types of a question's arguments
//! and on constants of the policy among them, and is worked out once.

use std::hash::BuildHasher;
use std::sync::Arc;

use arc_swap::ArcSwap;
use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::{Column, PartId};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use super::policy::Policy;
use crate::faults::{Fault, has};
use crate::goal::Argument;
use crate::index::{Index, Reading, Set};
use crate::value::{Sym, Symbols, TypeIx};

/// Parts to look into, by what their arguments are like; `None` where they are not enough.
///
/// Read by every question and written once for each kind of question there is: a table is
/// never changed, but replaced, so that readers share nothing that they would have to write.
/// There are many tables, since there may be many kinds.
#[derive(Default)]
pub(super) struct Routes {
    known: [ArcSwap<FxHashMap<Key, Known>>; TABLES],
}

/// Some tens of thousands of kinds make tables of some hundred.
const TABLES: usize = 32;

type Key = (PredicateId, [u64; 3]);
type Known = Option<Arc<[Target]>>;

impl Routes {
    fn table(&self, key: &Key) -> &ArcSwap<FxHashMap<Key, Known>> {
        // The upper bits: the lower ones are those that a table looks at.
        let hash = FxBuildHasher.hash_one(key);
        &self.known[(hash >> 32) as usize % TABLES]
    }
}

/// A part to look into.
struct Target {
    part: PartId,
    /// Arguments whose symbols make up a row.
    columns: SmallVec<[usize; 3]>,
    /// What the part has where the question has its variable.
    open: Open,
}

enum Open {
    /// There is no variable.
    Nothing,
    /// Always this.
    Constant(Sym),
    /// Every value of the type.
    Every,
    /// The last column of its rows.
    Set,
    /// Another column.
    Among,
}

/// Values of one type.
#[derive(Clone, Default)]
pub struct Listed {
    /// Whether every value of the type is one.
    pub every: bool,
    /// Ordinals of those that are for a reason of their own.
    pub values: Set,
}

/// The index of a policy at an epoch.
pub(super) struct Lookup<'s> {
    pub(super) policy: &'s Policy,
    pub(super) index: &'s Index,
    pub(super) reading: Reading<'s>,
    pub(super) symbols: &'s Symbols,
}

impl Lookup<'_> {
    /// Whether `allow` holds of these; `None` if the index alone cannot tell.
    pub(super) fn holds(&self, args: &[Sym]) -> Option<bool> {
        let args: SmallVec<[Argument; 3]> = args.iter().map(|s| Argument::Value(*s)).collect();
        self.targets(&args, None, |targets| {
            Some(targets.iter().any(|target| self.has(target, &args)))
        })
    }

    /// Values of this type of the one variable; `None` if the index alone cannot tell.
    pub(super) fn list(&self, args: &[Argument], ty: TypeIx) -> Option<Listed> {
        self.targets(args, Some(ty), |targets| {
            let mut listed = Listed::default();
            for target in targets {
                self.add(target, args, ty, &mut listed)?;
            }
            Some(listed)
        })
    }

    /// Adds what a target has; `None` if the question is not for lists.
    fn add(
        &self,
        target: &Target,
        args: &[Argument],
        ty: TypeIx,
        listed: &mut Listed,
    ) -> Option<()> {
        match &target.open {
            Open::Every if has(Fault::WildcardPartIgnored) => {}
            Open::Every => listed.every |= self.has(target, args),
            Open::Set => {
                let key = key(target, args);
                if key.iter().any(|sym| sym.is_local()) {
                    return Some(());
                }
                if let Some(set) = self.reading.set(target.part, &key, ty) {
                    if listed.values.is_empty() {
                        listed.values = set;
                    } else if !has(Fault::SecondPartOfListLost) {
                        listed.values.unite(&set);
                    }
                }
            }
            Open::Constant(_) | Open::Among | Open::Nothing => return None,
        }
        Some(())
    }

    /// Hands over the actions that the one variable can be, each once, and tells whether it
    /// can be any; `None` if the index alone cannot tell.
    pub(super) fn actions(&self, args: &[Argument], found: &mut dyn FnMut(Sym)) -> Option<bool> {
        let mut every = false;
        // Parts may overlap: one has a constant where another has any string.
        let mut actions: SmallVec<[Sym; 16]> = SmallVec::new();
        self.targets(args, Some(TypeIx::STRING), |targets| {
            for target in targets {
                match target.open {
                    Open::Constant(sym) if actions.last() == Some(&sym) => {}
                    Open::Constant(sym) if self.has(target, args) => actions.push(sym),
                    Open::Constant(_) => {}
                    Open::Every => every |= self.has(target, args),
                    Open::Set | Open::Among => self.among(target, args, &mut actions),
                    Open::Nothing => return None,
                }
            }
            Some(())
        })?;
        actions.sort_unstable();
        if !has(Fault::ActionsRepeated) {
            actions.dedup();
        }
        actions.into_iter().for_each(found);
        Some(every)
    }

    /// The strings that the variable is in rows of a target.
    fn among(&self, target: &Target, args: &[Argument], values: &mut SmallVec<[Sym; 16]>) {
        let columns = self.policy.catalog.stored_columns(target.part);
        let mut variable = 0;
        let mut pattern: SmallVec<[Option<Sym>; 3]> = SmallVec::new();
        for (i, &column) in columns.iter().enumerate() {
            pattern.push(match args[column as usize] {
                Argument::Value(sym) => Some(sym),
                Argument::Variable(_) => {
                    variable = i;
                    None
                }
            });
        }
        _ = self.reading.each(target.part, &pattern, &mut |row| {
            if self.symbols.type_of(row[variable]) == TypeIx::STRING {
                values.push(row[variable]);
            }
            std::ops::ControlFlow::Continue(())
        });
    }

    fn has(&self, target: &Target, args: &[Argument]) -> bool {
        self.reading.contains(target.part, &key(target, args))
    }

    /// What the targets of a question make of it; `None` if they are not enough.
    fn targets<T>(
        &self,
        args: &[Argument],
        ty: Option<TypeIx>,
        answer: impl FnOnce(&[Target]) -> Option<T>,
    ) -> Option<T> {
        let allow = self.policy.allow(args.len())?;
        let tag = |kind: u64, number: u32| kind << 32 | u64::from(number);
        let mut key = [0; 3];
        for (to, arg) in key.iter_mut().zip(args) {
            *to = match (arg, ty) {
                (Argument::Value(sym), _) if self.policy.goals.is_constant(*sym) => tag(1, sym.0),
                (Argument::Value(sym), _) if sym.is_local() => return None,
                (Argument::Value(sym), _) => {
                    let ty = self.symbols.type_of(*sym);
                    tag(2, self.policy.catalog.vocabulary().type_id(ty).0)
                }
                (Argument::Variable(_), Some(ty)) => {
                    tag(3, self.policy.catalog.vocabulary().type_id(ty).0)
                }
                (Argument::Variable(_), None) => return None,
            };
        }
        let key = (allow, key);
        let table = self.policy.routes.table(&key);
        if let Some(targets) = table.load().get(&key) {
            return answer(targets.as_deref()?);
        }
        let targets = self.find(allow, args, ty);
        table.rcu(|known| {
            let mut more = FxHashMap::clone(known);
            more.insert(key, targets.clone());
            more
        });
        answer(targets.as_deref()?)
    }

    fn find(
        &self,
        allow: PredicateId,
        args: &[Argument],
        ty: Option<TypeIx>,
    ) -> Option<Arc<[Target]>> {
        let goals = &self.policy.goals;
        let parts = goals.parts_admitting(allow, args, &[ty], |s| self.symbols.type_of(s));
        let mut targets: Vec<Target> = (parts.into_iter())
            .map(|part| self.target(part, args))
            .collect::<Option<_>>()?;
        targets.sort_by_key(|target| match &target.open {
            Open::Constant(sym) => (0, sym.0),
            _ => (1, 0),
        });
        Some(targets.into())
    }

    fn target(&self, part: PartId, args: &[Argument]) -> Option<Target> {
        let data = self.policy.program().strata.part(part);
        let complete = self.index.holds(part)
            && (data.residue.is_empty() || has(Fault::LookupIgnoresResidue))
            && data.hidden.is_empty()
            && data.open.is_empty();
        if !complete {
            return None;
        }
        let mut open = Open::Nothing;
        let mut columns = SmallVec::new();
        let last = data.stored().last();
        for (i, (column, arg)) in data.columns.iter().zip(args).enumerate() {
            match (column, arg) {
                (Column::Stored(..), Argument::Value(_)) => columns.push(i),
                (Column::Stored(..), Argument::Variable(_)) if last == Some(i) => open = Open::Set,
                (Column::Stored(..), Argument::Variable(_)) => open = Open::Among,
                (Column::Constant(value), Argument::Variable(_)) => {
                    open = Open::Constant(self.policy.catalog.vocabulary().sym(value)?);
                }
                (Column::Every(_), Argument::Variable(_)) => open = Open::Every,
                (Column::Constant(_) | Column::Every(_), Argument::Value(_)) => {}
            }
        }
        Some(Target {
            part,
            columns,
            open,
        })
    }
}

/// The symbols of a target's columns.
fn key(target: &Target, args: &[Argument]) -> SmallVec<[Sym; 3]> {
    let symbols = target
        .columns
        .iter()
        .filter_map(|&column| match args[column] {
            Argument::Value(sym) => Some(sym),
            Argument::Variable(_) => None,
        });
    symbols.collect()
}
