//! The fact set and its changes against a naive model; what a policy admits against the
//! signatures and parts read one by one.
//!
//! `PROPTEST_CASES=2000 cargo test -p floe-engine --release` runs longer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use floe_engine::catalog::{
    Arg, Catalog, Change, ChangeSet, ContextUse, Cursor, FactSet, NetChange, Pattern, Reason,
    Refusal, Vocabulary,
};
use floe_engine::value::{BadValue, Datum, Interner, Limits, Locals, Sym, TypeIx, Value};
use floe_frontend::ir::part::{Column, Feed, PartId};
use floe_frontend::ir::{Program, Value as Constant};
use floe_frontend::source::Sources;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const POLICY: &str = r#"
actor User {}
actor Robot extends User {}
actor Service {}
resource Org { roles = ["owner", "member"]; "member" if "owner"; }
resource Repo {
  roles = ["reader", "writer"]; permissions = ["read", "write"];
  relations = { org: Org, parent: Repo };
  "reader" if "member" on "org";
  "writer" if "owner" on "org";
  role if role on "parent";
  "read" if "reader";
  "write" if "writer" and active(resource, true);
}
has_permission(u: User, "read", r: Repo) if level(u, n) and n > 3 and is_public(r) and not banned(u);
seen(x) if tagged(x, _);
noticed(r: Robot) if seen(r);
quintet(a) if five(a, b, c, d, "last");
declare note(User, String, Actor);
"#;

/// An environment as the engine has it: one policy, symbols, facts.
struct World {
    catalog: Catalog,
    interner: Interner,
    facts: FactSet,
}

impl World {
    /// The part of the present policy that a changed row belongs to.
    fn part(&self, change: &Change<'_>) -> Option<PartId> {
        let (name, arity) = self.facts.predicate(change.relation);
        let predicate = self.catalog.predicate(name, arity)?;
        let symbols = self.interner.symbols();
        (self.catalog).route(predicate, change.row, |s| symbols.type_of(s))
    }

    fn new(policy: &str, limits: Limits) -> World {
        let mut interner = Interner::new(limits);
        let program = Arc::new(compile(policy));
        let vocabulary = Vocabulary::intern(&program, &mut interner).expect("there is room");
        World {
            catalog: Catalog::new(program, vocabulary),
            facts: FactSet::new(interner.symbols().clone()),
            interner,
        }
    }

    fn apply(&mut self, set: &ChangeSet) -> Result<NetChange, Refusal> {
        let checked = set.check(&self.catalog, self.interner.symbols())?;
        let net = checked.commit(&mut self.interner, &mut self.facts);
        Ok(net.expect("the check has looked for room"))
    }

    fn insert(&mut self, predicate: &str, args: &[(&str, &str)]) -> Result<NetChange, Refusal> {
        let mut set = ChangeSet::new();
        set.insert(predicate, args.iter().map(|&a| a.into()));
        self.apply(&set)
    }

    fn refusal(&mut self, predicate: &str, args: &[(&str, &str)]) -> String {
        let before = (self.facts.len(), self.interner.symbols().len());
        let refusal = self
            .insert(predicate, args)
            .expect_err("it is refused")
            .to_string();
        assert_eq!(before, (self.facts.len(), self.interner.symbols().len()));
        refusal
    }

    fn text(&self, predicate: &str, row: &[Sym]) -> Fact {
        let symbols = self.interner.symbols();
        let value = |&s: &Sym| (symbols.type_name(symbols.type_of(s)), symbols.id(s));
        (predicate.to_string(), row.iter().map(value).collect())
    }
}

fn compile(policy: &str) -> Program {
    let mut sources = Sources::new();
    sources.add("test.polar", policy);
    let compiled = floe_frontend::compile(&sources, &floe_frontend::Limits::default());
    compiled.program.expect("the policy of a test is sound")
}

type Fact = (String, Vec<(String, String)>);

// ---- what the policy admits ------------------------------------------------------------

