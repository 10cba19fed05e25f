//! The data directory: which files there are, and how a new one comes to be there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The store of a data directory.
pub(super) fn store(dir: &Path) -> PathBuf {
    dir.join("floe.redb")
}

/// What was the store before another took its place.
pub(super) fn before(dir: &Path) -> PathBuf {
    dir.join("floe.redb.before")
}

/// Makes the directory, for its owner only, so that it is there after a power failure too.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    let is_new = |dir: &&Path| !dir.as_os_str().is_empty() && !dir.exists();
    let new: Vec<&Path> = dir.ancestors().take_while(is_new).collect();
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    new.into_iter().try_for_each(sync_dir)
}

/// The right to make or replace the store of a directory, as long as the value lives; none
/// while somebody else has it.
pub(super) fn alone(dir: &Path) -> io::Result<Option<File>> {
    // Not the directory itself: where locks go over a network they are for what can be written.
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(dir.join("floe.lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(why)) => Err(why),
    }
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
    sync_dir(place)
}

/// Makes a name last.
fn sync_dir(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(dir) if dir.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(dir) if cfg!(unix) => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

/// Gives a file a second name, in place of whatever had it.
pub(super) fn keep(path: &Path, second: &Path) -> io::Result<()> {
    match std::fs::remove_file(second) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    std::fs::hard_link(path, second)
}

/// Removes every warm-start cache.
pub(super) fn forget_caches(dir: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("warm-") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Traces of a store other than its file.
pub(super) fn traces(dir: &Path) -> io::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        if text.starts_with("warm-") || text == "floe.redb.before" {
            return Ok(Some(dir.join(name)));
        }
    }
    Ok(None)
}
