//! The dataflow against itself: whatever order facts come and go in, its rows are those
//! of a dataflow that has seen nothing but the facts that are left.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use floe_engine::catalog::{Arg, Catalog, Change, ChangeSet, FactSet, Vocabulary};
use floe_engine::dataflow::{self, Dataflow, Deltas, PolicyWords, Words};
use floe_engine::plan::{Maintain, Passes, Plan};
use floe_engine::value::{self, Interner, Sym};
use floe_frontend::ir::part::PartId;
use floe_frontend::ir::{Fact, Program, Value};
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

/// Rows of every part with their multiplicities.
type Rows = BTreeMap<(PartId, Vec<Sym>), i64>;

struct World {
    program: Arc<Program>,
    catalog: Arc<Catalog>,
    interner: Interner,
    facts: FactSet,
    plan: Plan,
    flow: Box<dyn Dataflow>,
    rows: Rc<RefCell<Rows>>,
}

impl World {
    fn new(program: &Arc<Program>, passes: Passes, workers: usize) -> World {
        World::started(program, passes, |plan, outputs, words, deltas| {
            dataflow::start(plan, outputs, words, workers, deltas).expect("workers")
        })
    }

    fn started(
        program: &Arc<Program>,
        passes: Passes,
        start: impl Fn(&Plan, &[PartId], &Arc<dyn Words>, Deltas) -> Box<dyn Dataflow>,
    ) -> World {
        let mut interner = Interner::new(value::Limits::default());
        let vocabulary = Vocabulary::intern(program, &mut interner).expect("room for symbols");
        let catalog = Arc::new(Catalog::new(Arc::clone(program), vocabulary));
        let facts = FactSet::new(Arc::clone(interner.symbols()));
        let plan = Plan::new(program, Maintain::All, passes);
        let words: Arc<dyn Words> = Arc::new(PolicyWords::new(
            Arc::clone(&catalog),
            Arc::clone(interner.symbols()),
        ));
        let outputs: Vec<PartId> = plan
            .components
            .iter()
            .flat_map(|c| c.parts.clone())
            // Those that passes have made differ from plan to plan.
            .filter(|p| (p.0 as usize) < program.strata.parts.len())
            .collect();
        let rows: Rc<RefCell<Rows>> = Rc::default();
        let counted = Rc::clone(&rows);
        let deltas = move |part, row: &[Sym], diff| {
            *counted
                .borrow_mut()
                .entry((part, row.to_vec()))
                .or_default() += diff;
        };
        let flow = start(&plan, &outputs, &words, Box::new(deltas));
        let mut world = World {
            program: Arc::clone(program),
            catalog,
            interner,
            facts,
            plan,
            flow,
            rows,
        };
        world.apply(&ChangeSet::new());
        world
    }

    /// The part of the present policy that a changed row belongs to.
    fn part(&self, change: &Change<'_>) -> Option<PartId> {
        let (name, arity) = self.facts.predicate(change.relation);
        let predicate = self.catalog.predicate(name, arity)?;
        let symbols = self.interner.symbols();
        (self.catalog).route(predicate, change.row, |s| symbols.type_of(s))
    }

    fn apply(&mut self, set: &ChangeSet) {
        let checked = set
            .check(&self.catalog, self.interner.symbols())
            .expect("facts that fit");
        let net = checked
            .commit(&mut self.interner, &mut self.facts)
            .expect("room");
        for change in net.iter() {
            let part = self.part(&change);
            let Some(part) = part.filter(|p| self.plan.maintains(*p)) else {
                continue;
            };
            let row: Vec<Sym> = self.plan.stored[part.0 as usize]
                .iter()
                .map(|&i| change.row[i])
                .collect();
            self.flow
                .update(part, &row, if change.added { 1 } else { -1 });
        }
        self.flow.close().expect("closures are small");
        let mut rows = self.rows.borrow_mut();
        rows.retain(|_, count| *count != 0);
        let negative = rows.iter().find(|(_, count)| **count < 0);
        assert_eq!(negative, None, "a row cannot be there less than not at all");
    }

    /// Rows as text: symbols of two worlds differ.
    fn shown(&self) -> BTreeSet<String> {
        let symbols = self.interner.symbols();
        let show = |s: &Sym| {
            format!(
                "{}:{}",
                symbols.type_name(symbols.type_of(*s)),
                symbols.id(*s)
            )
        };
        self.rows
            .borrow()
            .keys()
            .map(|(part, row)| {
                let row: Vec<String> = row.iter().map(show).collect();
                format!("p{} {}", part.0, row.join(" "))
            })
            .collect()
    }

