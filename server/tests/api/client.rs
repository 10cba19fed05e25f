//! The command line as a client.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::server::{FLOE, Server};

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

/// Runs a command that asks the server there.
pub(crate) fn floe_at(url: &str, arguments: &[&str]) -> Run {
    run(url, arguments, "")
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
fn the_whole_tour() {
    let server = Server::start();
    let url = format!("http://{}/", server.address);
    let does = |arguments: &[&str], status: i32, out: &str| {
        let run = run(&url, arguments, POLICY);
        assert_eq!(
            (run.status, run.out.as_str()),
            (Some(status), out),
            "{arguments:?}: {run:?}"
        );
        run
    };
    let none = does(&["policy", "pull"], 1, "");
    assert!(none.err.contains("no policy"));
    does(
        &["policy", "test", "-"],
        0,
        "Policy is valid; 0 tests passed. It was not loaded.\n",
    );
    does(&["policy", "push", "-"], 0, "Policy loaded as version 2.\n");
    does(
        &["policy", "push", "-"],
        0,
        "Policy unchanged: this is the active one.\n",
    );
    does(&["policy", "pull"], 0, POLICY);
    does(
        &["tell", "has_role", "User:ann", "reader", "Doc:a b"],
        0,
        "",
    );
    does(&["tell", "has_role", "User:ann", "reader", "Doc:c"], 0, "");
    let refused = does(&["tell", "is_tall", "User:ann"], 1, "");
    assert!(
        refused
            .err
            .starts_with("error: is_tall(User) is not used in policy"),
        "{refused:?}"
    );
    does(
        &["get", "has_role", "User:_"],
        0,
        "has_role User:ann reader Doc:\"a b\"\nhas_role User:ann reader Doc:c\n",
    );
    does(
        &["get", "has_role", "_", "_", "Doc:c"],
        0,
        "has_role User:ann reader Doc:c\n",
    );
    does(&["authorize", "User:ann", "read", "Doc:c"], 0, "allowed\n");
    does(&["authorize", "User:bob", "read", "Doc:c"], 1, "denied\n");
    does(
        &[
            "authorize",
            "User:bob",
            "read",
            "Doc:c",
            "-c",
            "has_role User:bob reader Doc:c",
        ],
        0,
        "allowed\n",
    );
    does(
        &["authorize", "User:ann", "read", "Doc:c", "--json"],
        0,
        "{\"allowed\":true}\n",
    );
    does(&["list", "User:ann", "read", "Doc"], 0, "a b\nc\n");
    does(&["actions", "User:ann", "Doc:c"], 0, "read\n");
    does(
        &["query", "has_permission", "User:_", "read", "Doc:c"],
        0,
        "has_permission User:ann read Doc:c\n",
    );
    does(&["delete", "has_role", "_", "_", "Doc:c"], 0, "");
    does(&["list", "User:ann", "read", "Doc"], 0, "a b\n");
    let misuse = does(&["authorize", "ann", "read", "Doc:c"], 2, "");
    assert!(misuse.err.contains("write Type:id"), "{misuse:?}");
}

#[test]
fn a_server_that_is_not_there_or_does_not_know_the_key() {
    let run = floe(&["get"]);
    assert_eq!(run.status, Some(2));
    assert!(run.err.contains("cannot reach"), "{run:?}");
    let server = Server::start();
    let url = format!("http://{}", server.address);
    let run = self::run(&url, &["get", "--key", "e_a_b_c"], "");
    assert_eq!(run.status, Some(2));
    assert!(
        run.err.contains("401") && !run.err.contains("e_a_b_c"),
        "{run:?}"
    );
    let run = self::run("https://example.invalid", &["get"], "");
    assert!(run.err.contains("OSO_AUTH"), "{run:?}");
}

#[test]
fn facts_go_in_and_out_as_lines() {
    let server = Server::start();
    let url = format!("http://{}", server.address);
    assert_eq!(run(&url, &["policy", "push", "-"], POLICY).status, Some(0));
    let folder = folder("import");
    let file = folder.join("facts.ndjson");
    let line = |i: usize| {
        format!(
            "{{\"predicate\":\"has_role\",\"args\":[{{\"type\":\"User\",\"id\":\"u{i:05}\"}},\
             {{\"type\":\"String\",\"id\":\"reader\"}},{{\"type\":\"Doc\",\"id\":\"d\"}}]}}\n"
        )
    };
    let all: String = (0..25_000).map(line).collect();
    fs::write(&file, &all).expect("a file");
    let path = file.display().to_string();
    let imported = run(&url, &["import", &path], "");
    assert_eq!(imported.status, Some(0), "{imported:?}");
    assert!(imported.out.starts_with("25000 facts in "), "{imported:?}");
    let exported = run(&url, &["export"], "");
    assert_eq!(exported.status, Some(0));
    assert!(exported.out == all, "the export differs");
    assert_eq!(
        run(&url, &["export", "has_role", "User:u00007"], "").out,
        line(7)
    );

    // Whoever reads may have seen enough.
    let mut child = Command::new(FLOE)
        .args(["export", "--url", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("floe starts");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    out.read_line(&mut first).expect("a line");
    drop(out);
    let ended = child.wait_with_output().expect("floe ends");
    assert_eq!(
        (first, ended.status.code()),
        (line(0), Some(0)),
        "{ended:?}"
    );
    assert!(ended.stderr.is_empty(), "{ended:?}");

    fs::write(&file, line(1) + "{\"predicate\": 7}\n").expect("a file");
    let wrong = run(&url, &["import", &path], "");
    assert_eq!(wrong.status, Some(2));
    assert!(wrong.err.contains("facts.ndjson:2: "), "{wrong:?}");
    let unused = "{\"predicate\": \"p\", \"args\": []}";
    let refused = run(&url, &["import", "-", "--batch", "1"], &(line(1) + unused));
    assert_eq!(refused.status, Some(1));
    assert!(
        refused.err.contains("lines 2 to 2: ") && refused.err.contains("1 facts before line 2"),
        "{refused:?}"
    );
}

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
