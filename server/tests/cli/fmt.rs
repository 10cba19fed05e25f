//! `floe fmt`.

use std::fs;

use crate::{Folder, GOOD, WRONG};

/// [`GOOD`], laid out as nobody should.
const UGLY: &str = "actor User {}   \n\n\n\nlikes(u: User) if nice(u);";

#[test]
fn files_are_rewritten_in_place() {
    let folder = Folder::new("rewritten")
        .with("a.polar", UGLY)
        .with("b.polar", GOOD);
    let run = folder.floe(&["fmt", "a.polar", "b.polar"]).exits(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert_eq!(
        (
            folder.text("a.polar").as_str(),
            folder.text("b.polar").as_str()
        ),
        (GOOD, GOOD)
    );
    assert_eq!(folder.names(), ["a.polar", "b.polar"]);
}

#[test]
fn a_formatted_file_is_left_alone() {
    let folder = Folder::new("left-alone").with("a.polar", GOOD);
    let modified = || {
        fs::metadata(folder.path("a.polar"))
            .and_then(|m| m.modified())
            .expect("a time")
    };
    let before = modified();
    folder.floe(&["fmt", "a.polar"]).exits(0);
    assert_eq!(modified(), before);
}

#[test]
fn checking_lists_and_changes_nothing() {
    let folder = Folder::new("checking")
        .with("a.polar", UGLY)
        .with("b.polar", GOOD)
        .with("c.polar", UGLY);
    let run = folder
        .floe(&["fmt", "--check", "a.polar", "b.polar", "c.polar"])
        .exits(1);
    assert_eq!(run.out, "a.polar\nc.polar\n");
    assert_eq!(folder.text("a.polar"), UGLY);
    let run = folder.floe(&["fmt", "--check", "b.polar"]).exits(0);
    assert_eq!(run.out, "");
}

#[test]
fn standard_input_goes_to_standard_output() {
    let folder = Folder::new("fmt-stdin");
    assert_eq!(folder.floe_reading(&["fmt", "-"], UGLY).exits(0).out, GOOD);
    assert_eq!(
        folder
            .floe_reading(&["fmt", "--check", "-"], UGLY)
            .exits(1)
            .out,
        "<stdin>\n"
    );
    assert_eq!(
        folder
            .floe_reading(&["fmt", "--check", "-"], GOOD)
            .exits(0)
            .out,
        ""
    );
}

#[test]
fn one_syntax_error_and_no_file_is_touched() {
    let folder = Folder::new("untouched")
        .with("a.polar", UGLY)
        .with("wrong.polar", WRONG);
    let run = folder.floe(&["fmt", "a.polar", "wrong.polar"]).exits(1);
    assert!(run.err.contains("error[E001]: ") && run.err.contains(" --> wrong.polar:1:14\n"));
    assert_eq!(run.out, "");
    assert_eq!(
        (
            folder.text("a.polar").as_str(),
            folder.text("wrong.polar").as_str()
        ),
        (UGLY, WRONG)
    );
    let run = folder.floe_reading(&["fmt", "-"], WRONG).exits(1);
    assert_eq!(run.out, "");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = Folder::new("permissions").with("a.polar", UGLY);
    let (file, link) = (folder.path("a.polar"), folder.path("link.polar"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("its owner");
    symlink("a.polar", &link).expect("a link");
    folder.floe(&["fmt", "link.polar"]).exits(0);
    assert_eq!(folder.text("a.polar"), GOOD);
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

/// The sample of the README is what a reader copies from.
#[test]
fn the_sample_is_accepted_and_formatted() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../sample.polar");
    let folder = Folder::new("sample");
    let run = folder.floe(&["check", "--deny-warnings", sample]).exits(0);
    assert_eq!(run.err, "");
    folder.floe(&["fmt", "--check", sample]).exits(0);
}
