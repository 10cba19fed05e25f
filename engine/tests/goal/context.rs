//! Facts in the context of a request (spec 6.5), and what is maintained beside them.

use floe_frontend::ir::part::PartId;

use super::world::{World, check_with};

const POLICY: &str = r#"
    actor User {} resource Doc { roles = ["reader"]; permissions = ["read"]; relations = { folder: Folder };
      "reader" if "reader" on "folder"; "read" if "reader" and not suspended(actor); }
    resource Folder { roles = ["reader"]; relations = { parent: Folder }; "reader" if "reader" on "parent"; }
    suspended(u: User) if report(u, n) and n > 2;
    secret(x: String);
"#;

#[test]
fn a_context_fact_takes_part_in_everything() {
    let stored = [
        r#"has_role(User{"u"}, "reader", Folder{"top"})"#,
        r#"has_relation(Folder{"sub"}, "parent", Folder{"top"})"#,
    ];
    check_with(
        POLICY,
        &stored,
        &[r#"has_relation(Doc{"new"}, "folder", Folder{"sub"})"#],
        &[
            (r#"allow(User{"u"}, "read", Doc{"new"})"#, "true"),
            (r#"allow(User{"u"}, "read", d: Doc)"#, r#"Doc{"new"}"#),
            (r#"allow(User{"v"}, "read", Doc{"new"})"#, "false"),
        ],
    );
    // Through negation.
    check_with(
        POLICY,
        &stored,
        &[
            r#"has_relation(Doc{"new"}, "folder", Folder{"sub"})"#,
            r#"report(User{"u"}, 3)"#,
        ],
        &[(r#"allow(User{"u"}, "read", Doc{"new"})"#, "false")],
    );
}

#[test]
fn the_shape_of_a_rule_head_counts() {
    check_with(
        POLICY,
        &[],
        &[
            r#"suspended(User{"u"})"#,
            r#"has_permission(User{"v"}, "read", Doc{"d"})"#,
            r#"secret("s")"#,
            r#"allow(User{"w"}, "anything", Doc{"d"})"#,
            r#"report(User{"w"}, "no number")"#,
        ],
        &[
            (r#"suspended(User{"u"})"#, "true"),
            ("suspended(u: User)", r#"User{"u"}"#),
            (r#"allow(User{"v"}, "read", Doc{"d"})"#, "true"),
            (r#"allow(User{"w"}, "anything", Doc{"d"})"#, "true"),
            (
                r#"allow(u: User, a: String, Doc{"d"})"#,
                r#"User{"v"} "read", User{"w"} "anything""#,
            ),
            (
                r#"allow(User{"w"}, a, d) and secret("s")"#,
                r#""anything" Doc{"d"}"#,
            ),
            ("secret(x)", r#""s", String:_"#),
            ("report(u, n)", ""),
        ],
    );
}

#[test]
fn unknown_values_are_equal_to_themselves_alone() {
    check_with(
        POLICY,
        &[r#"has_role(User{"u"}, "reader", Folder{"top"})"#],
        &[
            r#"has_role(User{"new"}, "reader", Folder{"fresh"})"#,
            r#"has_relation(Doc{"draft"}, "folder", Folder{"fresh"})"#,
        ],
        &[
            (r#"allow(User{"new"}, "read", Doc{"draft"})"#, "true"),
            (r#"allow(User{"newer"}, "read", Doc{"draft"})"#, "false"),
            (r#"allow(User{"u"}, "read", Doc{"draft"})"#, "false"),
            (r#"allow(User{"new"}, "read", d: Doc)"#, r#"Doc{"draft"}"#),
            (r#"allow(x: User, "read", Doc{"draft"})"#, r#"User{"new"}"#),
            (r#"allow(x: Ghost, "read", Doc{"draft"})"#, ""),
        ],
    );
}

#[test]
fn local_integers_compare_like_others() {
    check_with(
        POLICY,
        &[],
        &[
            r#"report(User{"a"}, 3)"#,
            r#"report(User{"b"}, 2)"#,
            r#"report(User{"c"}, 77)"#,
        ],
        &[("suspended(u)", r#"User{"a"}, User{"c"}"#)],
    );
}

/// The one part that holds rows of these arguments.
fn part(world: &World, predicate: &str, shape: &str) -> PartId {
    let program = &world.program;
    let text = program.print(None);
    let wanted = format!("{predicate}({shape})");
    let line = text
        .lines()
        .find(|l| l.trim_start().starts_with("part ") && l.contains(&wanted));
    let line = line.unwrap_or_else(|| panic!("no part {wanted} in\n{text}"));
    PartId(line.split_whitespace().nth(1).unwrap().parse().unwrap())
}

#[test]
fn a_maintained_part_is_read_unless_the_context_reaches_it() {
    let mut world = World::new(POLICY);
    world.facts(&[r#"has_role(User{"u"}, "reader", Folder{"top"})"#]);
    let (user, doc) = (world.sym("User", "u"), world.sym("Doc", "kept"));
    let reader = part(&world, "has_role", r#"User, "reader", Doc"#);
    // More than the facts say, to see where answers come from.
    world.rows.complete.insert(reader, vec![vec![user, doc]]);
    let question = r#"allow(User{"u"}, "read", d: Doc)"#;
    assert_eq!(world.ask(question), r#"Doc{"kept"}"#);
    assert_eq!(
        world.ask(r#"allow(User{"u"}, "read", Doc{"kept"})"#),
        "true"
    );
    assert_eq!(
        world.ask(r#"has_role(User{"u"}, "reader", Doc{"kept"})"#),
        "true"
    );
    // A fact that cannot change the part, and one that changes what reads it.
    assert_eq!(
        world.ask_with(&[r#"report(User{"v"}, 3)"#], question),
        r#"Doc{"kept"}"#
    );
    assert_eq!(world.ask_with(&[r#"report(User{"u"}, 3)"#], question), "");
    // Facts that reach it: it is derived.
    let link = r#"has_relation(Doc{"new"}, "folder", Folder{"top"})"#;
    assert_eq!(world.ask_with(&[link], question), r#"Doc{"new"}"#);
    let above = r#"has_relation(Folder{"x"}, "parent", Folder{"y"})"#;
    assert_eq!(world.ask_with(&[above], question), "");
}

#[test]
fn a_context_reaches_through_negation() {
    let policy = "actor User {} ok(u: User) if user(u) and not bad(u); bad(u: User) if mark(u, x) and not pardon(x);";
    let mut world = World::new(policy);
    world.facts(&[r#"user(User{"a"})"#]);
    let ok = part(&world, "ok", "User");
    let other = world.sym("User", "other");
    world.rows.complete.insert(ok, vec![vec![other]]);
    assert_eq!(world.ask("ok(u)"), r#"User{"other"}"#);
    assert_eq!(world.ask_with(&[r#"pardon("p")"#], "ok(u)"), r#"User{"a"}"#);
    let mark = r#"mark(User{"a"}, "p")"#;
    assert_eq!(world.ask_with(&[mark], "ok(u)"), "");
    assert_eq!(
        world.ask_with(&[mark, r#"pardon("p")"#], "ok(u)"),
        r#"User{"a"}"#
    );
}
