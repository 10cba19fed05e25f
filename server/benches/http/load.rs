//! Requests over connections that are kept open, each sent when the answer before is there.
//! One thread sends and reads for all of them, so that most of what is measured is the server.

use std::io::{self, Error};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request, and the body that answers it.
pub(crate) struct Exchange {
    /// Head and body.
    pub(crate) request: Vec<u8>,
    /// What the answer has to be; where it does not matter, so many bytes of it.
    pub(crate) answer: Answer,
}

#[derive(Clone)]
pub(crate) enum Answer {
    Exactly(Rc<[u8]>),
    Length(usize),
}

/// What was sent and answered.
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) took: Duration,
    /// How long each took, ascending; only for one connection.
    pub(crate) each: Vec<Duration>,
}

impl Run {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn median(&self) -> Duration {
        self.each
            .get(self.each.len() / 2)
            .copied()
            .unwrap_or_default()
    }
}

/// A request with the headers that clients send.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let key = crate::servers::KEY;
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         User-Agent: Oso Cloud (python 3.11; rv:2.6.0)\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nX-OsoApiVersion: 0\r\n\
         X-Request-ID: 6d3f3f60-2f0e-4a0e-8a39-6c1f8f6f2d11\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Sends requests for so long over so many connections, taking them in turn.
pub(crate) fn run(
    address: SocketAddr,
    exchanges: Rc<[Exchange]>,
    connections: usize,
    time: Duration,
) -> io::Result<Run> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let mut open = Vec::new();
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            open.push(stream);
        }
        let began = Instant::now();
        let end = began + time;
        let share = exchanges.len() / connections.max(1);
        let running: Vec<_> = (open.into_iter().enumerate())
            .map(|(i, stream)| {
                let exchanges = exchanges.clone();
                tasks.spawn_local(one(stream, exchanges, i * share, end, connections == 1))
            })
            .collect();
        let (mut requests, mut each) = (0, Vec::new());
        for task in running {
            let (sent, times) = task.await.map_err(Error::other)??;
            requests += sent;
            each.extend(times);
        }
        each.sort_unstable();
        Ok(Run {
            requests,
            took: began.elapsed(),
            each,
        })
    })
}

async fn one(
    mut stream: TcpStream,
    exchanges: Rc<[Exchange]>,
    mut at: usize,
    end: Instant,
    timed: bool,
) -> io::Result<(u64, Vec<Duration>)> {
    let mut buffer = Vec::new();
    let mut each = Vec::new();
    let mut sent = 0;
    let mut now = Instant::now();
    while now < end {
        let exchange = &exchanges[at % exchanges.len()];
        stream.write_all(&exchange.request).await?;
        let body = answer(&mut stream, &mut buffer).await?;
        let right = match &exchange.answer {
            Answer::Exactly(bytes) => body == &**bytes,
            Answer::Length(length) => body.len() == *length,
        };
        if !right {
            let found = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
            return Err(Error::other(format!(
                "another answer was expected: {found}"
            )));
        }
        let then = Instant::now();
        if timed {
            each.push(then - now);
        }
        now = then;
        at += 1;
        sent += 1;
    }
    Ok((sent, each))
}

/// Reads one answer with status 200 and says what its body is.
async fn answer<'b>(stream: &mut TcpStream, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
    buffer.clear();
    let (mut begin, mut end) = (0, usize::MAX);
    while buffer.len() < end {
        buffer.reserve(16 << 10);
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if begin > 0 {
            continue;
        }
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..head]).to_lowercase();
        let length = text.lines().find_map(|line| {
            let value = line.strip_prefix("content-length:")?;
            value.trim().parse::<usize>().ok()
        });
        let (true, Some(length)) = (text.starts_with("http/1.1 200 "), length) else {
            let whole = String::from_utf8_lossy(buffer).into_owned();
            return Err(Error::other(format!(
                "no answer of a known length: {whole}"
            )));
        };
        begin = head + 4;
        end = begin + length;
        buffer.reserve(end.saturating_sub(buffer.len()));
    }
    Ok(&buffer[begin..end])
}

/// Sends one request over a connection of its own and returns the answer's body.
pub(crate) fn ask(address: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        let mut buffer = Vec::new();
        Ok(answer(&mut stream, &mut buffer).await?.to_vec())
    })
}
