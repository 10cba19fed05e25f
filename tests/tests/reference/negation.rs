//! Negation (spec 5.5).

use super::check;

#[test]
fn a_variable_of_a_negated_atom_alone_is_inside_the_negation() {
    check(
        r#"free(u) if user(u) and not in_group(u, _);
           plain(u) if user(u) and not in_group(u, u);
           alone() if not in_group(_, _);"#,
        &[
            r#"user("a")"#,
            r#"user("b")"#,
            r#"user("c")"#,
            r#"in_group("a", "g")"#,
            r#"in_group("b", "b")"#,
        ],
        &[
            ("free(u)", r#""c""#),
            ("plain(u)", r#""a", "c""#),
            ("alone()", "false"),
        ],
    );
}

#[test]
fn inner_variables_keep_to_their_types() {
    check(
        "actor Team; actor User; free(u) if user(u) and not in_group(u, _: Team);",
        &[
            r#"user("a")"#,
            r#"user("b")"#,
            r#"in_group("a", User{"x"})"#,
            r#"in_group("b", Team{"x"})"#,
        ],
        &[("free(u)", r#""a""#)],
    );
}

#[test]
fn negation_sees_open_values() {
    check(
        "actor User; actor Guest;
         banned(_: Guest); banned(u: User) if bad(u);
         ok(x) if known(x) and not banned(x);",
        &[
            r#"known(User{"a"})"#,
            r#"known(User{"b"})"#,
            r#"known(Guest{"c"})"#,
            r#"bad(User{"b"})"#,
        ],
        &[("ok(x)", r#"User{"a"}"#)],
    );
}

#[test]
fn an_open_value_that_passes_a_negation_can_be_checked_and_not_listed() {
    check(
        r#"actor User; resource Doc;
           everyone(_: User);
           read(u, d: Doc) if public(d) and everyone(u) and not banned(u, d);
           late(d) if read(u, d) and vip(u);
           any(d) if read(u, d);"#,
        &[
            r#"public(Doc{"d"})"#,
            r#"public(Doc{"e"})"#,
            r#"banned(User{"b"}, Doc{"d"})"#,
            r#"vip(User{"b"})"#,
        ],
        &[
            (r#"read(User{"a"}, d)"#, r#"Doc{"d"}, Doc{"e"}"#),
            (r#"read(User{"b"}, d)"#, r#"Doc{"e"}"#),
            (r#"read(User{"b"}, Doc{"d"})"#, "false"),
            (r#"read(u, Doc{"d"})"#, "cannot list u"),
            (r#"read(u, Doc{"never-public"})"#, ""),
            ("late(d)", r#"Doc{"e"}"#),
            ("any(d)", "cannot list u"),
        ],
    );
}

#[test]
fn strata_need_not_be_known() {
    // One predicate whose strata differ by its first argument.
    check(
        r#"can("view", x) if member(x); can("post", x) if can("view", x) and not can("ban", x);
           can("ban", x) if bad(x) and not can("immune", x); can("immune", x) if old(x);"#,
        &[
            r#"member("a")"#,
            r#"member("b")"#,
            r#"member("c")"#,
            r#"bad("b")"#,
            r#"bad("c")"#,
            r#"old("c")"#,
        ],
        &[
            (r#"can("post", x)"#, r#""a", "c""#),
            (r#"can("ban", x)"#, r#""b""#),
            (r#"can(r, "c")"#, r#""immune", "post", "view""#),
        ],
    );
}

#[test]
fn conditions_wait_through_several_negations() {
    check(
        "all(_: String); p(x) if all(x) and not q(x); q(x) if all(x) and not r(x); r(x) if all(x) and not s(x);",
        &[r#"s("1")"#],
        &[
            (r#"p("1")"#, "false"),
            (r#"p("2")"#, "true"),
            (r#"q("1")"#, "true"),
            (r#"q("2")"#, "false"),
            ("p(3)", "false"),
            ("p(x)", "cannot list x"),
        ],
    );
}

#[test]
fn a_group_is_a_predicate_of_its_own() {
    // work(u) if scientist(u, lab) and not (needs(lab, badge) and not holds(u, badge))
    check(
        "work(u, lab) if scientist(u, lab) and not missing(u, lab);
         missing(u, lab) if needs(lab, badge) and not holds(u, badge);",
        &[
            r#"needs("laser", "eyes")"#,
            r#"needs("laser", "fire")"#,
            r#"holds("full", "eyes")"#,
            r#"holds("full", "fire")"#,
            r#"holds("half", "eyes")"#,
            r#"scientist("full", "laser")"#,
            r#"scientist("half", "laser")"#,
            r#"scientist("half", "kitchen")"#,
        ],
        &[("work(u, lab)", r#""full" "laser", "half" "kitchen""#)],
    );
}

#[test]
fn a_cycle_through_negation_refuses_every_question() {
    let undefined = "something depends on its own negation";
    check(
        "p(x) if d(x) and not p(x); q(x) if d(x);",
        &["d(1)"],
        &[("q(1)", undefined), ("p(x)", undefined)],
    );
    check(
        "win(x) if move(x, y) and not win(y);",
        &["move(1, 2)", "move(2, 1)"],
        &[("win(1)", undefined)],
    );
    // The same rule over data without a cycle has one meaning, and it is found.
    check(
        "win(x) if move(x, y) and not win(y);",
        &["move(1, 2)", "move(2, 3)", "move(3, 4)"],
        &[("win(x)", "1, 3")],
    );
}

#[test]
fn a_negation_that_hangs_on_an_unbound_value_has_no_answer() {
    check(
        "p(x) if q(x) and not r(x, _); r(x, y) if s(x) and y > 3;",
        &["q(1)", "q(2)", "s(2)"],
        &[
            ("p(1)", "true"),
            ("p(2)", "cannot list y"),
            ("p(x)", "cannot list y"),
        ],
    );
}
