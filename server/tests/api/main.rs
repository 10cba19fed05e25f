//! The HTTP API, asked over real connections to the real binary.

mod access;
mod agreement;
mod ceilings;
mod checks;
mod client;
mod consistency;
mod costly;
mod demo;
mod development;
mod dice;
mod durable;
mod facts;
mod identity;
mod operations;
mod pages;
mod policy;
mod queries;
mod running;
mod secrets;
mod serializable;
mod server;
mod smuggling;
mod tls;
mod trace;
mod transport;
mod vectors;