#[test]
fn refusals_name_the_shape_and_the_nearest_one() {
    let mut world = World::new(POLICY, Limits::default());
    assert_eq!(
        world.refusal(
            "has_role",
            &[("User", "u"), ("String", "steward"), ("Org", "o")]
        ),
        "has_role(User, \"steward\", Org) is not used in policy. Use it in a rule, or add \
         `declare has_role(User, String, Org);`. \
         The nearest shape in use is has_role(Actor, \"owner\", Org)"
    );
    assert_eq!(
        world.refusal("has_role", &[("User", "u"), ("String", "owner")]),
        "has_role(User, \"owner\") is not used in policy. Use it in a rule, or add \
         `declare has_role(User, String);`. \
         The nearest shape in use is has_role(Actor, \"owner\", Org)"
    );
    assert_eq!(
        world.refusal("is_pubic", &[("Repo", "r")]),
        "is_pubic(Repo) is not used in policy. Use it in a rule, or add \
         `declare is_pubic(Repo);`. The nearest shape in use is is_public(Repo)"
    );
    assert_eq!(
        world.refusal("level", &[("User", "u"), ("String", "7")]),
        "level(User, \"7\") is not used in policy. Use it in a rule, or add \
         `declare level(User, String);`. The nearest shape in use is level(User, Integer)"
    );
    assert_eq!(
        world.refusal("something_else", &[("Lab", "x")]),
        "something_else(Lab) is not used in policy. Use it in a rule, or add \
         `declare something_else(Lab);`"
    );
    assert!(
        world
            .refusal(
                "has_permission",
                &[("User", "u"), ("String", "x"), ("Org", "o"), ("Org", "p")]
            )
            .ends_with("The nearest shape in use is has_permission(Actor, String, Repo)")
    );
    // An actor that is no user: it may have a note, but no level.
    assert!(
        world
            .insert("note", &[("User", "u"), ("String", "s"), ("Robot", "r")])
            .is_ok()
    );
    assert!(
        world
            .refusal("note", &[("Org", "u"), ("String", "s"), ("Robot", "r")])
            .contains("not used in policy")
    );
}

#[test]
fn values_that_no_fact_can_carry() {
    let mut world = World::new(POLICY, Limits::default());
    let long = "x".repeat(513);
    for (predicate, args, expected) in [
        (
            "level",
            vec![("User", "u"), ("Integer", "seven")],
            "argument 2 of level(User{\"u\"}, seven): \"seven\" is not a signed 64-bit integer",
        ),
        (
            "level",
            vec![("User", "u"), ("Integer", "9223372036854775808")],
            "argument 2 of level(User{\"u\"}, 9223372036854775808): \"9223372036854775808\" is not a signed 64-bit integer",
        ),
        (
            "active",
            vec![("Repo", "r"), ("Boolean", "yes")],
            "argument 2 of active(Repo{\"r\"}, yes): \"yes\" is not a Boolean: write `true` or `false`",
        ),
        (
            "is_public",
            vec![("", "r")],
            "argument 1 of is_public({\"r\"}): its type is empty",
        ),
        (
            "is_public",
            vec![("Repo", "")],
            "argument 1 of is_public(Repo{\"\"}): its id is empty",
        ),
        (
            "is_public",
            vec![("Repo", "*")],
            "argument 1 of is_public(Repo{\"*\"}): the id `*` is reserved for answers",
        ),
        (
            "tagged",
            vec![("Resource", "r"), ("Repo", "r")],
            "argument 1 of tagged(Resource{\"r\"}, Repo{\"r\"}): `Resource` is abstract and has no values of its own",
        ),
        (
            "is_public",
            vec![],
            "is_public with 0 arguments is not used in policy: a fact has between one and 5",
        ),
        (
            "five",
            vec![("A", "a"); 6],
            "five with 6 arguments is not used in policy: a fact has between one and 5",
        ),
    ] {
        assert_eq!(world.refusal(predicate, &args), expected);
    }
    let refusal = world.refusal("is_public", &[("Repo", &long)]);
    assert!(
        refusal.ends_with("it is 513 bytes long, more than the 512 allowed"),
        "{refusal}"
    );
    assert!(refusal.len() < 300);
    assert!(world.insert("is_public", &[("Repo", &long[1..])]).is_ok());
    assert!(
        world
            .refusal("tagged", &[(&long, "a"), ("A", "b")])
            .contains("513 bytes")
    );
}

