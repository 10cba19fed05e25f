//! What is kept, held against what follows from the facts.
//!
//! Rows that the dataflow has maintained are derived a second time by goal-directed
//! evaluation, which shares with it the program and nothing of how a rule becomes rows,
//! reading facts only. Both sides are read at one epoch; changes go on meanwhile.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use floe_frontend::ir::part::{Column, PartId};

use super::Engine;
use super::snapshot::{AtEpoch, Snapshot};
use crate::goal::{Budget, CannotAnswer, Context, Evaluation, Request, Rows};
use crate::index::{Index, Reading};
use crate::value::{Locals, Sym, Symbols, TypeIx};

/// Values of a first column that are compared at one epoch.
const BATCH: usize = 256;

/// What an audit has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Parts of relations that are kept; none if everything is derived when asked.
    pub parts: usize,
    /// Rows that are kept and follow from the facts.
    pub rows: u64,
    /// Rows that are one of both.
    pub differences: u64,
    /// One of them.
    pub example: Option<Difference>,
}

/// How far an audit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Parts that have been compared.
    pub done: usize,
    /// All of them.
    pub parts: usize,
    /// Rows that have been compared.
    pub rows: u64,
}

/// A row that is kept and should not be, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The predicate of its part.
    pub predicate: String,
    /// Type and id of what stands in the columns of the row.
    pub row: Vec<(String, String)>,
    /// Whether it is kept.
    pub kept: bool,
}

impl Engine {
    /// Derives every row that is kept once more, from facts alone, and compares. Takes the
    /// time of a question per kept part and first value, and the memory of the longest
    /// answer; changes and questions go on. `told` hears now and then how far it is, and may
    /// end it there.
    ///
    /// # Errors
    /// Something that is kept cannot be derived so.
    pub fn audit(
        &self,
        told: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Audit, CannotAnswer> {
        let mut audit = Audit::default();
        let snapshot = self.snapshot();
        let version = snapshot.policy_version();
        let parts: Vec<PartId> = snapshot.kept().collect();
        drop(snapshot);
        for &part in &parts {
            let mut from = Some(0);
            while let Some(next) = from {
                let far = Progress {
                    done: audit.parts,
                    parts: parts.len(),
                    rows: audit.rows,
                };
                if told(far).is_break() {
                    return Ok(audit);
                }
                let snapshot = self.snapshot();
                if snapshot.policy_version() != version {
                    // What is kept now has been derived from the facts just now.
                    return self.audit(told);
                }
                let sides = Sides::of(&snapshot);
                from = sides.compare(part, next, &mut audit)?;
            }
            audit.parts += 1;
        }
        Ok(audit)
    }
}

impl Snapshot {
    /// Parts of relations that are kept.
    fn kept(&self) -> impl Iterator<Item = PartId> {
        let (kept, index) = (&self.published.policy.kept, &self.published.index);
        kept.iter().copied().filter(|part| index.holds(*part))
    }
}

/// What is compared: rows of an index, and facts.
struct Sides<'s> {
    snapshot: &'s Snapshot,
    symbols: &'s Symbols,
    index: &'s Index,
    reading: Reading<'s>,
    facts: FactsAlone<'s>,
}

/// Facts, without what is kept beside them.
struct FactsAlone<'s>(AtEpoch<'s>);

impl Rows for FactsAlone<'_> {
    fn facts(&self, part: PartId, pattern: &[Option<Sym>], found: &mut dyn FnMut(&[Sym]) -> bool) {
        self.0.facts(part, pattern, found);
    }

    fn contains(&self, part: PartId, row: &[Sym]) -> bool {
        self.0.contains(part, row)
    }
}

