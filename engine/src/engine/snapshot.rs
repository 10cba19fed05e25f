//! What can be asked of one moment.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::Guard;
use floe_frontend::ir::Program;
use floe_frontend::ir::part::PartId;

use super::Shared;
use super::asking::Asking;
use super::lookup::{Listed, Lookup};
use super::policy::Policy;
use super::stored::StoredFacts;
use crate::catalog::Pattern;
use crate::goal::{Argument, Budget, Rows};
use crate::index::{Epochs, Index, Pin, Reading};
use crate::value::{BadValue, Sym, Symbols, TypeIx, Value};

/// The policy in force with the rows kept for it.
pub(super) struct Published {
    pub(super) policy: Arc<Policy>,
    pub(super) index: Arc<Index>,
    /// The epoch from which on it answers. It is published before that epoch is.
    pub(super) from: u64,
}

/// Everything that holds at one published epoch, under one policy.
///
/// Taking one costs less than a microsecond and no lock. While it lives, what is
/// overwritten is kept: drop it when the question is answered.
pub struct Snapshot {
    /// Borrowed from whoever publishes: counting references, where all readers count, costs
    /// more than to look something up.
    pub(super) published: Guard<Arc<Published>>,
    pub(super) pin: Pin<EpochsOf>,
}

/// The epochs of an environment that somebody reads.
pub(super) struct EpochsOf(Arc<Shared>);

impl Deref for EpochsOf {
    type Target = Epochs;

    fn deref(&self) -> &Epochs {
        &self.0.epochs
    }
}

/// A stored fact as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// Its predicate.
    pub predicate: String,
    /// Type and id of each argument.
    pub args: Vec<(String, String)>,
}

impl Snapshot {
    pub(super) fn new(shared: &Arc<Shared>) -> Snapshot {
        loop {
            let published = shared.published.load();
            let pin = Pin::new(EpochsOf(Arc::clone(shared)));
            // A policy is published before its epoch. One that is still there after the
            // epoch has been pinned is the policy of that epoch.
            let current = Arc::ptr_eq(&published, &shared.published.load());
            if current && pin.epoch() >= published.from {
                return Snapshot { published, pin };
            }
            if current {
                // Its epoch is published next.
                drop(pin);
                std::thread::yield_now();
            }
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.pin.source().0
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.pin.epoch()
    }

    /// Which policy of the environment is in force; the first one is 1.
    #[must_use]
    pub fn policy_version(&self) -> u64 {
        self.published.policy.version
    }

    /// How many recursions of the policy are evaluated as written since their closures are
    /// too large ([`crate::plan::ClosureBudget`]).
    #[must_use]
    pub fn outgrown(&self) -> usize {
        self.published.policy.plan.outgrown()
    }

    /// The policy in force.
    #[must_use]
    pub fn program(&self) -> &Arc<Program> {
        self.published.policy.program()
    }

    /// Begins a request: its time in seconds since 1970, the facts of its context, and
    /// what it may cost. Context facts that the policy cannot use are ignored (spec 6.5).
    ///
    /// # Errors
    /// A context fact has an argument that no fact can carry.
    pub fn ask<'s>(
        &'s self,
        now: i64,
        context: &[(&str, &[Value<'_>])],
        budget: Budget<'s>,
    ) -> Result<Asking<'s>, BadValue> {
        Asking::new(self, now, context, budget)
    }

    /// The stored facts that agree with a pattern, in no order.
    #[must_use]
    pub fn facts(&self, pattern: &Pattern<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.each_fact(pattern, &mut |fact| {
            facts.push(fact);
            true
        });
        facts
    }

    /// Hands over the same facts one by one, until told to stop. Changes wait meanwhile.
    pub fn each_fact(&self, pattern: &Pattern<'_>, found: &mut dyn FnMut(Fact) -> bool) {
        let symbols = self.symbols();
        let text = |sym: &Sym| (symbols.type_name(symbols.type_of(*sym)), symbols.id(*sym));
        self.each_row(pattern, &mut |predicate, row| {
            found(Fact {
                predicate: predicate.to_owned(),
                args: row.iter().map(text).collect(),
            })
        });
    }

    /// The same facts as their predicate and their arguments' symbols.
    pub fn each_row(&self, pattern: &Pattern<'_>, found: &mut dyn FnMut(&str, &[Sym]) -> bool) {
        let facts = &self.shared().facts;
        facts.select(pattern, self.epoch(), &mut |predicate, row| {
            found(predicate, row)
        });
    }

    /// The symbol of a value, if any fact or policy has named it; questions by symbol are
    /// the fastest.
    #[must_use]
    pub fn symbol(&self, value: Value<'_>) -> Option<Sym> {
        let symbols = self.symbols();
        symbols.lookup(symbols.lookup_type(value.ty)?, value.id)
    }

    /// Whether `allow` holds of actor, action and resource, read off the index; `None` if
    /// that alone cannot tell ([`Snapshot::ask`] can), or cannot be trusted at present.
    #[must_use]
    pub fn authorize(&self, actor: Sym, action: Sym, resource: Sym) -> Option<bool> {
        self.shared().health.check().ok()?;
        self.lookup().holds(&[actor, action, resource])
    }

    /// What `allow` holds of for this actor and action, read off the index; `None` as in
    /// [`Snapshot::authorize`].
    #[must_use]
    pub fn list(&self, actor: Sym, action: Sym, ty: TypeIx) -> Option<Listed> {
        self.shared().health.check().ok()?;
        let args = [
            Argument::Value(actor),
            Argument::Value(action),
            Argument::Variable(0),
        ];
        self.lookup().list(&args, ty)
    }

    /// Hands over what this actor may do with a resource, read off the index, and tells
    /// whether that is everything; `None` as in [`Snapshot::authorize`].
    pub fn actions(&self, actor: Sym, resource: Sym, found: &mut dyn FnMut(Sym)) -> Option<bool> {
        self.shared().health.check().ok()?;
        let args = [
            Argument::Value(actor),
            Argument::Variable(0),
            Argument::Value(resource),
        ];
        self.lookup().actions(&args, found)
    }

    /// The environment's symbols.
    #[must_use]
    pub fn symbols(&self) -> &Arc<Symbols> {
        &self.shared().symbols
    }

    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup {
            policy: &self.published.policy,
            index: &self.published.index,
            reading: self.published.index.at(&self.pin),
            symbols: &self.shared().symbols,
        }
    }

    pub(super) fn rows(&self) -> AtEpoch<'_> {
        AtEpoch {
            policy: &self.published.policy,
            facts: &self.shared().facts,
            symbols: &self.shared().symbols,
            reading: self.published.index.at(&self.pin),
            index: &self.published.index,
        }
    }
}

