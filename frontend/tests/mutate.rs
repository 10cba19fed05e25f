//! Broken policies: whatever is done to a text, the compiler answers, and soon.
//!
//! `INPUTS` sets the number of texts (5,000 by default) and `SEED` which ones. The time per
//! text is checked in release builds, or if `INPUTS` is set. A million takes about four minutes:
//!
//! ```sh
//! INPUTS=1000000 cargo test --release --package floe-frontend --test mutate
//! ```

#[path = "syntax/policies.rs"]
mod policies;

use std::time::{Duration, Instant};

use floe_frontend::diag::{Diagnostics, render};
use floe_frontend::ir::read;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, syntax};

/// The whole compiler: diagnostics that render, or a program whose text reads back.
fn compile(text: &str) {
    let limits = Limits::default();
    let mut sources = Sources::new();
    let file = sources.add("mutated.polar", text);
    let compiled = floe_frontend::compile(&sources, &limits);
    assert_eq!(
        compiled.program.is_none(),
        compiled.diagnostics.has_errors()
    );
    let rendered = render::render_all(&compiled.diagnostics, &sources, render::Style::Plain);
    assert_eq!(
        rendered.is_empty(),
        compiled.diagnostics.iter().next().is_none()
    );
    if let Some(program) = &compiled.program {
        let printed = program.print(None);
        let again = read::read(&printed).unwrap_or_else(|e| panic!("{e}\n{printed}"));
        assert_eq!(again.print(None), printed);
    }
    if let Ok(formatted) = syntax::format(file, text, &limits) {
        let mut diagnostics = Diagnostics::new(limits.diagnostics);
        let again = syntax::parse(file, &formatted, &limits, &mut diagnostics);
        assert!(!diagnostics.has_errors(), "does not parse:\n{formatted}");
        let trees = [&compiled.files[0], &again].map(|tree| syntax::dump(tree, None));
        assert_eq!(trees[0], trees[1]);
        let twice = syntax::format(file, &formatted, &limits);
        assert_eq!(twice.ok(), Some(formatted));
    } else {
        // What was recovered is a tree like any other.
        let _ = syntax::print(&compiled.files[0]);
    }
}

/// Bytes of the largest text tried.
const LARGEST: usize = 64 << 10;

const TIME: Duration = Duration::from_millis(50);

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).expect("less than n")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// Things that do harm in odd places.
const SNIPPETS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "=",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "?=",
    "==",
    ":=",
    ".",
    "+",
    "-",
    "*",
    "/",
    "&&",
    "||",
    "!",
    ":-",
    "\"",
    "'",
    "`",
    "\\",
    "#",
    "@",
    "@x ",
    "_",
    "::",
    "\n",
    "\u{feff}",
    "\u{a0}",
    "\u{201c}",
    "é",
    "\u{0}",
    "1.5",
    "-1",
    "99999999999999999999",
    " if ",
    " and ",
    " or ",
    " not ",
    " in ",
    " matches ",
    "matches!",
    " true ",
    " on ",
    " role ",
    " permission ",
    " roles = [",
    " relations = {",
    " actor ",
    " resource ",
    "actor A {",
    "resource R {",
    " global ",
    "global {",
    " extends ",
    " declare ",
    " test ",
    "test \"t\" {",
    " setup {",
    " fixture ",
    " assert ",
    " assert_not ",
    " iff ",
    " forall(",
    " cut ",
    " new ",
    " type ",
    " isa ",
    " mod ",
    "@current_unix_time",
    " inf ",
    "T{\"a\"}",
    "T{",
    "// x\n",
    "((((",
    "not not not ",
    " \"a\" on \"b\" on \"c\" ",
    " actor User {} ",
];

/// The byte ranges of words, strings, numbers and single characters.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut in_word = false;
    for (i, c) in text.char_indices() {
        let word = c.is_alphanumeric() || c == '_';
        match found.last_mut() {
            Some(last) if word && in_word => last.1 = i + c.len_utf8(),
            _ if c.is_whitespace() => {}
            _ => found.push((i, i + c.len_utf8())),
        }
        in_word = word;
    }
    found
}

/// A place between two characters.
fn place(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One change.
fn mutate(text: &mut String, others: &[(String, String)], random: &mut Random) {
    let kind = random.below(9);
    if kind < 4 {
        let (from, to) = {
            let (a, b) = (place(text, random), place(text, random));
            // Mostly short ranges.
            let b = if random.below(4) > 0 {
                a.max(b.min(a + 12))
            } else {
                b
            };
            let mut b = b;
            while !text.is_char_boundary(b) {
                b -= 1;
            }
            (a.min(b), a.max(b))
        };
        match kind {
            0 => text.replace_range(from..to, ""),
            1 => text.insert_str(from, random.pick(SNIPPETS)),
            2 => {
                let copy = text[from..to].to_owned();
                text.insert_str(from, &copy);
            }
            _ => text.truncate(to),
        }
        return;
    }
    let tokens = tokens(text);
    if tokens.is_empty() {
        text.push_str(random.pick(SNIPPETS));
        return;
    }
    let (start, end) = tokens[random.below(tokens.len())];
    match kind {
        4 => text.replace_range(start..end, ""),
        5 => text.replace_range(start..end, random.pick(SNIPPETS)),
        6 => {
            let (s, e) = tokens[random.below(tokens.len())];
            let other = text[s..e].to_owned();
            text.replace_range(start..end, &other);
        }
        7 => {
            let copy = text[start..end].repeat(1 + random.below(200));
            text.insert_str(start, &copy);
        }
        _ => {
            let other = &others[random.below(others.len())].1;
            let (a, b) = (place(other, random), place(other, random));
            text.insert_str(start, &other[a.min(b)..a.max(b)]);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn mutated_policies_are_answered() {
    let inputs = number("INPUTS");
    let seed = number("SEED").unwrap_or(1);
    let timed = inputs.is_some() || !cfg!(debug_assertions);
    let policies = policies::all();
    for i in 0..inputs.unwrap_or(5_000) {
        let mut random = Random(seed.wrapping_mul(1_000_003).wrapping_add(i));
        let mut text = policies[random.below(policies.len())].1.clone();
        for _ in 0..=random.below(6) {
            mutate(&mut text, &policies, &mut random);
            // Repetitions repeated grow without bound; large honest policies may take longer.
            if text.len() > LARGEST {
                text.truncate(text.floor_char_boundary(LARGEST));
            }
        }
        let mut best = Duration::MAX;
        // A busy machine may hold any one run up; the text itself is slow if all three are.
        for _ in 0..3 {
            let start = Instant::now();
            let outcome = std::panic::catch_unwind(|| compile(&text));
            best = best.min(start.elapsed());
            assert!(outcome.is_ok(), "SEED={seed}, input {i}:\n{text}");
            if best < TIME {
                break;
            }
        }
        assert!(
            !timed || best < TIME,
            "SEED={seed}, input {i}: {best:?}\n{text}"
        );
    }
}
