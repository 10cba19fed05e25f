//! Wrong arguments, unreadable files, and the help against both.

use crate::{Folder, GOOD};

#[test]
fn misuse_is_told_from_errors() {
    let folder = Folder::new("misuse")
        .with("a.polar", GOOD)
        .with("latin1.polar", b"# caf\xe9\n");
    folder
        .floe(&["check", "missing.polar"])
        .is_misuse("cannot read missing.polar: ");
    folder
        .floe(&["check", "a.polar", "."])
        .is_misuse("cannot read .: ");
    folder
        .floe(&["check", "latin1.polar"])
        .is_misuse("not UTF-8 at byte 5");
    folder
        .floe(&["check", "a.polar", "a.polar"])
        .is_misuse("given twice");
    folder.floe(&["check"]).is_misuse("<FILE>");
    folder
        .floe(&["check", "--frobnicate", "a.polar"])
        .is_misuse("--frobnicate");
    folder.floe(&["frobnicate"]).is_misuse("frobnicate");
    folder
        .floe(&["fmt", "missing.polar"])
        .is_misuse("cannot read missing.polar: ");
    folder
        .floe(&["fmt", "-", "a.polar"])
        .is_misuse("cannot be combined");
}

#[test]
fn help_teaches() {
    let folder = Folder::new("help");
    let help = folder.floe(&["--help"]).exits(0).out;
    assert!(help.contains("check") && help.contains("fmt") && help.contains("Exit status:"));
    for command in ["check", "fmt"] {
        let help = folder.floe(&[command, "--help"]).exits(0).out;
        assert!(
            help.contains("Examples:") && help.contains("--color"),
            "{help}"
        );
    }
    assert!(
        folder
            .floe(&["--version"])
            .exits(0)
            .out
            .starts_with("floe ")
    );
}
