//! What is said when a ceiling is reached, whole. The ceilings are lowered, so that the
//! policies fit on a screen; those that do so by themselves are in `cases/limits`.

use floe_frontend::diag::render::{Style, render_all};
use floe_frontend::source::Sources;
use floe_frontend::{Limits, compile};

#[track_caller]
fn says(limits: Limits, text: &str, expected: &str) {
    let mut sources = Sources::new();
    sources.add("policy.polar", text);
    let compiled = compile(&sources, &limits);
    assert!(compiled.program.is_none());
    let said = render_all(&compiled.diagnostics, &sources, Style::Plain);
    assert_eq!(said.trim_end(), expected.trim(), "\n{said}");
}

#[test]
fn bytes() {
    let limits = Limits {
        source_bytes: 20,
        ..Limits::default()
    };
    says(
        limits,
        "actor User {}\nactor Group {}\n",
        r#"
error[E002]: policy too large (29 bytes, limit 20)
 --> policy.polar:1:1
  |
1 | actor User {}
  | ^
  |
  = help: keep data such as memberships as facts instead of rules

error: 1 error
"#,
    );
}

#[test]
fn relations() {
    let limits = Limits {
        parts: 2,
        ..Limits::default()
    };
    let text = "actor User {}\nvip(u: User) if paid(u, \"gold\") or paid(u, \"silver\");\n";
    says(
        limits,
        text,
        r#"
error[E072]: the policy needs more than 2 relations or 200000 rules once every type and name is told apart
 --> policy.polar:2:1
  |
2 | vip(u: User) if paid(u, "gold") or paid(u, "silver");
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the limit is reached with this rule
  |
  = help: let fewer rules tell types apart: annotate with a common supertype, or with `Actor` or `Resource`

error: 1 error
"#,
    );
}

#[test]
fn predicates() {
    let limits = Limits {
        predicates: 2,
        ..Limits::default()
    };
    let text = "actor User {}\nvip(u: User) if paid(u) and known(u);\n";
    says(
        limits,
        text,
        r#"
error[E073]: too many predicates, the limit is 2
 --> policy.polar:2:29
  |
2 | vip(u: User) if paid(u) and known(u);
  |                             ^^^^^ one too many

error: 1 error
"#,
    );
}

#[test]
fn conditions() {
    let limits = Limits {
        conditions: 2,
        ..Limits::default()
    };
    let text = "actor User {}\nvip(u: User) if paid(u) and known(u) and trusted(u);\n";
    says(
        limits,
        text,
        r#"
error[E075]: this rule has 3 conditions at once, the limit is 2
 --> policy.polar:2:1
  |
2 | vip(u: User) if paid(u) and known(u) and trusted(u);
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ too many conditions
  |
  = help: give some of them a predicate of their own and use that

error: 1 error
"#,
    );
}
