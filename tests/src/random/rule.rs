//! Random full rules over a catalogue of predicates in levels: a rule negates predicates
//! of lower levels only.

use super::dice::Dice;
use super::policy::Rule;
use super::schema::{Schema, Sort};

/// A predicate that rules may mention.
#[derive(Clone, Debug)]
pub(super) struct Predicate {
    pub(super) name: String,
    pub(super) sorts: Vec<Sort>,
    pub(super) level: usize,
}

impl Predicate {
    /// The predicate applied to these terms; `has_relation:parent` is written with its
    /// name in the second place.
    fn call(&self, args: &[String]) -> String {
        match self.name.split_once(':') {
            Some((name, relation)) => {
                format!("{name}({}, \"{relation}\", {})", args[0], args[1])
            }
            None => format!("{}({})", self.name, args.join(", ")),
        }
    }
}

/// A rule half way through.
struct Draft<'s> {
    schema: &'s Schema,
    /// Name, sort, and whether a positive atom mentions it.
    variables: Vec<(String, Sort, bool)>,
    body: Vec<String>,
}

/// A rule for the predicate.
pub(super) fn rule(
    dice: &mut Dice,
    schema: &Schema,
    catalogue: &[Predicate],
    head: &Predicate,
) -> Rule {
    let mut draft = Draft {
        schema,
        variables: Vec::new(),
        body: Vec::new(),
    };
    let args: Vec<String> = (head.sorts.iter())
        .map(|sort| draft.parameter(dice, *sort))
        .collect();
    let head_text = head.call(&args);
    let upto = |level: usize| -> Vec<&Predicate> {
        let known = catalogue.iter().filter(|p| p.level < level);
        known.collect()
    };
    let (lower, mut usable) = (upto(head.level), upto(head.level));
    if head.level > 1 {
        usable.extend(catalogue.iter().filter(|p| p.level == head.level));
    }
    for _ in 0..[1, 1, 2, 2, 3, 0][dice.roll(6)] {
        let predicate = *dice.pick(&usable);
        let atom = draft.atom(dice, predicate, true);
        draft.body.push(atom);
    }
    // What stands in the head is bound mostly.
    for i in 0..draft.variables.len() {
        let (name, sort, bound) = draft.variables[i].clone();
        let covers = |p: &&Predicate| p.sorts.iter().any(|s| schema.meet(*s, sort));
        let covering: Vec<&Predicate> = lower.iter().copied().filter(covers).collect();
        if !bound && !covering.is_empty() && dice.chance(75) {
            let chosen = *dice.pick(&covering);
            let atom = draft.covering(dice, chosen, &name, sort);
            draft.body.push(atom);
            draft.variables[i].2 = true;
        }
    }
    if dice.chance(30) {
        // Now and then in a cycle, perhaps; such a policy is thrown away.
        let choice = if dice.chance(8) { &usable } else { &lower };
        draft.negation(dice, choice);
    }
    if dice.chance(15) {
        let (a, b) = (*dice.pick(&lower), *dice.pick(&lower));
        let (a, b) = (draft.atom(dice, a, false), draft.atom(dice, b, false));
        draft.body.push(format!("({a} or {b})"));
    }
    draft.conditions(dice);
    dice.shuffle(&mut draft.body);
    if draft.body.is_empty() && dice.chance(40) {
        draft.body.push("true".to_string());
    }
    Rule::new(head_text, draft.body)
}

