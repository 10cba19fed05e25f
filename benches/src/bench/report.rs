//! Figures, with what they need to be believed.

use std::fmt;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::measure::{Table, median, short};

/// Everything measured in one run of `floe bench`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Of what: the commit of the working directory, with `+` if files differ from it; `unknown`
    /// if that is not a checkout of Floe.
    pub commit: String,
    /// When, in seconds since 1970.
    pub time: u64,
    /// How often each row was measured, each time in a process of its own.
    pub repetitions: usize,
    /// The command line that reproduces it.
    pub command: String,
    /// What was measured.
    pub rows: Vec<Row>,
}

/// What figures depend on and nobody can change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many threads it runs at once.
    pub threads: usize,
    /// Memory in bytes.
    pub memory: u64,
    /// The kernel.
    pub system: String,
    /// How many processes wanted a processor when the run began, over a minute: above the
    /// number of threads the machine was shared.
    pub load: f64,
}

/// One world at one scale, on one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The world, or what else was measured.
    pub name: String,
    /// On what: `in-process`, `http`, or what it is compared with.
    pub mode: String,
    /// How large, such as `100000 facts`; empty if that means nothing.
    pub size: String,
    /// The figures.
    pub figures: Vec<Figure>,
    /// How durations are distributed, in the last repetition.
    pub distributions: Vec<Distribution>,
}

/// A figure of every repetition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// In which unit; empty if it is a number of things.
    pub unit: String,
    /// The median of all repetitions.
    pub median: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// One of each repetition, in order.
    pub values: Vec<f64>,
}

/// How durations of one kind are distributed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Distribution {
    /// Durations of what.
    pub name: String,
    /// How many there were.
    pub calls: u64,
    /// Shares of all, and the time in microseconds that this share stayed below.
    pub points: Vec<[f64; 2]>,
}

/// What one repetition measured: what a process hands to the one that has started it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Name, unit, value.
    pub figures: Vec<(String, String, f64)>,
    /// See [`Row::distributions`].
    pub distributions: Vec<Distribution>,
}

impl Measured {
    /// Adds a figure.
    pub fn put(&mut self, name: &str, unit: &str, value: f64) {
        self.figures.push((name.to_owned(), unit.to_owned(), value));
    }
}

impl Row {
    /// The row of several repetitions.
    #[must_use]
    pub fn new(name: &str, mode: &str, size: &str, repetitions: Vec<Measured>) -> Row {
        let mut figures: Vec<Figure> = Vec::new();
        let mut distributions = Vec::new();
        for measured in repetitions {
            for (name, unit, value) in measured.figures {
                match figures.iter_mut().find(|figure| figure.name == name) {
                    Some(figure) => figure.values.push(value),
                    None => figures.push(Figure {
                        name,
                        unit,
                        median: 0.0,
                        low: 0.0,
                        high: 0.0,
                        values: vec![value],
                    }),
                }
            }
            distributions = measured.distributions;
        }
        for figure in &mut figures {
            let values = || figure.values.iter().copied();
            figure.low = values().fold(f64::INFINITY, f64::min);
            figure.high = values().fold(f64::NEG_INFINITY, f64::max);
            figure.median = median(&figure.values);
        }
        Row {
            name: name.to_owned(),
            mode: mode.to_owned(),
            size: size.to_owned(),
            figures,
            distributions,
        }
    }

    /// The figure of this name.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }

    /// How it was measured and how large it is, for people.
    #[must_use]
    pub fn title(&self) -> String {
        match &*self.size {
            "" => self.mode.clone(),
            size => format!("{}, {size}", self.mode),
        }
    }
}

impl Report {
    /// A report of this run, with the machine and the commit as they are now.
    #[must_use]
    pub fn new(repetitions: usize, command: String) -> Report {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Report {
            machine: Machine::this(),
            commit: commit(),
            time: time.map_or(0, |since| since.as_secs()),
            repetitions,
            command,
            rows: Vec::new(),
        }
    }

    /// The page with plots: one file that needs no network.
    #[must_use]
    pub fn html(&self) -> String {
        super::html::page(self)
    }
}

impl Machine {
    /// The one that this runs on.
    #[must_use]
    pub fn this() -> Machine {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key));
            let value = line.and_then(|line| line.split_once(':'));
            value
                .map(|(_, value)| value.trim().to_owned())
                .unwrap_or_default()
        };
        let memory = after(&read("/proc/meminfo"), "MemTotal");
        let memory: u64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
        let load = read("/proc/loadavg");
        Machine {
            processor: after(&read("/proc/cpuinfo"), "model name"),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory * 1024,
            system: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: (load.split(' ').next()).map_or(0.0, |word| word.parse().unwrap_or_default()),
        }
    }
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    };
    // Whoever measures from within another repository is not told its commits.
    let here = git(&[
        "ls-files",
        "--error-unmatch",
        ":/benches/src/bench/report.rs",
    ]);
    let commit = here.and_then(|_| git(&["rev-parse", "--short=12", "HEAD"]));
    let Some(commit) = commit else {
        return "unknown".to_owned();
    };
    match git(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(differs) if differs.is_empty() => commit,
        _ => commit + "+",
    }
}

