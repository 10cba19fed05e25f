//! Figures of all repetitions, and how they are shown.

use std::collections::BTreeMap;
use std::process::Command;

use floe_benches::measure::Table;
use serde::Serialize;

use crate::contestant::About;
use crate::measure::{Run, median};

/// Everything that was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Where and of what.
    pub machine: Machine,
    /// Worlds in the order they were measured.
    pub stages: Vec<StageReport>,
}

/// What a figure depends on beside the programs.
#[derive(Serialize)]
pub(crate) struct Machine {
    /// The processor and how many of it.
    pub processor: String,
    /// The kernel.
    pub system: String,
    /// The compiler of everything.
    pub compiler: String,
    /// The commit, with `+` if files differed from it.
    pub commit: String,
    /// The command line.
    pub command: String,
    /// How often everything was repeated.
    pub runs: usize,
}

/// One world at one scale.
#[derive(Serialize)]
pub(crate) struct StageReport {
    /// Its name.
    pub world: &'static str,
    /// How many facts.
    pub facts: usize,
    /// The mean number of ids in each kind of list.
    pub lengths: BTreeMap<String, f64>,
    /// Who took part.
    pub rows: Vec<Row>,
}

/// One contestant.
#[derive(Serialize)]
pub(crate) struct Row {
    /// Who.
    pub about: About,
    /// Seconds, by what was measured; of each run.
    pub seconds: BTreeMap<String, Vec<f64>>,
    /// How many times longer it took than a form of Floe in the same run; of each run.
    pub ratios: Vec<(&'static str, BTreeMap<String, Vec<f64>>)>,
    /// Answers that were compared with Floe's in each run.
    pub compared: usize,
}

impl Machine {
    pub(crate) fn here(runs: usize) -> Machine {
        let said = |program: &str, words: &[&str]| {
            let output = Command::new(program).args(words).output();
            let text = output.map(|output| output.stdout).unwrap_or_default();
            String::from_utf8_lossy(&text).trim().to_owned()
        };
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("unknown", |model| model.trim_matches([' ', '\t', ':']));
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let changed = !said("git", &["status", "--porcelain", "-uno"]).is_empty();
        let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
        let words: Vec<String> = std::env::args().skip(1).collect();
        Machine {
            processor: format!("{cores} x {model}"),
            system: said("uname", &["-sr"]),
            compiler: said("rustc", &["--version"]),
            commit: format!("{commit}{}", if changed { "+" } else { "" }),
            command: format!("cargo run --release -- {}", words.join(" ")),
            runs,
        }
    }
}

impl StageReport {
    /// Takes in what a contestant did once more.
    pub(crate) fn put(&mut self, run: Run) {
        let place = self
            .rows
            .iter()
            .position(|row| row.about.name == run.about.name);
        let place = place.unwrap_or_else(|| {
            self.rows.push(Row {
                about: run.about,
                seconds: BTreeMap::new(),
                ratios: Vec::new(),
                compared: 0,
            });
            self.rows.len() - 1
        });
        let row = &mut self.rows[place];
        for (name, value) in run.figures {
            row.seconds.entry(name).or_default().push(value);
        }
        row.compared = run.compared;
    }

    /// Divides by Floe, run by run.
    pub(crate) fn divide(&mut self) {
        let floe: BTreeMap<&str, BTreeMap<String, Vec<f64>>> = self
            .rows
            .iter()
            .map(|row| (row.about.name, row.seconds.clone()))
            .collect();
        for row in &mut self.rows {
            for &form in row.about.against {
                let Some(base) = floe.get(form) else { continue };
                let mut ratios = BTreeMap::new();
                for (name, values) in &row.seconds {
                    let pairs = values.iter().zip(&base[name]);
                    let each = pairs.map(|(rival, floe)| rival / floe).collect();
                    ratios.insert(name.clone(), each);
                }
                row.ratios.push((form, ratios));
            }
        }
    }

    /// Two tables: durations, and how they compare.
    pub(crate) fn show(&self) {
        let mut columns: Vec<&str> = Vec::new();
        for name in self.rows.iter().flat_map(|row| row.seconds.keys()) {
            if !columns.contains(&&**name) {
                columns.push(name);
            }
        }
        let heading = |name: &&str| match self.lengths.get(*name) {
            Some(length) => format!("{name} ({length:.0} ids)"),
            None => (*name).to_owned(),
        };
        let headings: Vec<String> = columns.iter().map(heading).collect();
        println!("\n## {}, {} facts\n", self.world, self.facts);
        let words = |first| {
            let rest = headings.iter().map(|heading| &**heading);
            std::iter::once(first).chain(rest).collect::<Vec<&str>>()
        };
        let cells = |all: &BTreeMap<String, Vec<f64>>, shown: fn(f64) -> String| {
            let cell = |name: &&str| all.get(*name).map_or("-".into(), |v| spread(v, shown));
            columns.iter().map(cell).collect::<Vec<String>>()
        };
        let mut table = Table::new(&words("duration"));
        for row in &self.rows {
            let mut line = cells(&row.seconds, duration);
            line.insert(0, row.about.name.to_owned());
            table.row(line);
        }
        println!("{table}");
        let mut table = Table::new(&words("rival / Floe"));
        for row in &self.rows {
            for (form, ratios) in &row.ratios {
                let mut line = cells(ratios, times);
                line.insert(0, format!("{} / {form}", row.about.name));
                table.row(line);
            }
        }
        print!("{table}");
    }
}

impl Report {
    /// Who did what, once for all worlds.
    pub(crate) fn show_sides(&self) {
        println!("\n## What each side did\n");
        let mut seen: Vec<&str> = Vec::new();
        for row in self.stages.iter().flat_map(|stage| &stage.rows) {
            let about = &row.about;
            if seen.contains(&about.name) {
                continue;
            }
            seen.push(about.name);
            println!("* **{}**: {}.", about.name, about.version);
            println!("  Data: {}. Freshness: {}.", about.data, about.freshness);
            println!("  Completeness: {}.", about.completeness);
            println!(
                "  Durability: {}. Transport: {}.",
                about.durability, about.transport
            );
        }
        let Machine {
            processor,
            system,
            compiler,
            commit,
            command,
            runs,
        } = &self.machine;
        println!("\n{processor}; {system}; {compiler}; commit {commit}; `{command}`");
        println!(
            "Medians of {runs} runs (lowest..highest). A ratio says how many times longer the"
        );
        println!("rival took than Floe in the same run: below 1 Floe loses.");
    }
}

/// The median, and how far the values lie apart.
fn spread(values: &[f64], shown: impl Fn(f64) -> String) -> String {
    let mut values = values.to_vec();
    let middle = median(&mut values);
    match (values.first(), values.last()) {
        (Some(&low), Some(&high)) if values.len() > 1 => {
            format!("{} ({}..{})", shown(middle), shown(low), shown(high))
        }
        _ => shown(middle),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{} s", digits(s)),
        s if s >= 1e-3 => format!("{} ms", digits(s * 1e3)),
        s if s >= 1e-6 => format!("{} us", digits(s * 1e6)),
        s => format!("{} ns", digits(s * 1e9)),
    }
}

fn times(ratio: f64) -> String {
    format!("{}x", digits(ratio))
}

/// Two digits that count, or as many as there are before the point.
fn digits(value: f64) -> String {
    match value {
        v if v >= 10.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        v if v >= 0.01 => format!("{v:.3}"),
        v => format!("{v:.5}"),
    }
}
