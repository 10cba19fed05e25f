//! Policies built to break a compiler: each is a coded error or accepted, on a small stack
//! and soon. What fits on a screen is in `cases/limits` instead.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use floe_frontend::diag::Code;
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

const STACK: usize = 512 * 1024;

/// One policy at a time, so that times are of one compiler and not of many.
static TURN: Mutex<()> = Mutex::new(());

/// Deeper than any limit.
const DEEP: usize = 100_000;

/// What a policy came to.
struct Outcome {
    /// Codes of the errors kept, in order of places.
    errors: Vec<Code>,
    accepted: bool,
    time: Duration,
}

impl Outcome {
    /// The errors are these and nothing else.
    #[track_caller]
    fn only(self, codes: &[Code]) -> Outcome {
        assert_eq!(self.errors, codes);
        self
    }

    /// Some error has this code.
    #[track_caller]
    fn with(self, code: Code) -> Outcome {
        assert!(self.errors.contains(&code), "{:?}", self.errors);
        self
    }

    #[track_caller]
    fn accepted(self) -> Outcome {
        assert_eq!(self.errors, []);
        assert!(self.accepted);
        self
    }

    /// Times are promised for release builds.
    #[track_caller]
    fn within(self, milliseconds: u64) {
        if cfg!(debug_assertions) {
            return;
        }
        let limit = Duration::from_millis(milliseconds);
        assert!(self.time <= limit, "took {:?}", self.time);
    }
}

/// Time of this thread on a processor where the system tells, so that busy neighbours do
/// not count; else the time that passed.
struct Clock {
    start: Instant,
    busy: Option<u64>,
}

impl Clock {
    fn start() -> Clock {
        Clock {
            start: Instant::now(),
            busy: Clock::busy(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.busy, Clock::busy()) {
            (Some(start), Some(end)) => Duration::from_nanos(end - start),
            _ => self.start.elapsed(),
        }
    }

    /// Nanoseconds on a processor.
    fn busy() -> Option<u64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split_whitespace().next()?.parse().ok()
    }
}

/// Compiles on a small stack; the values are dropped there, too.
#[track_caller]
fn outcome(files: &[String]) -> Outcome {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sources = Sources::new();
    for (i, text) in files.iter().enumerate() {
        sources.add(format!("{i}.polar"), text.as_str());
    }
    let worker = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            let start = Clock::start();
            let compiled = compile(&sources, &Limits::default());
            let time = start.elapsed();
            let codes = compiled.diagnostics.iter().map(|d| d.code);
            Outcome {
                errors: codes.filter(|c| c.as_str().starts_with('E')).collect(),
                accepted: compiled.program.is_some(),
                time,
            }
        })
        .expect("a thread starts");
    worker.join().expect("the compiler does not panic")
}

#[track_caller]
fn one(text: impl Into<String>) -> Outcome {
    outcome(&[text.into()])
}

/// `before`, `open` and `close` so often around `inner`, `after`.
fn nested(depth: usize, [before, open, inner, close, after]: [&str; 5]) -> String {
    let (open, close) = (open.repeat(depth), close.repeat(depth));
    format!("{before}{open}{inner}{close}{after}")
}

/// `part(0)`, `part(1)`, ... with a word between.
fn joined(n: usize, between: &str, part: impl Fn(usize) -> String) -> String {
    let parts: Vec<String> = (0..n).map(part).collect();
    parts.join(between)
}

// Depth.

const PARENTHESES: [&str; 5] = ["a(x) if ", "(", "b(x)", ")", ";"];
const NOTS: [&str; 5] = ["a(x) if b(x) and ", "not ", "c(x)", "", ";"];
const NOT_GROUPS: [&str; 5] = ["a(x) if b(x) and ", "not (", "c(x)", ")", ";"];
const SHORTHAND: [&str; 5] = [
    "resource D { roles = [\"a\", \"b\"]; \"a\" if ",
    "(",
    "\"b\"",
    ")",
    "; }",
];

#[test]
fn nesting_at_the_limit_is_accepted() {
    let limit = Limits::default().nesting;
    for shape in [PARENTHESES, NOTS, SHORTHAND] {
        one(nested(limit, shape)).accepted().within(100);
        one(nested(limit + 1, shape))
            .only(&[Code::E070])
            .within(100);
    }
    one(nested(limit / 2, NOT_GROUPS)).accepted().within(100);
    one(nested(limit, NOT_GROUPS))
        .only(&[Code::E070])
        .within(100);
}

#[test]
fn deep_conditions() {
    for shape in [PARENTHESES, NOTS, NOT_GROUPS, SHORTHAND] {
        one(nested(DEEP, shape)).only(&[Code::E070]).within(100);
    }
    let shape = ["a(x) if b(x) and ", "(c(x) or not ", "d(x)", ")", ";"];
    one(nested(DEEP / 2, shape)).only(&[Code::E070]).within(100);
}

