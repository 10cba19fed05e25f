//! TLS (R40): versions, what is refused, what clients see of a wrong certificate, and
//! certificates that change while the server runs.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, ClientConnection, Error, ProtocolVersion, RootCertStore,
    StreamOwned, SupportedProtocolVersion,
};

use crate::client::{floe, folder};
use crate::server::{FLOE, KEY, Server};

/// Who signs the certificates of a test.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority {
            certificate: params.self_signed(&key).unwrap(),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for a name, valid in these years, with its key, as PEM.
    fn issue(&self, name: &str, from: i32, to: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// Where a test keeps its certificate.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(test: &str) -> Files {
        let folder = folder(test);
        Files {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        }
    }

    fn put(&self, (certificate, key): &(String, String)) {
        fs::write(&self.key, key).unwrap();
        fs::write(&self.certificate, certificate).unwrap();
    }

    fn settings(&self) -> [String; 4] {
        let set = |name: &str, path: &Path| format!("tls.{name}={}", path.display());
        let (certificate, key) = (set("certificate", &self.certificate), set("key", &self.key));
        ["--set".to_owned(), certificate, "--set".to_owned(), key]
    }
}

/// A server with a good certificate for `localhost`.
fn start(test: &str, more: &[&str]) -> (Authority, Files, Server) {
    let (authority, files) = (Authority::new(), Files::new(test));
    files.put(&authority.issue("localhost", 2020, 2100));
    let settings = files.settings();
    let mut arguments: Vec<&str> = settings.iter().map(String::as_str).collect();
    arguments.extend(more);
    let server = Server::with(&arguments);
    (authority, files, server)
}

static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// How a client goes about it.
struct Client<'c> {
    trusts: &'c CertificateDer<'static>,
    expects: &'static str,
    versions: &'c [&'static SupportedProtocolVersion],
    protocols: &'c [&'c [u8]],
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

impl Client<'_> {
    fn trusting(authority: &Authority) -> Client<'_> {
        Client {
            trusts: authority.certificate.der(),
            expects: "localhost",
            versions: &BOTH,
            protocols: &[],
        }
    }

    fn connect(&self, server: &Server) -> io::Result<Tls> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trusts.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(self.versions)
            .unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = self.protocols.iter().map(|p| p.to_vec()).collect();
        let name = ServerName::try_from(self.expects).unwrap();
        let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = TcpStream::connect(&server.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(connection, stream))
    }

    /// Why it does not trust the server.
    fn objection(&self, server: &Server) -> Error {
        let why = self.connect(server).expect_err("an objection");
        let inner = why.get_ref().and_then(|why| why.downcast_ref::<Error>());
        inner.unwrap_or_else(|| panic!("{why}")).clone()
    }
}

/// Asks for the server's health over a connection that stays.
fn healthy(stream: &mut Tls) -> bool {
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    if stream.write_all(request.as_bytes()).is_err() {
        return false;
    }
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\"OK\"}") {
        match stream.read(&mut byte) {
            Ok(1) => answer.push(byte[0]),
            _ => return false,
        }
    }
    answer.starts_with(b"HTTP/1.1 200")
}

#[test]
fn both_versions_are_spoken() {
    let (authority, _files, server) = start("tls-versions", &[]);
    let cases = [
        (&TLS12, ProtocolVersion::TLSv1_2),
        (&TLS13, ProtocolVersion::TLSv1_3),
    ];
    for (version, expected) in cases {
        let client = Client {
            versions: &[version],
            protocols: &[b"h2", b"http/1.1"],
            ..Client::trusting(&authority)
        };
        let mut stream = client.connect(&server).unwrap();
        assert_eq!(stream.conn.protocol_version(), Some(expected));
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert!(healthy(&mut stream) && healthy(&mut stream));
    }
    let no_http = Client {
        protocols: &[b"h2"],
        ..Client::trusting(&authority)
    };
    assert!(no_http.connect(&server).is_err());
}