impl Draft<'_> {
    fn fresh(&mut self, sort: Sort, bound: bool) -> String {
        let name = format!("v{}", self.variables.len());
        self.variables.push((name.clone(), sort, bound));
        name
    }

    fn parameter(&mut self, dice: &mut Dice, sort: Sort) -> String {
        let annotation = self.schema.annotation(sort);
        let annotated = |name: &str| match annotation {
            Some(ty) => format!("{name}: {ty}"),
            None => name.to_string(),
        };
        let same = |v: &&(String, Sort, bool)| v.1 == sort;
        match dice.roll(20) {
            0..=1 => annotated("_"),
            2 => self.schema.constant(dice, sort),
            3..=5 => self.fresh(sort, false),
            6 => match self.variables.iter().find(same) {
                Some((name, ..)) => annotated(name),
                None => annotated(&self.fresh(sort, false)),
            },
            _ => annotated(&self.fresh(sort, false)),
        }
    }

    /// Variables that may have a value of the sort.
    fn fitting(&self, sort: Sort, bound: bool) -> Vec<usize> {
        let fits = |i: &usize| {
            let (_, other, is_bound) = &self.variables[*i];
            self.schema.meet(*other, sort) && (*is_bound || !bound)
        };
        (0..self.variables.len()).filter(fits).collect()
    }

    /// An atom. If it is to bind, it may have new variables.
    fn atom(&mut self, dice: &mut Dice, predicate: &Predicate, bind: bool) -> String {
        let args: Vec<String> = (predicate.sorts.iter())
            .map(|sort| {
                let fitting = self.fitting(*sort, false);
                match dice.roll(20) {
                    0..=12 if !fitting.is_empty() => {
                        let chosen = &mut self.variables[*dice.pick(&fitting)];
                        chosen.2 |= bind;
                        chosen.0.clone()
                    }
                    0..=15 if bind => {
                        let name = self.fresh(*sort, true);
                        if let (true, Some(ty)) = (dice.chance(35), self.schema.annotation(*sort)) {
                            let sign = if dice.chance(15) {
                                "matches!"
                            } else {
                                "matches"
                            };
                            if !matches!((sign, ty), ("matches!", "Actor" | "Resource")) {
                                self.body.push(format!("{name} {sign} {ty}"));
                            }
                        }
                        name
                    }
                    16..=17 => "_".to_string(),
                    _ => self.schema.constant(dice, *sort),
                }
            })
            .collect();
        predicate.call(&args)
    }

    /// An atom that mentions this variable.
    fn covering(&self, dice: &mut Dice, predicate: &Predicate, name: &str, sort: Sort) -> String {
        let mut done = false;
        let args: Vec<String> = (predicate.sorts.iter())
            .map(|other| match !done && self.schema.meet(*other, sort) {
                true => {
                    done = true;
                    name.to_string()
                }
                false if dice.chance(60) => "_".to_string(),
                false => self.schema.constant(dice, *other),
            })
            .collect();
        predicate.call(&args)
    }

    /// A negated atom over what is bound; what is not is existential inside.
    fn negated(&self, dice: &mut Dice, predicate: &Predicate) -> String {
        let args: Vec<String> = (predicate.sorts.iter())
            .map(|sort| {
                let fitting = self.fitting(*sort, true);
                match dice.roll(10) {
                    0..=7 if !fitting.is_empty() => self.variables[*dice.pick(&fitting)].0.clone(),
                    8 => self.schema.constant(dice, *sort),
                    _ => "_".to_string(),
                }
            })
            .collect();
        predicate.call(&args)
    }

    fn negation(&mut self, dice: &mut Dice, lower: &[&Predicate]) {
        let mut atom = || {
            let chosen = *dice.pick(lower);
            self.negated(dice, chosen)
        };
        let (a, b) = (atom(), atom());
        let text = match dice.roll(6) {
            0 => format!("not ({a} and {b})"),
            1 => format!("not ({a} and not {b})"),
            2 => format!("not ({a} or {b})"),
            _ => format!("not {a}"),
        };
        self.body.push(text);
    }

    /// Comparisons, `in`, equality.
    fn conditions(&mut self, dice: &mut Dice) {
        for i in 0..self.variables.len() {
            let (name, sort, bound) = self.variables[i].clone();
            if !(bound || dice.chance(20)) {
                continue;
            }
            let text = match sort {
                Sort::Integer if dice.chance(70) => {
                    let sign = *dice.pick(&["<", "<=", ">", ">=", "!=", "="]);
                    let other = match dice.chance(50) {
                        true => "@current_unix_time".to_string(),
                        false => self.schema.constant(dice, sort),
                    };
                    format!("{name} {sign} {other}")
                }
                Sort::Role | Sort::Permission if dice.chance(30) => {
                    let (a, b) = (
                        self.schema.constant(dice, sort),
                        self.schema.constant(dice, sort),
                    );
                    format!("{name} in [{a}, {b}]")
                }
                _ if dice.chance(8) => {
                    let fitting = self.fitting(sort, true);
                    let others: Vec<&usize> = fitting.iter().filter(|j| **j != i).collect();
                    let sign = *dice.pick(&["!=", "!=", "="]);
                    match others.is_empty() {
                        true => format!("{name} {sign} {}", self.schema.constant(dice, sort)),
                        false => {
                            format!("{name} {sign} {}", self.variables[**dice.pick(&others)].0)
                        }
                    }
                }
                _ => continue,
            };
            self.body.push(text);
        }
    }
}
