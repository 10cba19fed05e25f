//! The warm-start cache: facts and symbols once more, as columns that need no decoding.
//!
//! A file beside the store, written after each snapshot, read at the next start instead of
//! the snapshot's chunks, and ignored at the least doubt. The header says which build has
//! written it and of which snapshot, and carries a checksum of everything behind it; all
//! of that is verified before a byte is decoded (design D9).
//!
//! What a start spends its time on is hashing texts and entering them into a table, so the
//! table is part of the cache, and with it the key of its hash: the file is its owner's
//! only, as the facts are. Rows keep the symbols they had.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use super::flat::{ALIGN, Columns, Integer, encode};
use super::picture::{Head, Picture};
use super::record::relation;
use crate::catalog::FactSet;
use crate::value::{Image, Interner, Limits, Sym};

const MAGIC: u64 = u64::from_le_bytes(*b"FLOEWRM3");
/// Eight words: magic, build, environment, sum of the snapshot's head, length of the rest,
/// its checksum, checksum of the words before, zero.
const HEADER: usize = 64;

/// Bytes that are summed and written without a pause.
const PIECE: usize = 256 << 10;

/// So many symbols that nothing uses are no reason to do without.
const UNUSED: usize = 1000;
/// More than one in so many are: the next start drops them, and takes longer once.
const PART: usize = 4;

/// The compiler, the target and the version that made this build: columns are memory as
/// it was, and only the same build may take them for its own.
fn build() -> u64 {
    XxHash3_64::oneshot(env!("FLOE_BUILD").as_bytes())
}

/// Which snapshot of all: the head has its epoch, the names of its types and relations, and
/// the sum of its chunks.
fn identity(head: &Head) -> u64 {
    XxHash3_64::oneshot(&head.to_bytes())
}

pub(super) fn path(dir: &Path, environment: u32) -> PathBuf {
    dir.join(format!("warm-{environment}"))
}

/// Writes the cache of a snapshot that is on disk, in pieces with `pause` behind each.
pub(super) fn write(
    dir: &Path,
    environment: u32,
    head: &Head,
    picture: &Picture<'_>,
    mut pause: impl FnMut(),
) -> std::io::Result<()> {
    let symbols = picture.symbols().image();
    let unused = (symbols.entries.len() / 2).saturating_sub(picture.used.len());
    if unused > UNUSED && unused > symbols.entries.len() / 2 / PART {
        return std::fs::remove_file(path(dir, environment));
    }
    let unfinished = dir.join(format!("warm-{environment}.new"));
    let mut body = Body {
        file: super::files::create(&unfinished)?,
        waiting: Vec::new(),
        sum: 0,
        length: 0,
        pause: &mut pause,
    };
    // Its place, for when it is known.
    body.file.write_all(&[0; HEADER])?;
    let Image {
        key,
        slots,
        shards,
        entries,
        words,
        members,
        ordinals,
    } = symbols;
    body.column(key)?;
    body.column(slots)?;
    body.column(shards)?;
    body.column(entries)?;
    body.column(words)?;
    body.column(members)?;
    body.column(ordinals)?;
    let mut columns = vec![Vec::new(); picture.head.relations.len()];
    picture.each_row(|relation, row| columns[relation].extend(row.iter().map(|sym| sym.0)));
    for column in columns {
        body.column::<u32>(column)?;
    }
    let (mut file, sum, length) = body.finish()?;

    let mut words = [
        MAGIC,
        build(),
        u64::from(environment),
        identity(head),
        length,
        sum,
    ]
    .map(u64::to_le_bytes)
    .concat();
    let sum = XxHash3_64::oneshot(&words);
    words.extend_from_slice(&sum.to_le_bytes());
    words.resize(HEADER, 0);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&words)?;
    // Unsynced: after a power failure the checksum says whether it can be used.
    std::fs::rename(&unfinished, path(dir, environment))
}

/// What follows the header, on its way to the file.
struct Body<'p> {
    file: File,
    /// Not yet a piece.
    waiting: Vec<u8>,
    sum: u64,
    length: u64,
    pause: &'p mut dyn FnMut(),
}

impl Body<'_> {
    fn column<T: Integer>(&mut self, column: Vec<T>) -> std::io::Result<()> {
        encode(&column, &mut self.waiting);
        drop(column);
        let waiting = std::mem::take(&mut self.waiting);
        let pieces = waiting.chunks_exact(PIECE);
        self.waiting = pieces.remainder().to_vec();
        for piece in pieces {
            self.piece(piece)?;
            (self.pause)();
        }
        Ok(())
    }

    fn piece(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.sum = XxHash3_64::oneshot_with_seed(self.sum, piece);
        self.length += piece.len() as u64;
        self.file.write_all(piece)
    }

    /// The file, the sum and the length of what has been written.
    fn finish(mut self) -> std::io::Result<(File, u64, u64)> {
        let rest = std::mem::take(&mut self.waiting);
        if !rest.is_empty() {
            self.piece(&rest)?;
        }
        Ok((self.file, self.sum, self.length))
    }
}

/// The sum over all pieces, each seeded by that of those before.
fn sum(body: &[u8]) -> u64 {
    let add = |sum, piece| XxHash3_64::oneshot_with_seed(sum, piece);
    body.chunks(PIECE).fold(0, add)
}

/// The snapshot of this head, if its cache is there and beyond doubt.
pub(super) fn read(
    dir: &Path,
    environment: u32,
    head: &Head,
    limits: &Limits,
) -> Option<(Interner, FactSet)> {
    let mut file = File::open(path(dir, environment)).ok()?;
    let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
    let mut buffer = vec![0; length.checked_add(ALIGN)?];
    let start = buffer.as_ptr().align_offset(ALIGN);
    let bytes = buffer.get_mut(start..start + length)?;
    file.read_exact(bytes).ok()?;
    let body = verified(bytes, environment, identity(head))?;

    let mut columns = Columns::new(body)?;
    let image = Image {
        key: columns.next()?,
        slots: columns.next()?,
        shards: columns.next()?,
        entries: columns.next()?,
        words: columns.next()?,
        members: columns.next()?,
        ordinals: columns.next()?,
    };
    let interner = Interner::of_image(limits.clone(), &image)?;
    let known = interner.symbols().len();
    let mut facts = FactSet::new(interner.symbols().clone());
    for (name, arity, count) in &head.relations {
        let (relation, arity) = relation(name, *arity, &mut facts).ok()?;
        let column: &[u32] = columns.next()?;
        let complete = column.len() as u64 == count.checked_mul(arity as u64)?;
        if !complete || column.iter().any(|sym| *sym >= known) {
            return None;
        }
        let rows: Vec<Sym> = column.iter().map(|sym| Sym(*sym)).collect();
        facts.fill(relation, &rows);
    }
    Some((interner, facts))
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
        sum(body),
        XxHash3_64::oneshot(&header[..48]),
        0,
    ];
    (words == expected).then_some(body)
}
