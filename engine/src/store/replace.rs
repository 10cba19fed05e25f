//! Another store in the place of the one that is there.
//!
//! What comes is copied beside it and read as a whole first; then one rename puts it in
//! place, so that at any moment a complete store has the name. The one before keeps a
//! second name. Who does this has the directory alone from the copy to the outcome: another
//! copy in the same place would be half of both.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Store, StoreError, builder, files, io, opened};

/// A store that is complete and on disk, but not in its place.
pub struct Staged {
    dir: PathBuf,
    finished: PathBuf,
    alone: File,
}

/// A store that has taken its place.
pub struct Replaced {
    dir: PathBuf,
    /// Whether there was one before.
    before: bool,
    _alone: File,
}

/// Copies what [`Store::backup`] has written into a data directory, and verifies the copy.
///
/// # Errors
/// It cannot be copied, is no sound backup, or another one is being restored there. What is
/// served stays as it is.
pub fn stage(from: &Path, dir: &Path) -> Result<Staged, StoreError> {
    staged(from, dir, alone(dir)?)
}

/// The directory for whoever restores, and for nobody else.
pub(super) fn alone(dir: &Path) -> Result<File, StoreError> {
    let alone = files::alone(dir).map_err(io(dir))?;
    let other = || {
        io(dir)(std::io::Error::other(
            "another backup is being restored there",
        ))
    };
    alone.ok_or_else(other)
}

pub(super) fn staged(from: &Path, dir: &Path, alone: File) -> Result<Staged, StoreError> {
    let finished = dir.join("floe.redb.restored");
    let staged = copy(from, &finished).and_then(|()| {
        let file = from.display().to_string();
        let db = opened(&file, || Ok(builder().open(&finished)?))?;
        Store::of(db, file, None)?.verify()
    });
    if let Err(why) = staged {
        // Half a copy, or the copy of something else.
        _ = std::fs::remove_file(&finished);
        return Err(why);
    }
    Ok(Staged {
        dir: dir.to_owned(),
        finished,
        alone,
    })
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut source = std::fs::File::open(from).map_err(io(from))?;
    let mut copy = files::create(to).map_err(io(to))?;
    std::io::copy(&mut source, &mut copy).map_err(io(to))?;
    Ok(())
}

impl Staged {
    /// Puts it in place. Whoever has the one before open goes on with that.
    ///
    /// # Errors
    /// The system refuses; the one before is in place.
    pub fn put(self) -> Result<Replaced, StoreError> {
        let place = files::store(&self.dir);
        let before = place.try_exists().map_err(io(&place))?;
        if before {
            files::keep(&place, &files::before(&self.dir)).map_err(io(&place))?;
        }
        files::settle(&self.finished, &place).map_err(io(&place))?;
        // They are of the store before. A start would notice; whoever looks may not.
        _ = files::forget_caches(&self.dir);
        Ok(Replaced {
            dir: self.dir,
            before,
            _alone: self.alone,
        })
    }
}

impl Replaced {
    /// Where the one before is, if there was one.
    #[must_use]
    pub fn before(&self) -> Option<PathBuf> {
        self.before.then(|| files::before(&self.dir))
    }

    /// Puts the one before back in its place.
    ///
    /// # Errors
    /// There was none, or the system refuses.
    pub fn undo(self) -> Result<(), StoreError> {
        let (before, place) = (files::before(&self.dir), files::store(&self.dir));
        files::settle(&before, &place).map_err(io(&place))
    }
}
