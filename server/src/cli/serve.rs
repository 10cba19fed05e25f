//! `floe serve`: a server whose data outlives it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use floe_frontend::diag::render::Style;

use super::Misuse;
use super::config::Sources;
use super::places::Places;
use crate::process;

/// Serve what is in a data directory, and keep it there
///
/// Every change is on disk before it is acknowledged. The directory is made if it is not
/// there. As long as it holds no key and listens on the loopback address only, the key
/// that everybody knows opens it; any other address needs keys (`floe key create`).
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Serve {
    /// The data directory
    #[arg(long, value_name = "DIR", env = DIRECTORY)]
    data: PathBuf,

    #[command(flatten)]
    places: Places,

    #[command(flatten)]
    sources: Sources,
}

/// Where the vendor's server keeps its data.
const DIRECTORY: &str = "OSO_DIRECTORY";

const EXAMPLES: &str = "\
Examples:
  floe serve --data ./data
  floe key create --data ./data && floe serve --data ./data --listen 0.0.0.0:8080";

impl Serve {
    pub(super) fn run(self, style: Style) -> Result<ExitCode, Misuse> {
        let mut layers = self.sources.layers()?;
        layers.heed(DIRECTORY);
        self.places.set(&mut layers)?;
        let plan = process::Plan {
            visitor: None,
            layers,
            data: Some(self.data),
            policy: Vec::new(),
            facts: None,
            style,
        };
        process::run(plan).map_err(Misuse)
    }
}
