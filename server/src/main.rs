//! The binary `floe`: checks and formats policies from the command line.
//!
//! Owns: the process, its arguments, streams and exit status. What a policy means is the
//! business of `floe-frontend`; this package only reads files and prints what it is told.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().into()
}