#[test]
fn deep_where_nothing_nests() {
    let shapes: [([&str; 5], Code); 8] = [
        (["a(x) if x in ", "[", "1", "]", ";"], Code::E001),
        (["a(x) if [x] = ", "[", "1", "]", ";"], Code::E001),
        (["a(x) if b(", "[", "1", "]", ");"], Code::E001),
        (["a(x) if ", "b(", "x", ")", ";"], Code::E011),
        (["a(", "b(", "x", ")", ");"], Code::E011),
        (["a(x) if b(", "T{", "\"x\"", "}", ");"], Code::E001),
        (["a(x) if b(", "{k: ", "1", "}", ");"], Code::E001),
        (["a(x) if ", "forall(", "x", ")", ";"], Code::E010),
    ];
    for (shape, code) in shapes {
        let found = one(nested(DEEP, shape));
        let known = [code, Code::E070];
        assert!(
            found.errors.iter().any(|c| known.contains(c)),
            "{shape:?}: {:?}",
            found.errors
        );
        found.within(100);
    }
}

#[test]
fn brackets_that_never_close() {
    for open in [
        "(",
        "[",
        "{",
        "a(",
        "resource D {",
        "test \"x\" {",
        "a(x) if (",
        "T{",
        "\"a\" if (",
    ] {
        let most = Limits::default().source_bytes / open.len();
        let found = one(open.repeat(DEEP.min(most)));
        assert!(!found.errors.is_empty(), "{open}");
        found.within(100);
    }
    for close in [")", "]", "}"] {
        one(close.repeat(DEEP)).with(Code::E001).within(100);
    }
}

#[test]
fn blocks_inside_each_other() {
    let open = joined(20_000, "", |i| format!("resource R{i} {{ "));
    one(open.clone()).with(Code::E070).within(100);
    one(open + &"}".repeat(20_000)).with(Code::E070).within(100);
}

// Size.

#[test]
fn one_identifier() {
    let limit = Limits::default().source_bytes;
    one("a".repeat(limit)).only(&[Code::E001]).within(100);
    one("a".repeat(limit + 1)).only(&[Code::E002]).within(100);
    one(format!("{}(x) if b(x);", "a".repeat(limit - 12)))
        .accepted()
        .within(100);
    one(format!("actor {} {{}}", "ä".repeat(limit / 2 - 5)))
        .accepted()
        .within(100);
    one(format!("a(\"{}\");", "x".repeat(limit - 6)))
        .accepted()
        .within(100);
    one(format!("a(x) if b({});", "9".repeat(limit - 13)))
        .only(&[Code::E003])
        .within(100);
    one(format!("a(\"{}", "x".repeat(limit - 3)))
        .only(&[Code::E001])
        .within(100);
}

#[test]
fn several_files_share_the_limit() {
    let half = Limits::default().source_bytes / 2;
    let file = |n: usize| format!("#{}", " ".repeat(n - 1));
    outcome(&[file(half), file(half)]).accepted().within(100);
    outcome(&[file(half), file(half + 1)])
        .only(&[Code::E002])
        .within(100);
}

#[test]
fn a_mebibyte_of_anything() {
    let limit = Limits::default().source_bytes;
    for piece in [
        ";",
        "\"",
        "'",
        "@",
        "#",
        "\\",
        ".",
        "::",
        "a.",
        "!",
        "1",
        "-",
        "\0",
        "é",
        "\u{200b}",
        ",",
        "= ",
        "not ",
        "if ",
        "and ",
        "\n",
        "a;",
        "@a ",
        "\"a\" ",
        "{}",
        "()",
        "[]",
        "/*",
        "//\n",
        "actor A {}",
    ] {
        one(piece.repeat(limit / piece.len())).within(100);
    }
    // Whole items are work for every stage.
    for piece in ["a();", "test \"\" {}", "a(x);", "a(x) if b(x);\n"] {
        one(piece.repeat(limit / piece.len())).within(1_000);
    }
}

// Width.

/// `(a or b) and (c or d) and ...`
fn pairs(n: usize) -> String {
    joined(n, " and ", |i| format!("(a{i}(x) or b{i}(x))"))
}