/// These names, each once, in the order in which they are first met.
pub(super) fn unique<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

impl Figure {
    /// A value of this figure, and the unit it is shown in.
    fn scaled(&self, value: f64) -> (f64, &str) {
        match &*self.unit {
            "us" if value >= 999_500.0 => (value / 1e6, "s"),
            "us" if value >= 999.5 => (value / 1e3, "ms"),
            unit => (value, unit),
        }
    }

    fn shown(&self, value: f64) -> String {
        let (value, unit) = self.scaled(value);
        let space = if unit.is_empty() || unit.starts_with('/') {
            ""
        } else {
            " "
        };
        format!("{}{space}{unit}", short(value))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(self.median))?;
        if self.low >= self.high {
            return Ok(());
        }
        let unit = self.scaled(self.median).1;
        let shown = |value| match self.scaled(value) {
            (value, same) if same == unit => short(value),
            _ => self.shown(value),
        };
        write!(f, " ({}..{})", shown(self.low), shown(self.high))
    }
}

/// Figures by which worlds are compared.
const SUMMARY: [&str; 9] = [
    "grants",
    "load",
    "memory per fact",
    "change visible p50",
    "change visible p99",
    "stream",
    "authorize throughput",
    "list throughput",
    "authorize streaming p99",
];

impl fmt::Display for Report {
    /// Where and what, then a table for each world: its figures down, its rows across. At the
    /// end, if there are several worlds, the main figures of all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine {
            processor,
            threads,
            memory,
            system,
            load,
        } = &self.machine;
        let gigabytes = short((*memory as f64 / 1e9).round());
        writeln!(
            f,
            "{processor}, {threads} threads, {gigabytes} GB, Linux {system}, load {load}"
        )?;
        writeln!(f, "commit {}, `{}`", self.commit, self.command)?;
        writeln!(f, "medians of {} (lowest..highest)", self.repetitions)?;
        for name in unique(self.rows.iter().map(|row| &*row.name)) {
            let rows: Vec<&Row> = self.rows.iter().filter(|row| row.name == name).collect();
            let figures = rows.iter().flat_map(|row| &row.figures);
            let figures = unique(figures.map(|figure| &*figure.name));
            let titles = rows.iter().map(|row| row.title());
            let titles: Vec<String> = std::iter::once(name.to_owned()).chain(titles).collect();
            let mut table = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>());
            for figure in figures {
                let cells = rows.iter().map(|row| {
                    let found = row.figure(figure);
                    found.map_or("-".to_owned(), ToString::to_string)
                });
                table.row(std::iter::once(figure.to_owned()).chain(cells).collect());
            }
            write!(f, "\n{table}")?;
        }
        self.summary(f)
    }
}

impl Report {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let worlds = self.rows.iter().filter(|row| row.figure("load").is_some());
        let worlds: Vec<&Row> = worlds.collect();
        if unique(worlds.iter().map(|row| &*row.name)).len() < 2 {
            return Ok(());
        }
        let headings: Vec<&str> = std::iter::once("medians").chain(SUMMARY).collect();
        let mut table = Table::new(&headings);
        for row in worlds {
            let cells = SUMMARY.iter().map(|name| {
                let found = row.figure(name);
                found.map_or("-".to_owned(), |figure| figure.shown(figure.median))
            });
            let title = format!("{}, {}", row.name, row.title());
            table.row(std::iter::once(title).chain(cells).collect());
        }
        write!(f, "\n{table}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_median_and_the_spread() {
        let one = |value| {
            let mut measured = Measured::default();
            measured.put("load", "facts/s", value);
            measured
        };
        let row = Row::new(
            "flat",
            "in-process",
            "1000 facts",
            [3.0, 1.0, 2.5].map(one).to_vec(),
        );
        let figure = row.figure("load").expect("it was measured");
        assert_eq!((figure.low, figure.median, figure.high), (1.0, 2.5, 3.0));
        assert_eq!(figure.to_string(), "2.50 facts/s (1..3)");
    }

    #[test]
    fn times_are_shown_in_a_unit_that_fits() {
        let figure = |low, median, high| Figure {
            name: "load".to_owned(),
            unit: "us".to_owned(),
            values: vec![low, median, high],
            low,
            median,
            high,
        };
        let shown = [
            figure(5.0, 5.0, 5.0),
            figure(900.0, 1_500.0, 20_000.0),
            figure(2e6, 3e6, 4e6),
        ];
        let shown = shown.map(|figure| figure.to_string());
        assert_eq!(shown, ["5 us", "1.50 ms (900 us..20)", "3 s (2..4)"]);
    }
}