    fn insert(&self, set: &mut ChangeSet, fact: &Fact) {
        let name = &self.program.core.predicate(fact.predicate).name;
        let args: Vec<(String, String)> =
            fact.args.iter().map(|v| text(&self.program, v)).collect();
        set.insert(name, args.iter().map(|(t, i)| (&**t, &**i).into()));
    }

    fn delete(&self, set: &mut ChangeSet, fact: &Fact) {
        let name = &self.program.core.predicate(fact.predicate).name;
        let args: Vec<(String, String)> =
            fact.args.iter().map(|v| text(&self.program, v)).collect();
        set.delete(
            name,
            args.iter().map(|(t, i)| Arg::Value((&**t, &**i).into())),
        );
    }
}

fn text(program: &Program, value: &Value) -> (String, String) {
    (
        program.types.get(value.ty()).name.to_string(),
        value.id().to_string(),
    )
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n.max(1) as u64).expect("less than n")
    }
}

fn policies() -> Vec<(String, Arc<Program>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases/spec");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("an entry").path();
        let case = std::fs::read_to_string(&path).expect("a case can be read");
        let text = case
            .split("```polar\n")
            .nth(1)
            .and_then(|t| t.split("```").next());
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let mut sources = Sources::new();
        sources.add(name.clone(), text.expect("a policy"));
        let program = compile(&sources, &Limits::default()).program;
        found.push((name, Arc::new(program.expect("a policy without errors"))));
    }
    assert!(found.len() >= 44, "the policies of the specification");
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

const DRIVE: &str = r#"
    actor User {} actor Group {}
    resource Org { roles = ["member"]; }
    resource Folder { roles = ["owner", "viewer"]; permissions = ["read"];
      relations = { parent: Folder, org: Org };
      role if role on "parent"; "viewer" if "owner"; "viewer" if "member" on "org"; "read" if "viewer"; }
    in_group(u: User, g: Group) if h matches Group and in_group(u, h) and inside(h, g);
    has_role(u: User, role: String, f: Folder) if
      g matches Group and in_group(u, g) and has_role(g, role, f);
    allow(u: User, a: String, f: Folder) if has_permission(u, a, f) and not banned(u, f);
"#;

/// So many companies that have nothing to do with each other, each with folders in folders,
/// groups in groups and members.
fn companies(set: &mut ChangeSet, count: usize) {
    for c in 0..count {
        let id = |what: &str| format!("{what}{c}");
        let role = |set: &mut ChangeSet, who: (&str, &str), role: &str, on: (&str, &str)| {
            set.insert("has_role", [who.into(), ("String", role).into(), on.into()]);
        };
        let (org, top, group, inner) = (id("org"), id("top"), id("group"), id("inner"));
        for u in ["a", "b", "c"] {
            role(set, ("User", &id(u)), "member", ("Org", &org));
            set.insert(
                "in_group",
                [("User", &*id(u)).into(), ("Group", &*inner).into()],
            );
        }
        set.insert(
            "inside",
            [("Group", &*inner).into(), ("Group", &*group).into()],
        );
        role(set, ("Group", &group), "owner", ("Folder", &top));
        let relate = |set: &mut ChangeSet, from: &str, name: &str, to: (&str, &str)| {
            let args = [("Folder", from).into(), ("String", name).into(), to.into()];
            set.insert("has_relation", args);
        };
        relate(set, &top, "org", ("Org", &org));
        for side in ["l", "r"] {
            relate(set, &id(side), "parent", ("Folder", &top));
            for leaf in 0..3 {
                let leaf = id(&format!("{side}{leaf}-"));
                relate(set, &leaf, "parent", ("Folder", &id(side)));
            }
        }
        set.insert(
            "banned",
            [("User", &*id("c")).into(), ("Folder", &*id("l")).into()],
        );
    }
}

