//! A copy of everything as of one moment, while changes go on.

use std::path::Path;

use redb::TableDefinition;
use redb::{Database, Durability, Error, Key, ReadTransaction, ReadableDatabase, ReadableTable};

use super::format::{CHUNKS, ENVIRONMENTS, HEADS, LOG, META, NEWEST, POLICIES, SETTINGS, STARTS};
use super::{Inner, StoreError, builder, files, guarded, rejected};

/// Bytes that one commit of the copy takes: what it holds in memory.
const SLICE: usize = 4 << 20;

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
        everything(&from, &copy)
    });
    copied.map_err(|why| rejected(&file, why))?;
    files::settle(unfinished, to).map_err(io)
}

fn everything(from: &ReadTransaction, copy: &Database) -> Result<(), Error> {
    table(from, copy, ENVIRONMENTS)?;
    table(from, copy, LOG)?;
    table(from, copy, NEWEST)?;
    table(from, copy, POLICIES)?;
    table(from, copy, HEADS)?;
    table(from, copy, CHUNKS)?;
    table(from, copy, SETTINGS)?;
    table(from, copy, STARTS)?;
    // Last, and with a sync: a copy without it is none of Floe's.
    table(from, copy, META)?;
    copy.begin_write()?.commit()?;
    Ok(())
}

fn table<K: Key + 'static>(
    from: &ReadTransaction,
    copy: &Database,
    table: TableDefinition<'_, K, &'static [u8]>,
) -> Result<(), Error> {
    let source = from.open_table(table)?;
    let mut entries = source.iter()?.peekable();
    loop {
        let mut transaction = copy.begin_write()?;
        transaction.set_durability(Durability::None)?;
        {
            let mut target = transaction.open_table(table)?;
            let mut bytes = 0;
            while bytes < SLICE {
                let Some(entry) = entries.next() else { break };
                let (key, value) = entry?;
                bytes += value.value().len() + 32;
                target.insert(key.value(), value.value())?;
            }
        }
        transaction.commit()?;
        if entries.peek().is_none() {
            return Ok(());
        }
    }
}
