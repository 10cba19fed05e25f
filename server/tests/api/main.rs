//! The HTTP API, asked over real connections to the real binary.

mod access;
mod agreement;
mod ceilings;
mod checks;
mod client;
mod consistency;
mod costly;
mod damaged;
mod demo;
mod development;
mod dice;
mod durable;
mod facts;
mod fixtures;
mod identity;
mod operations;
mod pages;
mod policy;
mod queries;
mod restoring;
mod running;
mod secrets;
mod serializable;
mod server;
mod smuggling;
#[path = "../../../engine/tests/store/tamper.rs"]
#[allow(
    clippy::unwrap_used,
    dead_code,
    reason = "shared with the engine's tests"
)]
mod tamper;
mod tls;
mod trace;
mod transport;
mod vectors;