#[test]
fn alternatives_that_multiply() {
    let shapes = [
        format!("p(x) if {};", pairs(200)),
        format!("p(x) if q(x) and not ({});", pairs(200)),
        format!("p(x) if q(x) and not not ({});", pairs(200)),
        format!("p(x) if q(x) and not (r(x) and not ({}));", pairs(200)),
        format!(
            "p(x) if {};",
            joined(200, " and ", |i| format!(
                "q(x, y{i}) and y{i} in [\"a\", \"b\"]"
            ))
        ),
        format!(
            "p(x) if q(x) and not ({});",
            joined(200, " and ", |i| format!("q(x, y{i}) and y{i} in [1, 2]"))
        ),
        format!(
            "resource D {{ permissions = [\"p\"]; \"p\" if {}; }}",
            pairs(200).replace("(x)", "(resource)")
        ),
    ];
    for text in shapes {
        one(text).only(&[Code::E071]).within(100);
    }
}

#[test]
fn negated_alternatives_multiply_the_other_way() {
    // not ((a and b) or (c and d) or ...) is one conjunction.
    let text = joined(200, " or ", |i| format!("(a{i}(x) and b{i}(x))"));
    one(format!("p(x) if q(x) and not ({text});"))
        .accepted()
        .within(100);
}

#[test]
fn many_alternatives_below_the_limit() {
    one(format!("p(x) if {};", pairs(12)))
        .accepted()
        .within(250);
    one(format!("p(x) if {};", pairs(13)))
        .only(&[Code::E071])
        .within(100);
    let wide = |n: usize| {
        format!(
            "p(x) if q(x) and x in [{}];",
            joined(n, ", ", |i| i.to_string())
        )
    };
    one(wide(4_096)).accepted().within(250);
    one(wide(4_097)).only(&[Code::E071]).within(100);
}

#[test]
fn rules_overall() {
    // 25 rules of 4,096 alternatives are too many together.
    let text = joined(25, "\n", |i| format!("p{i}(x) if {};", pairs(12)));
    one(text).with(Code::E071).within(1_000);
}

#[test]
fn predicates() {
    let limit = Limits::default().predicates;
    let text = |n: usize| joined(n, "\n", |i| format!("p{i}(x) if p{}(x);", i + 1));
    one(text(limit + 5)).with(Code::E073).within(1_000);
}

#[test]
fn long_conjunctions() {
    let text = joined(200, " and ", |i| format!("a(x, y{i}) and b(y{i})"));
    one(format!("p(x) if {text};")).accepted().within(250);
    let text = joined(10_000, " and ", |i| format!("y{i} = y{}", i + 1));
    one(format!("p(x) if q(x, y0) and {text};"))
        .only(&[Code::E075])
        .within(250);
    let text = joined(1_000, " and ", |i| format!("not a(x, {i})"));
    one(format!("p(x) if q(x) and {text};"))
        .only(&[Code::E075])
        .within(100);
}

#[test]
fn long_chains() {
    let text = joined(5_000, "\n", |i| format!("p{i}(x) if p{}(x);", i + 1));
    one(text).accepted().within(500);
    let text = joined(5_000, "\n", |i| {
        format!("p{i}(x) if q(x) and not p{}(x);", i + 1)
    });
    one(text).accepted().within(500);
    let circle = joined(5_000, "\n", |i| {
        format!("p{i}(x) if p{}(x);", (i + 1) % 5_000)
    });
    one(circle).accepted().within(500);
    let circle = joined(5_000, "\n", |i| {
        format!("p{i}(x) if q(x) and not p{}(x);", (i + 1) % 5_000)
    });
    one(circle).only(&[Code::E042]).within(500);
    let deep = |n: usize| {
        joined(n, "\n", |i| {
            format!("resource R{} extends R{i} {{ roles = [\"r{i}\"]; }}", i + 1)
        })
    };
    one(format!("resource R0 {{}}\n{}", deep(128))).accepted();
    one(format!("resource R0 {{}}\n{}", deep(3_000)))
        .only(&[Code::E070])
        .within(500);
    let circle = joined(2_000, "\n", |i| {
        format!("resource R{i} extends R{} {{}}", (i + 1) % 2_000)
    });
    one(circle).only(&[Code::E025]).within(500);
}

#[test]
fn role_variables() {
    // A variable role has a part per role: n atoms, 21^n ways to choose.
    let roles = joined(20, ", ", |i| format!("\"r{i}\""));
    let uses = joined(20, "\n", |i| format!("  \"p\" if \"r{i}\";"));
    for (n, milliseconds) in [(2, 250), (3, 500), (8, 5_000)] {
        let atoms = joined(n, " and ", |i| format!("has_role(u, x{i}, d)"));
        let found = one(format!(
            "actor U {{}}\nresource D {{\n  roles = [{roles}];\n  permissions = [\"p\", \"q\"];\n{uses}\n}}\n\
             has_permission(u: U, \"q\", d: D) if {atoms};"
        ));
        let coded = found.accepted || found.errors == [Code::E072];
        assert!(coded, "{n}: {:?}", found.errors);
        found.within(milliseconds);
    }
}

