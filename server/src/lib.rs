//! The binary `floe`: a server that speaks the HTTP API of Oso Cloud, and the command line.
//!
//! Owns: the process with its arguments, files, sockets and environment. What a policy means
//! is the business of `floe-frontend`, what follows from facts that of `floe-engine`. It is a
//! library so that measurements can put the server beside [`noop`].

mod api;
mod cli;
mod config;
mod control;
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

pub use http::{endpoints, noop};

/// Runs the command that the arguments of the process name.
#[must_use]
pub fn run() -> ExitCode {
    cli::run()
}
