//! The binary `floe`: a server that speaks the HTTP API of Oso Cloud, and the command line.
//!
//! Owns: the process with its arguments, files, sockets and environment. What a policy means
//! is the business of `floe-frontend`, what follows from facts that of `floe-engine`.

mod api;
mod cli;
mod config;
mod data;
mod environment;
mod http;
mod keys;
mod logs;
mod metrics;
mod ndjson;
mod pages;
mod policy;
mod process;
mod wire;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