#[test]
fn integers_have_one_form() {
    let mut world = World::new(POLICY, Limits::default());
    world
        .insert("level", &[("User", "u"), ("Integer", "007")])
        .unwrap();
    assert!(
        world
            .insert("level", &[("User", "u"), ("Integer", "+7")])
            .unwrap()
            .is_empty()
    );
    world
        .insert(
            "level",
            &[("User", "u"), ("Integer", "-9223372036854775808")],
        )
        .unwrap();
    let symbols = world.interner.symbols();
    let seven = symbols.lookup(TypeIx::INTEGER, "7").unwrap();
    assert_eq!(
        (symbols.integer(seven), symbols.id(seven)),
        (Some(7), "7".to_string())
    );
    let least = symbols
        .lookup(TypeIx::INTEGER, "-9223372036854775808")
        .unwrap();
    assert_eq!(symbols.integer(least), Some(i64::MIN));
    assert_eq!(symbols.lookup(TypeIx::STRING, "7"), None);
    assert_eq!(symbols.lookup(TypeIx::INTEGER, "seven"), None);
}

/// Every fact over a few values goes where signatures and parts, read one by one, say.
#[test]
fn routes_are_those_of_signatures_and_parts() {
    let mut world = World::new(POLICY, Limits::default());
    let types = [
        "User",
        "Robot",
        "Org",
        "Repo",
        "Elsewhere",
        "String",
        "Integer",
        "Boolean",
    ];
    let mut values: Vec<(TypeIx, Sym, Constant)> = Vec::new();
    let program = world.catalog.program().clone();
    for ty in types {
        let ids: &[&str] = match ty {
            "String" => &[
                "owner", "member", "reader", "org", "parent", "last", "other",
            ],
            "Integer" => &["3", "8"],
            "Boolean" => &["true", "false"],
            _ => &["a"],
        };
        for id in ids {
            let ix = world.interner.intern_type(ty).unwrap();
            let sym = world
                .interner
                .intern(ix, Datum::new(ix, id).unwrap())
                .unwrap();
            let constant = match ty {
                "String" => Constant::String((*id).into()),
                "Integer" => Constant::Integer(id.parse().unwrap()),
                "Boolean" => Constant::Boolean(*id == "true"),
                _ => Constant::Object(program.types.classify(ty), (*id).into()),
            };
            values.push((ix, sym, constant));
        }
    }
    let symbols = world.interner.symbols();
    let mut routed = 0;
    for (name, arity) in [
        ("has_role", 3),
        ("has_relation", 3),
        ("has_permission", 3),
        ("note", 3),
        ("level", 2),
        ("tagged", 2),
        ("active", 2),
        ("is_public", 1),
        ("banned", 1),
        ("seen", 1),
        ("noticed", 1),
    ] {
        let predicate = world.catalog.predicate(name, arity).unwrap();
        for number in 0..values.len().pow(arity as u32) {
            let args: Vec<&(TypeIx, Sym, Constant)> = (0..arity)
                .map(|i| &values[number / values.len().pow(i as u32) % values.len()])
                .collect();
            let row: Vec<Sym> = args.iter().map(|a| a.1).collect();
            let constants: Vec<Constant> = args.iter().map(|a| a.2.clone()).collect();
            let fits = |list: &[floe_frontend::ir::Signature]| {
                list.iter()
                    .any(|s| s.predicate == predicate && s.fits(&constants))
            };
            let (stored, context) = (fits(&program.signatures), fits(&program.context_signatures));
            let parts: Vec<PartId> = (0..)
                .zip(&program.strata.parts)
                .filter(|(_, p)| p.predicate == predicate && p.feed != Feed::Rules)
                .filter(|(_, p)| {
                    p.columns
                        .iter()
                        .zip(&constants)
                        .all(|(column, value)| match column {
                            Column::Constant(c) => c == value,
                            Column::Stored(types, except) => {
                                types.has(value.ty()) && !except.contains(value)
                            }
                            Column::Every(_) => unreachable!("no fact feeds an unbound column"),
                        })
                })
                .map(|(i, _)| PartId(i))
                .collect();
            let show = || format!("{name} {constants:?} {parts:?}");
            let route = world.catalog.route(predicate, &row, |s| symbols.type_of(s));
            let in_context = world
                .catalog
                .route_context(predicate, &row, |s| symbols.type_of(s));
            let read = name != "noticed";
            if stored || (context && read) {
                assert_eq!(parts.len(), 1, "{}", show());
            }
            assert_eq!(route, stored.then(|| parts[0]), "{}", show());
            let expected = match (stored || context, read) {
                (false, _) => ContextUse::None,
                (true, false) => ContextUse::Answer,
                (true, true) => ContextUse::Part(parts[0]),
            };
            assert_eq!(in_context, expected, "{}", show());
            if let Some(part) = route {
                routed += 1;
                let columns: Vec<usize> = program.strata.part(part).stored().collect();
                assert!(
                    world
                        .catalog
                        .stored_columns(part)
                        .iter()
                        .map(|&c| c as usize)
                        .eq(columns)
                );
            }
        }
    }
    assert!(routed > 300, "{routed}");
}

