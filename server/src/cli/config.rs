//! `floe config`: settings, and where they come from.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Misuse, Outcome, print};
use crate::config::{Layers, Origin, Settings, variable_of};

/// Where settings come from, as flags of every command that has settings.
#[derive(Args)]
pub(crate) struct Sources {
    /// Read settings and keys from a TOML file
    #[arg(long, value_name = "FILE", env = "FLOE_CONFIG")]
    config: Option<PathBuf>,

    /// Set any setting; `floe config show` lists them
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Sources {
    /// Everything that is set, the stronger source over the weaker: file, then environment,
    /// then flags.
    pub(crate) fn layers(&self) -> Result<Layers, Misuse> {
        // A variable whose text is not Unicode cannot be a value of ours.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut layers = Layers::load(self.config.as_deref(), variables).map_err(Misuse)?;
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(Misuse(format!("--set {pair}: write NAME=VALUE")));
            };
            let flag = Origin::Flag("--set".to_owned());
            layers.set(name, value.to_owned(), flag).map_err(Misuse)?;
        }
        Ok(layers)
    }
}

/// Settings of the server
#[derive(Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print every setting, its value, and where that comes from
    Show {
        #[command(flatten)]
        sources: Sources,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Config {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let Command::Show { sources, json } = &self.command;
        let layers = sources.layers()?;
        Settings::new(&layers).map_err(Misuse)?;
        let rows: Vec<[String; 4]> = (Settings::ENTRIES.iter())
            .map(|entry| {
                let (value, origin) = match layers.get(entry.name) {
                    Some((value, origin)) => (value, origin.map(ToString::to_string)),
                    None => (entry.default, None),
                };
                let origin = origin.unwrap_or_else(|| "default".to_owned());
                let about = format!("{} ({})", entry.about, variable_of(entry.name));
                [entry.name.to_owned(), value.to_owned(), origin, about]
            })
            .collect();
        print(&if *json {
            as_json(&rows)
        } else {
            as_text(&rows)
        })?;
        Ok(Outcome::Fine)
    }
}

fn as_json(rows: &[[String; 4]]) -> String {
    let rows = rows.iter().map(|[name, value, origin, about]| {
        serde_json::json!({"name": name, "value": value, "origin": origin, "about": about})
    });
    serde_json::Value::Array(rows.collect()).to_string() + "\n"
}

fn as_text(rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (name_width, value_width, origin_width) = (width(0), width(1), width(2));
    let line = |[name, value, origin, about]: &[String; 4]| {
        format!("{name:name_width$}  {value:value_width$}  {origin:origin_width$}  {about}\n")
    };
    rows.iter().map(line).collect()
}