/// The first message of a client that knows this version at most and these ciphers.
fn hello(version: [u8; 2], ciphers: &[[u8; 2]]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend((2 * ciphers.len() as u16).to_be_bytes());
    body.extend(ciphers.concat());
    body.extend([1, 0]);
    // Its groups, signatures and forms of points.
    let extensions = [
        &[0, 10, 0, 4, 0, 2, 0, 29][..],
        &[0, 13, 0, 6, 0, 4, 4, 3, 8, 4],
        &[0, 11, 0, 2, 1, 0],
    ]
    .concat();
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let mut message = vec![1, 0];
    message.extend((body.len() as u16).to_be_bytes());
    message.extend(body);
    let mut record = vec![22, 3, 1];
    record.extend((message.len() as u16).to_be_bytes());
    record.extend(message);
    record
}

fn said(server: &Server, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).unwrap();
    stream.write_all(bytes).unwrap();
    // Whoever is answered in TLS has nothing more to say.
    _ = stream.shutdown(std::net::Shutdown::Write);
    let mut said = Vec::new();
    _ = stream.read_to_end(&mut said);
    said
}

#[test]
fn what_is_no_sound_tls_is_refused() {
    let (authority, _files, server) = start("tls-refused", &["--set", "http.header_timeout=1s"]);
    // An alert, fatal, and which.
    let alert = |number: u8| vec![21, 3, 3, 0, 2, 2, number];
    let (protocol_version, handshake_failure) = (70, 40);
    let (sound, broken) = ([0xc0, 0x2b], [0x00, 0x05]);
    // The same message is a good one for a version that is spoken.
    let greeted = said(&server, &hello([3, 3], &[sound, broken]));
    assert!(greeted.starts_with(&[22, 3, 3]), "{greeted:?}");
    for version in [[3, 0], [3, 1], [3, 2]] {
        let said = said(&server, &hello(version, &[sound, broken]));
        assert_eq!(said, alert(protocol_version), "{version:?}");
    }
    // RC4, and no key exchange that is forward secret.
    let weak = said(&server, &hello([3, 3], &[broken, [0x00, 0x9c]]));
    assert_eq!(weak, alert(handshake_failure));
    for request in ["GET / HTTP/1.1\r\n\r\n", "POST /api/facts HTTP/1.1\r\n"] {
        let plain = String::from_utf8(said(&server, request.as_bytes())).unwrap();
        assert!(plain.starts_with("HTTP/1.1 400 "), "{plain}");
        let body = plain.split_once("\r\n\r\n").unwrap().1;
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert!(body["message"].as_str().unwrap().contains("https://"));
        let length = format!("Content-Length: {}\r\n", body.to_string().len() + 1);
        assert!(plain.contains(&length), "{plain}");
    }
    for garbage in [&[0; 64][..], &[22, 3, 1, 255, 255, 1], &[128, 46, 1, 0, 2]] {
        assert!(said(&server, garbage).len() <= 7);
    }
    // Nothing at all, and half a message, without an end.
    for silence in [&[][..], &[22, 3, 1, 0, 200, 1]] {
        let since = Instant::now();
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.write_all(silence).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        _ = stream.read_to_end(&mut Vec::new());
        assert!(since.elapsed() < Duration::from_secs(10));
    }
    assert!(healthy(
        &mut Client::trusting(&authority).connect(&server).unwrap()
    ));
}

#[test]
fn a_wrong_certificate_is_noticed_by_clients() {
    let authority = Authority::new();
    let cases = [
        ("localhost", 2000, 2001, CertificateError::Expired),
        ("localhost", 2090, 2100, CertificateError::NotValidYet),
        ("other", 2020, 2100, CertificateError::NotValidForName),
    ];
    for (name, from, to, expected) in cases {
        let files = Files::new(&format!("tls-wrong-{name}-{from}"));
        files.put(&authority.issue(name, from, to));
        let settings = files.settings();
        let server = Server::with(&settings.iter().map(String::as_str).collect::<Vec<_>>());
        let Error::InvalidCertificate(why) = Client::trusting(&authority).objection(&server) else {
            panic!("no objection to the certificate");
        };
        // Some objections come with their details.
        let name = |why: &CertificateError| format!("{why:?}").replace("Context", "");
        assert!(name(&why).starts_with(&name(&expected)), "{why:?}");
    }
    let (_, _files, server) = start("tls-stranger", &[]);
    let why = Client::trusting(&authority).objection(&server);
    assert!(matches!(
        why,
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)
    ));
}

