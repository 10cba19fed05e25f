//! `floe export`: facts of a server, one JSON object per line.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::{Misuse, Outcome, say};
use super::ask::refused;
use super::connection::Server;
use super::facts::path;
use super::import::rate;

/// Print facts, one JSON object per line
///
/// What it prints is what `floe import` and `floe dev --facts` read. Facts are passed on as
/// they arrive, so there may be any number of them.
#[derive(Args)]
pub(crate) struct Export {
    /// A predicate and its first arguments; without any, all facts
    #[arg(value_name = "PREDICATE ARGUMENT")]
    words: Vec<String>,
    #[command(flatten)]
    server: Server,
}

impl Export {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let body = match self.server.connection()?.stream(&path(&self.words)?)? {
            Ok(body) => body,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        let began = Instant::now();
        let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut lines = Lines {
            out,
            count: 0,
            bar: &bar,
            began,
            unwritten: None,
        };
        let mut json = serde_json::Deserializer::from_reader(body.into_reader());
        let read = json.deserialize_seq(&mut lines);
        let count = lines.count;
        let written = match lines.unwritten.take() {
            Some(why) => Err(why),
            None => lines.out.flush(),
        };
        drop(lines);
        bar.finish_and_clear();
        match written {
            // A reader that has seen enough is no failure.
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => return Ok(Outcome::Fine),
            Err(why) => return Err(Misuse(format!("cannot write to standard output: {why}"))),
            Ok(()) => {}
        }
        if let Err(why) = read {
            return Err(Misuse(format!(
                "the answer broke off after {count} facts: {why}"
            )));
        }
        say(&format!("{}\n", rate(count, began.elapsed())));
        Ok(Outcome::Fine)
    }
}

struct Lines<'b, W> {
    out: W,
    count: u64,
    bar: &'b ProgressBar,
    began: Instant,
    /// Why a fact could not be passed on.
    unwritten: Option<io::Error>,
}

impl<'de, W: Write> Visitor<'de> for &mut Lines<'_, W> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of facts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut facts: A) -> Result<(), A::Error> {
        use serde::de::Error;
        while let Some(fact) = facts.next_element::<Box<RawValue>>()? {
            let written = self.out.write_all(fact.get().as_bytes());
            let written = written.and_then(|()| self.out.write_all(b"\n"));
            if let Err(why) = written {
                self.unwritten = Some(why);
                return Err(A::Error::custom("nobody reads on"));
            }
            self.count += 1;
            if self.count.is_multiple_of(10_000) {
                self.bar.set_message(rate(self.count, self.began.elapsed()));
            }
        }
        Ok(())
    }
}
