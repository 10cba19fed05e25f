//! Random shorthand rules, every form of them.

use super::dice::Dice;
use super::policy::Rule;
use super::schema::{GLOBAL_PERMISSIONS, GLOBAL_ROLES, Schema};

/// A condition, and whether it binds the actor and the resource.
type Unit = (String, bool, bool);

/// A rule for the block of a type; `None` if nothing can be said there. `calls` are
/// predicates over an actor, over a resource, and over both.
pub(super) fn rule(
    dice: &mut Dice,
    schema: &Schema,
    ty: usize,
    calls: &[Vec<String>; 3],
) -> Option<Rule> {
    let (roles, permissions) = (schema.roles(ty), schema.permissions(ty));
    let granting = dice.chance(45) || roles.is_empty();
    let names = if granting { &permissions } else { &roles };
    if names.is_empty() {
        return None;
    }
    // Permissions follow from roles and not the other way round, or negation would end in
    // cycles most of the time.
    let word = if granting { "permission" } else { "role" };
    let any = dice.chance(25);
    let head = match any {
        true => word.to_string(),
        false => format!("\"{}\"", dice.pick(names)),
    };
    let mut units: Vec<Unit> = Vec::new();
    for _ in 0..1 + dice.roll(2) {
        units.extend(unit(dice, schema, ty, granting, calls));
    }
    if dice.chance(20)
        && let Some(last) = units.pop()
        && let Some(other) = unit(dice, schema, ty, granting, calls)
    {
        units.push((
            format!("({} or {})", last.0, other.0),
            last.1 && other.1,
            last.2 && other.2,
        ));
    }
    let (actor, resource) = (units.iter().any(|u| u.1), units.iter().any(|u| u.2));
    if dice.chance(25) {
        let usable = [actor, resource, actor && resource];
        let kind = dice.roll(3);
        if usable[kind] && !calls[kind].is_empty() {
            units.push((format!("not {}", dice.pick(&calls[kind])), false, false));
        }
    }
    dice.shuffle(&mut units);
    (!units.is_empty()).then(|| Rule::new(head, units.into_iter().map(|unit| unit.0)))
}

fn unit(
    dice: &mut Dice,
    schema: &Schema,
    ty: usize,
    granting: bool,
    calls: &[Vec<String>; 3],
) -> Option<Unit> {
    let both = |text: String| Some((text, true, true));
    let word = if granting { "permission" } else { "role" };
    let relations = schema.relations(ty);
    match dice.roll(10) {
        0..=2 => {
            let mut names = schema.roles(ty);
            if granting && dice.chance(30) {
                names.extend(schema.permissions(ty));
            }
            let to_actors = relations.iter().filter(|(_, to)| schema.types[*to].actor);
            names.extend(to_actors.map(|(name, _)| *name));
            (!names.is_empty()).then(|| (format!("\"{}\"", dice.pick(&names)), true, true))
        }
        3..=6 if !relations.is_empty() => {
            let (relation, target) = dice.pick(&relations);
            if dice.chance(45) {
                return both(format!("{word} on \"{relation}\""));
            }
            let mut names = schema.roles(*target);
            if granting {
                names.extend(schema.permissions(*target));
            }
            let name = (!names.is_empty()).then(|| *dice.pick(&names))?;
            both(format!("\"{name}\" on \"{relation}\""))
        }
        7 if schema.global => {
            let name = match granting && dice.chance(40) {
                true => GLOBAL_PERMISSIONS[0],
                false => *dice.pick(&GLOBAL_ROLES),
            };
            Some((format!("global \"{name}\""), true, false))
        }
        8 if dice.chance(50) => both("role".to_string()),
        _ => {
            let kind = dice.roll(3);
            let call = (!calls[kind].is_empty()).then(|| dice.pick(&calls[kind]).clone())?;
            Some((call, kind != 1, kind != 0))
        }
    }
}

/// A rule for the global block.
pub(super) fn global(dice: &mut Dice) -> Rule {
    match dice.chance(50) {
        true => Rule::new("\"open\"", [format!("\"{}\"", dice.pick(&GLOBAL_ROLES))]),
        false => Rule::new("\"staff\"", ["\"root\""]),
    }
}
