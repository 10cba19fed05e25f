//! `floe check`.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{FLOE, Folder, GOOD, Run, WRONG};

#[test]
fn an_accepted_policy_needs_no_words() {
    let run = Folder::new("accepted")
        .with("a.polar", GOOD)
        .floe(&["check", "a.polar"])
        .exits(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}

#[test]
fn errors_are_shown_and_counted() {
    let run = Folder::new("errors")
        .with("a.polar", WRONG)
        .floe(&["check", "a.polar"])
        .exits(1);
    assert!(
        run.err.contains("error[E001]: ") && run.err.contains(" --> a.polar:1:14\n"),
        "{run:#?}"
    );
    assert!(run.err.contains("\n1 | actor User { !! }\n"), "{run:#?}");
    let last = run.err.lines().last();
    assert!(
        last.is_some_and(|l| l.starts_with("error: ") && l.contains(" error")),
        "{run:#?}"
    );
    assert_eq!(run.out, "");
}

#[test]
fn warnings_are_denied_on_request() {
    let folder =
        Folder::new("warnings").with("a.polar", format!("{GOOD}@fast likes(User{{\"x\"}});\n"));
    let run = folder.floe(&["check", "a.polar"]).exits(0);
    assert!(run.err.contains("warning[W010]: "), "{run:#?}");
    assert!(run.err.ends_with("warning: 1 warning\n"), "{run:#?}");
    folder
        .floe(&["check", "--deny-warnings", "a.polar"])
        .exits(1);
}

#[test]
fn several_files_are_one_policy() {
    let folder = Folder::new("several")
        .with("base.polar", "resource Base { roles = [\"reader\"]; }\n")
        .with("doc.polar", "resource Doc extends Base {}\n");
    let run = folder.floe(&["check", "doc.polar"]).exits(1);
    assert!(run.err.contains("error[E024]"), "{run:#?}");
    for files in [["base.polar", "doc.polar"], ["doc.polar", "base.polar"]] {
        let run = folder.floe(&["check", files[0], files[1]]).exits(0);
        assert!(!run.err.contains("E024"), "{run:#?}");
    }
}

#[test]
fn standard_input_is_a_file() {
    let folder = Folder::new("stdin");
    folder.floe_reading(&["check", "-"], GOOD).exits(0);
    let run = folder.floe_reading(&["check", "-"], WRONG).exits(1);
    assert!(run.err.contains(" --> <stdin>:1:14\n"), "{run:#?}");
}

#[test]
fn json_says_the_same() {
    let folder = Folder::new("json")
        .with("a.polar", WRONG)
        .with("b.polar", GOOD);
    let report = |run: &Run| serde_json::from_str::<Value>(&run.out).expect("JSON");
    let run = folder.floe(&["check", "--json", "a.polar"]).exits(1);
    assert_eq!(run.err, "");
    let report_a = report(&run);
    assert!(
        report_a["errors"].as_u64().is_some_and(|n| n > 0),
        "{report_a:#}"
    );
    assert_eq!(
        (&report_a["warnings"], &report_a["left_out"]),
        (&0.into(), &0.into())
    );
    let first = &report_a["diagnostics"][0];
    assert_eq!(
        (&first["code"], &first["severity"]),
        (&"E001".into(), &"error".into())
    );
    assert!(first["title"].is_string() && first["message"].is_string());
    assert!(first["secondary"].is_array() && first["notes"].is_array() && first["help"].is_array());
    let place = &first["primary"];
    assert_eq!(place["file"], "a.polar");
    assert_eq!(place["excerpt"], "actor User { !! }");
    assert!(place["label"].is_string());
    for (key, value) in [("start", 13), ("line", 1), ("column", 14), ("end_line", 1)] {
        assert_eq!(place[key], value, "{key}");
    }
    assert!(place["end"].as_u64() > place["start"].as_u64());
    assert!(place["end_column"].as_u64() > place["column"].as_u64());

    let run = folder.floe(&["check", "--json", "b.polar"]).exits(0);
    assert_eq!(report(&run)["diagnostics"], Value::Array(Vec::new()));
}

#[test]
fn stages_are_printed() {
    let folder = Folder::new("stages")
        .with("a.polar", GOOD)
        .with("b.polar", "actor Admin {}\n")
        .with("wrong.polar", WRONG);
    for stage in ["ast", "rules", "ir"] {
        let run = folder
            .floe(&["check", "--print", stage, "a.polar"])
            .exits(0);
        assert!(!run.out.is_empty(), "{stage}");
        let run = folder
            .floe(&["check", "--print", stage, "wrong.polar"])
            .exits(1);
        assert_eq!(run.out.is_empty(), stage != "ast", "{stage}");
    }
    let run = folder
        .floe(&["check", "--print", "ast", "a.polar", "b.polar"])
        .exits(0);
    let place = |what: &str| run.out.find(what);
    assert!(place("# a.polar\n") < place("User") && place("User") < place("# b.polar\n"));
    let run = folder
        .floe(&["check", "--print", "plan", "a.polar"])
        .exits(0);
    assert!(run.out.contains(": maintained"), "{}", run.out);
    folder
        .floe(&["check", "--print", "ast", "--json", "a.polar"])
        .is_misuse("--json");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = Folder::new("pipe").with("a.polar", GOOD);
    let mut child = Command::new(FLOE)
        .args(["check", "--print", "ast", "a.polar"])
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .spawn()
        .expect("floe starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("floe ends").code(), Some(0));
}

#[test]
fn colour_is_for_terminals() {
    let folder = Folder::new("colour").with("a.polar", WRONG);
    let coloured = |arguments: &[&str]| folder.floe(arguments).exits(1).err.contains('\u{1b}');
    assert!(!coloured(&["check", "a.polar"]));
    assert!(!coloured(&["check", "--color", "never", "a.polar"]));
    assert!(coloured(&["check", "--color", "always", "a.polar"]));
    folder
        .floe(&["check", "--color", "green", "a.polar"])
        .is_misuse("--color");
}

/// `script` runs a command on a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn colour_on_a_real_terminal() {
    let folder = Folder::new("terminal").with("a.polar", WRONG);
    let on_terminal = |variable: (&str, &str)| {
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command"])
            .arg(format!("'{FLOE}' check a.polar"))
            .arg("/dev/null")
            .current_dir(&folder.0)
            .stdin(Stdio::null())
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .env(variable.0, variable.1)
            .output()
            .ok()?;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        Some(output.stdout.contains(&0x1b))
    };
    if on_terminal(("TERM", "xterm")).is_none() {
        eprintln!("not tested: this machine has no `script`");
        return;
    }
    assert_eq!(on_terminal(("TERM", "xterm")), Some(true));
    assert_eq!(on_terminal(("TERM", "dumb")), Some(false));
    assert_eq!(on_terminal(("NO_COLOR", "1")), Some(false));
}
