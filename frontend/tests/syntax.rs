//! Parsing, recovery, printing and formatting, from the outside.

#[path = "syntax/cases.rs"]
mod cases;
#[path = "syntax/generate.rs"]
mod generate;
#[path = "syntax/policies.rs"]
mod policies;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use floe_frontend::Limits;
use floe_frontend::diag::{Code, Diagnostics};
use floe_frontend::source::{FileId, Sources};
use floe_frontend::syntax::{self, ast::Policy};
use proptest::prelude::*;

const FILE: FileId = FileId(0);

fn parse(text: &str) -> (Policy, Diagnostics) {
    parse_within(text, &Limits::default())
}

fn parse_within(text: &str, limits: &Limits) -> (Policy, Diagnostics) {
    let mut diagnostics = Diagnostics::new(limits.diagnostics);
    let policy = syntax::parse(FILE, text, limits, &mut diagnostics);
    (policy, diagnostics)
}

fn codes(diagnostics: &Diagnostics) -> Vec<Code> {
    diagnostics.iter().map(|d| d.code).collect()
}

fn format(text: &str) -> String {
    syntax::format(FILE, text, &Limits::default())
        .unwrap_or_else(|d| panic!("does not parse: {:?}\n{text}", codes(&d)))
}

/// `code line:column message`, sorted by place, with label and help below.
fn listing(text: &str) -> String {
    let mut sources = Sources::new();
    sources.add("case", text);
    let (_, mut diagnostics) = parse(text);
    diagnostics.sort();
    diagnostics.iter().fold(String::new(), |mut out, d| {
        let at = sources.position(d.primary.span);
        let code = d.code.as_str();
        let _ = writeln!(out, "{code} {}:{} {}", at.line, at.column, d.message);
        assert!(!d.primary.text.is_empty(), "no label: {}", d.message);
        for help in &d.help {
            let _ = writeln!(out, "  help: {help}");
        }
        out
    })
}

