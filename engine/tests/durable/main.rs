//! Environments that outlive the process: what is acknowledged is durable, what is not
//! durable is not visible, and a process that is killed loses nothing.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

mod again;
#[path = "../store/chance.rs"]
mod chance;
mod clock;
#[path = "../store/directory.rs"]
mod directory;
#[path = "../store/disk.rs"]
#[allow(dead_code, reason = "power failures are the store's tests")]
mod disk;
mod failing;
mod kill;
mod restart;
mod trace;
mod world;

use chance::Dice;
