//! Open values and what can be asked of them (spec 5.6).

use super::check;

const PUBLIC: &str = r#"
    actor User; actor Bot; resource Doc; resource Photo extends Doc;
    allow(_: Actor, "read", d: Doc) if public(d);
    allow(u: User, "read", d: Doc) if member(u, d);
    allow(u: User, "admin", _: Doc) if chief(u);"#;

#[test]
fn an_open_value_stands_for_every_id_of_its_types() {
    check(
        PUBLIC,
        &[r#"public(Doc{"d"})"#, r#"chief(User{"c"})"#],
        &[
            (r#"allow(User{"never-seen"}, "read", Doc{"d"})"#, "true"),
            (r#"allow(Ghost{"never-seen"}, "read", Doc{"d"})"#, "false"),
            (r#"allow(Doc{"d"}, "read", Doc{"d"})"#, "false"),
            (r#"allow(User{"c"}, "admin", Photo{"p"})"#, "true"),
            (r#"allow(User{"c"}, "admin", x: Photo)"#, "Photo:_"),
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
fn open_values_meet_in_the_types_both_admit() {
    check(
        "actor User; actor Robot; resource Doc; resource Photo extends Doc;
         a(_: Actor); b(_: User); c(_: Doc); every(_);
         ab(x) if a(x) and b(x); bc(x) if b(x) and c(x); ec(x) if every(x) and c(x);
         some() if b(x) and a(x);",
        &[],
        &[
            ("ab(x)", "User:_"),
            ("bc(x)", ""),
            ("ec(x)", "Doc:_"),
            ("every(x)", "any:_"),
            ("every(x: Ghost)", "other:_"),
            ("some()", "true"),
        ],
    );
}

#[test]
fn open_values_that_are_equal_can_be_checked_and_not_listed() {
    check(
        r#"actor User; edit(u: User, "self", u: User); friend(x, y) if edit(x, "self", y) and likes(x);
           someone(x) if edit(x, "self", y); other(x, y) if edit(x, "self", y) and x != y;
           itself(x) if edit(x, "self", y) and x = y;"#,
        &[r#"likes(User{"a"})"#],
        &[
            (r#"edit(User{"a"}, "self", User{"a"})"#, "true"),
            (r#"edit(User{"a"}, "self", User{"b"})"#, "false"),
            (r#"edit(User{"a"}, x, y)"#, r#""self" User{"a"}"#),
            (
                r#"edit(x, "self", y)"#,
                "variables `x` and `y` must be equal and have no set of possible values",
            ),
            (r#"edit(x, "self", x)"#, "User:_"),
            (r#"friend(x, y)"#, r#"User{"a"} User{"a"}"#),
            (r#"someone(x)"#, "User:_"),
            // No value is other than itself: there is nothing to list, which is no error.
            (r#"other(x, y)"#, ""),
            (r#"itself(x)"#, "User:_"),
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
           differ(x, y) if x != y;"#,
        &["number(3)", "number(30)", r#"number("3")"#],
        &[
            (r#"size("small", -5)"#, "true"),
            (r#"size("large", 9)"#, "false"),
            (r#"size("large", "10")"#, "false"),
            (r#"size(s, 10)"#, r#""large""#),
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
        ],
    );
}

#[test]
fn a_value_of_the_body_that_nothing_binds_has_no_answer() {
    check(
        "p(x) if q(x) and y > 3; r(x) if p(x) and never(x); s(x) if p(x); s(x) if t(x);",
        &["q(1)", "q(2)", "t(2)"],
        &[
            ("p(1)", "cannot list y"),
            ("p(3)", "false"),
            ("p(x)", "cannot list y"),
            ("r(x)", ""),
            // What is certain is certain, whatever else might be.
            ("s(2)", "true"),
            ("s(1)", "cannot list y"),
            ("s(x)", "cannot list y"),
        ],
    );
}

#[test]
fn time_is_a_value_to_compare_with_and_one_to_list() {
    check(
        "open(x: Integer) if x < now; today(x) if x = now; open2(s) if span(s, a, b) and a <= now and now < b;",
        &[
            r#"span("s", 10, 2000)"#,
            r#"span("t", 10, 1000)"#,
            r#"span("u", 1000, 1001)"#,
        ],
        &[
            ("open(999)", "true"),
            ("open(1000)", "false"),
            ("open(x)", "cannot list x"),
            ("today(1000)", "true"),
            ("today(x)", "1000"),
            ("open2(x)", r#""s", "u""#),
        ],
    );
}

#[test]
fn open_values_go_round_recursion() {
    check(
        r#"actor User; resource Node;
           see(_: User, n: Node) if public(n);
           see(u: User, n: Node) if shared(u, n);
           see(u, n: Node) if parent(n, p) and see(u, p);"#,
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
