//! The data directory: which files there are, and how a new one comes to be there.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The store of a data directory.
pub(super) fn store(dir: &Path) -> PathBuf {
    dir.join("floe.redb")
}

/// Makes the directory, for its owner only.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// A new file in place of any old one, for its owner only.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Puts a finished file in its place, so that it is there after a power failure too.
pub(super) fn settle(finished: &Path, place: &Path) -> io::Result<()> {
    File::open(finished)?.sync_all()?;
    std::fs::rename(finished, place)?;
    match place.parent() {
        Some(dir) if cfg!(unix) => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

/// Traces of a store other than its file.
pub(super) fn traces(dir: &Path) -> io::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        if name.to_string_lossy().starts_with("warm-") {
            return Ok(Some(dir.join(name)));
        }
    }
    Ok(None)
}
