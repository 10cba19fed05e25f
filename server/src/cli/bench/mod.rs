//! `floe bench`: workloads and what Floe makes of them, on this machine.
//!
//! Owns: the command line of measuring, processes of their own for what is measured, and the
//! server over HTTP as one of the targets ([`over_http`]). What is measured, and how it is
//! reported, is the business of `floe-benches`.

mod once;
mod over_http;
mod run;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use floe_benches::bench::export::export;
use floe_benches::workload::{World, world, worlds};

use super::{Misuse, Outcome, print};

/// Measure Floe with workloads that you recognise, or take them elsewhere
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Bench {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  floe bench list
  floe bench run github drive --scale 100000 --html report.html
  floe bench run files --scale 10000,20000,40000,80000 --mode in-process --repeat 5
  floe bench export github --scale 1000000 ./github";

#[derive(Subcommand)]
enum Command {
    List(List),
    Run(run::Run),
    Export(Export),
    #[command(hide = true)]
    Once(once::Once),
}

/// Name the workloads there are
#[derive(Args)]
struct List {}

/// Write a workload as files: policy, facts, updates, and questions with their answers
///
/// `facts.ndjson` is what `floe import` reads, a line of `updates.ndjson` is the body of a
/// POST /api/batch, and a line of `queries.ndjson` is a question; in a world of up to 12,000
/// facts it has its answer with it, as it is before the first update.
#[derive(Args)]
struct Export {
    /// The workload, as `floe bench list` names it
    #[arg(value_name = "WORLD", value_parser = known)]
    world: String,

    /// About how many facts
    #[arg(long, value_name = "FACTS", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(1_000..=200_000_000))]
    scale: u32,

    /// How many updates, of the endless stream of them
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    updates: usize,

    /// Where to write; made if it is not there
    directory: PathBuf,
}

impl Bench {
    pub(super) fn run(self) -> Result<Outcome, Misuse> {
        match self.command {
            Command::List(List {}) => {
                let width = worlds().iter().map(|kind| kind.name.len()).max();
                for kind in worlds() {
                    let width = width.unwrap_or_default();
                    print(&format!("{:width$}  {}\n", kind.name, kind.about))?;
                }
                Ok(Outcome::Fine)
            }
            Command::Run(run) => run.run(),
            Command::Export(export) => export.run(),
            Command::Once(once) => once.run(),
        }
    }
}

impl Export {
    fn run(&self) -> Result<Outcome, Misuse> {
        let world = named(&self.world, self.scale)?;
        let written = export(&*world, self.updates, &self.directory)
            .map_err(|why| Misuse(format!("cannot write {}: {why}", self.directory.display())))?;
        print(&format!(
            "{} facts, {} updates, {} queries {}in {}\n",
            written.facts,
            written.updates,
            written.queries,
            if written.answered {
                "with answers "
            } else {
                ""
            },
            self.directory.display()
        ))?;
        Ok(Outcome::Fine)
    }
}

/// Whether a world has this name.
fn known(name: &str) -> Result<String, String> {
    if worlds().iter().any(|kind| kind.name == name) {
        return Ok(name.to_owned());
    }
    let names: Vec<&str> = worlds().iter().map(|kind| kind.name).collect();
    Err(format!("the workloads are {}", names.join(", ")))
}

fn named(name: &str, scale: u32) -> Result<Box<dyn World>, Misuse> {
    world(name, scale).ok_or_else(|| Misuse(format!("no workload has the name {name}")))
}
