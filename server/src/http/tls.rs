//! TLS: 1.2 and 1.3, by rustls, with certificates that are read again while serving.
//!
//! Connections that are there keep what they began with; those that come get the newest
//! certificate that could be read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, ServerConfig};
use tokio_rustls::server::TlsStream;
use tracing::{info, warn};

use super::patience::Patience;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// To whoever speaks HTTP where TLS is spoken.
fn to_plain_http() -> String {
    let body = "{\"message\":\"this address speaks TLS: begin with https://\"}\n";
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Files with a certificate and its key.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    /// The certificate, and those that lead to an authority.
    pub(crate) certificate: PathBuf,
    /// The key of the certificate.
    pub(crate) key: PathBuf,
}

/// Why there is no TLS.
pub(crate) enum Unusable {
    /// The file of the certificate.
    Certificate(String),
    /// The file of the key, or that it is another certificate's.
    Key(String),
}

/// How connections are encrypted.
pub(crate) struct Tls {
    files: Files,
    newest: watch::Sender<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Which file is of no use, and why.
    pub(crate) fn new(files: Files) -> Result<Tls, Unusable> {
        let config = read(&files)?;
        Ok(Tls {
            files,
            newest: watch::Sender::new(config),
        })
    }

    /// Reads the files again; if they are of no use, what was read before goes on.
    pub(crate) fn reload(&self) {
        let certificate = self.files.certificate.display();
        match read(&self.files) {
            Ok(config) => {
                self.newest.send_replace(config);
                info!(%certificate, "the certificate has been read again");
            }
            Err(Unusable::Certificate(why) | Unusable::Key(why)) => {
                warn!(why, "the certificate before goes on");
            }
        }
    }

    /// Reads the files again whenever they change.
    pub(crate) async fn follow(&self) {
        let mut seen = self.files.marks();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.files.marks();
            if now != seen {
                seen = now;
                self.reload();
            }
        }
    }

    /// Agrees on keys with a client. One that speaks HTTP is told that this is no way.
    pub(super) async fn accept(
        &self,
        mut stream: TcpStream,
        patience: Duration,
    ) -> io::Result<TlsStream<Patience<TcpStream>>> {
        // No message of TLS begins with a letter, every one of HTTP does.
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first[0].is_ascii_uppercase() {
            stream.write_all(to_plain_http().as_bytes()).await?;
            return Err(io::Error::other("the client speaks no TLS"));
        }
        let config = self.newest.borrow().clone();
        let stream = Patience::new(stream, patience);
        TlsAcceptor::from(config).accept(stream).await
    }
}

impl Files {
    /// What changes when one of the files does.
    fn marks(&self) -> [Option<(SystemTime, u64, u64)>; 2] {
        let mark = |path: &Path| {
            let there = std::fs::metadata(path).ok()?;
            let inode = std::os::unix::fs::MetadataExt::ino(&there);
            Some((there.modified().ok()?, there.len(), inode))
        };
        [mark(&self.certificate), mark(&self.key)]
    }
}

fn read(files: &Files) -> Result<Arc<ServerConfig>, Unusable> {
    let (certificate, key) = (&files.certificate, &files.key);
    let unusable = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let of_certificate =
        |why: &dyn std::fmt::Display| Unusable::Certificate(unusable(certificate, why));
    let of_key = |why: &dyn std::fmt::Display| Unusable::Key(unusable(key, why));
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, pem::Error>>)
        .map_err(|why| of_certificate(&why))?;
    if chain.is_empty() {
        return Err(of_certificate(&"there is no certificate in it"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| match why {
        pem::Error::NoItemsFound => of_key(&"there is no private key in it"),
        why => of_key(&why),
    })?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|why| of_certificate(&why))?
        .with_no_client_auth();
    let mut config = builder
        .with_single_cert(chain, secret)
        .map_err(|why| match why {
            Error::InconsistentKeys(_) => of_key(&format!(
                "it is not the key of the certificate in {}",
                certificate.display()
            )),
            Error::InvalidCertificate(_) => of_certificate(&why),
            why => of_key(&why),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
