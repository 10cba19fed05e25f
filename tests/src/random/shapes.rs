//! Groups of rules that bring about what random rules seldom do: the classes of policies
//! that the equality test must not miss.

use super::dice::Dice;
use super::policy::Rule;
use super::schema::{Schema, Sort};

/// A group of rules.
#[derive(Default)]
pub(super) struct Shape {
    /// What forms it counts as.
    pub(super) form: &'static str,
    /// Rules outside of blocks.
    pub(super) rules: Vec<Rule>,
    /// Rules for the block of a type.
    pub(super) shorthand: Vec<(usize, Rule)>,
    /// `declare`s.
    pub(super) declarations: Vec<String>,
}

/// How often each is taken, in percent.
const SHARES: [usize; 18] = [
    14, 14, 16, 14, 14, 14, 14, 16, 16, 12, 10, 14, 12, 6, 10, 8, 8, 8,
];

/// Some of them.
pub(super) fn some(dice: &mut Dice, schema: &Schema) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (which, share) in SHARES.iter().enumerate() {
        if dice.chance(*share) {
            shapes.push(shape(&mut dice.fork(), schema, which));
        }
    }
    shapes
}

fn shape(dice: &mut Dice, schema: &Schema, which: usize) -> Shape {
    let name = |ty: usize| schema.types[ty].name;
    let actors = schema.all(true);
    let resources = schema.all(false);
    let (folder, a, r) = (1, *dice.pick(&actors), *dice.pick(&resources));
    let (user, resource) = (name(a), name(r));
    let actor = if dice.chance(50) { "Actor" } else { user };
    let role = schema.constant(dice, Sort::Role);
    let permission = schema.constant(dice, Sort::Permission);
    let mut shape = Shape::default();
    let mut say = |head: String, body: Vec<String>| shape.rules.push(Rule { head, body });
    macro_rules! rule {
        ($head:expr $(, $body:expr)*) => { say(format!($head), vec![$(format!($body)),*]) };
    }
    shape.form = match which {
        0 => {
            // Groups move the actor, folders the resource.
            let group = schema.place("Team").map_or("User", name);
            let in_group = *dice.pick(&["member(u, g)", "reach(u, g)"]);
            let (named, typed) = match dice.chance(50) {
                true => ("role".to_string(), "role: String".to_string()),
                false => (role.clone(), role.clone()),
            };
            rule!(
                "has_role(u: Actor, {typed}, f: Folder)",
                "{in_group}",
                "g matches {group}",
                "has_role(g, {named}, f)"
            );
            rule!(
                "has_role(u: Actor, {typed}, f: Folder)",
                "has_relation(f, \"parent\", p)",
                "p matches Folder",
                "has_role(u, {named}, p)"
            );
            "groups and folders"
        }
        1 => {
            let condition = *dice.pick(&[
                "not blocked(u, f)",
                "not banned(u)",
                "level(u, n) and size(f, n)",
                "likes(u, f)",
            ]);
            rule!(
                "has_role(u: {actor}, {role}, f: Folder)",
                "has_relation(f, \"parent\", p)",
                "has_role(u, {role}, p)",
                "{condition}"
            );
            "recursion under a condition"
        }
        2 => {
            let kind = schema.place("Role").map_or(resource, name);
            rule!(
                "has_permission(u: Actor, action: String, o: {resource})",
                "has_role(u, r, o)",
                "r matches {kind}",
                "grants(r, action)"
            );
            if dice.chance(50) {
                rule!(
                    "has_role(u: {user}, r: {kind}, o: {resource})",
                    "likes(u, o)",
                    "grants(r, _)"
                );
            }
            "role as data"
        }
        3 => {
            match dice.roll(3) {
                0 => rule!("has_permission(_: {actor}, {permission}, _: {resource})"),
                1 => rule!(
                    "has_permission(_: {actor}, {permission}, _: {resource})",
                    "true"
                ),
                _ => {
                    rule!(
                        "has_permission(_: {actor}, {permission}, _: {resource})",
                        "quiet()"
                    );
                    rule!("quiet()", "likes(_, _)");
                }
            }
            "no columns"
        }
        4 => {
            rule!(
                "has_permission(u: {actor}, {permission}, d: {resource})",
                "good(u)",
                "public(d)"
            );
            rule!("good(u: {actor})", "level(u, n)", "n >= 20");
            "product"
        }
        5 => {
            let time = *dice.pick(&["t < @current_unix_time", "t >= @current_unix_time"]);
            rule!("expired(u: {actor})", "until(u, t)", "{time}");
            rule!(
                "has_permission(u: {actor}, {permission}, d: {resource})",
                "has_role(u, _, d)",
                "not expired(u)"
            );
            "time under negation"
        }
        6 => {
            let kind = schema
                .place("Bot")
                .or(schema.place("Team"))
                .map_or("User", name);
            rule!("suspect(_: {kind})");
            rule!("suspect(u: Actor)", "banned(u)");
            rule!(
                "has_permission(u: {actor}, {permission}, d: {resource})",
                "likes(u, d)",
                "not suspect(u)"
            );
            "wildcard under negation"
        }
        7 => {
            match dice.chance(50) {
                true => rule!("has_role(_: {actor}, {role}, f: Folder)", "public(f)"),
                false => rule!("has_role(u: {actor}, {role}, _: Folder)", "good(u)"),
            }
            let up = Rule::new("role", ["role on \"parent\""]);
            shape.shorthand.push((folder, up));
            "wildcard under recursion"
        }
        8 => {
            let guard = dice.chance(50).then(|| "not banned(a)".to_string());
            let mut body = vec!["has_permission(a, x, r)".to_string()];
            body.extend(guard);
            say("allow(a, x, r)".to_string(), body);
            match dice.roll(3) {
                0 => rule!("allow(a, \"see\", r)", "link(a, r)"),
                1 => rule!("allow(a: Actor, x: String)", "has_permission(a, x)"),
                _ => rule!(
                    "allow(a, \"see\", r)",
                    "mark(a)",
                    "link(a, r)",
                    "not mark(r)"
                ),
            }
            "own allow"
        }
        9 => {
            rule!("has_permission(u: {user}, {permission}, u: {user})");
            "itself"
        }
        10 => {
            rule!(
                "within(lo: Integer, hi: Integer, x: Integer)",
                "lo < x",
                "x < hi"
            );
            rule!(
                "has_permission(u: {actor}, {permission}, d: {resource})",
                "level(u, n)",
                "size(d, m)",
                "within(n, m, 25)"
            );
            "only to be checked"
        }
        11 => {
            shape
                .declarations
                .push(format!("declare tagged({resource}, {user});"));
            if dice.chance(50) {
                shape
                    .declarations
                    .push("declare stamp(Integer, Resource, Actor);".to_string());
            }
            "declared only"
        }
        12 => {
            rule!("anyone(_: {actor})");
            rule!("anything(_: {resource})");
            match dice.chance(50) {
                true => rule!(
                    "has_permission(u: {actor}, {permission}, d: {resource})",
                    "anyone(u)",
                    "public(d)",
                    "not banned(u)"
                ),
                false => rule!(
                    "has_permission(u: {actor}, {permission}, d: {resource})",
                    "good(u)",
                    "anything(d)",
                    "not blocked(u, d)"
                ),
            }
            rule!("good(u: Actor)", "likes(u, _)");
            "everybody but"
        }
        13 => {
            rule!(
                "has_permission(x, {permission}, y)",
                "link(x, y)",
                "not mark(x)"
            );
            "any type"
        }
        14 => {
            // Requirements: for everything the folder needs, the user has it.
            rule!(
                "has_permission(u: {actor}, {permission}, d: {resource})",
                "has_role(u, _, d)",
                "not (link(d, x) and not link(u, x))"
            );
            "all requirements"
        }
        15 => {
            rule!(
                "has_permission(actor: {actor}, {permission}, r: {resource})",
                "has_role(actor, \"staff\")",
                "active(r, true)"
            );
            rule!("has_permission(actor: {actor}, \"open\")", "good(actor)");
            "global roles"
        }
        16 => {
            // Not linear: the relation joined to itself.
            rule!("reach(x: Actor, y: Actor)", "reach(x, z)", "reach(z, y)");
            "non-linear recursion"
        }
        _ => {
            let object = schema.constant(dice, Sort::Is(r));
            rule!("has_role(u: {actor}, {role}, {object})", "good(u)");
            rule!(
                "has_permission(u: {actor}, {permission}, {object})",
                "has_role(u, {role}, {object})"
            );
            "objects"
        }
    };
    shape
}
