//! Conjunctive queries, and many questions of one request.

use floe_engine::goal::{Argument, Goals};
use floe_engine::value::Sym;

use super::world::{World, check};

const FILES: &str = r#"
    actor User {} resource Org { roles = ["member"]; }
    resource File { roles = ["reader"]; permissions = ["read"]; relations = { org: Org };
      "reader" if "member" on "org"; "read" if "reader"; "read" if is_public(resource); }
    resource Photo extends File {}
    tagged(f: File, _: String) if wild(f);
"#;

const FACTS: [&str; 7] = [
    r#"has_role(User{"u"}, "member", Org{"o"})"#,
    r#"has_role(User{"v"}, "member", Org{"p"})"#,
    r#"has_relation(File{"a"}, "org", Org{"o"})"#,
    r#"has_relation(Photo{"b"}, "org", Org{"o"})"#,
    r#"has_relation(File{"c"}, "org", Org{"p"})"#,
    r#"is_public(File{"d"})"#,
    r#"wild(File{"a"})"#,
];

#[test]
fn atoms_share_variables() {
    check(
        FILES,
        &FACTS,
        &[
            (
                r#"allow(User{"u"}, "read", f) and has_relation(f, "org", o)"#,
                r#"File{"a"} Org{"o"}, Photo{"b"} Org{"o"}"#,
            ),
            (
                r#"has_relation(f: File, "org", o) and has_role(u, "member", o)"#,
                r#"File{"a"} Org{"o"} User{"u"}, File{"c"} Org{"p"} User{"v"}"#,
            ),
            (
                r#"has_role(u, r, o) and has_role(v, r, p) and has_relation(f, "org", Org{"p"}) and has_role(u, r, Org{"p"}) and has_role(v, r, Org{"o"})"#,
                r#"User{"v"} "member" Org{"p"} User{"u"} Org{"o"} File{"c"}"#,
            ),
            (
                r#"is_public(f) and allow(User{"u"}, "read", f)"#,
                r#"File{"d"}"#,
            ),
            (
                r#"allow(u: User, "read", File{"d"}) and has_role(u, "member", Org{"p"})"#,
                r#"User{"v"}"#,
            ),
            // A wildcard stays one where nothing binds it.
            (
                r#"allow(u: User, "read", File{"d"}) and is_public(File{"d"})"#,
                "User:_",
            ),
            (
                r#"tagged(f, t) and has_relation(f, r, o)"#,
                r#"File{"a"} String:_ "org" Org{"o"}"#,
            ),
        ],
    );
}

#[test]
fn a_question_without_variables_has_one_answer_or_none() {
    let mut world = World::new(FILES);
    world.facts(&FACTS);
    let atoms = |user: &str| {
        let mut locals = floe_engine::value::Locals::new(world.interner.symbols());
        let mut sym = |ty: &str, id: &str| Argument::Value(locals.sym((ty, id).into()).unwrap());
        vec![
            floe_engine::goal::Atom {
                predicate: world.predicate("has_role", 3),
                args: vec![sym("User", user), sym("String", "member"), sym("Org", "o")],
            },
            floe_engine::goal::Atom {
                predicate: world.predicate("is_public", 1),
                args: vec![sym("File", "d")],
            },
        ]
    };
    assert_eq!(
        world.evaluate(|e| e.query(&atoms("u"), &[])).unwrap().len(),
        1
    );
    assert_eq!(
        world.evaluate(|e| e.query(&atoms("v"), &[])).unwrap().len(),
        0
    );
}

#[test]
fn actions_and_listings() {
    check(
        r#"actor User {} resource Doc { permissions = ["read", "write"]; roles = ["editor"];
             "read" if "editor"; "write" if "editor"; }
           has_permission(u: User, _: String, d: Doc) if root(u, d);"#,
        &[
            r#"has_role(User{"e"}, "editor", Doc{"d"})"#,
            r#"root(User{"e"}, Doc{"d"})"#,
        ],
        &[
            (
                r#"allow(User{"e"}, a: String, Doc{"d"})"#,
                r#""read", "write", String:_"#,
            ),
            (r#"allow(User{"e"}, "anything", Doc{"d"})"#, "true"),
        ],
    );
}

#[test]
fn questions_of_one_request_share_what_is_derived() {
    let mut world = World::new(FILES);
    world.facts(&FACTS);
    let (user, read) = (world.sym("User", "u"), world.sym("String", "read"));
    let files: Vec<Sym> = ["a", "c", "d", "z"]
        .iter()
        .map(|f| world.sym("File", f))
        .collect();
    let allow = world.predicate("allow", 3);
    let file = world.interner.symbols().lookup_type("File").unwrap();
    world.evaluate(|e| {
        let kept = |e: &mut floe_engine::goal::Evaluation<'_, '_>| -> Vec<bool> {
            files
                .iter()
                .map(|f| e.holds(allow, &[user, read, *f]).unwrap())
                .collect()
        };
        assert_eq!(kept(e), [true, false, true, false]);
        let args = [
            Argument::Value(user),
            Argument::Value(read),
            Argument::Variable(0),
        ];
        let listing = e.list(allow, &args, file).unwrap();
        assert_eq!(
            (listing.every, listing.values),
            (false, vec![files[0], files[2]])
        );
        let steps = e.steps();
        assert_eq!(kept(e), [true, false, true, false]);
        assert!(
            e.steps() - steps < 20,
            "{} steps for what is known",
            e.steps() - steps
        );
    });
}

#[test]
fn one_policy_serves_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Goals>();
    let mut world = World::new(FILES);
    world.facts(&FACTS);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    assert_eq!(
                        world.ask(r#"allow(User{"u"}, "read", f: File)"#),
                        r#"File{"a"}, File{"d"}"#
                    );
                    assert_eq!(world.ask(r#"allow(User{"v"}, "read", File{"a"})"#), "false");
                }
            });
        }
    });
}
