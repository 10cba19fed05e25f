//! The command line as a client.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::FLOE;

/// A folder of its own for one test.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("api")
        .join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// How a command went.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command that asks no server.
pub(crate) fn floe(arguments: &[&str]) -> Run {
    run("http://127.0.0.1:1", arguments, "")
}

fn run(url: &str, arguments: &[&str], input: &str) -> Run {
    let mut child = Command::new(FLOE)
        .args(arguments)
        .env("OSO_URL", url)
        .env_remove("OSO_AUTH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("floe starts");
    let mut stdin = child.stdin.take().expect("piped");
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("floe ends");
    Run {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

const POLICY: &str = "actor User {}\nresource Doc {\n  roles = [\"reader\"];\n  permissions = \
    [\"read\"];\n  \"read\" if \"reader\";\n}\n";

#[test]
fn inline_tests_run_without_a_server() {
    let folder = folder("inline");
    let file = folder.join("p.polar");
    let with = |assertion: &str| {
        format!(
            "{POLICY}test \"one\" {{ setup {{ has_role(User{{\"a\"}}, \"reader\", Doc{{\"d\"}}); }} {assertion} }}\n"
        )
    };
    let path = file.display().to_string();
    fs::write(
        &file,
        with("assert allow(User{\"a\"}, \"read\", Doc{\"d\"});"),
    )
    .expect("a file");
    let good = floe(&["test", &path]);
    assert_eq!(good.status, Some(0), "{good:?}");
    assert!(
        good.out
            .starts_with("test \"one\" ... ok\n1 passed, 0 failed, in "),
        "{good:?}"
    );
    fs::write(
        &file,
        with("assert allow(User{\"b\"}, \"read\", Doc{\"d\"});"),
    )
    .expect("a file");
    let bad = floe(&["test", &path]);
    assert_eq!(bad.status, Some(1), "{bad:?}");
    assert!(
        bad.out.contains("p.polar:7:") && bad.out.contains("to hold\n0 passed, 1 failed"),
        "{bad:?}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&floe(&["test", "--json", &path]).out).expect("JSON");
    assert_eq!(json["success"], false);
    fs::write(&file, "nonsense").expect("a file");
    assert_eq!(floe(&["test", &path]).status, Some(1));
}
