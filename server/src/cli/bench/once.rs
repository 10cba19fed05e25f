//! One measurement, in the process that is told to make it: the other half of
//! `floe bench run`, which reads what this prints.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use clap::Args;
use floe_benches::bench::floor::floor;
use floe_benches::bench::{
    Effort, Failure, InProcess, Measured, Target, asking, blast, by_hand, measure,
};
use floe_benches::workload::{Question, Value};

use super::super::{Misuse, Outcome, print};
use super::named;
use super::over_http::OverHttp;
use crate::http::noop::{Asked, serve};

/// Begins lines that say what is being done.
pub(super) const PROGRESS: &str = "... ";

/// Measure one thing once
#[derive(Args)]
pub(super) struct Once {
    name: String,
    mode: String,
    scale: u32,
    seconds: f64,
    disk: PathBuf,
}

impl Once {
    pub(super) fn run(&self) -> Result<Outcome, Misuse> {
        let measured = self.measure().map_err(|Failure(why)| Misuse(why))?;
        let json = serde_json::to_string(&measured).map_err(|why| Misuse(why.to_string()))?;
        print(&format!("{json}\n"))?;
        Ok(Outcome::Fine)
    }

    fn measure(&self) -> Result<Measured, Failure> {
        let effort = Effort {
            each: Duration::from_secs_f64(self.seconds),
            ..Effort::default()
        };
        // If nobody reads, the result cannot be told either.
        let tell = |doing: &str| _ = print(&format!("{PROGRESS}{doing}\n"));
        match (&*self.name, &*self.mode) {
            ("floor", "machine") => floor(&self.disk, effort.each),
            ("floor", _) => no_op(&effort),
            ("one change", _) => blast(self.scale, &|policy| self.start(policy), &effort),
            (name, "by hand") => by_hand(name, self.scale, &effort),
            (name, _) => {
                let world = named(name, self.scale).map_err(|Misuse(why)| Failure(why))?;
                let mut target = self.start(world.policy())?;
                measure(&*world, &mut *target, &effort, &tell)
            }
        }
    }

    fn start(&self, policy: &str) -> Result<Box<dyn Target>, Failure> {
        Ok(match &*self.mode {
            "http" => Box::new(OverHttp::start(&self.disk, policy)?),
            _ => Box::new(InProcess::new(policy)?),
        })
    }
}

/// A server that reads a question and answers always the same.
fn no_op(effort: &Effort) -> Result<Measured, Failure> {
    let (told, hears) = mpsc::channel();
    std::thread::spawn(move || {
        let answer = br#"{"allowed":true}"#.to_vec();
        // Without an address whoever waits hears that there is none.
        _ = serve(Asked::Authorize, answer, move |at| _ = told.send(at));
    });
    let at = hears.recv();
    let at = at.map_err(|_| Failure("the no-op server does not start".to_owned()))?;
    let target = OverHttp::of(&format!("http://{at}"));
    let question = Question::Authorize {
        actor: Value::numbered("User", 'u', 1),
        action: "read",
        resource: Value::numbered("Repository", 'r', 1),
    };
    let mut measured = Measured::default();
    asking(&target, &[question], effort, &mut measured)?;
    Ok(measured)
}
