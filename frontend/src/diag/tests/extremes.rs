//! Long lines, hostile characters, wrong spans: what must not break a diagnostic.

use super::{check, collect, find, one};
use crate::diag::json::Report;
use crate::diag::render::{Style, render};
use crate::diag::{Code, Diagnostic};
use crate::source::{Sources, Span};

#[test]
fn nothing_steers_the_terminal() {
    let mut sources = Sources::new();
    let a = sources.add("\u{1b}a\n.polar", "\u{1b}[31mred\u{9b}31m\u{202e}");
    let d = Diagnostic::new(Code::E001, Span::new(a, 5, 8), "\u{1b}[2J\u{7}\u{9b}2J")
        .label("\u{1b}c\nx")
        .note("\u{1b}]0;title\u{7}");
    check(
        &d,
        &sources,
        "error[E001]: ␛[2J␇¿2J
 --> ␛a␊.polar:1:6
  |
1 | ␛[31mred¿31m�
  |      ^^^ ␛c␊x
  |
  = note: ␛]0;title␇
",
    );
}

#[test]
fn long_lines_and_messages_are_cut_and_columns_stay_true() {
    let name = "a".repeat(1 << 20);
    let (sources, a) = one(&format!("xx {name} yy {} zz\nok", "b".repeat(500)));
    let d = Diagnostic::new(
        Code::E031,
        find(&sources, a, "yy", 0),
        format!("`{name}` {}", "is not declared"),
    )
    .label("this")
    .also(Span::new(a, 3, 3 + (1 << 20)), format!("`{name}`"));
    let shown = render(&d, &sources, Style::Plain);
    let fastest = (0..5)
        .map(|_| {
            let start = std::time::Instant::now();
            assert_eq!(render(&d, &sources, Style::Plain), shown);
            start.elapsed()
        })
        .min();
    assert!(fastest.is_some_and(|t| t.as_millis() < 20), "{fastest:?}");
    let json = Report::new(&collect(10, [d]), &sources);
    assert!(shown.len() < 3_000, "{}", shown.len());
    assert!(shown.contains("\n --> a.polar:1:1048581\n"), "{shown}");
    let around = "a".repeat(60);
    let source_line = format!("\n1 | xx {around}...{around} yy bbb");
    assert!(shown.contains(&source_line), "{shown}");
    assert!(shown.contains(" ^^ this\n"), "{shown}");

    let entry = &json.diagnostics[0];
    assert_eq!((entry.primary.line, entry.primary.column), (1, 1_048_581));
    assert!(entry.message.ends_with("aaa` is not declared"));
    let texts = [
        &entry.message,
        &entry.primary.excerpt,
        &entry.secondary[0].excerpt,
        &entry.secondary[0].label,
    ];
    assert!(texts.iter().all(|t| t.len() <= 1_210));
}

#[test]
fn many_places_are_counted() {
    let (sources, a) = one(&"x\n".repeat(40));
    let mut d = Diagnostic::new(Code::E042, Span::new(a, 0, 1), "negation in a cycle");
    for line in 1..30 {
        d = d.also(Span::new(a, line * 2, line * 2 + 1), "then");
    }
    let shown = render(&d, &sources, Style::Plain);
    assert_eq!(shown.matches("then").count(), 24);
    assert!(
        shown.ends_with("   |\n   = note: 5 more places not shown\n"),
        "{shown}"
    );
}

/// Wrong spans are a mistake of another stage; they must not hide its message.
#[test]
fn any_span_of_any_text_is_rendered() {
    const PIECES: [&str; 11] = [
        "\n", "\r\n", "\r", "\t", "é", "漢", "x", "word ", "\u{0}", "\u{9b}", "\u{200d}",
    ];
    let mut state = 7_u64;
    let mut next = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695);
        (state >> 33) as usize % n
    };
    for round in 0..3_000 {
        let mut text = String::new();
        for _ in 0..next(30) {
            let repeat = if round % 10 == 0 {
                1 + next(300)
            } else {
                1 + next(3)
            };
            text += &PIECES[next(PIECES.len())].repeat(repeat);
        }
        let (sources, a) = one(&text);
        let mut span = || {
            let start = next(text.len() + 4);
            Span::new(a, start, start.saturating_sub(1) + next(text.len() + 4))
        };
        let mut d = Diagnostic::new(Code::E001, span(), "m").label("p");
        for label in ["", "one", "two"] {
            d = d.also(span(), label);
        }
        let shown = render(&d, &sources, Style::Plain);
        assert!(shown.starts_with("error[E001]: m\n"), "{text:?} {d:?}");
        assert_eq!(Report::new(&collect(1, [d]), &sources).diagnostics.len(), 1);
    }
}