#[test]
fn facts_outlive_the_policy_that_let_them_in() {
    let mut world = World::new(POLICY, Limits::default());
    let change = world.insert("banned", &[("User", "u")]).unwrap();
    assert!(change.iter().all(|c| c.added && world.part(&c).is_some()));

    let program = Arc::new(compile("actor User {} hello(u: User) if greeted(u);"));
    let vocabulary = Vocabulary::intern(&program, &mut world.interner).unwrap();
    world.catalog = Catalog::new(program, vocabulary);
    assert!(
        world
            .refusal("banned", &[("User", "v")])
            .contains("not used in policy")
    );
    assert_eq!(world.facts.count("banned"), 1);

    let mut set = ChangeSet::new();
    set.delete("banned", [Arg::Any]);
    let change = world.apply(&set).unwrap();
    assert_eq!(change.len(), 1);
    assert!(change.iter().all(|c| !c.added && world.part(&c).is_none()));
    assert!(world.facts.is_empty());
}

// ---- changes against a model -----------------------------------------------------------

const TYPES: [&str; 7] = [
    "User",
    "Robot",
    "Org",
    "Repo",
    "Elsewhere",
    "String",
    "Integer",
];

#[derive(Clone, Debug)]
enum Op {
    Insert(Fact),
    Delete(String, Vec<Slot>),
}

#[derive(Clone, Debug)]
enum Slot {
    Any,
    Type(String),
    Id(String),
    Value(String, String),
}

impl Slot {
    fn arg(&self) -> Arg<'_> {
        match self {
            Slot::Any => Arg::Any,
            Slot::Type(ty) => Arg::Type(ty),
            Slot::Id(id) => Arg::Id(id),
            Slot::Value(ty, id) => Arg::Value(Value { ty, id }),
        }
    }

    fn admits(&self, (ty, id): &(String, String)) -> bool {
        match self {
            Slot::Any => true,
            Slot::Type(t) => t == ty,
            Slot::Id(i) => i == id,
            Slot::Value(t, i) => t == ty && i == id,
        }
    }
}

fn id() -> impl Strategy<Value = String> {
    // A few that are common, many that are rare.
    prop_oneof![
        (0..4_u32).prop_map(|n| n.to_string()),
        (0..60_u32).prop_map(|n| n.to_string())
    ]
}

fn ty() -> impl Strategy<Value = String> {
    prop::sample::select(&TYPES[..]).prop_map(str::to_string)
}

