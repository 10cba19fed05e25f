//! `floe import`: facts from a file to a server.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::super::{Misuse, Outcome, print, say};
use super::connection::{Connection, Server};
use crate::ndjson::Lines;

/// A request has at most so many bytes, well below what servers accept.
const BATCH_BYTES: usize = 2 << 20;

/// Store the facts of a file
///
/// The file has one JSON object per line: {"predicate": ..., "args": [{"type": ..., "id":
/// ...}, ...]}, as `floe export` writes them. Facts are sent in batches; each is stored
/// whole or not at all. After an error the batches before are stored, and importing the
/// file again is safe: a fact that is there already stays as it is.
#[derive(Args)]
pub(crate) struct Import {
    /// The file; `-` is standard input
    file: PathBuf,

    /// Facts per batch
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    batch: u64,

    #[command(flatten)]
    server: Server,
}

impl Import {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let connection = self.server.connection()?;
        let mut lines = Lines::open(&self.file).map_err(Misuse)?;
        let size = fs::metadata(&self.file).map(|m| m.len()).unwrap_or(0);
        let bar = bar(size);
        let began = Instant::now();
        let mut total: u64 = 0;
        loop {
            let first = lines.number() + 1;
            let (body, count) = self.fill(&mut lines)?;
            if count == 0 {
                break;
            }
            if let Err(why) = send(&connection, &body)? {
                bar.abandon();
                let last = lines.number();
                say(&format!("error: lines {first} to {last}: {why}\n"));
                say(&format!("{total} facts before line {first} are stored\n"));
                return Ok(Outcome::Refused);
            }
            total += count;
            bar.set_position(lines.bytes().min(size));
            bar.set_message(rate(total, began.elapsed()));
        }
        bar.finish_and_clear();
        if self.server.json {
            print(&format!("{}\n", serde_json::json!({"facts": total})))?;
        } else {
            print(&format!("{}\n", rate(total, began.elapsed())))?;
        }
        Ok(Outcome::Fine)
    }

    /// The next batch, as the body of a request.
    fn fill(&self, lines: &mut Lines) -> Result<(Vec<u8>, u64), Misuse> {
        let mut body = br#"[{"inserts":["#.to_vec();
        let mut count = 0;
        while count < self.batch && body.len() < BATCH_BYTES {
            // Looked at here, so that a slip is reported with its line.
            if lines.next_fact().map_err(Misuse)?.is_none() {
                break;
            }
            if count > 0 {
                body.push(b',');
            }
            body.extend_from_slice(lines.line());
            count += 1;
        }
        body.extend_from_slice(b"]}]");
        Ok((body, count))
    }
}

/// Sends a batch; a server that has too much to do is asked again.
fn send(connection: &Connection, body: &[u8]) -> Result<Result<(), String>, Misuse> {
    for wait in [100, 500, 2000, 5000, 0] {
        match connection.post_bytes("batch", body)? {
            Ok(_) => return Ok(Ok(())),
            Err(refusal) if refusal.status.as_u16() == 429 && wait > 0 => {
                std::thread::sleep(Duration::from_millis(wait));
            }
            Err(refusal) => return Ok(Err(refusal.message)),
        }
    }
    Ok(Err("the server is too busy".to_owned()))
}

/// A bar on a terminal, nothing elsewhere. Nobody knows how long standard input is.
fn bar(size: u64) -> ProgressBar {
    let (bar, form) = match size {
        0 => (ProgressBar::new_spinner(), "{spinner} {msg}"),
        _ => {
            let form = "{wide_bar} {bytes}/{total_bytes} {eta} {msg}";
            (ProgressBar::new(size), form)
        }
    };
    if let Ok(style) = ProgressStyle::with_template(form) {
        bar.set_style(style);
    }
    bar
}

/// `12000 facts in 1.5 s, 8000 per second`
pub(super) fn rate(facts: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64().max(0.001);
    let per_second = facts as f64 / seconds;
    format!("{facts} facts in {seconds:.1} s, {per_second:.0} per second")
}
