//! `floe policy`: push, pull, test.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::super::{Misuse, Outcome, files, print, say};
use super::ask::{refused, show};
use super::connection::Server;

/// The policy of a server
#[derive(Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Test a policy on the server and put it in force
    Push {
        /// Files that are one policy; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
    /// Print the policy in force
    Pull {
        /// Another version, by its number
        #[arg(long, value_name = "NUMBER")]
        version: Option<u64>,
        #[command(flatten)]
        server: Server,
    },
    /// Test a policy on the server and change nothing
    Test {
        /// Files that are one policy; `-` is standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        server: Server,
    },
}

impl Policy {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        match &self.command {
            Command::Push { files, server } => push(server, files, "policy"),
            Command::Test { files, server } => push(server, files, "policy?dry_run=true"),
            Command::Pull { version, server } => pull(server, *version),
        }
    }
}

fn push(server: &Server, paths: &[PathBuf], target: &str) -> Result<Outcome, Misuse> {
    let mut src = String::new();
    for path in paths {
        if !src.is_empty() && !src.ends_with('\n') {
            src.push('\n');
        }
        src += &files::read(path)?;
    }
    let name = match paths {
        [one] => one
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        _ => None,
    };
    let body = json!({"src": src, "filename": name.unwrap_or_default()});
    match server.connection()?.post(target, &body)? {
        Err(refusal) => Ok(refused(&refusal)),
        Ok(answer) => {
            let message = answer["message"].as_str().unwrap_or_default().to_owned();
            show(server, &answer, || vec![message])?;
            Ok(Outcome::Fine)
        }
    }
}

fn pull(server: &Server, version: Option<u64>) -> Result<Outcome, Misuse> {
    let target = version.map_or_else(|| "policy".to_owned(), |n| format!("policy?id={n}"));
    let answer = match server.connection()?.get(&target)? {
        Err(refusal) => return Ok(refused(&refusal)),
        Ok(answer) => answer,
    };
    if server.json {
        print(&format!("{answer}\n"))?;
    } else if let Some(src) = answer["policy"]["src"].as_str() {
        print(src)?;
    } else {
        say("error: no policy has been loaded\n");
        return Ok(Outcome::Refused);
    }
    Ok(Outcome::Fine)
}