/// Rows handed from operator to operator by each of a few single changes.
fn costs(companies_there: usize) -> Vec<u64> {
    let mut sources = Sources::new();
    sources.add("drive.polar", DRIVE);
    let program = compile(&sources, &Limits::default()).program;
    let program = Arc::new(program.expect("a policy without errors"));
    let rows = Arc::new(AtomicU64::new(0));
    let mut world = World::started(
        &program,
        Passes::default(),
        |plan, outputs, words, deltas| {
            dataflow::start_counting(plan, outputs, words, &rows, deltas)
        },
    );
    let mut set = ChangeSet::new();
    companies(&mut set, companies_there);
    world.apply(&set);
    let word = |text| ("String", text).into();
    let new = ("User", "new").into();
    let changes: [(&str, Vec<value::Value<'_>>); 6] = [
        (
            "has_role",
            vec![new, word("member"), ("Org", "org0").into()],
        ),
        (
            "has_role",
            vec![new, word("owner"), ("Folder", "l0").into()],
        ),
        ("in_group", vec![new, ("Group", "inner0").into()]),
        (
            "has_relation",
            vec![
                ("Folder", "x").into(),
                word("parent"),
                ("Folder", "l0").into(),
            ],
        ),
        (
            "has_relation",
            vec![
                ("Folder", "top0").into(),
                word("parent"),
                ("Folder", "y").into(),
            ],
        ),
        (
            "banned",
            vec![("User", "a0").into(), ("Folder", "top0").into()],
        ),
    ];
    let mut costs = Vec::new();
    for insert in [true, false] {
        for (predicate, args) in &changes {
            let mut set = ChangeSet::new();
            if insert {
                set.insert(predicate, args.iter().copied());
            } else {
                set.delete(predicate, args.iter().map(|a| Arg::Value(*a)));
            }
            let before = rows.load(Ordering::Relaxed);
            world.apply(&set);
            costs.push(rows.load(Ordering::Relaxed) - before);
        }
    }
    costs
}

#[test]
fn a_change_costs_what_it_changes_however_much_there_is() {
    let small = costs(4);
    assert!(
        small.iter().all(|rows| (1..2_000).contains(rows)),
        "{small:?}"
    );
    for companies in [8, 16, 64] {
        assert_eq!(costs(companies), small, "{companies} companies");
    }
}

#[test]
fn rows_depend_on_the_facts_left_and_on_nothing_else() {
    let mut random = Random(11);
    let all = [
        (Passes::default(), 1),
        (Passes::NONE, 1),
        (Passes::default(), 2),
    ];
    let mut compared = 0;
    for (name, program) in policies() {
        let mut facts: Vec<Fact> = program.tests.iter().flat_map(|t| t.facts.clone()).collect();
        facts.sort_by_key(|f| (f.predicate, f.args.clone()));
        facts.dedup();
        for (passes, workers) in all {
            let mut world = World::new(&program, passes, workers);
            let mut present = vec![false; facts.len()];
            for step in 0..12 {
                let mut set = ChangeSet::new();
                for _ in 0..=random.below(4) {
                    let Some(i) = (!facts.is_empty()).then(|| random.below(facts.len())) else {
                        break;
                    };
                    // Mostly in at first, mostly out later.
                    present[i] = random.below(12) > step;
                    if present[i] {
                        world.insert(&mut set, &facts[i]);
                    } else {
                        world.delete(&mut set, &facts[i]);
                    }
                }
                world.apply(&set);
                let mut fresh = World::new(&program, Passes::default(), 1);
                let mut set = ChangeSet::new();
                for (fact, _) in facts.iter().zip(&present).filter(|(_, there)| **there) {
                    fresh.insert(&mut set, fact);
                }
                fresh.apply(&set);
                assert_eq!(
                    world.shown(),
                    fresh.shown(),
                    "{name}, step {step}, {passes:?}, {workers} workers"
                );
                compared += world.rows.borrow().len();
            }
        }
    }
    assert!(compared > 1_000, "only {compared} rows were compared");
}

/// The most derivations that a row has, where a team is admin of a repository.
fn derivations(passes: Passes) -> i64 {
    let mut sources = Sources::new();
    let policy = r#"
        actor User {} actor Team {}
        resource Repository { roles = ["admin", "writer", "reader"]; permissions = ["read"];
          "writer" if "admin"; "reader" if "writer"; "read" if "reader"; }
        has_role(user: User, role: String, repository: Repository) if
          team matches Team and has_role(team, role, repository) and is_member(user, team);
    "#;
    sources.add("teams.polar", policy);
    let program = compile(&sources, &Limits::default()).program;
    let program = Arc::new(program.expect("a policy without errors"));
    let mut world = World::new(&program, passes, 1);
    let (ann, core) = (("User", "ann").into(), ("Team", "core").into());
    let mut set = ChangeSet::new();
    set.insert("is_member", [ann, core]);
    let admin = [core, ("String", "admin").into(), ("Repository", "r").into()];
    set.insert("has_role", admin);
    world.apply(&set);
    let most = world.rows.borrow().values().copied().max();
    let mut set = ChangeSet::new();
    set.delete("has_role", admin.map(Arg::Value));
    world.apply(&set);
    assert_eq!(world.rows.borrow().len(), 1, "the member is left");
    most.expect("there are rows")
}

#[test]
fn what_is_implied_for_a_team_and_its_members_is_derived_once() {
    assert_eq!(derivations(Passes::default()), 1);
    // By each role that the team has, down to the one that is asked for.
    let repeated = Passes {
        subsume: false,
        ..Passes::default()
    };
    assert_eq!(derivations(repeated), 3);
}
