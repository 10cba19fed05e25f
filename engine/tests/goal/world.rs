//! A policy with facts in memory, and questions as text.

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_engine::catalog::{Catalog, Vocabulary};
use floe_engine::goal::{
    Argument, Atom, Budget, CannotAnswer, Context, Evaluation, Goals, Item, Request, Row, Rows,
};
use floe_engine::value::{Datum, Interner, Limits, Locals, Sym, TypeIx};
use floe_frontend::ir::core::PredicateId;
use floe_frontend::ir::part::PartId;
use floe_frontend::ir::{Program, Value};
use floe_frontend::source::Sources;
use rustc_hash::{FxHashMap, FxHashSet};

use super::text::{self, Term};

/// Rows of parts, with an index per column.
#[derive(Default)]
pub(crate) struct Memory {
    parts: Vec<Rowset>,
    /// Parts that say they are complete, with what they hold then.
    pub(crate) complete: FxHashMap<PartId, Vec<Vec<Sym>>>,
}

#[derive(Default)]
struct Rowset {
    rows: Vec<Box<[Sym]>>,
    known: FxHashSet<Box<[Sym]>>,
    by_symbol: FxHashMap<(usize, Sym), Vec<u32>>,
}

impl Memory {
    pub(crate) fn insert(&mut self, part: PartId, row: &[Sym]) {
        let at = part.0 as usize;
        if at >= self.parts.len() {
            self.parts.resize_with(at + 1, Rowset::default);
        }
        let set = &mut self.parts[at];
        if set.known.insert(row.into()) {
            for (column, sym) in row.iter().enumerate() {
                let list = set.by_symbol.entry((column, *sym)).or_default();
                list.push(set.rows.len() as u32);
            }
            set.rows.push(row.into());
        }
    }
}

fn agrees(row: &[Sym], pattern: &[Option<Sym>]) -> bool {
    row.len() == pattern.len()
        && row
            .iter()
            .zip(pattern)
            .all(|(s, p)| p.is_none_or(|p| p == *s))
}

impl Rows for Memory {
    fn facts(&self, part: PartId, pattern: &[Option<Sym>], found: &mut dyn FnMut(&[Sym]) -> bool) {
        let Some(set) = self.parts.get(part.0 as usize) else {
            return;
        };
        let bound = pattern
            .iter()
            .enumerate()
            .filter_map(|(c, p)| Some((c, (*p)?)));
        let lists = bound.map(|key| set.by_symbol.get(&key).map_or(&[][..], |l| l));
        match lists.min_by_key(|l| l.len()) {
            Some(shortest) => {
                let mut rows = shortest.iter().map(|r| &set.rows[*r as usize]);
                _ = rows.all(|row| !agrees(row, pattern) || found(row));
            }
            None => _ = set.rows.iter().all(|row| found(row)),
        }
    }

    fn contains(&self, part: PartId, row: &[Sym]) -> bool {
        self.parts
            .get(part.0 as usize)
            .is_some_and(|set| set.known.contains(row))
    }

    fn maintained(&self, part: PartId) -> bool {
        self.complete.contains_key(&part)
    }

    fn complete(
        &self,
        part: PartId,
        pattern: &[Option<Sym>],
        found: &mut dyn FnMut(&[Sym]) -> bool,
    ) {
        let mut rows = self.complete[&part].iter();
        _ = rows.all(|row| !agrees(row, pattern) || found(row));
    }
}

/// The time in tests.
pub(crate) const NOW: i64 = 1000;

pub(crate) struct World {
    pub(crate) program: Arc<Program>,
    pub(crate) goals: Goals,
    pub(crate) interner: Interner,
    pub(crate) rows: Memory,
    pub(crate) now: i64,
}

impl World {
    pub(crate) fn new(policy: &str) -> World {
        let mut sources = Sources::new();
        sources.add("test.polar", policy);
        let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
        let show = |d| {
            floe_frontend::diag::render::render_all(
                d,
                &sources,
                floe_frontend::diag::render::Style::Plain,
            )
        };
        let program = compiled
            .program
            .unwrap_or_else(|| panic!("{}", show(&compiled.diagnostics)));
        World::of(Arc::new(program))
    }

    pub(crate) fn of(program: Arc<Program>) -> World {
        let mut interner = Interner::new(Limits::default());
        let vocabulary = Vocabulary::intern(&program, &mut interner).unwrap();
        let catalog = Catalog::new(program.clone(), vocabulary);
        World {
            program,
            goals: Goals::new(Arc::new(catalog)),
            interner,
            rows: Memory::default(),
            now: NOW,
        }
    }

    pub(crate) fn sym(&mut self, ty: &str, id: &str) -> Sym {
        let ty = self.interner.intern_type(ty).unwrap();
        self.interner
            .intern(ty, Datum::new(ty, id).unwrap())
            .unwrap()
    }

    pub(crate) fn constant(&mut self, value: &Value) -> Sym {
        let program = self.program.clone();
        self.sym(&program.types.get(value.ty()).name, &value.id())
    }

    pub(crate) fn predicate(&self, name: &str, arity: usize) -> PredicateId {
        let found = self.program.core.find(name, arity);
        found.unwrap_or_else(|| panic!("no predicate {name}/{arity}"))
    }

    /// Stores a fact; one that the policy does not use must not be given.
    pub(crate) fn insert(&mut self, predicate: PredicateId, args: &[Sym]) {
        let symbols = self.interner.symbols().clone();
        let catalog = self.goals.catalog();
        let part = catalog.route(predicate, args, |s| symbols.type_of(s));
        let part = part.unwrap_or_else(|| panic!("{predicate:?}{args:?} is not used"));
        let columns = catalog.stored_columns(part).iter();
        let row: Vec<Sym> = columns.map(|c| args[*c as usize]).collect();
        self.rows.insert(part, &row);
    }

