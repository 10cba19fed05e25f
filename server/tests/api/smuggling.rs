//! Requests whose end can be seen in two ways (R36): whatever Floe makes of one, it is one
//! request, and what a proxy would have taken for a second one is never answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::server::{KEY, Server};

/// What must never be answered.
const SECOND: &str = "GET /api/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n";
/// How its answer would be known.
const ANSWERED: &str = "{\"message\":\"OK\"}";

/// Headers about the length of a body, each with a flaw.
const LENGTHS: &[&str] = &[
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 0\r\nContent-Length: 60\r\n",
    "Content-Length: 60\r\nContent-Length: 0\r\n",
    "Content-Length: 0, 60\r\n",
    "Content-Length: 0 60\r\n",
    "Content-Length: +0\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 0x0\r\n",
    "Content-Length: 1e1\r\n",
    "Content-Length: 99999999999999999999999\r\n",
    "Content-Length: 0\r\n\tContent-Length: 60\r\n",
    "Content-Length:\r\n",
    "Content-Length: zero\r\n",
    "Content-Length : 0\r\n",
    " Content-Length: 0\r\n",
    "Content-Length\r\n",
    "Content-Length: 0\0\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunkedx\r\n",
    "Transfer-Encoding: \"chunked\"\r\n",
    "Transfer-Encoding: \x0bchunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: chunked, chunked\r\n",
    "Transfer-Encoding:\r\n\tchunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    " Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding\r\n : chunked\r\n",
    "Transfer_Encoding: chunked\r\nContent-Length: 60\r\nContent-Length: 0\r\n",
    "X: y\rContent-Length: 0\r\nContent-Length: 60\r\n",
    "X: \0\r\nContent-Length: 0\r\n",
    "X y\r\nContent-Length: 0\r\n",
    ": y\r\nContent-Length: 0\r\n",
    "X\0: y\r\nContent-Length: 0\r\n",
];

/// What follows the head: the second request, at the place where one way to read the first
/// one sees its beginning.
fn bodies() -> Vec<String> {
    vec![
        format!("0\r\n\r\n{SECOND}"),
        format!("zz\r\n{SECOND}"),
        format!("{{}}{SECOND}"),
        format!("ffffffffffffffffff\r\n{SECOND}"),
        format!("1;a=\"\n\"\r\n{{\r\n{SECOND}"),
    ]
}

/// Everything that the server says, until it closes or is silent.
fn said(address: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_millis(1500)))
        .expect("a timeout");
    // The server may have hung up in the middle.
    let _ = stream.write_all(bytes.as_bytes());
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    String::from_utf8_lossy(&read).into_owned()
}

#[test]
fn no_request_hides_in_the_body_of_another() {
    let server = Server::start();
    let head =
        format!("POST /api/authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n");
    // Two requests as they should be are both answered: the second would be seen.
    let two = format!("{head}Content-Length: 2\r\n\r\n{{}}{SECOND}");
    let fair = said(&server.address, &two);
    assert!(fair.contains(ANSWERED), "{fair}");
    let mut cases = Vec::new();
    for lengths in LENGTHS {
        for body in bodies() {
            cases.push(format!("{head}{lengths}\r\n{body}"));
        }
    }
    assert_eq!(cases.len(), 200);
    std::thread::scope(|scope| {
        for cases in cases.chunks(cases.len().div_ceil(16)) {
            let address = &server.address;
            scope.spawn(move || {
                for case in cases {
                    let said = said(address, case);
                    assert!(!said.contains(ANSWERED), "{case:?}: {said}");
                    let status = said.split(' ').nth(1);
                    assert!(
                        status.is_none_or(|status| status.starts_with('4')),
                        "{case:?}: {said}"
                    );
                }
            });
        }
    });
    let alive = server.send("GET", "/api/healthcheck", &[], None);
    assert_eq!(alive.status, 200);
}
