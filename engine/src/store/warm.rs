//! The warm-start cache: a snapshot once more, as columns that need no decoding.
//!
//! A file beside the store, written after each snapshot, read at the next start instead of
//! the snapshot's chunks, and ignored at the least doubt. The header says which build has
//! written it and of which snapshot, and carries a checksum of everything behind it; all
//! of that is verified before a byte is decoded (design D9).

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use super::fill::Filling;
use super::flat::{ALIGN, Columns, encode};
use super::picture::{Head, Picture};
use crate::value::Limits;

const MAGIC: u64 = u64::from_le_bytes(*b"FLOEWARM");
/// Eight words: magic, build, environment, identity of the snapshot, length of the rest,
/// its checksum, checksum of the words before, zero.
const HEADER: usize = 64;

/// The compiler, the target and the version that made this build: columns are memory as
/// it was, and only the same build may take them for its own.
fn build() -> u64 {
    XxHash3_64::oneshot(env!("FLOE_BUILD").as_bytes())
}

pub(super) fn path(dir: &Path, environment: u32) -> PathBuf {
    dir.join(format!("warm-{environment}"))
}

/// Writes the cache of a snapshot that is on disk.
pub(super) fn write(
    dir: &Path,
    environment: u32,
    identity: u64,
    picture: &Picture<'_>,
) -> std::io::Result<()> {
    let mut body = Vec::new();
    let (mut types, mut ends, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for sym in &picture.used {
        picture.symbol(*sym, |ty, id| {
            types.push(ty);
            ids.extend_from_slice(id.as_bytes());
        });
        let Ok(end) = u32::try_from(ids.len()) else {
            // Four gigabytes of ids: the chunks will do.
            return Ok(());
        };
        ends.push(end);
    }
    encode(&types, &mut body);
    encode(&ends, &mut body);
    encode(&ids, &mut body);
    drop((types, ends, ids));
    let mut columns = vec![Vec::new(); picture.head.relations.len()];
    picture.each_row(|relation, row| columns[relation].extend(row));
    for column in columns {
        encode::<u32>(&column, &mut body);
    }

    let mut words = [
        MAGIC,
        build(),
        u64::from(environment),
        identity,
        body.len() as u64,
        XxHash3_64::oneshot(&body),
    ]
    .map(u64::to_le_bytes)
    .concat();
    let sum = XxHash3_64::oneshot(&words);
    words.extend_from_slice(&sum.to_le_bytes());
    words.resize(HEADER, 0);

    let unfinished = dir.join(format!("warm-{environment}.new"));
    let mut file = super::files::create(&unfinished)?;
    file.write_all(&words)?;
    file.write_all(&body)?;
    // Unsynced: after a power failure the checksum says whether it can be used.
    std::fs::rename(&unfinished, path(dir, environment))
}

/// The snapshot of this head, if its cache is there and beyond doubt.
pub(super) fn read(dir: &Path, environment: u32, head: &Head, limits: &Limits) -> Option<Filling> {
    let mut file = std::fs::File::open(path(dir, environment)).ok()?;
    let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
    let mut buffer = vec![0; length.checked_add(ALIGN)?];
    let start = buffer.as_ptr().align_offset(ALIGN);
    let bytes = buffer.get_mut(start..start + length)?;
    file.read_exact(bytes).ok()?;
    let body = verified(bytes, environment, head.sum)?;

    let mut columns = Columns::new(body)?;
    let (types, ends): (&[u32], &[u32]) = (columns.next()?, columns.next()?);
    let ids = str::from_utf8(columns.next::<u8>()?).ok()?;
    let mut filling = Filling::new(head, limits).ok()?;
    let mut begin = 0;
    for (ty, end) in types.iter().zip(ends) {
        let end = *end as usize;
        filling.symbol(*ty as usize, ids.get(begin..end)?).ok()?;
        begin = end;
    }
    for relation in 0..head.relations.len() {
        let column: &[u32] = columns.next()?;
        filling.rows(relation, column.iter().copied()).ok()?;
    }
    filling.check(head).ok()?;
    Some(filling)
}

/// What follows the header, if that vouches for it.
fn verified(file: &mut [u8], environment: u32, identity: u64) -> Option<&mut [u8]> {
    let (header, body) = file.split_at_mut_checked(HEADER)?;
    let (words, _) = header.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|w| u64::from_le_bytes(*w)).collect();
    let expected = [
        MAGIC,
        build(),
        u64::from(environment),
        identity,
        body.len() as u64,
        XxHash3_64::oneshot(body),
        XxHash3_64::oneshot(&header[..48]),
        0,
    ];
    (words == expected).then_some(body)
}
