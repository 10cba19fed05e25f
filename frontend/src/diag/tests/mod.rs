//! What diagnostics look like, compared whole.

mod extremes;

use super::json::Report;
use super::render::{Style, render, render_all};
use super::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, Sources, Span};

/// The span of the `nth` occurrence (from 0) of `what`.
fn find(sources: &Sources, file: FileId, what: &str, nth: usize) -> Span {
    let text = sources.file(file).text();
    let (at, _) = text.match_indices(what).nth(nth).expect("in the text");
    Span::new(file, at, at + what.len())
}

fn one(text: &str) -> (Sources, FileId) {
    let mut sources = Sources::new();
    let file = sources.add("a.polar", text);
    (sources, file)
}

#[track_caller]
fn check(diagnostic: &Diagnostic, sources: &Sources, expected: &str) {
    let text = render(diagnostic, sources, Style::Plain);
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn labels_notes_and_help() {
    let (sources, a) =
        one("actor User {}\nallow(a: User, \"read\", d: Doc) if\n\tnot banned(a, x);\nx(1);\n");
    let d = Diagnostic::new(
        Code::E041,
        find(&sources, a, "x", 0),
        "`x` occurs only under `not`",
    )
    .label("not bound")
    .also(find(&sources, a, "not", 0), "negated here")
    .also(find(&sources, a, "allow", 0), "in this rule")
    .note("a note may have\ntwo lines")
    .help("add a positive condition that binds it");
    check(
        &d,
        &sources,
        r#"error[E041]: `x` occurs only under `not`
 --> a.polar:3:16
  |
2 | allow(a: User, "read", d: Doc) if
  | ----- in this rule
3 |     not banned(a, x);
  |     ---           ^ not bound
  |     |
  |     negated here
  |
  = note: a note may have
          two lines
  = help: add a positive condition that binds it
"#,
    );
}

#[test]
fn several_files_and_distant_lines() {
    let (mut sources, a) = one(&"line\n".repeat(3_000));
    let b = sources.add("b.polar", "other");
    let d = Diagnostic::new(Code::W014, Span::new(a, 5, 14), "duplicate rule")
        .label("again")
        .also(Span::new(a, 500, 504), "near")
        .also(Span::new(b, 0, 5), "elsewhere")
        .also(Span::new(a, 5_000, 5_004), "far");
    check(
        &d,
        &sources,
        "warning[W014]: duplicate rule
    --> a.polar:2:1
     |
   2 | / line
   3 | | line
     | |____^ again
...
 101 |   line
     |   ---- near
     |
    ::: a.polar:1001:1
     |
1001 |   line
     |   ---- far
     |
    ::: b.polar:1:1
     |
   1 |   other
     |   ----- elsewhere
",
    );
}

#[test]
fn a_place_of_many_lines_shows_its_first() {
    let (sources, a) = one(&"line\n".repeat(3_000));
    let d = Diagnostic::new(Code::E002, Span::new(a, 1, 15_000), "policy too large");
    check(
        &d,
        &sources,
        "error[E002]: policy too large
 --> a.polar:1:2
  |
1 | line
  |  ^^^
",
    );
}

#[test]
fn end_of_file_and_empty_file() {
    let text = "actor User {\n\n";
    let (sources, a) = one(text);
    let end = Span::new(a, text.len(), text.len());
    let d = Diagnostic::new(Code::E001, end, "unexpected end of file, expected `}`")
        .label("file ends here")
        .also(find(&sources, a, "{", 0), "not closed");
    check(
        &d,
        &sources,
        "error[E001]: unexpected end of file, expected `}`
 --> a.polar:3:1
  |
1 | actor User {
  |            - not closed
2 |
3 |
  | ^ file ends here
",
    );
    for text in ["", "\u{feff}"] {
        let (sources, a) = one(text);
        let d = Diagnostic::new(Code::E001, Span::new(a, 0, 0), "nothing here");
        let shown = render(&d, &sources, Style::Plain);
        assert!(shown.starts_with("error[E001]: nothing here\n --> a.polar:1:1\n  |\n1 |"));
    }
}

#[test]
fn tabs_carriage_returns_and_wide_characters() {
    let (sources, a) = one("a\r\nbé\t漢 ü x\r\n\r\nlast");
    let d = Diagnostic::new(Code::E001, find(&sources, a, "ü", 0), "unexpected `ü`")
        .label("here")
        .also(find(&sources, a, "\r\n", 1), "end of line")
        .also(find(&sources, a, "last", 0), "");
    check(
        &d,
        &sources,
        "error[E001]: unexpected `ü`
 --> a.polar:2:6
  |
2 | bé    漢 ü x
  |          ^  - end of line
  |          |
  |          here
3 |
4 | last
  | ----
",
    );
}

fn collect(limit: usize, found: impl IntoIterator<Item = Diagnostic>) -> Diagnostics {
    let mut diagnostics = Diagnostics::new(limit);
    found.into_iter().for_each(|d| diagnostics.push(d));
    diagnostics
}

#[test]
fn the_last_line_counts() {
    let (sources, a) = one("x");
    let of =
        |code, n: usize| vec![Diagnostic::new(code, Span::new(a, 0, 1), format!("{code:?}")); n];
    let last_lines = |errors, warnings| {
        let found = [of(Code::E001, errors), of(Code::W001, warnings)].concat();
        let text = render_all(&collect(2, found), &sources, Style::Plain);
        text.rsplit_once("\n\n").map(|(_, last)| last.to_owned())
    };
    assert_eq!(render_all(&collect(2, []), &sources, Style::Plain), "");
    assert_eq!(last_lines(0, 1).as_deref(), Some("warning: 1 warning\n"));
    assert_eq!(
        last_lines(2, 1).as_deref(),
        Some("error: 2 errors, 1 warning\n")
    );
    assert_eq!(
        last_lines(3, 4).as_deref(),
        Some("note: 1 more error, 2 more warnings not shown\nerror: 3 errors, 4 warnings\n")
    );
    let report = Report::new(&collect(2, of(Code::W001, 5)), &sources);
    assert_eq!((report.errors, report.warnings, report.left_out), (0, 5, 3));
}

#[test]
fn colour_only_when_asked() {
    let (sources, a) = one("x");
    let found = collect(1, [Diagnostic::new(Code::E001, Span::new(a, 0, 1), "no")]);
    let plain = render_all(&found, &sources, Style::Plain);
    let coloured = render_all(&found, &sources, Style::Coloured);
    assert!(!plain.contains('\u{1b}') && coloured.contains("\u{1b}["));
    let mut stripped = String::new();
    for (i, part) in coloured.split("\u{1b}[").enumerate() {
        stripped += if i == 0 {
            part
        } else {
            part.split_once('m').expect("SGR").1
        };
    }
    assert_eq!(stripped, plain);
}
