//! Commands that ask a server: facts, questions, policies, whole data sets.
//!
//! The server is at `OSO_URL` and the key is `OSO_AUTH`, as for the vendor's tool. Answers
//! go to standard output, as text for people or as the JSON that the server sent.

mod ask;
mod connection;
mod export;
mod facts;
mod import;
mod policy;
mod terms;

use clap::Subcommand;

pub(super) use self::connection::Connection;

use super::{Misuse, Outcome};

/// What can be asked of a server.
#[derive(Subcommand)]
pub(crate) enum Command {
    Authorize(ask::Authorize),
    List(ask::List),
    Actions(ask::Actions),
    Query(ask::Query),
    Tell(facts::Tell),
    Delete(facts::Delete),
    Get(facts::Get),
    Import(import::Import),
    Export(export::Export),
    Policy(policy::Policy),
}

impl Command {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        match self {
            Command::Authorize(command) => command.run(),
            Command::List(command) => command.run(),
            Command::Actions(command) => command.run(),
            Command::Query(command) => command.run(),
            Command::Tell(command) => command.run(),
            Command::Delete(command) => command.run(),
            Command::Get(command) => command.run(),
            Command::Import(command) => command.run(),
            Command::Export(command) => command.run(),
            Command::Policy(command) => command.run(),
        }
    }
}
