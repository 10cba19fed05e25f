//! Random programs: four strata of predicates over a few constants.

/// Numbers that look random and are the same for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

pub(super) const TYPES: &str = "actor User; actor Bot extends User; resource Doc;";
pub(super) const CONSTANTS: [&str; 6] = [
    r#"User{"a"}"#,
    r#"User{"b"}"#,
    r#"Bot{"a"}"#,
    r#"Doc{"d"}"#,
    r#""r""#,
    r#"Ghost{"g"}"#,
];
pub(super) const UNHEARD_OF: [&str; 7] = [
    r#"User{"u1"}"#,
    r#"User{"u2"}"#,
    r#"Bot{"b1"}"#,
    r#"Doc{"d1"}"#,
    r#""s1""#,
    r#"Ghost{"g1"}"#,
    r#"Ghost2{"g"}"#,
];
/// Predicates by stratum; those of the first have facts only.
pub(super) const PREDICATES: [&[(&str, usize)]; 4] = [
    &[("e", 1), ("f", 2), ("g", 2)],
    &[("p", 1), ("q", 2)],
    &[("r", 2), ("s", 1)],
    &[("t", 2)],
];
pub(super) const VARIABLES: [&str; 4] = ["x", "y", "z", "w"];
const ANNOTATIONS: [&str; 8] = ["", "", "", "", ": User", ": Actor", ": Doc", ": Bot"];

fn term(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => CONSTANTS[dice.roll(5)].to_string(), // a policy cannot name a Ghost
        1 => format!("_{}", dice.pick(&ANNOTATIONS)),
        _ => format!("{}{}", dice.pick(&VARIABLES), dice.pick(&ANNOTATIONS)),
    }
}

fn atom(dice: &mut Dice, strata: std::ops::Range<usize>) -> String {
    let stratum = strata.start + dice.roll(strata.len());
    let (name, arity) = PREDICATES[stratum][dice.roll(PREDICATES[stratum].len())];
    let args: Vec<String> = (0..arity).map(|_| term(dice)).collect();
    format!("{name}({})", args.join(", "))
}

pub(super) fn rule(dice: &mut Dice, stratum: usize) -> String {
    let head = atom(dice, stratum..stratum + 1);
    let mut body: Vec<String> = Vec::new();
    for _ in 0..dice.roll(4) {
        body.push(atom(dice, 0..stratum + 1));
    }
    if stratum > 0 && dice.roll(3) == 0 {
        body.push(format!("not {}", atom(dice, 0..stratum)));
    }
    if dice.roll(6) == 0 {
        let sign = dice.pick(&["!=", "="]);
        body.push(format!(
            "{} {sign} {}",
            dice.pick(&VARIABLES),
            dice.pick(&VARIABLES)
        ));
    }
    match body.is_empty() {
        true => head,
        false => format!("{head} if {}", body.join(" and ")),
    }
}