/// Compares, or writes down what is if `BLESS` is set.
fn check(file: &str, actual: impl Fn(&str) -> String) {
    let mut written = String::new();
    let mut wrong = Vec::new();
    for case in cases::read(file) {
        let actual = actual(&case.input);
        let (name, input) = (&case.name, &case.input);
        let _ = writeln!(written, "### {name}\n{input}---\n{}\n", actual.trim_end());
        if actual.trim_end() != case.expected {
            wrong.push(format!(
                "### {name}\n{}\n--- instead of\n{}",
                actual.trim_end(),
                case.expected
            ));
        }
    }
    if std::env::var_os("BLESS").is_some() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syntax");
        std::fs::write(folder.join(file), written).expect("the data file can be written");
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn errors_are_as_listed() {
    check("errors.txt", listing);
}

#[test]
fn trees_are_as_listed() {
    check("trees.txt", |text| {
        let mut sources = Sources::new();
        sources.add("case", text);
        let (policy, diagnostics) = parse(text);
        assert!(!diagnostics.has_errors(), "{}", listing(text));
        syntax::dump(&policy, Some(&sources))
    });
}

#[test]
fn layouts_are_as_listed() {
    check("layouts.txt", |text| {
        let once = format(text);
        assert_eq!(once, format(&once));
        once
    });
}

#[test]
fn every_policy_parses_and_survives_formatting() {
    let policies = policies::all();
    assert_eq!(policies.len(), 44);
    for (name, text) in policies {
        let (policy, diagnostics) = parse(&text);
        assert_eq!(codes(&diagnostics), [], "{name}");
        assert!(!policy.items.is_empty(), "{name}");
        let tree = syntax::dump(&policy, None);
        for printed in [format(&text), syntax::print(&policy)] {
            let (again, diagnostics) = parse(&printed);
            assert_eq!(codes(&diagnostics), [], "{name}\n{printed}");
            assert_eq!(syntax::dump(&again, None), tree, "{name}\n{printed}");
            assert_eq!(format(&printed), printed, "{name}");
            assert!(
                printed.ends_with('\n') && !printed.ends_with("\n\n"),
                "{name}"
            );
            assert!(printed.lines().all(|l| l.trim_end() == l), "{name}");
        }
    }
}

#[test]
fn twelve_mistakes_are_twelve_errors() {
    let text = r#"
actor User {}
resource Doc {
  roles = ["reader", writer];
  relations = { parent Doc, owner: User };
  "reader" if "writer"
  "reader" if "reader" on "parent" on "parent";
  "reader" if "owner" = 3;
  reader if "writer";
}
ressource Folder { roles = ["a"]; "a" if "b"; }
allow(u: User, x, d: Doc) if d.owner = u;
allow(u: User, x, d: Doc) if u == d;
allow(u: User, "x", d: Doc if p(u);
declare p(x: User);
test "t" {
  setup { p(User{"a"}) }
  assert p(User{a});
  assert p(User{"b"});
}
"#;
    let (policy, diagnostics) = parse(text);
    let found: Vec<_> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(found.len(), 12, "{found:#?}");
    // What could be understood is all there.
    assert_eq!(policy.items.len(), 6, "{}", syntax::dump(&policy, None));
}

#[test]
fn recovery_keeps_what_it_can() {
    let text = "resource A { roles = [\"a\" \"b\"; \"a\" if \"b\" }\n\
                p(x) if q(x)\nr(x);\ntest \"t\" { assert p(1)\n assert q(2) }";
    let (policy, diagnostics) = parse(text);
    assert_eq!(diagnostics.errors(), 6, "{}", listing(text));
    assert_eq!(
        syntax::dump(&policy, None),
        "resource A\n  roles [\"a\", \"b\"]\n  shorthand \"a\"\n    term \"b\"\n\
         rule p(x)\n  call q(x)\nrule r(x)\ntest \"t\"\n  assert p(1)\n  assert q(2)\n"
    );
}

#[test]
fn too_large_a_text_is_refused() {
    let limits = Limits::default();
    let text = " ".repeat(limits.source_bytes + 1);
    let (policy, diagnostics) = parse(&text);
    assert!(policy.items.is_empty());
    let messages: Vec<_> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        messages,
        ["policy too large (1 048 577 bytes, limit 1 048 576)"]
    );
    let (_, diagnostics) = parse(&text[1..]);
    assert!(!diagnostics.has_errors());
}

#[test]
fn diagnostics_beyond_the_limit_are_counted() {
    let (_, diagnostics) = parse(&"a;".repeat(100_000));
    assert_eq!(diagnostics.errors(), 100_000);
    assert_eq!(diagnostics.iter().count(), 200);
}

#[test]
fn nesting_is_limited_exactly() {
    let nested = |n: usize| format!("p(x) if {}q(x){};", "(".repeat(n), ")".repeat(n));
    let negated = |n: usize| format!("p(x) if {}q(x);", "not ".repeat(n));
    let mixed = |n: usize| format!("p(x) if {}q(x){};", "not (".repeat(n), ")".repeat(n));
    for (text, code) in [
        (nested(128), None),
        (nested(129), Some(Code::E070)),
        (negated(128), None),
        (negated(129), Some(Code::E070)),
        (mixed(64), None),
        (mixed(65), Some(Code::E070)),
    ] {
        let (_, diagnostics) = parse(&text);
        assert_eq!(codes(&diagnostics), Vec::from_iter(code), "{text}");
    }
}

/// Runs on a small stack.
fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(512 << 10)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no crash")
}

/// Parses on a small stack. In release builds it must be fast; the machine may be busy,
/// so the best of several runs counts.
fn parse_fast(what: &str, text: String, limit: Duration) -> Vec<Code> {
    let (found, best) = on_small_stack(move || {
        let mut best = Duration::MAX;
        let mut found = Vec::new();
        for _ in 0..5 {
            let start = Instant::now();
            found = codes(&parse(&text).1);
            best = best.min(start.elapsed());
            if cfg!(debug_assertions) || best < limit {
                break;
            }
        }
        (found, best)
    });
    assert!(cfg!(debug_assertions) || best < limit, "{what}: {best:?}");
    found
}

