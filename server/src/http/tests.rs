//! A handler that panics costs one request its answer, and nobody anything else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use tokio::sync::watch;

use super::Listening;
use crate::keys::DEVELOPMENT_KEY;
use crate::process::for_tests;

/// Status, id of the request, and body of the next answer.
fn answer(stream: &mut BufReader<TcpStream>) -> (u16, String, String) {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        assert!(stream.read_line(&mut line).unwrap() > 0, "{head:?}");
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_lowercase()),
        }
    }
    let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
    let header = |name: &str| head.iter().find_map(|line| line.strip_prefix(name));
    let length = header("content-length: ").unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let id = header("x-request-id: ").unwrap().to_owned();
    (status, id, String::from_utf8(body).unwrap())
}

#[test]
fn a_panic_is_one_500() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Arc::new(for_tests());
    let (stop, stopped) = watch::channel(false);
    let listening = Listening::on("127.0.0.1:0".parse().unwrap(), None);
    let listening = runtime.block_on(listening).unwrap();
    let address = listening.address();
    let serving = runtime.spawn(listening.serve(server.clone(), stopped));

    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    for (i, (path, status)) in [
        ("panics", 500),
        ("stats", 200),
        ("panics_elsewhere", 500),
        ("panics", 500),
        ("stats", 200),
    ]
    .into_iter()
    .enumerate()
    {
        let request = format!(
            "GET /api/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {DEVELOPMENT_KEY}\r\n\
             X-Request-ID: mine-{i}\r\n\r\n"
        );
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (found, id, body) = answer(&mut stream);
        assert_eq!((found, id), (status, format!("mine-{i}")), "{path}");
        if status == 500 {
            assert!(body.contains("this request's id"), "{body}");
            assert!(!body.contains("as the test wants it"), "{body}");
        }
    }
    assert_eq!(server.metrics.panics.get(), 3);
    let metrics = server.metrics.text();
    let line = "floe_http_requests_total{route=\"/api/panics\",status=\"500\"} 2";
    assert!(metrics.contains(line), "{metrics}");
    drop(stream);
    stop.send_replace(true);
    runtime.block_on(serving).unwrap();
}
