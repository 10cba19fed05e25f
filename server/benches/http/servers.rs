//! The two servers that are compared, each a process of its own.

use std::io::{self, BufRead, BufReader, Error, Lines};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use floe::noop::Asked;

/// The key that is always valid in development.
pub(crate) const KEY: &str = "e_0123456789_12345_osotesttoken01xiIn";

/// What the process is told so that it is a no-op server and nothing else.
const NOOP: &str = "serve-noop";

/// A server that ends with the value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Where it counts, if it does.
    pub(crate) metrics: Option<SocketAddr>,
    /// A process whose output nobody takes would end when it says more.
    out: Lines<BufReader<ChildStdout>>,
}

impl Server {
    /// `floe dev`.
    pub(crate) fn floe() -> io::Result<Server> {
        let mut floe = Command::new(env!("CARGO_BIN_EXE_floe"));
        floe.args(["dev", "--listen", "127.0.0.1:0"])
            .env_remove("FLOE_CONFIG");
        Server::start(floe, "Floe listens on http://")
    }

    /// `floe serve` on a new data directory.
    pub(crate) fn durable(data: &Path) -> io::Result<Server> {
        let mut floe = Command::new(env!("CARGO_BIN_EXE_floe"));
        floe.args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--metrics", "127.0.0.1:0", "--data"])
            .arg(data)
            .env_remove("FLOE_CONFIG");
        let mut server = Server::start(floe, "Floe listens on http://")?;
        let at = server.out.next().transpose()?.unwrap_or_default();
        let at = at.strip_prefix("Metrics are on http://");
        let at = at.and_then(|at| at.strip_suffix("/metrics")?.parse().ok());
        server.metrics = at;
        Ok(server)
    }

    /// A no-op server that answers with so many bytes.
    pub(crate) fn noop(asked: Asked, bytes: usize) -> io::Result<Server> {
        let mut noop = Command::new(std::env::current_exe()?);
        noop.args([NOOP, name(asked), &bytes.to_string()]);
        Server::start(noop, "noop ")
    }

    fn start(mut command: Command, says: &str) -> io::Result<Server> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut lines = BufReader::new(out).lines();
        let address = lines
            .find_map(|line| line.ok()?.strip_prefix(says)?.trim().parse().ok())
            .ok_or_else(|| Error::other("a server ended before it listened"))?;
        Ok(Server {
            child,
            address,
            metrics: None,
            out: lines,
        })
    }

    /// Processor time of all its threads until now.
    pub(crate) fn processor(&self) -> io::Result<Duration> {
        let mut total = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread of the blocking pool may be gone by now.
            let times = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
            let nanoseconds = times.split(' ').next().and_then(|n| n.parse().ok());
            total += nanoseconds.unwrap_or(0_u64);
        }
        Ok(Duration::from_nanos(total))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ALL: [Asked; 3] = [Asked::Authorize, Asked::List, Asked::Batch];

fn name(asked: Asked) -> &'static str {
    match asked {
        Asked::Authorize => "authorize",
        Asked::List => "list",
        Asked::Batch => "batch",
    }
}

/// Whether this process was started to be a no-op server; it has been one then.
pub(crate) fn was_noop(arguments: &[String]) -> io::Result<bool> {
    let [told, asked, bytes] = arguments else {
        return Ok(false);
    };
    if told != NOOP {
        return Ok(false);
    }
    let asked = ALL.into_iter().find(|a| name(*a) == asked);
    let (Some(asked), Ok(bytes)) = (asked, bytes.parse()) else {
        return Err(Error::other("which no-op server?"));
    };
    floe::noop::serve(asked, vec![b'x'; bytes], |address| {
        println!("noop {address}")
    })?;
    Ok(true)
}
