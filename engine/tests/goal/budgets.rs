//! Ceilings: reaching one is an error, whatever has been found by then.

use std::cell::Cell;

use floe_engine::goal::Budget;

use super::world::World;

fn long() -> World {
    let mut world = World::new(
        "resource Node {}
         reach(a: Node, b: Node) if edge(a, b);
         reach(a: Node, c: Node) if reach(a, b) and edge(b, c);",
    );
    let edge = world.predicate("edge", 2);
    let nodes: Vec<_> = (0..3000)
        .map(|i| world.sym("Node", &i.to_string()))
        .collect();
    for pair in nodes.windows(2) {
        world.insert(edge, pair);
    }
    world
}

const CHECK: &str = r#"reach(Node{"0"}, Node{"2999"})"#;
const LIST: &str = r#"reach(Node{"0"}, x: Node)"#;

#[test]
fn steps() {
    let world = long();
    let budget = |steps| Budget {
        steps,
        ..Budget::unlimited()
    };
    for question in [CHECK, LIST] {
        let said = world.ask_within(&[], question, budget(1000));
        assert_eq!(said, "the request takes too many steps");
        assert!(
            !world
                .ask_within(&[], question, budget(100_000))
                .starts_with("the request")
        );
    }
}

#[test]
fn bytes() {
    let world = long();
    let budget = |bytes| Budget {
        bytes,
        ..Budget::unlimited()
    };
    for question in [CHECK, LIST] {
        assert_eq!(
            world.ask_within(&[], question, budget(10_000)),
            "the request needs too much memory"
        );
        assert!(
            !world
                .ask_within(&[], question, budget(10_000_000))
                .starts_with("the request")
        );
    }
}

#[test]
fn time() {
    let world = long();
    let looks = Cell::new(0);
    let expired = || {
        looks.set(looks.get() + 1);
        looks.get() > 3
    };
    let budget = Budget {
        expired: Some(&expired),
        ..Budget::unlimited()
    };
    assert_eq!(
        world.ask_within(&[], CHECK, budget),
        "the request takes too long"
    );
    assert_eq!(looks.get(), 4);
    assert_eq!(world.ask(CHECK), "true");
}

#[test]
fn a_listing_with_a_huge_join_stops_in_time() {
    let mut world =
        World::new("actor U {} pair(a: U, b: U, c: U) if user(a) and user(b) and user(c);");
    let user = world.predicate("user", 1);
    for i in 0..1000 {
        let sym = world.sym("U", &i.to_string());
        world.insert(user, &[sym]);
    }
    let budget = Budget {
        bytes: 1 << 20,
        ..Budget::unlimited()
    };
    assert_eq!(
        world.ask_within(&[], "pair(a, b, c)", budget),
        "the request needs too much memory"
    );
    assert_eq!(
        world.ask_within(&[], r#"pair(U{"1"}, U{"2"}, U{"3"})"#, budget),
        "true"
    );
}