/// Facts that the policy admits: of one, two, three and five arguments.
fn fact() -> impl Strategy<Value = Fact> {
    let of = |ty: &'static str, id: String| (ty.to_string(), id);
    prop_oneof![
        1 => id().prop_map(move |u| ("banned".to_string(), vec![of("User", u)])),
        4 => ((ty(), id()), (ty(), id())).prop_map(|(a, b)| ("tagged".to_string(), vec![a, b])),
        2 => (id(), id()).prop_map(move |(u, n)| ("level".to_string(), vec![of("User", u), of("Integer", n)])),
        8 => (prop::sample::select(vec!["User", "Robot"]), id(), prop::sample::select(vec!["owner", "member"]), id())
            .prop_map(move |(actor, u, role, o)| ("has_role".to_string(), vec![of(actor, u), of("String", role.to_string()), of("Org", o)])),
        1 => prop::collection::vec((ty(), id()), 4).prop_map(|mut args| {
            args.push(("String".to_string(), "last".to_string()));
            ("five".to_string(), args)
        }),
    ]
}

fn slot() -> impl Strategy<Value = Slot> {
    prop_oneof![
        3 => Just(Slot::Any),
        2 => ty().prop_map(Slot::Type),
        1 => id().prop_map(Slot::Id),
        3 => (ty(), id()).prop_map(|(t, i)| Slot::Value(t, i)),
        1 => Just(Slot::Value("String".to_string(), "owner".to_string())),
        1 => Just(Slot::Type("Nowhere".to_string())),
    ]
}

fn predicate() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "banned",
        "tagged",
        "level",
        "has_role",
        "five",
        "unheard_of",
    ])
    .prop_map(str::to_string)
}

fn operation() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => fact().prop_map(Op::Insert),
        3 => fact().prop_map(|(p, args)| Op::Delete(p, args.into_iter().map(|(t, i)| Slot::Value(t, i)).collect())),
        // Some arguments of a fact left open: mostly deletes something.
        2 => (fact(), any::<[u8; 5]>()).prop_map(|((p, args), open)| {
            let slots = args.into_iter().zip(open).map(|((t, i), o)| match o % 4 {
                0 => Slot::Any,
                1 => Slot::Type(t),
                _ => Slot::Value(t, i),
            });
            Op::Delete(p, slots.collect())
        }),
        1 => (predicate(), prop::collection::vec(slot(), 0..4)).prop_map(|(p, slots)| Op::Delete(p, slots)),
    ]
}

fn agrees(predicate: Option<&String>, slots: &[Slot], open: bool, fact: &Fact) -> bool {
    predicate.is_none_or(|p| *p == fact.0)
        && (slots.len() == fact.1.len() || (open && slots.len() < fact.1.len()))
        && slots.iter().zip(&fact.1).all(|(s, v)| s.admits(v))
}

fn replay(model: &mut BTreeSet<Fact>, operations: &[Op]) {
    for operation in operations {
        match operation {
            Op::Insert(fact) => {
                model.insert(fact.clone());
            }
            Op::Delete(p, slots) => model.retain(|f| !agrees(Some(p), slots, false, f)),
        }
    }
}

fn change_set(operations: &[Op]) -> ChangeSet {
    let mut set = ChangeSet::new();
    for operation in operations {
        match operation {
            Op::Insert((p, args)) => set.insert(p, args.iter().map(|(ty, id)| Value { ty, id })),
            Op::Delete(p, slots) => set.delete(p, slots.iter().map(Slot::arg)),
        }
    }
    set
}

