//! Recursive rules over deep, cyclic and branching data (spec 5.2).

use std::fmt::Write as _;

use floe_engine::goal::Argument;
use floe_engine::value::Sym;

use super::world::{World, check};

const GRAPH: &str = r#"
    actor User {} resource Node {}
    left(a: Node, b: Node) if edge(a, b);
    left(a: Node, c: Node) if left(a, b) and edge(b, c);
    right(a: Node, b: Node) if edge(a, b);
    right(a: Node, c: Node) if edge(a, b) and right(b, c);
    double(a: Node, b: Node) if edge(a, b);
    double(a: Node, c: Node) if double(a, b) and double(b, c);
    even(a: Node, c: Node) if edge(a, b) and odd(b, c);
    odd(a: Node, b: Node) if edge(a, b);
    odd(a: Node, c: Node) if edge(a, b) and even(b, c);
"#;

#[test]
fn every_kind_of_recursion_says_the_same_on_cyclic_data() {
    let facts = [
        r#"edge(Node{"a"}, Node{"b"})"#,
        r#"edge(Node{"b"}, Node{"c"})"#,
        r#"edge(Node{"c"}, Node{"a"})"#,
        r#"edge(Node{"c"}, Node{"d"})"#,
    ];
    for form in ["left", "right", "double"] {
        let all = r#"Node{"a"}, Node{"b"}, Node{"c"}, Node{"d"}"#;
        check(
            GRAPH,
            &facts,
            &[
                (&format!(r#"{form}(Node{{"a"}}, x: Node)"#), all),
                (
                    &format!(r#"{form}(x, Node{{"d"}})"#),
                    r#"Node{"a"}, Node{"b"}, Node{"c"}"#,
                ),
                (&format!(r#"{form}(Node{{"d"}}, x)"#), ""),
                (&format!(r#"{form}(Node{{"b"}}, Node{{"b"}})"#), "true"),
                (&format!(r#"{form}(Node{{"d"}}, Node{{"a"}})"#), "false"),
                (
                    &format!("{form}(x, x)"),
                    r#"Node{"a"}, Node{"b"}, Node{"c"}"#,
                ),
            ],
        );
    }
    check(
        GRAPH,
        &facts[..2],
        &[
            (r#"even(Node{"a"}, x)"#, r#"Node{"c"}"#),
            (r#"odd(Node{"a"}, x)"#, r#"Node{"b"}"#),
            (r#"even(Node{"a"}, Node{"b"})"#, "false"),
        ],
    );
}

fn chain(length: usize) -> (World, Vec<Sym>) {
    let mut world = World::new(GRAPH);
    let edge = world.predicate("edge", 2);
    let nodes: Vec<Sym> = (0..length)
        .map(|i| world.sym("Node", &i.to_string()))
        .collect();
    for pair in nodes.windows(2) {
        world.insert(edge, pair);
    }
    (world, nodes)
}

#[test]
fn a_hundred_thousand_links() {
    let (world, nodes) = chain(100_000);
    let (first, last) = (nodes[0], nodes[nodes.len() - 1]);
    let node = world.interner.symbols().lookup_type("Node").unwrap();
    // Each form from the end that its recursion hands through: the other way round every
    // node on the way has answers of its own, the square of them in all.
    let from_first = [Argument::Value(first), Argument::Variable(0)];
    let to_last = [Argument::Variable(0), Argument::Value(last)];
    for (form, args) in [("left", from_first), ("right", to_last)] {
        let form = world.predicate(form, 2);
        world.evaluate(|e| {
            assert_eq!(e.holds(form, &[first, last]), Ok(true));
            assert_eq!(e.holds(form, &[last, first]), Ok(false));
        });
        let listing = world.evaluate(|e| e.list(form, &args, node)).unwrap();
        assert_eq!(listing.values.len(), nodes.len() - 1);
    }
}

#[test]
fn many_paths_are_one_answer() {
    // 2^50 paths from the first to the last.
    let mut world = World::new(GRAPH);
    let edge = world.predicate("edge", 2);
    let mut top = world.sym("Node", "top");
    let first = top;
    for i in 0..50 {
        let sides = ["l", "r"].map(|s| world.sym("Node", &format!("{s}{i}")));
        let bottom = world.sym("Node", &format!("b{i}"));
        for side in sides {
            world.insert(edge, &[top, side]);
            world.insert(edge, &[side, bottom]);
        }
        top = bottom;
    }
    for form in ["left", "right", "double"] {
        let form = world.predicate(form, 2);
        assert_eq!(world.evaluate(|e| e.holds(form, &[first, top])), Ok(true));
    }
}

#[test]
fn many_paths_inside_one_rule_are_one_row() {
    // A body of forty atoms over a diamond at each step.
    let mut body = String::from("edge(x0, x1)");
    for i in 1..40 {
        write!(body, " and edge(x{i}, x{})", i + 1).unwrap();
    }
    let policy = format!("resource Node {{}} far(x0: Node, x40: Node) if {body};");
    let mut world = World::new(&policy);
    let edge = world.predicate("edge", 2);
    for i in 0..40 {
        for (a, b) in [("l", "l"), ("l", "r"), ("r", "l"), ("r", "r")] {
            let from = world.sym("Node", &format!("{a}{i}"));
            let to = world.sym("Node", &format!("{b}{}", i + 1));
            world.insert(edge, &[from, to]);
        }
    }
    assert_eq!(
        world.ask(r#"far(Node{"l0"}, x)"#),
        r#"Node{"l40"}, Node{"r40"}"#
    );
    assert_eq!(world.ask(r#"far(Node{"l0"}, Node{"r40"})"#), "true");
    assert_eq!(world.ask(r#"far(Node{"l0"}, Node{"r39"})"#), "false");
}

#[test]
fn groups_in_groups_and_folders_in_folders() {
    check(
        r#"actor User {} actor Group {}
           resource Folder { roles = ["owner", "editor", "viewer"]; permissions = ["read"];
             relations = { parent: Folder };
             role if role on "parent"; "editor" if "owner"; "viewer" if "editor"; "read" if "viewer"; }
           in_group(u: User, g: Group) if h matches Group and in_group(u, h) and inside(h, g);
           has_role(u: User, role: String, f: Folder) if g matches Group and in_group(u, g) and has_role(g, role, f);"#,
        &[
            r#"in_group(User{"ann"}, Group{"night"})"#,
            r#"inside(Group{"night"}, Group{"staff"})"#,
            r#"inside(Group{"staff"}, Group{"night"})"#,
            r#"has_role(Group{"staff"}, "owner", Folder{"a"})"#,
            r#"has_relation(Folder{"b"}, "parent", Folder{"a"})"#,
            r#"has_relation(Folder{"c"}, "parent", Folder{"b"})"#,
            r#"has_relation(Folder{"a"}, "parent", Folder{"c"})"#,
        ],
        &[
            (
                r#"allow(User{"ann"}, "read", f: Folder)"#,
                r#"Folder{"a"}, Folder{"b"}, Folder{"c"}"#,
            ),
            (r#"allow(u: User, "read", Folder{"c"})"#, r#"User{"ann"}"#),
            (
                r#"has_role(User{"ann"}, r, Folder{"c"})"#,
                r#""editor", "owner", "viewer""#,
            ),
            (r#"allow(User{"bo"}, "read", Folder{"c"})"#, "false"),
        ],
    );
}
