//! Names the build, for the warm-start cache: memory written by one is not read by another.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;
use std::process::Command;
use std::{fs, io};

fn main() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("-vV").output();
    let compiler = said.map_or_else(
        |why| why.to_string(),
        |o| String::from_utf8_lossy(&o.stdout).replace('\n', ", "),
    );
    let variables = ["CARGO_PKG_VERSION", "TARGET", "PROFILE", "OPT_LEVEL"];
    let variables = variables.map(|name| std::env::var(name).unwrap_or_default());
    // What lies in memory is up to the code, which changes more often than the version.
    let mut code = DefaultHasher::new();
    for place in ["src", "../Cargo.lock"] {
        if let Err(why) = add(Path::new(place), &mut code) {
            println!("cargo::warning={place} cannot be read: {why}");
        }
        println!("cargo::rerun-if-changed={place}");
    }
    println!(
        "cargo::rustc-env=FLOE_BUILD={compiler}{}, {:016x}",
        variables.join(", "),
        code.finish()
    );
    println!("cargo::rerun-if-changed=build.rs");
}

/// Adds a file, or everything in a directory, in the order of names.
fn add(path: &Path, to: &mut DefaultHasher) -> io::Result<()> {
    if !path.try_exists()? {
        // A package by itself has no lock file.
        return Ok(());
    }
    if !path.is_dir() {
        to.write(path.to_string_lossy().as_bytes());
        to.write(&fs::read(path)?);
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut entries = entries.collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| add(entry, to))
}