fn everything(world: &World, slice: u32) -> Vec<Fact> {
    let snapshot = world.facts.snapshot();
    let mut cursor = Cursor::default();
    let mut all = Vec::new();
    loop {
        let before = all.len();
        for fact in snapshot.slice(&mut cursor, slice) {
            all.push(world.text(world.facts.predicate(fact.relation).0, fact.row));
        }
        if all.len() == before {
            return all;
        }
    }
}

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: cases.and_then(|c| c.parse().ok()).unwrap_or(64),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("seeds"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn changes_and_patterns_agree_with_a_set(
        load in prop::collection::vec(fact(), 0..900),
        sets in prop::collection::vec(prop::collection::vec(operation(), 0..80), 1..6),
        questions in prop::collection::vec((prop::option::of(predicate()), prop::collection::vec(slot(), 0..4), any::<bool>()), 12),
        slice in 1..200_u32,
    ) {
        let mut world = World::new(POLICY, Limits::default());
        let mut model = BTreeSet::new();
        let load: Vec<Op> = load.into_iter().map(Op::Insert).collect();
        for operations in std::iter::once(&load).chain(&sets) {
            let before = model.clone();
            let old = (world.facts.snapshot(), everything(&world, 1000));
            replay(&mut model, operations);
            let set = change_set(operations);
            let text: Vec<String> = set.operations().map(|o| format!("{:?}", o.pattern())).collect();
            prop_assert_eq!(text.len(), operations.len());
            let net = world.apply(&set).unwrap();

            // The net change is the difference, each row once, and knows its part.
            let mut expected: BTreeMap<Fact, bool> = BTreeMap::new();
            expected.extend(model.difference(&before).map(|f| (f.clone(), true)));
            expected.extend(before.difference(&model).map(|f| (f.clone(), false)));
            let mut found = BTreeMap::new();
            for change in net.iter() {
                let fact = world.text(world.facts.predicate(change.relation).0, change.row);
                prop_assert!(world.part(&change).is_some());
                prop_assert!(found.insert(fact, change.added).is_none());
                prop_assert_eq!(world.facts.contains(change.relation, change.row), change.added);
            }
            prop_assert_eq!(found, expected);
            prop_assert_eq!(net.iter().count(), net.len());

            // What is stored, in slices; and an older snapshot has not moved.
            let all = everything(&world, slice);
            prop_assert_eq!(all.len() as u64, world.facts.len());
            prop_assert_eq!(&all.into_iter().collect::<BTreeSet<Fact>>(), &model);
            prop_assert_eq!(old.0.len(), old.1.len() as u64);
            let values: BTreeSet<&(String, String)> = model.iter().flat_map(|f| &f.1).collect();
            prop_assert_eq!(world.facts.snapshot().symbols() as usize, values.len());
            let mut cursor = Cursor::default();
            let mut at = 0;
            while at < old.1.len() {
                for fact in old.0.slice(&mut cursor, 77) {
                    prop_assert_eq!(&world.text(&old.1[at].0, fact.row), &old.1[at]);
                    at += 1;
                }
            }
            for p in ["banned", "tagged", "level", "has_role", "five", "unheard_of"] {
                prop_assert_eq!(world.facts.count(p), model.iter().filter(|f| f.0 == p).count() as u64);
            }
            // By symbols: each of a few facts with each choice of its arguments.
            for f in model.iter().step_by(97) {
                let relation = world.facts.relation(&f.0, f.1.len()).unwrap();
                let symbols = world.interner.symbols();
                for mask in 0..1_u32 << f.1.len() {
                    let bound = |i: usize| mask >> i & 1 == 1;
                    let row: Vec<Option<Sym>> = f.1.iter().enumerate()
                        .map(|(i, (t, id))| bound(i).then(|| symbols.lookup(symbols.lookup_type(t).unwrap(), id).unwrap()))
                        .collect();
                    let found = world.facts.select_rows(relation, &row).count();
                    let same = |g: &&Fact| g.0 == f.0 && g.1.len() == f.1.len()
                        && (0..f.1.len()).all(|i| !bound(i) || g.1[i] == f.1[i]);
                    prop_assert_eq!(found, model.iter().filter(same).count());
                    let mut strange = row;
                    strange[0] = Some(Sym::FIRST_LOCAL);
                    prop_assert_eq!(world.facts.select_rows(relation, &strange).count(), 0);
                }
            }
            for (p, slots, open) in &questions {
                let pattern = Pattern {
                    predicate: p.as_deref(),
                    args: slots.iter().map(Slot::arg).collect(),
                    open: *open,
                };
                let found: Vec<Fact> = world.facts.select(&pattern)
                    .map(|f| world.text(world.facts.predicate(f.relation).0, f.row))
                    .collect();
                let expected: BTreeSet<Fact> =
                    model.iter().filter(|f| agrees(p.as_ref(), slots, *open, f)).cloned().collect();
                prop_assert_eq!(found.len(), expected.len());
                prop_assert_eq!(found.into_iter().collect::<BTreeSet<Fact>>(), expected);
            }
        }
        let mut set = ChangeSet::new();
        for p in ["tagged", "level", "has_role", "five", "banned"] {
            for arity in 1..=5 {
                set.delete(p, vec![Arg::Any; arity]);
            }
        }
        prop_assert_eq!(world.apply(&set).unwrap().len(), model.len());
        prop_assert!(world.facts.is_empty());
    }
}

