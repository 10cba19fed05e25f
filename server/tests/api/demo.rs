//! `floe demo`: what it shows, and that the README shows the same.

use std::fs;
use std::process::Command;

use crate::client::{Run, floe};
use crate::server::FLOE;

/// The output with what differs from run to run replaced.
fn masked(out: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("  (") {
            return "  (time)\n".to_owned();
        }
        match line.split_once("http://127.0.0.1:") {
            Some((before, port)) if port.parse::<u16>().is_ok() => {
                format!("{before}http://127.0.0.1:PORT\n")
            }
            _ => format!("{line}\n"),
        }
    };
    out.lines().map(line).collect()
}

fn text(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).expect("a file")
}

#[test]
fn the_demonstration_ends_well_and_shows_what_is_expected() {
    // Nothing of the environment has a part in it.
    let run = Command::new(FLOE)
        .args(["demo"])
        .env("OSO_URL", "http://127.0.0.1:1")
        .env("OSO_AUTH", "e_a_b_c")
        .env("FLOE_LISTEN", "nowhere")
        .env("ALL_PROXY", "http://127.0.0.1:1")
        .output()
        .expect("floe starts");
    let run = Run {
        status: run.status.code(),
        out: String::from_utf8(run.stdout).expect("UTF-8"),
        err: String::from_utf8(run.stderr).expect("UTF-8"),
    };
    assert_eq!((run.status, run.err.as_str()), (Some(0), ""), "{run:?}");
    let shown = masked(&run.out);
    if std::env::var_os("FLOE_WRITE_EXPECTED").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/demo.txt");
        fs::write(path, &shown).expect("a file");
    }
    assert_eq!(shown, text("tests/api/demo.txt"));
}

#[test]
fn the_readme_shows_what_the_demonstration_prints() {
    let readme = text("../README.md");
    let (_, rest) = readme
        .split_once("cargo run --release --locked --bin floe -- demo\n")
        .expect("the first command");
    let (_, block) = rest.split_once("```text\n").expect("its output");
    let (block, _) = block.split_once("```").expect("the end of its output");
    let expected = text("tests/api/demo.txt");
    for part in masked(block).split("...\n\n") {
        assert!(expected.contains(part.trim_end()), "{part}");
    }
}

#[test]
fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let run = floe(&["demo", "--listen", &address]);
    assert_eq!(run.status, Some(2), "{run:?}");
    assert!(run.err.contains("cannot listen on"), "{run:?}");
}
