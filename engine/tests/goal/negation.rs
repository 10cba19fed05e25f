//! Negated atoms and groups (spec 5.5).

use super::world::{World, check};

#[test]
fn a_variable_of_a_negated_atom_alone_is_inside_the_negation() {
    check(
        "actor Team {} actor User {}
         free(u: User) if user(u) and not in_group(u, _);
         plain(u: User) if user(u) and not in_group(u, u);
         teamless(u: User) if user(u) and not (t matches Team and in_group(u, t));
         alone() if not in_group(_, _);",
        &[
            r#"user(User{"a"})"#,
            r#"user(User{"b"})"#,
            r#"user(User{"c"})"#,
            r#"in_group(User{"a"}, Team{"g"})"#,
            r#"in_group(User{"b"}, User{"b"})"#,
        ],
        &[
            ("free(u)", r#"User{"c"}"#),
            ("plain(u)", r#"User{"a"}, User{"c"}"#),
            ("teamless(u)", r#"User{"b"}, User{"c"}"#),
            ("alone()", "false"),
        ],
    );
}

#[test]
fn negation_sees_wildcards() {
    check(
        "actor User {} actor Guest {}
         banned(_: Guest); banned(u: User) if bad(u);
         ok(x: Actor) if known(x) and not banned(x);",
        &[
            r#"known(User{"a"})"#,
            r#"known(User{"b"})"#,
            r#"known(Guest{"c"})"#,
            r#"bad(User{"b"})"#,
        ],
        &[("ok(x)", r#"User{"a"}"#), (r#"ok(Guest{"c"})"#, "false")],
    );
}

#[test]
fn negation_judges_residues() {
    check(
        r#"actor User {} resource Doc {}
           blocked(u: User, d: Doc) if block(u, d, until) and until matches Integer and @current_unix_time < until;
           blocked(u: User, d: Doc) if locked(d) and all(u) and not owner(u, d);
           all(_: User);
           read(u: User, d: Doc) if reader(u, d) and not blocked(u, d);"#,
        &[
            r#"reader(User{"a"}, Doc{"d"})"#,
            r#"reader(User{"b"}, Doc{"d"})"#,
            r#"reader(User{"c"}, Doc{"d"})"#,
            r#"reader(User{"a"}, Doc{"e"})"#,
            r#"block(User{"b"}, Doc{"d"}, 1001)"#,
            r#"block(User{"c"}, Doc{"d"}, 1000)"#,
            r#"locked(Doc{"e"})"#,
        ],
        &[
            (r#"read(u, Doc{"d"})"#, r#"User{"a"}, User{"c"}"#),
            (r#"read(User{"b"}, Doc{"d"})"#, "false"),
            (r#"read(User{"c"}, Doc{"d"})"#, "true"),
            (r#"read(User{"a"}, d: Doc)"#, r#"Doc{"d"}"#),
        ],
    );
}

#[test]
fn conditions_wait_through_several_negations() {
    check(
        "actor U {} all(_: U); p(x: U) if all(x) and not q(x); q(x: U) if all(x) and not r(x);
         r(x: U) if all(x) and not s(x);",
        &[r#"s(U{"1"})"#],
        &[
            (r#"p(U{"1"})"#, "false"),
            (r#"p(U{"2"})"#, "true"),
            (r#"q(U{"1"})"#, "true"),
            (r#"q(U{"2"})"#, "false"),
            ("p(3)", "false"),
            ("p(x)", "cannot list x"),
        ],
    );
}

#[test]
fn a_negation_that_hangs_on_an_unbound_value_has_no_answer() {
    check(
        "actor U {} p(x: U) if q(x) and not r(x, _); r(x: U, y: Integer) if s(x) and y > 3;",
        &[r#"q(U{"1"})"#, r#"q(U{"2"})"#, r#"s(U{"2"})"#],
        &[
            (r#"p(U{"1"})"#, "true"),
            (r#"p(U{"2"})"#, "cannot list y"),
            ("p(x)", "cannot list y"),
        ],
    );
}

#[test]
fn a_doubt_two_negations_away_is_still_one() {
    check(
        "actor U {} all(_: U);
         q(u: U) if user(u) and not ok(u);
         ok(u: U) if all(u) and not r(u);
         r(u: U) if user(u) and limit(z) and w > z;",
        &[r#"user(U{"a"})"#, "limit(3)"],
        &[(r#"q(U{"a"})"#, "cannot list w"), (r#"q(U{"b"})"#, "false")],
    );
}

#[test]
fn strata_may_be_thousands() {
    let mut policy = String::from("actor U {}\np0(x: U) if base(x);\n");
    for i in 1..3000 {
        let negated = if i % 3 == 0 { "not " } else { "" };
        let line = format!("p{i}(x: U) if base(x) and {negated}p{}(x);\n", i - 1);
        policy.push_str(&line);
    }
    let mut world = World::new(&policy);
    world.facts(&[r#"base(U{"a"})"#]);
    // p0 to p2 hold, p3 to p5 do not, and so on.
    assert_eq!(world.ask(r#"p2998(U{"a"})"#), "false");
    assert_eq!(world.ask(r#"p2994(U{"a"})"#), "true");
    assert_eq!(world.ask("p2994(x: U)"), r#"U{"a"}"#);
    assert_eq!(world.ask(r#"p2994(U{"b"})"#), "false");
}
