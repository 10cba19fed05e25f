//! The real binary, run as a user or a script runs it.

mod bench;
mod check;
mod fmt;
mod misconfigured;
mod misuse;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FLOE: &str = env!("CARGO_BIN_EXE_floe");
const GOOD: &str = "actor User {}\n\nlikes(u: User) if nice(u);\n";
const WRONG: &str = "actor User { !! }\n";

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for the test");
        Folder(folder)
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Folder {
        fs::write(self.path(name), text).expect("a file for the test");
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("the file")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder");
        let name = |e: fs::DirEntry| e.file_name().into_string().expect("UTF-8");
        let mut names: Vec<_> = entries.map(|e| name(e.expect("an entry"))).collect();
        names.sort();
        names
    }

    fn floe(&self, arguments: &[&str]) -> Run {
        self.floe_reading(arguments, "")
    }

    fn floe_reading(&self, arguments: &[&str], input: &str) -> Run {
        let mut child = Command::new(FLOE)
            .args(arguments)
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("floe starts");
        let mut stdin = child.stdin.take().expect("piped");
        // A command that refuses its arguments does not read.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("floe ends");
        Run {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

#[derive(Debug)]
struct Run {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    #[track_caller]
    fn exits(self, status: i32) -> Run {
        assert_eq!(self.status, Some(status), "{self:#?}");
        self
    }

    /// Misuse says why, and nothing else comes of it.
    #[track_caller]
    fn is_misuse(&self, why: &str) {
        assert_eq!((self.status, self.out.as_str()), (Some(2), ""), "{self:#?}");
        assert!(
            self.err.starts_with("error: ") && self.err.contains(why),
            "{self:#?}"
        );
    }
}
