//! A copy of everything as of one moment, while changes go on.

use std::path::Path;

use redb::TableDefinition;
use redb::{Database, Durability, Error, Key, ReadTransaction, ReadableDatabase, ReadableTable};

use super::format::{CHUNKS, ENVIRONMENTS, HEADS, LOG, META, NEWEST, POLICIES, SETTINGS, STARTS};
use super::pace::Pace;
use super::{Inner, StoreError, builder, files, guarded, rejected};

/// Bytes that are copied without a pause, if somebody writes meanwhile.
const SLICE: usize = 64 << 10;
/// Bytes behind which the copy is synced: a long sync at its end would hold up the writers,
/// who share the disk.
const SYNC: usize = 4 << 20;

pub(super) fn backup(inner: &Inner, to: &Path) -> Result<(), StoreError> {
    let file = to.display().to_string();
    let io = |why: std::io::Error| StoreError::Io {
        file: file.clone(),
        why: why.to_string(),
    };
    if to.try_exists().map_err(io)? {
        return Err(io(std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    drop(files::create(unfinished).map_err(io)?);
    let copied = guarded(|| {
        let from = inner.db.begin_read()?;
        let copy = builder().create(unfinished)?;
        everything(&from, &copy, &mut Pace::new(inner))
    });
    copied.map_err(|why| rejected(&file, why))?;
    files::settle(unfinished, to).map_err(io)
}

fn everything(from: &ReadTransaction, copy: &Database, pace: &mut Pace<'_>) -> Result<(), Error> {
    table(from, copy, pace, ENVIRONMENTS)?;
    table(from, copy, pace, LOG)?;
    table(from, copy, pace, NEWEST)?;
    table(from, copy, pace, POLICIES)?;
    table(from, copy, pace, HEADS)?;
    table(from, copy, pace, CHUNKS)?;
    table(from, copy, pace, SETTINGS)?;
    table(from, copy, pace, STARTS)?;
    // Last, and with a sync: a copy without it is none of Floe's.
    table(from, copy, pace, META)?;
    copy.begin_write()?.commit()?;
    Ok(())
}

fn table<K: Key + 'static>(
    from: &ReadTransaction,
    copy: &Database,
    pace: &mut Pace<'_>,
    table: TableDefinition<'_, K, &'static [u8]>,
) -> Result<(), Error> {
    let source = from.open_table(table)?;
    let mut entries = source.iter()?.peekable();
    let mut unsynced = 0;
    loop {
        let mut transaction = copy.begin_write()?;
        let mut bytes = 0;
        {
            let mut target = transaction.open_table(table)?;
            while bytes < SLICE {
                let Some(entry) = entries.next() else { break };
                let (key, value) = entry?;
                bytes += value.value().len() + 32;
                target.insert(key.value(), value.value())?;
            }
        }
        unsynced += bytes;
        if unsynced < SYNC {
            transaction.set_durability(Durability::None)?;
        } else {
            unsynced = 0;
        }
        pace.work(|| Ok::<(), Error>(transaction.commit()?))?;
        if entries.peek().is_none() {
            return Ok(());
        }
    }
}
