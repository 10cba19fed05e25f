//! The official clients, unchanged, against the real binary.
//!
//! The clients come from their registries, installed by the scripts beside this file. A
//! machine without the client's language skips its tests and says so; one on which the
//! installation fails does not: set `FLOE_SKIP_CLIENTS=1` where there is no network.

#[path = "../api/server.rs"]
#[allow(dead_code, reason = "shared with the other tests of the API")]
mod server;
mod tutorial;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use server::{KEY, Server};

/// Installs a client; `None` if this machine cannot have it.
fn install(script: &str, version: &str) -> Option<String> {
    if std::env::var_os("FLOE_SKIP_CLIENTS").is_some() {
        skipped(&format!(
            "official client, {script} {version}: FLOE_SKIP_CLIENTS is set"
        ));
        return None;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let mut install = Command::new("bash");
    install.arg(folder.join(script)).arg(version);
    install.env("CARGO_TARGET_DIR", target());
    let installed = install.output().expect("bash runs");
    let said = String::from_utf8_lossy(&installed.stderr);
    match installed.status.code() {
        Some(0) => {
            let path = String::from_utf8(installed.stdout).expect("UTF-8");
            Some(path.trim().to_owned())
        }
        Some(3) => {
            skipped(&format!("official client, {script} {version}: {said}"));
            None
        }
        _ => panic!("cannot install {script} {version}: {said}"),
    }
}

/// Says so past the test harness, which keeps what a test that passes prints to itself.
/// `.ci/test` repeats it at the end.
fn skipped(what: &str) {
    let what = what.trim_end();
    let _ = std::io::stderr().write_all(format!("skipped: {what}\n").as_bytes());
}

/// Where the build is.
fn target() -> std::path::PathBuf {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tmp.parent().expect("target").to_owned()
}

/// Runs a program of a client's language; it is silent unless something is wrong.
fn run(interpreter: &str, program: &str, arguments: &[&str]) {
    let server = Server::start();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let run = Command::new(interpreter)
        .arg(folder.join(program))
        .args(arguments)
        .env("OSO_URL", format!("http://{}", server.address))
        .env("OSO_AUTH", KEY)
        .output()
        .expect("the interpreter runs");
    let (out, err) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{out}\n{err}");
}

#[test]
fn python_2_6_0() {
    if let Some(python) = install("python.sh", "2.6.0") {
        run(&python, "python_2.py", &[]);
    }
}

#[test]
fn python_1_5_1() {
    if let Some(python) = install("python.sh", "1.5.1") {
        run(&python, "python_1.py", &[]);
    }
}

#[test]
fn node_2_6_0() {
    if let Some(modules) = install("node.sh", "2.6.0") {
        run("node", "node_2.js", &[&modules]);
    }
}

#[test]
fn node_1_6_1() {
    if let Some(modules) = install("node.sh", "1.6.1") {
        run("node", "node_1.js", &[&modules]);
    }
}
