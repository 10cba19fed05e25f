//! Rules, recursion, types and comparisons (spec 5.1 to 5.4).

use super::check;

#[test]
fn facts_and_rules_are_one_relation() {
    check(
        r#"actor User; resource Doc;
           role(u: User, "reader", d: Doc) if role(u, "editor", d);"#,
        &[
            r#"role(User{"a"}, "editor", Doc{"d"})"#,
            r#"role(User{"b"}, "reader", Doc{"d"})"#,
        ],
        &[
            (r#"role(User{"a"}, "reader", Doc{"d"})"#, "true"),
            (r#"role(User{"b"}, "editor", Doc{"d"})"#, "false"),
            (
                r#"role(u: User, "reader", Doc{"d"})"#,
                r#"User{"a"}, User{"b"}"#,
            ),
            (r#"role(User{"a"}, r, Doc{"d"})"#, r#""editor", "reader""#),
            (r#"nothing(User{"a"})"#, "false"),
            (r#"nothing(u)"#, ""),
            (r#"role(User{"a"}, "reader")"#, "false"),
        ],
    );
}

#[test]
fn recursion_of_every_form_ends_on_cycles() {
    let facts = [
        r#"edge("a", "b")"#,
        r#"edge("b", "c")"#,
        r#"edge("c", "a")"#,
        r#"edge("d", "a")"#,
    ];
    for rules in [
        "path(x, y) if edge(x, y); path(x, z) if path(x, y) and edge(y, z);",
        "path(x, y) if edge(x, y); path(x, z) if edge(x, y) and path(y, z);",
        "path(x, y) if edge(x, y); path(x, z) if path(x, y) and path(y, z);",
        "path(x, y) if edge(x, y); path(x, z) if edge(x, y) and step(y, z); step(y, z) if path(y, z);",
    ] {
        check(
            rules,
            &facts,
            &[
                (r#"path("a", x)"#, r#""a", "b", "c""#),
                (r#"path(x, "a")"#, r#""a", "b", "c", "d""#),
                (r#"path("a", "d")"#, "false"),
                (r#"path(x, x)"#, r#""a", "b", "c""#),
            ],
        );
    }
}

#[test]
fn types_match_subtypes_in_rules_and_exactly_in_questions() {
    check(
        "actor Principal; actor Human extends Principal; resource Doc;
         trusted(p: Principal) if vouched(p); any(x) if vouched(x);",
        &[
            r#"vouched(Human{"h"})"#,
            r#"vouched(Principal{"p"})"#,
            r#"vouched(Doc{"d"})"#,
            r#"vouched(Ghost{"g"})"#,
        ],
        &[
            (r#"trusted(Human{"h"})"#, "true"),
            (r#"trusted(Doc{"d"})"#, "false"),
            (r#"trusted(x: Principal)"#, r#"Principal{"p"}"#),
            (r#"trusted(x)"#, r#"Human{"h"}, Principal{"p"}"#),
            (r#"any(Ghost{"g"})"#, "true"),
            (r#"any(Spirit{"g"})"#, "false"),
            (r#"any(x: Ghost)"#, r#"Ghost{"g"}"#),
            (r#"any(x: Spirit)"#, ""),
        ],
    );
}

#[test]
fn equal_ids_of_unknown_types_differ() {
    check(
        "same(x, x) if seen(x) and listed(x); differ(x, y) if seen(x) and listed(y) and x != y;",
        &[r#"seen(Ghost{"1"})"#, r#"listed(Spirit{"1"})"#],
        &[
            (r#"same(Ghost{"1"}, Ghost{"1"})"#, "false"),
            (r#"differ(x, y)"#, r#"Ghost{"1"} Spirit{"1"}"#),
        ],
    );
}

#[test]
fn order_is_of_integers_and_false_of_anything_else() {
    check(
        "less(x, y) if pair(x, y) and x < y; more(x, y) if pair(x, y) and x >= y;
         other(x, y) if pair(x, y) and x != y; due(x) if at(x) and x <= now; late(x) if at(x) and x = now;",
        &[
            "pair(9, 10)",
            "pair(-1, -1)",
            r#"pair("9", 10)"#,
            r#"pair("a", "b")"#,
            "at(999)",
            "at(1000)",
            "at(1001)",
        ],
        &[
            ("less(x, y)", "9 10"),
            ("more(x, y)", "-1 -1"),
            ("other(x, y)", r#"9 10, "9" 10, "a" "b""#),
            ("due(x)", "1000, 999"),
            ("late(x)", "1000"),
        ],
    );
}

#[test]
fn questions_join_on_their_variables() {
    check(
        "actor User; owns(u: User, d) if owner(d, u);",
        &[
            r#"owner("x", User{"a"})"#,
            r#"owner("y", User{"a"})"#,
            r#"owner("y", User{"b"})"#,
            r#"public("y")"#,
        ],
        // A predicate that no rule mentions is nothing the policy knows.
        &[
            (
                r#"owns(User{"a"}, d) and owner(d, u)"#,
                r#""x" User{"a"}, "y" User{"a"}, "y" User{"b"}"#,
            ),
            (r#"owner(d, User{"a"}) and owner(d, User{"b"})"#, r#""y""#),
            (r#"owner(d, u) and public(d)"#, ""),
        ],
    );
}

#[test]
fn a_variable_without_types_makes_a_rule_dead() {
    check(
        "actor User; resource Doc; p(x) if q(x) and q(y: User) and r(y: Doc); p2(x) if q(x) and not r(z: User, z: Doc);",
        &[r#"q(User{"a"})"#, r#"r(User{"a"})"#],
        &[("p(x)", ""), ("p2(x)", r#"User{"a"}"#)],
    );
}
