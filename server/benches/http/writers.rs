//! Many who write at a time to a server that keeps everything, each waiting for its answer.

use std::io::{self, Error};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;

use floe::noop::Asked;

use crate::Effort;
use crate::cases::{meaningless, median, store};
use crate::load::{Answer, Exchange, ask, request, run};
use crate::servers::Server;
use crate::world::{self, Facts};

const WRITERS: usize = 64;
/// More changes than this nobody makes in a second.
const A_SECOND: f64 = 60_000.0;

/// Compares them with one writer and with a no-op server, and counts how many share a sync.
pub(crate) fn measure(effort: &Effort) -> io::Result<()> {
    let data = Data::new();
    let floe = Server::durable(&data.0)?;
    let policy = serde_json::json!({ "src": world::POLICY }).to_string();
    ask(floe.address, &request("POST", "/api/policy", &policy))?;
    store(&floe, &Facts::small())?;
    let metrics = floe.metrics.ok_or(io::ErrorKind::AddrNotAvailable)?;

    let answer: Rc<[u8]> = br#"{"message":"OK"}"#[..].into();
    let insert = |number: usize| Exchange {
        request: request("POST", "/api/batch", &world::insert(number)),
        answer: Answer::Exactly(answer.clone()),
    };
    let (plain, bytes) = meaningless(&[insert(0)]);
    let noop = Server::noop(Asked::Batch, bytes)?;
    let amount = (A_SECOND * effort.time.as_secs_f64()) as usize;
    let mut fresh = 0..;
    let mut inserts = || -> Rc<[Exchange]> { fresh.by_ref().take(amount).map(insert).collect() };
    let mut found = [const { Vec::new() }; 5];
    for round in 0..=effort.rounds {
        let nothing = run(noop.address, plain.clone(), WRITERS, effort.time)?.per_second();
        let one = run(floe.address, inserts(), 1, effort.time)?.per_second();
        let before = counts(metrics)?;
        let many = run(floe.address, inserts(), WRITERS, effort.time)?.per_second();
        let after = counts(metrics)?;
        let shared = (after.0 - before.0) / (after.1 - before.1);
        // The first round warms up.
        if round > 0 {
            let wanted = (one * 10.0).min(nothing * 0.6);
            for (of, figure) in found
                .iter_mut()
                .zip([nothing, one, many, shared, many / wanted])
            {
                of.push(figure);
            }
        }
    }
    let [nothing, one, many, shared, share] = found.map(median);
    println!(
        "{WRITERS} writers, durable: {many:.0}/s; one of them alone {one:.0}/s, a no-op POST \
         {nothing:.0}/s; {:.0} % of ten times the one or 0.6 times the other, whichever is less \
         (wanted >= 100 %); {shared:.1} changes a sync (wanted >= 16)",
        share * 100.0
    );
    Ok(())
}

/// Records and commits so far.
fn counts(metrics: SocketAddr) -> io::Result<(f64, f64)> {
    let text = ask(metrics, &request("GET", "/metrics", ""))?;
    let text = String::from_utf8_lossy(&text);
    let count = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().parse::<f64>().ok());
        number.ok_or_else(|| Error::other(format!("{name} is not counted")))
    };
    Ok((
        count("floe_store_records_total")?,
        count("floe_store_commits_total")?,
    ))
}

/// A data directory that goes with the value.
struct Data(PathBuf);

impl Data {
    fn new() -> Data {
        let under = std::env::var_os("FLOE_BENCH_DIR");
        let under = under.map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = under.join(format!("floe-http-{}", std::process::id()));
        _ = std::fs::remove_dir_all(&dir);
        Data(dir)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}
