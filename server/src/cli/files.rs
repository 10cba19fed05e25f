//! Policy files on disk: read with a ceiling, replaced whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::Misuse;

/// More than this is not a policy by mistake but no policy at all. (What is too large for a
/// policy is the compiler's to say, with the size.)
const CEILING: u64 = 64 << 20;

/// The argument that stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What a file is called in diagnostics.
pub(super) fn name(path: &Path) -> String {
    if is_stdin(path) {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    }
}

/// The whole text of a file, or of standard input for `-`.
pub(super) fn read(path: &Path) -> Result<String, Misuse> {
    let bytes = if is_stdin(path) {
        bytes(io::stdin().lock())
    } else {
        File::open(path).and_then(bytes)
    };
    let failed = |why: String| Misuse(format!("cannot read {}: {why}", name(path)));
    let bytes = bytes.map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        failed(format!("not UTF-8 at byte {at}"))
    })
}

fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(CEILING + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > CEILING {
        return Err(io::Error::other("more than 64 MiB, which no policy has"));
    }
    Ok(bytes)
}

/// Puts `text` in place of the file's content. Whatever fails, and whenever the machine
/// stops, the file has either its old or its new content.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Misuse> {
    write_beside_and_rename(path, text)
        .map_err(|e| Misuse(format!("cannot write {}: {e}", name(path))))
}

fn write_beside_and_rename(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: the file it leads to is replaced.
    let target = fs::canonicalize(path)?;
    let beside = beside(&target);
    let written = write_new(&beside, text, &target).and_then(|()| fs::rename(&beside, &target));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(new: &Path, text: &str, like: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(new)?;
    file.set_permissions(fs::metadata(like)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A hidden name in the same folder, hence on the same file system.
fn beside(target: &Path) -> PathBuf {
    let mut hidden = OsString::from(".");
    hidden.push(target.file_name().unwrap_or_default());
    hidden.push(format!(".{}.tmp", std::process::id()));
    target.with_file_name(hidden)
}
