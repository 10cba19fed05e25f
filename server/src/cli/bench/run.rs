//! `floe bench run`: every measurement in a process of its own, then the report.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::{Args, ValueEnum};
use floe_benches::bench::{BY_HAND, Measured, Report, Row};
use floe_benches::workload::worlds;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::{Misuse, Outcome, print};
use super::known;
use super::once::PROGRESS;

/// Measure workloads, print a table, and write a report
///
/// Each row is measured in a process of its own, as often as `--repeat` says, in turns. In
/// process is the engine alone, in memory; over HTTP is a server with a data directory, every
/// change on disk before it is answered, asked over one connection after the other. Worlds of up
/// to 12,000 facts have all their answers checked before and after.
#[derive(Args)]
pub(super) struct Run {
    /// The workloads, as `floe bench list` names them [default: all]
    #[arg(value_name = "WORLD", value_parser = known)]
    worlds: Vec<String>,

    /// About how many facts; several numbers, with commas, show how cost grows
    #[arg(long, value_name = "FACTS", default_value = "100000", value_delimiter = ',',
          value_parser = clap::value_parser!(u32).range(1_000..=200_000_000))]
    scale: Vec<u32>,

    /// What is measured
    #[arg(long, value_name = "MODE", default_value = "both")]
    mode: Mode,

    /// How often each row is measured
    #[arg(long, value_name = "TIMES", default_value_t = 3,
          value_parser = clap::value_parser!(u64).range(1..=100))]
    repeat: u64,

    /// How many seconds each measure takes
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    seconds: f64,

    /// Leave out what figures are compared with: the machine's floor, a server that answers
    /// always the same, dataflows written by hand (if `floe` is built with the feature
    /// `by-hand`), and changes that move up to 100,000 grants
    #[arg(long)]
    worlds_only: bool,

    /// Where data directories are made and synced appends are measured [default: the system's
    /// place for what is temporary]
    #[arg(long, value_name = "DIR")]
    disk: Option<PathBuf>,

    /// Write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write a page with tables and plots, which needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The engine, in memory
    InProcess,
    /// A server on a data directory
    Http,
    /// One after the other
    Both,
}

/// One thing to measure.
struct Item {
    name: String,
    mode: &'static str,
    scale: u32,
    /// Of what there are so many; empty if the scale means nothing.
    unit: &'static str,
}

impl Item {
    fn size(&self) -> String {
        match self.unit {
            "" => String::new(),
            unit => format!("{} {unit}", self.scale),
        }
    }
}

impl Run {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        if !self.seconds.is_finite() || self.seconds <= 0.0 {
            return Err(Misuse("--seconds is a time above zero".to_owned()));
        }
        let command: Vec<String> = std::env::args().skip(1).collect();
        let repeat = usize::try_from(self.repeat).unwrap_or(1);
        let mut report = Report::new(repeat, format!("floe {}", command.join(" ")));
        let items = self.items();
        let bar = bar(items.len() * repeat);
        let mut measured: Vec<Vec<Measured>> = items.iter().map(|_| Vec::new()).collect();
        for nth in 1..=repeat {
            for (item, measured) in items.iter().zip(&mut measured) {
                let what = format!("{} {}, {}", item.name, item.size(), item.mode);
                let outcome = self.once(item, &|doing| {
                    bar.set_message(format!("{what}, run {nth} of {repeat}: {doing}"));
                });
                measured.push(outcome.inspect_err(|_| bar.abandon())?);
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        report.rows = items
            .iter()
            .zip(measured)
            .map(|(item, measured)| Row::new(&item.name, item.mode, &item.size(), measured))
            .collect();
        print(&report.to_string())?;
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(&report);
            let json = json.map_err(|why| Misuse(format!("cannot write JSON: {why}")))?;
            write(path, &(json + "\n"))?;
        }
        if let Some(path) = &self.html {
            write(path, &report.html())?;
        }
        Ok(Outcome::Fine)
    }

    /// What is measured, in order.
    fn items(&self) -> Vec<Item> {
        let modes: &[&'static str] = match self.mode {
            Mode::InProcess => &["in-process"],
            Mode::Http => &["http"],
            Mode::Both => &["in-process", "http"],
        };
        let mut names = self.worlds.clone();
        if names.is_empty() {
            names = worlds().iter().map(|kind| kind.name.to_owned()).collect();
        }
        let item = |name: &str, mode, scale, unit| Item {
            name: name.to_owned(),
            mode,
            scale,
            unit,
        };
        let mut items = Vec::new();
        if !self.worlds_only {
            items.push(item("floor", "machine", 0, ""));
            if self.mode != Mode::InProcess {
                items.push(item("floor", "no-op server", 0, ""));
            }
            for grants in [10, 100, 1_000, 10_000, 100_000] {
                items.extend(
                    modes
                        .iter()
                        .map(|&mode| item("one change", mode, grants, "grants")),
                );
            }
        }
        for name in &names {
            for &mode in modes {
                items.extend(
                    self.scale
                        .iter()
                        .map(|&scale| item(name, mode, scale, "facts")),
                );
            }
            if !self.worlds_only && BY_HAND.contains(&&**name) {
                items.extend(
                    self.scale
                        .iter()
                        .map(|&scale| item(name, "by hand", scale, "facts")),
                );
            }
        }
        items
    }

    /// Measures once, in a process of its own.
    fn once(&self, item: &Item, doing: &dyn Fn(&str)) -> Result<Measured, Misuse> {
        let cannot = |why: &dyn std::fmt::Display| {
            Misuse(format!(
                "cannot measure {}, {}: {why}",
                item.name, item.mode
            ))
        };
        let program = std::env::current_exe().map_err(|why| cannot(&why))?;
        let mut command = Command::new(program);
        command
            .args(["bench", "once", &item.name, item.mode])
            .arg(item.scale.to_string())
            .arg(self.seconds.to_string())
            .arg(self.disk.clone().unwrap_or_else(std::env::temp_dir));
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|why| cannot(&why))?;
        let mut measured = None;
        if let Some(out) = child.stdout.take() {
            for line in BufReader::new(out).lines() {
                let line = line.map_err(|why| cannot(&why))?;
                match line.strip_prefix(PROGRESS) {
                    Some(what) => doing(what),
                    None => measured = Some(line),
                }
            }
        }
        let status = child.wait().map_err(|why| cannot(&why))?;
        match (status.success(), measured) {
            (true, Some(line)) => serde_json::from_str(&line).map_err(|why| cannot(&why)),
            _ => Err(cannot(&format!("it ended with {status}"))),
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Misuse> {
    std::fs::write(path, text)
        .map_err(|why| Misuse(format!("cannot write {}: {why}", path.display())))
}

fn bar(steps: usize) -> ProgressBar {
    let bar = ProgressBar::new(steps as u64);
    let form = "{elapsed_precise} [{bar:30}] {pos}/{len} {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
