//! Unbound columns, their residues, and what of them can be listed (spec 5.6).

use super::world::check;

const PUBLIC: &str = r#"
    actor User {} actor Bot {} resource Doc {} resource Photo extends Doc {}
    allow(_: Actor, "read", d: Doc) if public(d);
    allow(u: User, "read", d: Doc) if member(u, d);
    allow(u: User, "admin", _: Doc) if chief(u);
"#;

#[test]
fn an_unbound_column_stands_for_every_id_of_its_types() {
    check(
        PUBLIC,
        &[r#"public(Doc{"d"})"#, r#"chief(User{"c"})"#],
        &[
            (r#"allow(User{"never-seen"}, "read", Doc{"d"})"#, "true"),
            (r#"allow(Ghost{"never-seen"}, "read", Doc{"d"})"#, "false"),
            (r#"allow(Doc{"d"}, "read", Doc{"d"})"#, "false"),
            (r#"allow(User{"c"}, "admin", Photo{"p"})"#, "true"),
            (r#"allow(User{"c"}, "admin", x: Photo)"#, "Photo:_"),
            (r#"allow(User{"c"}, "admin", x: Doc)"#, "=Doc:_"),
            (r#"allow(User{"c"}, "admin", x)"#, "Doc:_"),
            (r#"allow(x, "read", Doc{"d"})"#, "Actor:_"),
            (r#"allow(x: Bot, "read", Doc{"d"})"#, "Bot:_"),
            (r#"allow(x: Ghost, "read", Doc{"d"})"#, ""),
        ],
    );
}

#[test]
fn nothing_hides_what_it_covers() {
    check(
        PUBLIC,
        &[r#"public(Doc{"d"})"#, r#"member(User{"m"}, Doc{"d"})"#],
        &[(
            r#"allow(x: User, "read", Doc{"d"})"#,
            r#"User:_, User{"m"}"#,
        )],
    );
}

#[test]
fn a_variable_matches_its_type_exactly() {
    check(
        r#"actor User {} resource File {} resource Photo extends File {}
           sees(u: User, f: File) if given(u, f);"#,
        &[
            r#"given(User{"u"}, File{"f"})"#,
            r#"given(User{"u"}, Photo{"p"})"#,
            r#"given(User{"u"}, Photo{"q"})"#,
        ],
        &[
            (r#"sees(User{"u"}, f: File)"#, r#"File{"f"}"#),
            (r#"sees(User{"u"}, f: Photo)"#, r#"Photo{"p"}, Photo{"q"}"#),
            (
                r#"sees(User{"u"}, f)"#,
                r#"File{"f"}, Photo{"p"}, Photo{"q"}"#,
            ),
            (r#"sees(User{"u"}, Photo{"p"})"#, "true"),
        ],
    );
}

#[test]
fn types_that_the_policy_does_not_name_are_not_one_type() {
    check(
        "any(x) if seen(x); resource Doc {}",
        &[
            r#"seen(Ghost{"g"})"#,
            r#"seen(Phantom{"g"})"#,
            r#"seen(Doc{"d"})"#,
        ],
        &[
            ("any(x: Ghost)", r#"Ghost{"g"}"#),
            ("any(x: Phantom)", r#"Phantom{"g"}"#),
            ("any(x: Spectre)", ""),
            (r#"any(Phantom{"g"})"#, "true"),
            (r#"any(Spectre{"g"})"#, "false"),
        ],
    );
}

#[test]
fn wildcards_meet_in_the_types_both_admit() {
    check(
        "actor User {} actor Robot {} resource Doc {} resource Photo extends Doc {}
         a(_: Actor); b(_: User); c(_: Doc); every(_);
         ab(x) if a(x) and b(x); ec(x) if every(x) and c(x);
         some() if b(x) and a(x);",
        &[],
        &[
            ("ab(x)", "User:_"),
            ("ec(x)", "Doc:_"),
            ("every(x)", "any:_"),
            ("every(x: Ghost)", "other:_"),
            ("some()", "true"),
            ("a(x) and b(x)", "User:_"),
            ("b(x) and c(x)", ""),
            ("a(x: Robot) and every(x)", "Robot:_"),
        ],
    );
}

#[test]
fn columns_that_must_be_equal_can_be_checked_and_not_listed() {
    check(
        r#"actor User {} actor Robot {} edit(u: User, "self", u: User);
           friend(x, y) if edit(x, "self", y) and likes(x);
           someone(x) if edit(x, "self", y);
           alone(x: Actor) if likes(x) and not edit(x, "self", _);"#,
        &[r#"likes(User{"a"})"#, r#"likes(Robot{"r"})"#],
        &[
            (r#"edit(User{"a"}, "self", User{"a"})"#, "true"),
            (r#"edit(User{"a"}, "self", User{"b"})"#, "false"),
            (r#"edit(User{"never"}, "self", User{"never"})"#, "true"),
            (r#"edit(Robot{"a"}, "self", Robot{"a"})"#, "false"),
            (r#"edit(User{"a"}, x, y)"#, r#""self" User{"a"}"#),
            (
                r#"edit(y: User, "self", User{"never"})"#,
                r#"User{"never"}"#,
            ),
            (r#"edit(x, "self", y)"#, "x and y are linked"),
            (r#"edit(x, "self", x)"#, "User:_"),
            ("friend(x, y)", r#"User{"a"} User{"a"}"#),
            ("someone(x)", "User:_"),
            ("alone(x)", r#"Robot{"r"}"#),
            (
                r#"edit(x, "self", y) and likes(y)"#,
                r#"User{"a"} User{"a"}"#,
            ),
        ],
    );
}

#[test]
fn comparisons_wait_until_their_values_are_known() {
    check(
        r#"size("small", n: Integer) if n < 10; size("large", n: Integer) if n >= 10;
           within(lo: Integer, hi: Integer, x: Integer) if lo < x and x < hi;
           is(x, s) if size(s, x) and number(x); teen(x) if within(12, 20, x);
           both(x) if within(1, 5, x) and within(4, 9, x);
           differ(x, y) if x != y;
           older(a: Integer, b: Integer) if a > b;"#,
        &["number(3)", "number(30)"],
        &[
            (r#"size("small", -5)"#, "true"),
            (r#"size("large", 9)"#, "false"),
            (r#"size("large", "10")"#, "false"),
            ("size(s, 10)", r#""large""#),
            (r#"size("large", n: Integer)"#, "cannot list n"),
            (r#"size("large", n: String)"#, ""),
            (r#"size("medium", n)"#, ""),
            ("is(x, s)", r#"3 "small", 30 "large""#),
            ("within(1, 5, 3)", "true"),
            ("within(1, 3, 3)", "false"),
            ("within(1, 5, x)", "cannot list x"),
            ("within(1, hi, 1)", ""),
            ("within(1, hi, 2)", "cannot list hi"),
            ("teen(13)", "true"),
            ("teen(20)", "false"),
            ("teen(x)", "cannot list x"),
            ("both(5)", "false"),
            ("differ(1, 2)", "true"),
            ("differ(1, 1)", "false"),
            (r#"differ(1, "1")"#, "true"),
            ("differ(1, x)", "cannot list y"),
            ("older(x, y)", "cannot list a"),
            ("older(7, 3)", "true"),
            ("number(x) and within(0, 10, x)", "3"),
        ],
    );
}

#[test]
fn a_value_of_the_body_that_nothing_binds_has_no_answer() {
    check(
        r#"actor U {} p(x: U) if q(x) and y > 3; r(x: U) if p(x) and never(x); s(x: U) if p(x); s(x: U) if t(x);"#,
        &[r#"q(U{"1"})"#, r#"q(U{"2"})"#, r#"t(U{"2"})"#],
        &[
            (r#"p(U{"1"})"#, "cannot list y"),
            (r#"p(U{"3"})"#, "false"),
            ("p(x)", "cannot list y"),
            ("r(x)", ""),
            // What is certain is certain, whatever else might be.
            (r#"s(U{"2"})"#, "true"),
            (r#"s(U{"1"})"#, "cannot list y"),
            ("s(x)", "cannot list y"),
            (r#"q(x) and r(x)"#, ""),
        ],
    );
}

#[test]
fn a_wildcard_that_passes_a_negation_can_be_checked_and_not_listed() {
    check(
        r#"actor User {} resource Doc {}
           everyone(_: User);
           read(u: User, d: Doc) if public(d) and everyone(u) and not banned(u, d);
           late(d: Doc) if read(u, d) and vip(u);
           any(d: Doc) if read(u, d);"#,
        &[
            r#"public(Doc{"d"})"#,
            r#"public(Doc{"e"})"#,
            r#"banned(User{"b"}, Doc{"d"})"#,
            r#"vip(User{"b"})"#,
        ],
        &[
            (r#"read(User{"a"}, d)"#, r#"Doc{"d"}, Doc{"e"}"#),
            (r#"read(User{"b"}, d: Doc)"#, r#"Doc{"e"}"#),
            (r#"read(User{"b"}, Doc{"d"})"#, "false"),
            (r#"read(u, Doc{"d"})"#, "cannot list u"),
            (r#"read(u, Doc{"never-public"})"#, ""),
            ("late(d)", r#"Doc{"e"}"#),
            ("any(d)", "cannot list u"),
            // The other atom says who.
            ("read(u, d) and vip(u)", r#"User{"b"} Doc{"e"}"#),
        ],
    );
}

#[test]
fn wildcards_go_round_recursion() {
    check(
        r#"actor User {} resource Node {}
           see(_: User, n: Node) if public(n);
           see(u: User, n: Node) if shared(u, n);
           see(u: User, n: Node) if parent(n, p) and see(u, p);"#,
        &[
            r#"public(Node{"root"})"#,
            r#"parent(Node{"a"}, Node{"root"})"#,
            r#"parent(Node{"b"}, Node{"a"})"#,
            r#"parent(Node{"a"}, Node{"b"})"#,
            r#"shared(User{"u"}, Node{"b"})"#,
        ],
        &[
            (r#"see(u: User, Node{"b"})"#, r#"User:_, User{"u"}"#),
            (
                r#"see(User{"z"}, n)"#,
                r#"Node{"a"}, Node{"b"}, Node{"root"}"#,
            ),
        ],
    );
}