impl<'s> Sides<'s> {
    fn of(snapshot: &'s Snapshot) -> Sides<'s> {
        let index = &*snapshot.published.index;
        Sides {
            snapshot,
            symbols: snapshot.symbols(),
            index,
            reading: index.at(&snapshot.pin),
            facts: FactsAlone(snapshot.rows()),
        }
    }

    /// Compares rows whose first value is one of the next; says where to go on.
    fn compare(
        &self,
        part: PartId,
        from: u32,
        audit: &mut Audit,
    ) -> Result<Option<u32>, CannotAnswer> {
        let policy = &self.snapshot.published.policy;
        let width = policy.plan.widths[part.0 as usize];
        if width == 0 || !self.index.is_near(part, &[0]) {
            self.compare_all_with(part, width, None, audit)?;
            return Ok(None);
        }
        let first = policy.program().strata.part(part).stored().next();
        let vocabulary = policy.catalog.vocabulary();
        let admitted = |ty: TypeIx| -> bool {
            let column = first.map(|c| &policy.program().strata.part(part).columns[c]);
            match column {
                Some(Column::Stored(types, _)) => types.has(vocabulary.type_id(ty)),
                _ => true,
            }
        };
        let mut compared = 0;
        for sym in from..self.symbols.len() {
            if compared == BATCH {
                return Ok(Some(sym));
            }
            if admitted(self.symbols.type_of(Sym(sym))) {
                compared += 1;
                self.compare_all_with(part, width, Some(Sym(sym)), audit)?;
            }
        }
        Ok(None)
    }

    /// Compares all rows that begin with this value.
    fn compare_all_with(
        &self,
        part: PartId,
        width: usize,
        first: Option<Sym>,
        audit: &mut Audit,
    ) -> Result<(), CannotAnswer> {
        let mut pattern = vec![None; width];
        if let Some(to) = pattern.first_mut() {
            *to = first;
        }
        let mut kept = Sorted::new(width);
        _ = self.reading.each(part, &pattern, &mut |row| {
            kept.push(row);
            ControlFlow::Continue(())
        });
        let policy = &self.snapshot.published.policy;
        let (context, mut locals) = (Context::new(), Locals::new(self.symbols));
        let mut derived = Sorted::new(width);
        let mut evaluation = Evaluation::new(
            &policy.goals,
            Request {
                rows: &self.facts,
                context: &context,
                locals: &mut locals,
                // No part that reads the time is kept.
                now: 0,
                budget: Budget::unlimited(),
            },
        );
        evaluation.derive(part, width, first, &mut |row| {
            derived.push(row);
        })?;
        drop(evaluation);
        audit.rows += kept.compare(&mut derived, |row, kept| {
            audit.differences += 1;
            audit.example.get_or_insert_with(|| {
                let text = |sym: &Sym| {
                    let ty = self.symbols.type_name(self.symbols.type_of(*sym));
                    (ty, self.symbols.id(*sym))
                };
                let core = &policy.program().core;
                let predicate = policy.program().strata.part(part).predicate;
                Difference {
                    predicate: core.predicate(predicate).name.to_string(),
                    row: row.iter().map(text).collect(),
                    kept,
                }
            });
        });
        Ok(())
    }
}

/// Rows, each once, to be compared.
struct Sorted {
    width: usize,
    words: Vec<Sym>,
    /// Which row is the next, once they are sorted.
    places: Vec<u32>,
}

impl Sorted {
    fn new(width: usize) -> Sorted {
        Sorted {
            width,
            words: Vec::new(),
            places: Vec::new(),
        }
    }

    fn push(&mut self, row: &[Sym]) {
        self.places.push(self.places.len() as u32);
        self.words.extend_from_slice(row);
    }

    fn row(&self, at: u32) -> &[Sym] {
        &self.words[at as usize * self.width..][..self.width]
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| self.row(*a).cmp(self.row(*b)));
        places.dedup_by(|a, b| self.row(*a) == self.row(*b));
        self.places = places;
    }

