//! A line of JSON over a socket in a directory.

use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longer lines are nobody's.
const LONGEST: u64 = 1 << 20;

/// Systems take about a hundred bytes for the path of a socket.
const SHORT: usize = 90;

/// How the socket of a directory is reached, as long as the value lives.
pub(super) struct Address {
    path: PathBuf,
    /// The directory by another, short name.
    _dir: Option<File>,
}

impl Address {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The socket of a data directory.
pub(super) fn address(dir: &Path) -> io::Result<Address> {
    let path = dir.join("control");
    if path.as_os_str().len() <= SHORT || cfg!(not(target_os = "linux")) {
        return Ok(Address { path, _dir: None });
    }
    let dir = File::open(dir)?;
    Ok(Address {
        path: format!("/proc/self/fd/{}/control", dir.as_raw_fd()).into(),
        _dir: Some(dir),
    })
}

pub(super) fn write(to: &mut UnixStream, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    to.write_all(&line)
}

pub(super) fn read<T: DeserializeOwned>(from: &mut impl BufRead) -> io::Result<T> {
    let mut line = String::new();
    from.take(LONGEST).read_line(&mut line)?;
    if !line.ends_with('\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&line)?)
}
