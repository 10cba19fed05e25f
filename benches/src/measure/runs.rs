//! The same measurement several times, each in a process of its own.
//!
//! Memory that was once used seldom goes back to the system, so whatever reports memory needs
//! a new process. The median of several is reported, as other work on the machine comes and
//! goes.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use super::{Table, median, short};

/// The argument that makes a bench measure one thing and print it for its parent.
const ONE: &str = "--one";

/// Named figures of one measurement.
#[derive(Clone, Debug, Default)]
pub struct Figures(BTreeMap<String, Vec<f64>>);

impl Figures {
    /// Adds a figure.
    pub fn put(&mut self, name: &str, value: f64) {
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    /// The sum of all figures of a name.
    #[must_use]
    pub fn total(&self, name: &str) -> f64 {
        self.0.get(name).into_iter().flatten().sum()
    }

    /// The median of all figures of a name; not a number if there are none.
    #[must_use]
    pub fn median(&self, name: &str) -> f64 {
        median(self.0.get(name).map_or(&[], Vec::as_slice))
    }

    /// The median, and how far the figures lie apart.
    #[must_use]
    pub fn shown(&self, name: &str) -> String {
        let values = self.0.get(name).cloned().unwrap_or_default();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        if values.is_empty() {
            return "-".to_owned();
        }
        format!(
            "{} ({}..{})",
            short(self.median(name)),
            short(low),
            short(high)
        )
    }
}

/// Several measurements of the same things: one table.
#[derive(Clone, Debug)]
pub struct Block {
    /// What the rows are.
    pub title: &'static str,
    /// The rows: names that say to a child process what to measure.
    pub rows: Vec<&'static str>,
    /// The columns: headings, and names of figures.
    pub columns: Vec<(&'static str, &'static str)>,
}

/// The whole of a bench: measures every row of every block, `--runs` times in turns, each time
/// in a process of its own, and prints a table for each block.
///
/// With words that begin with `=` only those rows are measured.
pub fn report(blocks: &[Block], measure: impl Fn(&str, &mut Figures)) {
    if let Some(what) = word_after(ONE) {
        let mut figures = Figures::default();
        measure(&what, &mut figures);
        for (name, values) in &figures.0 {
            for value in values {
                println!("{name}\t{value}");
            }
        }
        return;
    }
    let runs = argument("--runs", 3);
    let wanted: Vec<String> = std::env::args()
        .filter_map(|word| Some(word.strip_prefix('=')?.to_owned()))
        .collect();
    for block in blocks {
        let rows = block.rows.iter().copied();
        let rows: Vec<&str> = rows
            .filter(|&row| wanted.is_empty() || wanted.iter().any(|wanted| wanted == row))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let all = repeat(&rows, runs);
        let headings = block.columns.iter().map(|&(heading, _)| heading);
        let headings: Vec<&str> = std::iter::once(block.title).chain(headings).collect();
        let mut table = Table::new(&headings);
        for row in rows {
            let figures = block.columns.iter().map(|&(_, name)| all[row].shown(name));
            table.row(std::iter::once(row.to_owned()).chain(figures).collect());
        }
        println!("{table}");
    }
    println!("medians of {runs} runs (lowest..highest)");
}

/// Runs each measurement so often, taking turns, and collects the figures.
fn repeat(what: &[&str], runs: usize) -> BTreeMap<String, Figures> {
    let program = std::env::current_exe().expect("a program knows where it is");
    let mut all: BTreeMap<String, Figures> = BTreeMap::new();
    for run in 1..=runs {
        for &what in what {
            eprintln!("{what}: run {run} of {runs}");
            let child = Command::new(&program)
                .args([ONE, what])
                .stderr(Stdio::inherit())
                .output()
                .expect("a program can start itself");
            assert!(child.status.success(), "{what} failed");
            let figures = all.entry(what.to_owned()).or_default();
            for line in String::from_utf8_lossy(&child.stdout).lines() {
                if let Some((name, value)) = line.split_once('\t') {
                    figures.put(name, value.parse().unwrap_or(f64::NAN));
                }
            }
        }
    }
    all
}

/// The number after this argument, as in `--runs 5`.
#[must_use]
pub fn argument(name: &str, otherwise: usize) -> usize {
    let number = word_after(name).and_then(|word| word.parse().ok());
    number.unwrap_or(otherwise)
}

fn word_after(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

/// Was this argument given?
#[must_use]
pub fn flag(name: &str) -> bool {
    std::env::args().any(|argument| argument == name)
}
