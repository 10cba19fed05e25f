//! `floe demo`: the server at work on a policy and facts that it brings along.
//!
//! Owns: what is shown. The server is the one of `floe serve`, and everything goes to it over
//! HTTP; commands are read and carried out as if they had been typed.

mod facts;
mod tour;

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_frontend::diag::render::Style;

use super::{Misuse, print, say};
use crate::config::{Layers, Origin};
use crate::keys::random_name;
use crate::process;

/// See Floe at work: a policy for code hosting, thousands of facts, questions and changes
///
/// Starts a server on a data directory, loads the policy and the facts over HTTP, and prints
/// every request with its answer and the time it took. Every change is on disk before it is
/// answered. On a terminal it goes on serving until Ctrl-C.
#[derive(Args)]
#[command(after_long_help = "Example:\n  floe demo --listen 127.0.0.1:8080")]
pub(crate) struct Demo {
    /// Where to listen [default: a free port of 127.0.0.1]
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:0",
        hide_default_value = true
    )]
    listen: String,

    /// Where to keep the data [default: a directory that goes away at the end]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// End after the last step, also on a terminal
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) fn run(self, style: Style) -> Result<ExitCode, Misuse> {
        let mut layers = Layers::default();
        let flag = Origin::Flag("--listen".to_owned());
        layers.set("listen", self.listen, flag).map_err(Misuse)?;
        let flag = Origin::Flag("floe demo".to_owned());
        let quiet = layers.set("log.level", "warn".to_owned(), flag);
        quiet.map_err(Misuse)?;
        let once = self.once || !io::stdout().is_terminal();
        let (data, passing) = match self.data {
            Some(dir) => (dir, None),
            None => {
                let passing = Passing::new()?;
                (passing.0.clone(), Some(passing))
            }
        };
        let ended = process::run(process::Plan {
            data: Some(data),
            layers,
            policy: Vec::new(),
            facts: None,
            style,
            visitor: Some(Box::new(move |address| visit(address, once))),
        });
        drop(passing);
        ended.map_err(Misuse)
    }
}

/// A directory that goes away with the value; nobody has made it yet.
struct Passing(PathBuf);

impl Passing {
    fn new() -> Result<Passing, Misuse> {
        let name = random_name().map_err(|why| Misuse(format!("there is no randomness: {why}")))?;
        let name = format!("floe-demo-{name}");
        Ok(Passing(std::env::temp_dir().join(name)))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Shows the server around; the exit status of the process if it shall end.
fn visit(address: SocketAddr, once: bool) -> Option<ExitCode> {
    let url = format!("http://{address}");
    let shown = print(&format!("Floe listens on {url}\n\n"))
        .and_then(|()| tour::run(&url))
        .and_then(|()| if once { Ok(()) } else { invite(&url) });
    match shown {
        Ok(()) => once.then_some(ExitCode::SUCCESS),
        Err(Misuse(why)) => {
            say(&format!("error: {why}\n"));
            Some(ExitCode::FAILURE)
        }
    }
}

/// What to do next.
fn invite(url: &str) -> Result<(), Misuse> {
    let program = std::env::args().next();
    let program = program.as_deref().unwrap_or("floe");
    print(&format!(
        "Your turn, in another terminal:\n  export OSO_URL={url}\n  {program} list User:ann \
        delete Repository\n  {program} help\nCtrl-C ends the server.\n"
    ))
}
