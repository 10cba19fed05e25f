//! The time, and parts that can only be evaluated for a request.

use super::world::{World, check, check_with};

#[test]
fn time_windows() {
    check(
        r#"actor User {} resource Site {}
           open(x: Integer) if x < @current_unix_time;
           today(x: Integer) if x = @current_unix_time;
           enter(_: User, s: Site) if span(s, a, b) and a <= @current_unix_time and @current_unix_time < b;
           enter(u: User, s: Site) if pass(u, s, until) and @current_unix_time < until;
           shut(s: Site) if site(s) and not enter(_, s);"#,
        &[
            r#"span(Site{"s"}, 10, 2000)"#,
            r#"span(Site{"t"}, 10, 1000)"#,
            r#"span(Site{"u"}, 1000, 1001)"#,
            r#"pass(User{"p"}, Site{"t"}, 1001)"#,
            r#"pass(User{"q"}, Site{"v"}, 1000)"#,
            r#"site(Site{"s"})"#,
            r#"site(Site{"t"})"#,
            r#"site(Site{"v"})"#,
        ],
        &[
            ("open(999)", "true"),
            ("open(1000)", "false"),
            ("open(x)", "cannot list x"),
            ("today(1000)", "true"),
            ("today(1001)", "false"),
            ("today(x)", "1000"),
            (r#"enter(User{"x"}, s: Site)"#, r#"Site{"s"}, Site{"u"}"#),
            (
                r#"enter(User{"p"}, s: Site)"#,
                r#"Site{"s"}, Site{"t"}, Site{"u"}"#,
            ),
            (r#"enter(x: User, Site{"t"})"#, r#"User{"p"}"#),
            ("shut(s)", r#"Site{"v"}"#),
        ],
    );
}

/// Links that run out, in a recursion: the residue would never settle.
const EXPIRING: &str = r#"
    actor User {} resource Node { permissions = ["go", "stay"]; }
    link(a: Node, b: Node) if edge(a, b, until) and until matches Integer and @current_unix_time < until;
    reach(a: Node, b: Node) if link(a, b);
    reach(a: Node, c: Node) if link(a, b) and reach(b, c);
    all(_: User);
    has_permission(u: User, "go", n: Node) if home(u, m) and reach(m, n);
    has_permission(u: User, "stay", n: Node) if home(u, m) and place(u, n) and not reach(m, n);
"#;

#[test]
fn links_that_expire() {
    let facts = [
        r#"edge(Node{"a"}, Node{"b"}, 2000)"#,
        r#"edge(Node{"b"}, Node{"c"}, 1001)"#,
        r#"edge(Node{"c"}, Node{"a"}, 5000)"#,
        r#"edge(Node{"c"}, Node{"d"}, 1000)"#,
        r#"home(User{"u"}, Node{"a"})"#,
        r#"place(User{"u"}, Node{"c"})"#,
        r#"place(User{"u"}, Node{"d"})"#,
    ];
    let mut world = World::new(EXPIRING);
    world.facts(&facts);
    let go = r#"allow(User{"u"}, "go", n: Node)"#;
    let stay = r#"allow(User{"u"}, "stay", n: Node)"#;
    assert_eq!(world.ask(go), r#"Node{"a"}, Node{"b"}, Node{"c"}"#);
    assert_eq!(world.ask(stay), r#"Node{"d"}"#);
    assert_eq!(
        world.ask(r#"allow(u: User, "go", Node{"c"})"#),
        r#"User{"u"}"#
    );
    world.now = 1001;
    assert_eq!(world.ask(go), r#"Node{"b"}"#);
    assert_eq!(world.ask(stay), r#"Node{"c"}, Node{"d"}"#);
    world.now = 999;
    assert_eq!(
        world.ask(go),
        r#"Node{"a"}, Node{"b"}, Node{"c"}, Node{"d"}"#
    );
    assert_eq!(
        world.ask_with(
            &[r#"edge(Node{"a"}, Node{"z"}, 1000)"#],
            r#"allow(User{"u"}, "go", Node{"z"})"#
        ),
        "true"
    );
}

/// An unbound integer in a recursion.
const LEVELS: &str = r#"
    resource Node {}
    level(n: Node, x: Integer) if base(n, y) and y < x;
    level(n: Node, x: Integer) if up(n, m) and level(m, x) and cap(n, z) and x < z;
    some(n: Node) if level(n, x);
    rated(n: Node, x: Integer) if level(n, x) and value(x);
    linked(n: Node, x: Integer) if rated(n, x) and level(n, x);
    low(n: Node, x: Integer) if value(x) and node(n) and not level(n, x);
"#;

#[test]
fn an_unbound_integer_in_a_recursion() {
    check_with(
        LEVELS,
        &[
            r#"base(Node{"a"}, 3)"#,
            r#"up(Node{"b"}, Node{"a"})"#,
            r#"up(Node{"c"}, Node{"b"})"#,
            r#"cap(Node{"b"}, 10)"#,
            r#"cap(Node{"c"}, 6)"#,
            "value(3)",
            "value(5)",
            "value(8)",
            "value(20)",
            r#"node(Node{"c"})"#,
        ],
        &["value(4)"],
        &[
            (r#"level(Node{"c"}, 5)"#, "true"),
            (r#"level(Node{"c"}, 6)"#, "false"),
            (r#"level(Node{"c"}, 3)"#, "false"),
            (r#"level(Node{"b"}, 9)"#, "true"),
            (r#"level(Node{"a"}, x)"#, "cannot list x"),
            (r#"level(Node{"z"}, x)"#, ""),
            ("level(n: Node, 9)", r#"Node{"a"}, Node{"b"}"#),
            (r#"some(Node{"a"})"#, "cannot list x"),
            (r#"rated(Node{"b"}, x)"#, "4, 5, 8"),
            (r#"rated(Node{"c"}, x: Integer)"#, "4, 5"),
            (r#"linked(Node{"c"}, x)"#, "4, 5"),
            (r#"low(Node{"c"}, x)"#, "20, 3, 8"),
            (r#"level(Node{"c"}, x) and value(x)"#, "4, 5"),
            (
                r#"value(x) and level(n: Node, x) and cap(n, 10)"#,
                r#"4 Node{"b"}, 5 Node{"b"}, 8 Node{"b"}"#,
            ),
        ],
    );
}

#[test]
fn the_time_as_a_value_in_a_recursion() {
    check(
        r#"resource Node {}
           valid(n: Node, t: Integer) if seed(n) and t = @current_unix_time;
           valid(n: Node, t: Integer) if always(n) and any(t);
           valid(n: Node, t: Integer) if up(n, m) and valid(m, t) and until(n, z) and t < z;
           any(_: Integer);"#,
        &[
            r#"seed(Node{"s"})"#,
            r#"always(Node{"w"})"#,
            r#"up(Node{"a"}, Node{"s"})"#,
            r#"up(Node{"b"}, Node{"a"})"#,
            r#"up(Node{"c"}, Node{"w"})"#,
            r#"until(Node{"a"}, 1001)"#,
            r#"until(Node{"b"}, 1000)"#,
            r#"until(Node{"c"}, 5)"#,
        ],
        &[
            (r#"valid(Node{"s"}, t)"#, "1000"),
            (r#"valid(Node{"a"}, t: Integer)"#, "1000"),
            (r#"valid(Node{"a"}, 1000)"#, "true"),
            (r#"valid(Node{"a"}, 999)"#, "false"),
            (r#"valid(Node{"b"}, t)"#, ""),
            (r#"valid(Node{"w"}, t)"#, "Integer:_"),
            (r#"valid(Node{"c"}, t)"#, "cannot list t"),
            (r#"valid(Node{"c"}, 4)"#, "true"),
            (r#"valid(Node{"c"}, 5)"#, "false"),
            ("valid(n, 1000)", r#"Node{"a"}, Node{"s"}, Node{"w"}"#),
        ],
    );
}
