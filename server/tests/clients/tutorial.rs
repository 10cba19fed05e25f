//! `TUTORIAL.md`, command by command, as printed.
//!
//! Left out are the commands that build Floe and install the client, which have been carried
//! out already; they must be there. The server listens on a free port instead of 8080.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::install;
use crate::server::{FLOE, Server};

const SERVES: &str = "floe dev my.polar\n";
const BUILDS: [&str; 2] = [
    "cargo build --release --locked --bin floe\n",
    "export PATH=\"$PWD/target/release:$PATH\"\n",
];
const INSTALLS: [&str; 2] = [
    "python3 -m venv venv\n",
    "venv/bin/pip install --quiet oso-cloud==2.6.0\n",
];
const ADDRESS: &str = "127.0.0.1:8080";

/// Blocks of commands, each with what is printed behind it.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once("```") {
        let (inside, after) = block.split_once("\n```").expect("a block ends");
        let (kind, content) = inside.split_once('\n').expect("a block has lines");
        match kind {
            "sh" => blocks.push((format!("{content}\n"), String::new())),
            "text" => blocks.last_mut().expect("commands").1 = format!("{content}\n"),
            other => panic!("a block of {other:?}"),
        }
        rest = after;
    }
    blocks
}

fn without(commands: &str, done: &[&str]) -> String {
    done.iter().fold(commands.to_owned(), |left, line| {
        assert!(left.contains(line), "{line:?} is not in {commands:?}");
        left.replacen(line, "", 1)
    })
}

struct Terminal {
    folder: PathBuf,
    address: String,
}

impl Terminal {
    fn new() -> Terminal {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../sample.polar");
        fs::copy(sample, folder.join("sample.polar")).expect("the sample");
        Terminal {
            folder,
            address: String::new(),
        }
    }

    fn bash(&self, commands: &str) -> Command {
        let folder = Path::new(FLOE).parent().expect("a folder");
        let path = std::env::var("PATH").expect("a path");
        let mut bash = Command::new("bash");
        bash.args(["-c", commands])
            .current_dir(&self.folder)
            .env("PATH", format!("{}:{path}", folder.display()))
            .env("OSO_URL", format!("http://{}", self.address))
            .env_remove("OSO_AUTH")
            .env_remove("FLOE_CONFIG");
        bash
    }

    /// Carries out commands; what they print is what is expected.
    fn types(&self, commands: &str, expected: &str) {
        let commands = commands.replace(ADDRESS, &self.address);
        let run = self.bash(&format!("exec 2>&1\n{commands}")).output();
        let out = String::from_utf8(run.expect("bash runs").stdout).expect("UTF-8");
        assert_eq!(out, expected, "{commands}");
    }
}

#[test]
fn the_tutorial_works_as_printed() {
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/../TUTORIAL.md");
    let text = fs::read_to_string(text).expect("the tutorial");
    assert!(text.lines().count() <= 110, "at most two screens");
    let blocks = blocks(&text);
    let mut terminal = Terminal::new();

    let (commands, greeting) = &blocks[0];
    let before = without(commands, &BUILDS);
    let before = before.strip_suffix(SERVES).expect("the server comes last");
    let serving = format!("{before}exec {} --listen 127.0.0.1:0", SERVES.trim_end());
    let mut child = terminal.bash(&serving);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut server = Server::of(child.expect("bash runs"));
    let (_, loaded) = greeting.split_once("Policy loaded").expect("a policy");
    let (_, tests) = loaded.split_once("; ").expect("tests");
    assert!(server.line().ends_with(tests));
    assert!(greeting.starts_with(&format!("Floe listens on http://{ADDRESS}\n")));
    terminal.address.clone_from(&server.address);

    let (last, shell) = blocks[1..].split_last().expect("blocks");
    for (commands, expected) in shell {
        terminal.types(&commands.replacen(BUILDS[1], "", 1), expected);
    }
    if let Some(python) = install("python.sh", "2.6.0") {
        let venv = Path::new(&python).ancestors().nth(2).expect("a folder");
        symlink(venv, terminal.folder.join("venv")).expect("a link");
        terminal.types(&without(&last.0, &INSTALLS), &last.1);
    }
}
