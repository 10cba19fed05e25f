//! Loads policy files again when they change.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

use floe_frontend::diag::render::Style;

use super::load::load;
use crate::environment::{Environment, Options};
use crate::http::Stop;

/// How often files are looked at. Looking at a few names costs nothing, works on every file
/// system, and survives editors that put a new file in the old one's place.
const PAUSE: Duration = Duration::from_millis(200);

/// A file that is empty now is probably being written, and gets this long to have content:
/// an empty policy is a policy too, and would deny everything.
const EMPTY: Duration = Duration::from_secs(1);

/// Looks until the server stops.
pub(super) fn watch(
    environment: &Environment,
    files: &[PathBuf],
    style: Style,
    options: Options,
    stop: &Stop,
) {
    let mut seen = marks(files);
    while !*stop.borrow() {
        thread::sleep(PAUSE);
        if marks(files) == seen {
            continue;
        }
        seen = settled(files);
        match load(environment, files, style, options) {
            Ok(said) => {
                print!("{said}");
                let _ = std::io::stdout().flush();
            }
            // An editor may be between two steps; the next look will see a file again.
            Err(why) => eprintln!("{why}"),
        }
    }
}

/// Waits until nobody is writing any more: what is read in the middle of it would be half
/// a policy.
fn settled(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let mut now = marks(files);
    loop {
        let empty = now
            .iter()
            .any(|mark| mark.is_none_or(|(_, length)| length == 0));
        thread::sleep(if empty { EMPTY } else { PAUSE / 2 });
        let later = marks(files);
        if later == now {
            return now;
        }
        now = later;
    }
}

/// What changes when a file does; `None` for one that is not there.
fn marks(files: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let mark = |path: &PathBuf| {
        let data = fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    };
    files.iter().map(mark).collect()
}