/// Facts and maintained parts at an epoch.
pub(super) struct AtEpoch<'s> {
    policy: &'s Policy,
    facts: &'s StoredFacts,
    symbols: &'s Symbols,
    reading: Reading<'s>,
    index: &'s Index,
}

impl AtEpoch<'_> {
    /// Whether a fact belongs to the part.
    fn belongs(&self, part: PartId, fact: &[Sym]) -> bool {
        let catalog = &self.policy.catalog;
        let predicate = catalog.program().strata.part(part).predicate;
        catalog.route(predicate, fact, |s| self.symbols.type_of(s)) == Some(part)
    }
}

impl Rows for AtEpoch<'_> {
    fn facts(&self, part: PartId, pattern: &[Option<Sym>], found: &mut dyn FnMut(&[Sym]) -> bool) {
        let mut wanted = Vec::new();
        let holds_facts = self.policy.fact(part, pattern, Some, &mut wanted);
        let (Some(relation), true) = (self.policy.relation(part), holds_facts) else {
            return;
        };
        let columns = self.policy.catalog.stored_columns(part);
        let mut row = Vec::with_capacity(columns.len());
        let epoch = self.reading.epoch();
        self.facts.each(relation, &wanted, epoch, &mut |fact| {
            if !self.belongs(part, fact) {
                return true;
            }
            row.clear();
            row.extend(columns.iter().map(|&c| fact[c as usize]));
            found(&row)
        });
    }

    fn contains(&self, part: PartId, row: &[Sym]) -> bool {
        let mut fact = Vec::new();
        let holds_facts = self.policy.fact(part, row, |sym| sym, &mut fact);
        let (Some(relation), true) = (self.policy.relation(part), holds_facts) else {
            return false;
        };
        !row.iter().any(|sym| sym.is_local())
            && self.belongs(part, &fact)
            && self.facts.contains(relation, &fact, self.reading.epoch())
    }

    fn maintained(&self, part: PartId) -> bool {
        self.index.holds(part)
    }

    fn is_near(&self, part: PartId, bound: &[u16]) -> bool {
        self.index.is_near(part, bound)
    }

    fn complete(
        &self,
        part: PartId,
        pattern: &[Option<Sym>],
        found: &mut dyn FnMut(&[Sym]) -> bool,
    ) {
        use std::ops::ControlFlow::{Break, Continue};
        _ = self.reading.each(part, pattern, &mut |row| {
            if found(row) { Continue(()) } else { Break(()) }
        });
    }
}