    /// How many rows both have; hands over those that one has, and whether it is this one.
    fn compare(&mut self, other: &mut Sorted, mut differs: impl FnMut(&[Sym], bool)) -> u64 {
        self.sort();
        other.sort();
        let (mut here, mut there) = (
            self.places.iter().peekable(),
            other.places.iter().peekable(),
        );
        let mut same = 0;
        loop {
            let order = match (here.peek(), there.peek()) {
                (None, None) => return same,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => self.row(**a).cmp(other.row(**b)),
            };
            let left = here.next_if(|_| order.is_le());
            let right = there.next_if(|_| order.is_ge());
            match (left, right) {
                (Some(_), Some(_)) => same += 1,
                (Some(at), None) => differs(self.row(*at), true),
                (None, Some(at)) => differs(other.row(*at), false),
                (None, None) => return same,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use floe_frontend::source::Sources;
    use floe_frontend::{Limits, compile};

    use super::*;
    use crate::catalog::ChangeSet;
    use crate::{Config, Engine};

    const POLICY: &str = r#"
        actor User {}
        resource Folder {
          roles = ["reader"]; permissions = ["read", "peek", "own"]; relations = { parent: Folder };
          "reader" if "reader" on "parent";
          "read" if "reader";
        }
        has_permission(user: User, "peek", folder: Folder)
          if owns(user, folder) and is_public(folder) and not is_banned(user);
        has_permission(user: User, "own", folder: Folder) if owns(user, folder);
    "#;

    fn engine(on_demand_below: u64) -> Engine {
        let mut sources = Sources::new();
        sources.add("policy", POLICY);
        let program = compile(&sources, &Limits::default()).program.unwrap();
        let config = Config {
            on_demand_below,
            ..Config::default()
        };
        Engine::start(Arc::new(program), config).unwrap()
    }

    fn change(insert: bool, predicate: &str, args: &[(&str, &str)]) -> ChangeSet {
        let mut set = ChangeSet::new();
        let args = args.iter().map(|a| (*a).into());
        if insert {
            set.insert(predicate, args);
        } else {
            set.delete(predicate, args.map(crate::catalog::Arg::Value));
        }
        set
    }

    /// Folders below folders, and people with roles on some.
    fn fill(engine: &Engine) {
        let mut set = ChangeSet::new();
        for n in 0..600 {
            let (folder, above) = (n.to_string(), (n / 3).to_string());
            let (folder, above) = (("Folder", &*folder).into(), ("Folder", &*above).into());
            if n > 0 {
                let parent = ("String", "parent").into();
                set.insert("has_relation", [folder, parent, above]);
            }
            let user = format!("user-{}", n % 40);
            let user = ("User", &*user).into();
            if n % 5 == 0 {
                set.insert("has_role", [user, ("String", "reader").into(), folder]);
                set.insert("owns", [user, folder]);
            }
            if n % 50 == 0 {
                set.insert("is_public", [folder]);
                set.insert("is_banned", [user]);
            }
        }
        engine.apply(&set).unwrap();
    }

    #[test]
    fn what_is_kept_follows_from_the_facts() {
        let engine = engine(0);
        fill(&engine);
        let before = engine.audit(&mut |_| ControlFlow::Continue(())).unwrap();
        assert!(before.parts > 1 && before.rows > 1000, "{before:?}");
        assert_eq!((before.differences, &before.example), (0, &None));
        let gone = change(false, "is_banned", &[("User", "user-0")]);
        engine.apply(&gone).unwrap();
        let after = engine.audit(&mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(after.differences, 0, "{after:?}");
        assert!(after.rows > before.rows);
        // Nothing is kept, so there is nothing to compare.
        let small = super::tests::engine(u64::MAX);
        fill(&small);
        assert_eq!(
            small.audit(&mut |_| ControlFlow::Continue(())).unwrap(),
            Audit::default()
        );
    }

    #[test]
    fn a_row_too_many_and_one_too_few_are_found() {
        // Two environments whose symbols are the same, so that the index of one can be
        // held against the facts of the other.
        let (kept, other) = (engine(0), engine(0));
        for engine in [&kept, &other] {
            fill(engine);
            let bob = [("User", "bob"), ("Folder", "7")];
            engine.apply(&change(true, "owns", &bob)).unwrap();
        }
        let less = change(false, "owns", &[("User", "user-0"), ("Folder", "0")]);
        other.apply(&less).unwrap();
        let less = change(false, "owns", &[("User", "bob"), ("Folder", "7")]);
        kept.apply(&less).unwrap();
        let (kept, other) = (kept.snapshot(), other.snapshot());
        let mut audit = Audit::default();
        let mut examples = Vec::new();
        let sides = Sides {
            facts: FactsAlone(other.rows()),
            ..Sides::of(&kept)
        };
        for part in kept.kept() {
            let mut from = Some(0);
            while let Some(next) = from {
                from = sides.compare(part, next, &mut audit).unwrap();
                examples.extend(audit.example.take());
            }
        }
        assert!(audit.rows > 1000 && audit.differences == 2, "{audit:?}");
        let found: Vec<(&str, bool)> = (examples.iter())
            .map(|difference| (&*difference.row[0].1, difference.kept))
            .collect();
        // Of each batch of values the first difference is shown.
        let both = [("bob", false), ("user-0", true)];
        let known = found.iter().all(|found| both.contains(found));
        assert!(!found.is_empty() && known, "{examples:?}");
    }
}
