//! The HTTP API, asked over real connections to the real binary.

mod access;
mod agreement;
mod checks;
mod client;
mod consistency;
mod demo;
mod development;
mod durable;
mod facts;
mod operations;
mod pages;
mod policy;
mod queries;
mod running;
mod server;
mod smuggling;
mod tls;
mod trace;
mod transport;
mod vectors;