    pub(crate) fn facts(&mut self, facts: &[&str]) {
        for fact in facts {
            let call = text::call(fact);
            let args: Vec<Sym> = (call.args.iter())
                .map(|term| match term {
                    Term::Value(ty, id) => self.sym(ty, id),
                    Term::Variable(..) => panic!("{fact} has a variable"),
                })
                .collect();
            let predicate = self.predicate(&call.predicate, args.len());
            self.insert(predicate, &args);
        }
    }

    /// Asks with facts in the context.
    pub(crate) fn ask_with(&self, context: &[&str], question: &str) -> String {
        self.ask_within(context, question, Budget::unlimited())
    }

    pub(crate) fn ask(&self, question: &str) -> String {
        self.ask_with(&[], question)
    }

    pub(crate) fn ask_within(
        &self,
        context: &[&str],
        question: &str,
        budget: Budget<'_>,
    ) -> String {
        let mut locals = Locals::new(self.interner.symbols());
        let facts: Vec<(PredicateId, Vec<Sym>)> = (context.iter())
            .map(|fact| {
                let call = text::call(fact);
                let value = |t: &Term| match t {
                    Term::Value(ty, id) => locals.sym((&**ty, &**id).into()).unwrap(),
                    Term::Variable(..) => panic!("{fact} has a variable"),
                };
                let args: Vec<Sym> = call.args.iter().map(value).collect();
                (self.predicate(&call.predicate, args.len()), args)
            })
            .collect();
        let context = self
            .goals
            .context(facts.iter().map(|(p, args)| (*p, &args[..])), &locals);
        let calls = text::calls(question);
        let mut names: Vec<(String, Option<TypeIx>)> = Vec::new();
        let mut atoms = Vec::new();
        for call in &calls {
            let mut args = Vec::new();
            for term in &call.args {
                args.push(match term {
                    Term::Value(ty, id) => {
                        Argument::Value(locals.sym((&**ty, &**id).into()).unwrap())
                    }
                    Term::Variable(name, ty) => {
                        let known = names.iter().position(|(n, _)| n == name);
                        Argument::Variable(known.unwrap_or_else(|| {
                            let ty = ty.as_ref().map(|ty| locals.ty(ty).unwrap());
                            names.push((name.clone(), ty));
                            names.len() - 1
                        }))
                    }
                });
            }
            atoms.push(Atom {
                predicate: self.predicate(&call.predicate, args.len()),
                args,
            });
        }
        let mut evaluation = Evaluation::new(
            &self.goals,
            Request {
                rows: &self.rows,
                context: &context,
                locals: &mut locals,
                now: self.now,
                budget,
            },
        );
        if names.is_empty() && atoms.len() == 1 {
            let value = |arg: &Argument| match arg {
                Argument::Value(sym) => *sym,
                Argument::Variable(_) => unreachable!("there are none"),
            };
            let args: Vec<Sym> = atoms[0].args.iter().map(value).collect();
            return match evaluation.holds(atoms[0].predicate, &args) {
                Ok(holds) => holds.to_string(),
                Err(why) => self.explain(&why, &names),
            };
        }
        let types: Vec<Option<TypeIx>> = names.iter().map(|(_, ty)| *ty).collect();
        match evaluation.query(&atoms, &types) {
            Ok(rows) => self.show(&rows, evaluation.locals()),
            Err(why) => self.explain(&why, &names),
        }
    }

    fn show(&self, rows: &BTreeSet<Row>, locals: &Locals<'_>) -> String {
        let item = |item: &Item| match item {
            Item::Every(types) => format!("{}:_", self.program.types.show(types)),
            Item::Value(sym) => {
                let ty = locals.type_name(locals.type_of(*sym));
                locals.read(*sym, |id| match &*ty {
                    "String" => format!("{id:?}"),
                    "Integer" | "Boolean" => id.to_string(),
                    _ => format!("{ty}{{{id:?}}}"),
                })
            }
        };
        let mut rows: Vec<String> = rows
            .iter()
            .map(|row| row.iter().map(item).collect::<Vec<_>>().join(" "))
            .collect();
        rows.sort();
        rows.join(", ")
    }

    fn explain(&self, why: &CannotAnswer, names: &[(String, Option<TypeIx>)]) -> String {
        match why {
            CannotAnswer::CannotList { variable, .. } => format!("cannot list {variable}"),
            CannotAnswer::Linked { first, second } => {
                format!("{} and {} are linked", names[*first].0, names[*second].0)
            }
            CannotAnswer::Exceeded(what) => what.to_string(),
        }
    }

    /// Runs an evaluation without context.
    pub(crate) fn evaluate<T>(&self, run: impl FnOnce(&mut Evaluation<'_, '_>) -> T) -> T {
        let mut locals = Locals::new(self.interner.symbols());
        let context = Context::new();
        let mut evaluation = Evaluation::new(
            &self.goals,
            Request {
                rows: &self.rows,
                context: &context,
                locals: &mut locals,
                now: self.now,
                budget: Budget::unlimited(),
            },
        );
        run(&mut evaluation)
    }
}

/// Asks several questions of one world.
pub(crate) fn check(policy: &str, facts: &[&str], expected: &[(&str, &str)]) {
    check_with(policy, facts, &[], expected);
}

/// The same with facts in the context.
pub(crate) fn check_with(
    policy: &str,
    facts: &[&str],
    context: &[&str],
    expected: &[(&str, &str)],
) {
    let mut world = World::new(policy);
    world.facts(facts);
    for (question, answer) in expected {
        assert_eq!(world.ask_with(context, question), *answer, "{question}");
    }
}