#[test]
fn deep_nesting_is_one_error() {
    const DEPTH: usize = 100_000;
    let bombs = [
        ("p(x) if ", "(", ""),
        ("p(x) if ", "(", ")"),
        ("p(x) if ", "not ", ""),
        ("p(x) if ", "not(", ""),
        ("p(x) if ", "! ", ""),
        ("p(x) if x = ", "(", ""),
        ("p(x) if x = ", "[", ""),
        ("p(x) if x in ", "[", "]"),
        ("p(x) if ", "q(", ")"),
        ("", "p(", ""),
        ("", "(", ""),
        ("", "{", ""),
        ("", "{", "}"),
        ("", "[", ""),
        ("p(T", "{", ""),
        ("p(", "T{", "}"),
        ("p(_: T{a:", "T{a:", "}"),
        ("resource R { roles = ", "[", ""),
        ("resource R { roles = [", "[", "]"),
        ("resource R { relations = ", "{", ""),
        ("resource R { relations = { a: ", "{", "}"),
        ("resource R { ", "(", ""),
        ("resource R { \"a\" if ", "(", ""),
        ("resource R { \"a\" if ", "not ", ""),
        ("resource R { \"a\" if ", "not (", ")"),
        ("resource R { \"a\" if x = ", "(", ""),
        ("test \"t\" { setup ", "{ p(", ""),
        ("test \"t\" { setup { p(", "q(", ")"),
        ("test \"t\" { assert p(1) iff ", "(", ""),
        ("test \"t\" ", "{", "}"),
        ("declare p(", "(", ")"),
    ];
    for (before, open, close) in bombs {
        let text = format!("{before}{}{}", open.repeat(DEPTH), close.repeat(DEPTH));
        let what = format!("{before}{open}...{close}");
        let found = parse_fast(&what, text, Duration::from_millis(100));
        let deep = found.iter().filter(|c| **c == Code::E070).count();
        assert_eq!(deep, 1, "{what}: {found:?}");
        // The body around the bomb may lack its end, too.
        assert!(found.len() <= 3, "{what}: {found:?}");
    }
}

#[test]
fn long_chains_and_repetitions_take_linear_time() {
    const BYTES: usize = if cfg!(debug_assertions) {
        1 << 16
    } else {
        1 << 20
    };
    let fill = |unit: &str| unit.repeat(BYTES / unit.len() - 100);
    let chain = |unit: &str| format!("p(x) if q(x){};", unit.repeat(100_000));
    let units = [
        "a",
        "a ",
        "a::",
        "::",
        "1",
        "-",
        "- 1",
        "1 ",
        "\"",
        "\"a ",
        "'",
        "\u{201c}",
        "`",
        "\"\\",
        "\"\n",
        "#",
        "#\n",
        ";",
        "a;",
        "a(",
        "a(b",
        "a,",
        ",",
        "}",
        "{}",
        "{};",
        "a{",
        "T{\"a\"} ",
        "T{\"a\"},",
        "a {",
        "actor A {",
        "actor A {\n",
        "resource\n",
        "test \"\" {\n",
        "declare a(",
        "@",
        "@a ",
        "roles = [",
        "\"a\" if ",
        "\"a\" if \"b\";",
        "\"a\";\n",
        "\n",
        "\r",
        "\u{a0}",
        "é",
        "\u{202e}",
        "?=",
        "==",
        "a(b) if c == d;",
        "a(x) if ",
        "a(x) if b,",
        "a.b",
        "//",
        "/*",
        "// \n",
        "& ",
        "not ",
        "and ",
        "or ",
        "a(b c",
        "a([1], ",
        "a(b(c), ",
        "a(x)\n",
        "type a;",
        "global {\n",
        "\"a\n",
        "assert a(b\n",
        "a b {",
        "a b { ",
        "else ",
    ];
    let mut texts: Vec<(String, String)> = Vec::new();
    for unit in units {
        texts.push((format!("{unit:?} alone"), fill(unit)));
        texts.push((
            format!("{unit:?} in a rule"),
            format!("p(x) if {}", fill(unit)),
        ));
        texts.push((
            format!("{unit:?} in arguments"),
            format!("p(x, {}", fill(unit)),
        ));
        texts.push((
            format!("{unit:?} in a block"),
            format!("resource R {{ {}", fill(unit)),
        ));
        texts.push((
            format!("{unit:?} in a list"),
            format!("resource R {{ roles = [ {}", fill(unit)),
        ));
        texts.push((
            format!("{unit:?} in a setup"),
            format!("test \"t\" {{ setup {{ {}", fill(unit)),
        ));
    }
    texts.push(("and".to_owned(), chain(" and q(x)")));
    texts.push(("or".to_owned(), chain(" or q(x)")));
    texts.push(("both".to_owned(), chain(" or q(x) and r")));
    for (name, text) in texts {
        parse_fast(&name, text, Duration::from_millis(500));
    }
}

