//! Every file below `cases` is a test, named after its path.
//!
//! `UPDATE=1 cargo test -p floe-tests --test cases` rewrites what the cases expect; read
//! the difference before committing it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floe_tests::case::{Document, run};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let trials = files.into_iter().map(|file| {
        let name = file
            .strip_prefix(&root)
            .expect("it was found below the root");
        let name = name.with_extension("").display().to_string();
        Trial::test(name, move || check(&file))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the folder of cases can be read");
    for entry in entries {
        let path = entry.expect("the folder of cases can be read").path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

fn check(file: &Path) -> Result<(), Failed> {
    if file.extension().is_none_or(|extension| extension != "md") {
        return Err("a case is a Markdown file".into());
    }
    let document = Document::parse(std::fs::read_to_string(file)?)?;
    let outcome = run(&document)?;
    if outcome.differences.is_empty() {
        return Ok(());
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file, outcome.text)?;
        return Ok(());
    }
    Err(outcome.differences.join("\n").into())
}
