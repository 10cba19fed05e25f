//! Names the build, for the warm-start cache: memory written by one is not read by another.

use std::process::Command;

fn main() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("-vV").output();
    let compiler = said.map_or_else(
        |why| why.to_string(),
        |o| String::from_utf8_lossy(&o.stdout).replace('\n', ", "),
    );
    let variables = ["CARGO_PKG_VERSION", "TARGET", "PROFILE", "OPT_LEVEL"];
    let variables = variables.map(|name| std::env::var(name).unwrap_or_default());
    println!(
        "cargo::rustc-env=FLOE_BUILD={compiler}{}",
        variables.join(", ")
    );
    println!("cargo::rerun-if-changed=build.rs");
}
