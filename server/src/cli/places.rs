//! Where a server listens.

use clap::Args;

use super::Misuse;
use crate::config::{Layers, Origin};

/// What `floe dev` and `floe serve` are told of addresses.
#[derive(Args)]
pub(crate) struct Places {
    /// Where to listen; port 0 is any that is free [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,

    /// Where to serve Prometheus metrics [default: nowhere]
    #[arg(long, value_name = "ADDR")]
    metrics: Option<String>,
}

impl Places {
    /// Puts the flags over other settings.
    pub(super) fn set(self, layers: &mut Layers) -> Result<(), Misuse> {
        for (name, value) in [("listen", self.listen), ("metrics", self.metrics)] {
            if let Some(value) = value {
                let flag = Origin::Flag(format!("--{name}"));
                layers.set(name, value, flag).map_err(Misuse)?;
            }
        }
        Ok(())
    }
}