/// The certificate that a new connection is shown.
fn shown(authority: &Authority, server: &Server) -> Vec<u8> {
    let stream = Client::trusting(authority).connect(server).unwrap();
    stream.conn.peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn a_new_certificate_is_taken_and_no_connection_dropped() {
    let (authority, files, server) = start("tls-reload", &[]);
    let mut old = Client::trusting(&authority).connect(&server).unwrap();
    assert!(healthy(&mut old));
    let first = shown(&authority, &server);
    let until_other = |than: &[u8]| {
        let since = Instant::now();
        loop {
            let now = shown(&authority, &server);
            if now != than {
                return now;
            }
            assert!(since.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    files.put(&authority.issue("localhost", 2020, 2100));
    let second = until_other(&first);
    assert!(healthy(&mut old), "the connection from before");

    // Halfway through an exchange, and told to look: the one before goes on.
    let third = authority.issue("localhost", 2020, 2100);
    fs::write(&files.certificate, &third.0).unwrap();
    let pid = server.child.id().to_string();
    let told = Command::new("kill").args(["-HUP", &pid]).status();
    assert!(told.unwrap().success());
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(shown(&authority, &server), second);
    fs::write(&files.key, &third.1).unwrap();
    until_other(&second);
    assert!(healthy(&mut old), "the connection from before");
}

#[test]
fn the_end_waits_for_nobody_who_has_not_begun() {
    let (_, _files, mut server) = start("tls-end", &[]);
    let idle: Vec<TcpStream> = (0..3)
        .map(|_| TcpStream::connect(&server.address).unwrap())
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    let since = Instant::now();
    let pid = server.child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    // Not the ten seconds that requests under way would get.
    assert!(since.elapsed() < Duration::from_secs(8));
    drop(idle);
}

#[test]
fn files_of_no_use_are_refused_by_setting_and_origin() {
    let files = Files::new("tls-files");
    let authority = Authority::new();
    let good = authority.issue("localhost", 2020, 2100);
    let other = authority.issue("localhost", 2020, 2100);
    let cases: [(&str, &str, &str, &str); 6] = [
        ("", &good.1, "tls.certificate", "no certificate"),
        (&good.1, &good.1, "tls.certificate", "no certificate"),
        (&good.0, "", "tls.key", "no private key"),
        (&good.0, &good.0, "tls.key", "no private key"),
        (&good.0, &other.1, "tls.key", "not the key of"),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            &good.1,
            "tls.certificate",
            "",
        ),
    ];
    for (certificate, key, setting, why) in cases {
        files.put(&(certificate.to_owned(), key.to_owned()));
        let settings = files.settings();
        let mut arguments = vec!["dev", "--listen", "127.0.0.1:0"];
        arguments.extend(settings.iter().map(String::as_str));
        let refused = floe(&arguments);
        assert_eq!(refused.status, Some(2), "{refused:?}");
        let line = format!("error: setting `{setting}` (flag --set): ");
        assert!(refused.err.starts_with(&line), "{refused:?}");
        assert!(refused.err.contains(why), "{refused:?}");
        assert_eq!(refused.err.lines().count(), 1, "{refused:?}");
    }
}

#[test]
fn the_command_line_trusts_whom_it_is_told_to() {
    let (authority, files, server) = start("tls-client", &[]);
    let ca = files.certificate.with_file_name("ca.pem");
    fs::write(&ca, authority.certificate.pem()).unwrap();
    let port = server.address.rsplit(':').next().unwrap();
    let ask = |ca: Option<&Path>, url: &str| {
        let mut command = Command::new(FLOE);
        command.args(["get", "--key", KEY, "--url", url]);
        command.env_remove("SSL_CERT_FILE").stdin(Stdio::null());
        if let Some(ca) = ca {
            command.arg("--ca").arg(ca);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let url = format!("https://localhost:{port}");
    assert_eq!(ask(Some(&ca), &url), (Some(0), String::new()));
    let (status, said) = ask(None, &url);
    assert!(status == Some(2) && said.contains("cannot reach"), "{said}");
    let (status, said) = ask(Some(&files.key), &url);
    assert!(
        status == Some(2) && said.contains("no certificate"),
        "{said}"
    );
    let (status, said) = ask(Some(&ca), &format!("http://localhost:{port}"));
    assert!(status == Some(1) && said.contains("https://"), "{said}");
}