#[test]
fn one_bad_fact_refuses_all_and_interns_nothing() {
    let mut world = World::new(POLICY, Limits::default());
    world.insert("banned", &[("User", "old")]).unwrap();
    let symbols = world.interner.symbols().len();
    let mut set = ChangeSet::new();
    set.insert("tagged", [("New", "x").into(), ("Newer", "y").into()]);
    set.delete("banned", [Arg::Any]);
    set.insert("level", [("User", "u").into(), ("Integer", "many").into()]);
    let refusal = world.apply(&set).unwrap_err();
    assert_eq!(refusal.operation, 2);
    assert!(matches!(
        refusal.reason,
        Reason::Value {
            argument: 2,
            why: BadValue::Integer(_),
            ..
        }
    ));
    assert_eq!(
        (world.facts.len(), world.interner.symbols().len()),
        (1, symbols)
    );
    assert_eq!(world.interner.symbols().lookup_type("New"), None);
}

#[test]
fn running_out_of_symbols_refuses_the_write() {
    let full = World::new(POLICY, Limits::default())
        .interner
        .symbols()
        .len()
        + 4;
    let mut world = World::new(
        POLICY,
        Limits {
            symbols: full,
            ..Limits::default()
        },
    );
    // Repetitions count once: two ids and two names of types.
    let mut set = ChangeSet::new();
    for _ in 0..5 {
        set.insert("tagged", [("New", "x").into(), ("Newer", "y").into()]);
    }
    let mut more = set.clone();
    more.insert("banned", [("User", "z").into()]);
    let refusal = world.apply(&more).unwrap_err();
    assert_eq!(refusal.operation, 5);
    assert_eq!(
        refusal.to_string(),
        format!("the environment has no room for more distinct values (limit {full})")
    );
    assert_eq!(
        (world.facts.len(), world.interner.symbols().len()),
        (0, full - 4)
    );
    assert_eq!(world.apply(&set).unwrap().len(), 1);
    assert_eq!(world.interner.symbols().len(), full);
    assert!(world.insert("banned", &[("User", "z")]).is_err());
    assert!(
        world
            .insert("tagged", &[("New", "x"), ("New", "x")])
            .is_ok()
    );
}

// ---- symbols ---------------------------------------------------------------------------

#[test]
fn values_a_request_brings_along_stay_its_own() {
    let mut world = World::new(POLICY, Limits::default());
    world.insert("banned", &[("User", "known")]).unwrap();
    let symbols = world.interner.symbols();
    let before = symbols.len();
    let mut locals = Locals::new(symbols);
    let known = locals.sym(("User", "known").into()).unwrap();
    assert!(!known.is_local());
    let new = locals.sym(("User", "new").into()).unwrap();
    assert!(new.is_local() && new == locals.sym(("User", "new").into()).unwrap());
    assert_ne!(new, locals.sym(("Org", "new").into()).unwrap());
    let strange = locals.sym(("Strange", "new").into()).unwrap();
    assert_eq!(locals.type_name(locals.type_of(strange)), "Strange");
    assert_eq!(locals.type_name(locals.type_of(known)), "User");
    assert_eq!(locals.read(strange, str::to_owned), "new");
    let number = locals.sym(("Integer", "0042").into()).unwrap();
    assert_eq!(locals.integer(number), Some(42));
    assert_eq!(number, locals.sym(("Integer", "42").into()).unwrap());
    assert!(locals.sym(("Integer", "x").into()).is_err());
    assert_eq!(symbols.len(), before);
    // A type nobody named is any other type to the policy.
    let predicate = world.catalog.predicate("tagged", 2).unwrap();
    let route = |row: &[Sym]| {
        world
            .catalog
            .route_context(predicate, row, |s| locals.type_of(s))
    };
    assert!(matches!(route(&[strange, new]), ContextUse::Part(_)));
    assert_eq!(route(&[strange, new]), route(&[strange, known]));
}
