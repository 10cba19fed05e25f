//! `floe dev`: a server for development.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_frontend::diag::render::Style;

use super::Misuse;
use super::config::Sources;
use super::places::Places;
use crate::process;

/// Serve a policy in memory, for development and tests
///
/// Several POLICY files are one policy. They are tested and loaded at the start and again
/// whenever one is saved; a policy with errors or failing tests is explained and the one
/// before stays in force. Facts are gone when the server ends. It listens on the loopback
/// address only, since everybody knows its key:
///
///   e_0123456789_12345_osotesttoken01xiIn
#[derive(Args)]
#[command(verbatim_doc_comment, after_long_help = EXAMPLES)]
pub(crate) struct Dev {
    /// Policy files, watched
    #[arg(value_name = "POLICY")]
    policy: Vec<PathBuf>,

    /// Policy files, as the vendor's server is told them
    #[arg(long, value_name = "POLICY", num_args = 1.., hide = true)]
    watch_for_changes: Vec<PathBuf>,

    /// Facts to begin with: one JSON object per line, as `floe export` writes them
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,

    #[command(flatten)]
    places: Places,

    #[command(flatten)]
    sources: Sources,
}

const EXAMPLES: &str = "\
Examples:
  floe dev policy.polar
  floe dev policy.polar --facts facts.ndjson
  floe dev --listen 127.0.0.1:8081         for the test suites of the official clients
  floe dev policy.polar --set log.level=debug --set log.format=json";

impl Dev {
    pub(super) fn run(mut self, style: Style) -> Result<ExitCode, Misuse> {
        let mut layers = self.sources.layers()?;
        self.places.set(&mut layers)?;
        self.policy.append(&mut self.watch_for_changes);
        let plan = process::Plan {
            layers,
            data: None,
            policy: self.policy,
            facts: self.facts,
            style,
            visitor: None,
        };
        process::run(plan).map_err(Misuse)
    }
}