#[test]
fn long_chains_are_flat() {
    let text = format!("p(x) if q(x){};", " and q(x)".repeat(100_000));
    let printed = on_small_stack(move || format(&text));
    assert_eq!(printed.lines().count(), 100_002);
}

/// The text with a comment in every tenth gap between tokens or so.
fn sprinkle(text: &str, seed: u64) -> (String, usize) {
    let mut state = seed;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut out = String::new();
    let mut count = 0;
    let (mut in_string, mut escaped, mut in_comment) = (false, false, false);
    for c in text.chars() {
        out.push(c);
        if in_comment {
            in_comment = c != '\n';
            continue;
        }
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        in_string = c == '"';
        in_comment = c == '#';
        if matches!(
            c,
            ' ' | '\n' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';'
        ) && random() % 10 == 0
        {
            let before = ["", "\n", "\n\n", "  "][(random() % 4) as usize];
            let after = ["", "\n", "\n\n\n"][(random() % 3) as usize];
            let _ = writeln!(out, "{before}# comment {count}.{after}");
            count += 1;
        }
    }
    (out, count)
}

fn formatting_keeps_comments(text: &str, seed: u64) {
    let tree = syntax::dump(&parse(text).0, None);
    let (commented, count) = sprinkle(text, seed);
    let formatted = format(&commented);
    for i in 0..count {
        let comment = format!("# comment {i}.");
        assert_eq!(
            formatted.matches(&comment).count(),
            1,
            "{comment}\n{commented}\n{formatted}"
        );
    }
    assert_eq!(
        syntax::dump(&parse(&formatted).0, None),
        tree,
        "{commented}\n{formatted}"
    );
    assert_eq!(format(&formatted), formatted, "{commented}");
    assert!(!formatted.contains("\n\n\n"), "{formatted}");
    assert!(formatted.lines().all(|l| l.trim_end() == l), "{formatted}");
}

#[test]
fn comments_survive_in_every_policy() {
    for (_, text) in policies::all() {
        for seed in 0..20 {
            formatting_keeps_comments(&text, seed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_and_parsing_are_inverse(policy in generate::policy(), seed in any::<u64>()) {
        let printed = syntax::print(&policy);
        let (again, diagnostics) = parse(&printed);
        prop_assert!(!diagnostics.has_errors(), "{}\n{printed}", listing(&printed));
        prop_assert_eq!(syntax::dump(&policy, None), syntax::dump(&again, None), "{}", printed);
        prop_assert_eq!(&syntax::print(&again), &printed);
        prop_assert_eq!(&format(&printed), &printed);
        formatting_keeps_comments(&printed, seed);
    }

    #[test]
    fn any_text_is_parsed(text in "\\PC{0,200}") {
        parse(&text);
    }
}