#[test]
fn relations_after_specialisation() {
    // Three arguments of fifty types that rules tell apart.
    let types = joined(50, "\n", |i| {
        format!("actor A{i} {{}}\np(x: A{i}) if q{i}(x);")
    });
    let rule = "r(x: Actor, y: Actor, z: Actor) if p(x) and p(y) and p(z) and s(x, y, z);";
    one(format!("{types}\n{rule}"))
        .only(&[Code::E072])
        .within(2_500);
}

#[test]
fn wildcard_shapes() {
    // Each atom has two shapes: 2^10 ways to join them.
    let rules = joined(10, "\n", |i| {
        format!("a{i}(x: U, y: D) if s{i}(x, y);\na{i}(_: U, y: D) if t{i}(y);")
    });
    let atoms = joined(10, " and ", |i| format!("a{i}(x, y)"));
    let text = format!("actor U {{}}\nresource D {{}}\n{rules}\np(x: U, y: D) if {atoms};");
    let found = one(text);
    assert!(
        found.accepted || found.errors == [Code::E072],
        "{:?}",
        found.errors
    );
    found.within(2_000);
}

#[test]
fn types_and_names() {
    let text = joined(1_000, "\n", |i| {
        format!(
            "resource R{i} {{ roles = [\"a\", \"b\"]; permissions = [\"p\"]; relations = {{ up: R{} }}; \"p\" if \"a\"; \"a\" if \"b\"; role if role on \"up\"; }}",
            (i + 1) % 1_000
        )
    });
    let found = one(format!("actor U {{}}\n{text}"));
    assert!(
        found.accepted || found.errors == [Code::E072],
        "{:?}",
        found.errors
    );
    found.within(5_000);
}

#[test]
fn errors_by_the_thousand() {
    let text = joined(10_000, "\n", |i| {
        format!("p{i}(x: User) if not q(x) and y > \"3\";")
    });
    let found = one(text);
    assert_eq!(found.errors.len(), Limits::default().diagnostics);
    found.within(1_000);
    let text = joined(10_000, "\n", |i| format!("p{i}(x: User) if q(x"));
    one(text).with(Code::E001).within(250);
}

#[test]
fn more_conditions_than_anybody_writes() {
    // Atoms that share a variable each, and negated ones: refused before anything is built.
    for n in [1_000, 10_000] {
        let text = joined(n, " and ", |i| format!("a(x, y{i}) and b(y{i})"));
        one(format!("p(x) if {text};")).within(500);
    }
    for n in [10_000, 40_000] {
        let text = joined(n, " and ", |i| format!("not a(x, {i})"));
        one(format!("p(x) if q(x) and {text};")).within(500);
    }
}

#[test]
fn alternatives_times_conditions() {
    // 4,096 alternatives of a hundred and more conditions each.
    for n in [100, 1_000] {
        let atoms = joined(n, " and ", |i| format!("c{i}(x)"));
        one(format!("p(x) if {} and {atoms};", pairs(12))).within(1_000);
    }
}

#[test]
fn residues_that_add_up() {
    // Open columns with a comparison each, joined as many times.
    for n in [16, 30] {
        let params = joined(n, ", ", |i| format!("x{i}"));
        let compares = joined(n, " and ", |i| format!("x{i} > {i}"));
        let calls = joined(n, " and ", |j| {
            format!("p(u, {})", joined(n, ", ", |i| format!("y{j}_{i}")))
        });
        one(format!(
            "actor U {{}}\np(u: U, {params}) if q(u) and {compares};\nr(u: U) if {calls};"
        ))
        .within(1_000);
    }
}

#[test]
fn small_texts_that_cost_seconds() {
    // Sixteen atoms with two shapes each.
    let rules = joined(16, "\n", |i| {
        format!("a{i}(x: U, y: D) if s{i}(x, y);\na{i}(_: U, y: D) if t{i}(y);")
    });
    let atoms = joined(16, " and ", |i| format!("a{i}(x, y)"));
    one(format!(
        "actor U {{}}\nresource D {{}}\n{rules}\np(x: U, y: D) if {atoms};"
    ))
    .within(500);
    // Eight joined atoms of wildcard shapes.
    let atoms = joined(8, " and ", |i| format!("e(y{i}, y{})", i + 1));
    one(format!(
        "actor U {{}}\np(x) if {atoms} and q(x, y0);\ne(_: U, b) if f(b);\ne(a, _: U) if f(a);"
    ))
    .within(500);
    // Two hundred types in a triple join.
    let types = joined(200, "\n", |i| {
        format!("actor A{i} {{}}\np(x: A{i}) if q{i}(x);")
    });
    one(format!(
        "{types}\nr(x: Actor, y: Actor, z: Actor) if p(x) and p(y) and p(z) and s(x, y, z);"
    ))
    .within(1_000);
}
