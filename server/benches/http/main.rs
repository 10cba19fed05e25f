//! What answers cost over HTTP, beside a no-op server on the same stack in the same run.
//!
//! ```sh
//! cargo bench -p floe-server --bench http
//! cargo bench -p floe-server --bench http -- --seconds 2 --rounds 9 --ids 1000000
//! ```
//!
//! Both servers run as processes of their own and are loaded in turns, so that whatever else
//! the machine does falls on both. The no-op server (`floe::noop`) parses the same request
//! and answers with as many bytes. Every answer of Floe is compared with what it must be.
//! Data directories lie in FLOE_BENCH_DIR, else in the system's place for what is temporary:
//! name a real disk.

mod cases;
mod load;
mod servers;
mod world;
mod writers;

use std::process::ExitCode;
use std::time::Duration;

/// How much is measured.
struct Effort {
    /// Of each server in each round.
    time: Duration,
    rounds: usize,
    /// The longest list that is read in pages.
    ids: usize,
    /// Only cases whose name has this in it.
    only: String,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let went = match servers::was_noop(&arguments) {
        Ok(true) => return ExitCode::SUCCESS,
        Ok(false) => effort(&arguments).and_then(|e| cases::measure(&e).map_err(|e| e.to_string())),
        Err(why) => Err(why.to_string()),
    };
    match went {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn effort(arguments: &[String]) -> Result<Effort, String> {
    let mut effort = Effort {
        time: Duration::from_secs(1),
        rounds: 5,
        ids: 300_000,
        only: String::new(),
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        // `cargo bench` adds it.
        if name == "--bench" {
            continue;
        }
        let Some(value) = arguments.next() else {
            return Err(format!("{name} needs a value"));
        };
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("{name}: {value}?"))
        };
        match name.as_str() {
            "--seconds" => {
                let seconds: f64 = value.parse().map_err(|_| format!("{name}: {value}?"))?;
                effort.time = Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())?;
            }
            "--rounds" => effort.rounds = number()?.max(1),
            "--ids" => effort.ids = number()?.max(100_000),
            "--only" => effort.only.clone_from(value),
            _ => {
                return Err(format!(
                    "there is no {name}, only --seconds, --rounds, --ids and --only"
                ));
            }
        }
    }
    Ok(effort)
}
