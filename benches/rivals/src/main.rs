//! Floe and other ways to answer the same questions, measured side by side in one run.

#[cfg(feature = "casbin")]
mod casbin;
#[cfg(feature = "cedar")]
mod cedar;
mod contestant;
#[cfg(feature = "ascent")]
mod datalog;
mod floe;
#[cfg(feature = "ascent")]
mod grants;
mod http;
mod locked;
mod measure;
mod numbers;
#[cfg(feature = "oso")]
mod oso;
mod report;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
mod stage;
mod symbols;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use contestant::Contestant;
use measure::{Effort, Reference, Run, run};
use report::{Machine, Report, StageReport};
use stage::{Stage, WORLDS};

/// Compares Floe with its rivals: the same facts, the same questions, the same answers.
#[derive(Parser)]
struct Arguments {
    /// Which worlds.
    #[arg(long, value_delimiter = ',', default_values = WORLDS)]
    worlds: Vec<String>,
    /// About how many facts.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000])]
    scales: Vec<u32>,
    /// Only these contestants (Floe takes part where it is compared with).
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often everything is repeated.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Milliseconds for each figure of each run.
    #[arg(long, default_value_t = 300)]
    each: u64,
    /// Writes everything to this file as well.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Only checks, on small worlds, that all answer alike.
    #[arg(long)]
    smoke: bool,
}

/// Someone who takes part.
struct Entry {
    name: &'static str,
    worlds: &'static [&'static str],
    measure: fn(&Stage, &Reference, &Effort) -> Result<Run>,
}

const fn entry<C: Contestant>(name: &'static str) -> Entry {
    Entry {
        name,
        worlds: C::WORLDS,
        measure: run::<C>,
    }
}

/// Everybody, Floe first: its figures are what the others are divided by.
const CONTESTANTS: &[Entry] = &[
    entry::<floe::Floe<false>>("floe"),
    entry::<symbols::Symbols>("floe symbols"),
    entry::<floe::Floe<true>>("floe stored"),
    entry::<http::Http<false>>("floe dev"),
    entry::<http::Http<true>>("floe serve"),
    #[cfg(feature = "oso")]
    entry::<oso::Embedded>("oso"),
    #[cfg(feature = "cedar")]
    entry::<cedar::Cedar<{ cedar::WHOLE }>>("cedar"),
    #[cfg(feature = "cedar")]
    entry::<cedar::Cedar<{ cedar::PARTIAL }>>("cedar tpe"),
    #[cfg(feature = "cedar")]
    entry::<cedar::Cedar<{ cedar::SLICED }>>("cedar sliced"),
    #[cfg(feature = "casbin")]
    entry::<casbin::Casbin<::casbin::Enforcer>>("casbin"),
    #[cfg(feature = "casbin")]
    entry::<casbin::Casbin<::casbin::CachedEnforcer>>("casbin cached"),
    #[cfg(feature = "ascent")]
    entry::<datalog::Ascent<false>>("ascent"),
    #[cfg(feature = "ascent")]
    entry::<datalog::Ascent<true>>("ascent goal"),
    #[cfg(feature = "sqlite")]
    entry::<sql::Sqlite<false>>("sqlite"),
    #[cfg(feature = "sqlite")]
    entry::<sql::Sqlite<true>>("sqlite file"),
    #[cfg(feature = "postgres")]
    entry::<sql::Postgres<true>>("postgres"),
    #[cfg(feature = "postgres")]
    entry::<sql::Postgres<false>>("postgres async"),
];

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    if arguments.smoke {
        arguments.scales = vec![600];
        arguments.runs = 1;
    }
    let effort = Effort {
        each: Duration::from_millis(if arguments.smoke { 10 } else { arguments.each }),
        checks: 1_000,
        lists: 40,
    };
    for name in &arguments.only {
        let known = CONTESTANTS.iter().any(|entry| entry.name == name);
        ensure!(known, "nobody is called `{name}`");
    }
    let mut report = Report {
        machine: Machine::here(arguments.runs),
        stages: Vec::new(),
    };
    for world in &arguments.worlds {
        for &scale in &arguments.scales {
            let stage = compare(world, scale, &arguments, &effort)?;
            stage.show();
            report.stages.push(stage);
        }
    }
    report.show_sides();
    if let Some(file) = &arguments.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text).with_context(|| format!("{}", file.display()))?;
    }
    Ok(())
}

/// Everybody on one world, in turns, so that other work on the machine meets all alike.
fn compare(world: &str, scale: u32, arguments: &Arguments, effort: &Effort) -> Result<StageReport> {
    let stage = Stage::build(world, scale, 200)?;
    let reference = Reference::of(&stage, effort)?;
    let mut report = StageReport {
        world: stage.world,
        facts: stage.facts.len(),
        lengths: reference.lengths.clone(),
        rows: Vec::new(),
    };
    for nth in 1..=arguments.runs {
        for Entry {
            name,
            worlds,
            measure,
        } in CONTESTANTS
        {
            let wanted = arguments.only.is_empty() || arguments.only.iter().any(|n| n == name);
            if !wanted {
                continue;
            }
            if !worlds.contains(&stage.world) {
                eprintln!("{world}: {name} has no policy for this world");
                continue;
            }
            eprintln!("{world}, {} facts: {name}, run {nth}", stage.facts.len());
            report.put(measure(&stage, &reference, effort)?);
        }
    }
    report.divide();
    for row in &report.rows {
        ensure!(
            row.compared > 0,
            "{} was compared with nothing",
            row.about.name
        );
    }
    Ok(report)
}
