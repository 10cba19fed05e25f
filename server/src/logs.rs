//! Log lines, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Format, Layers, Settings};

/// Turns logging on.
///
/// # Errors
/// The level is neither a level nor a filter.
pub(crate) fn start(settings: &Settings, layers: &Layers) -> Result<(), String> {
    let level = &settings.log_level;
    let filter = EnvFilter::try_new(level).map_err(|why| {
        format!(
            "{}: {level:?} is no filter: {why}",
            layers.named("log.level")
        )
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second start (there is none outside of tests) keeps the first.
    let _ = match settings.log_format {
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}
