//! Snapshots while running, and what they make superfluous.
//!
//! Chunks ride on the commits of the writers, few of them and one each, so that nobody
//! waits long; where nobody writes, they go together and without pause. The
//! head is written last, and only then are the log up to its epoch and the chunks of the
//! snapshot before removed, in slices too. A crash in between leaves something that no
//! head speaks of: the next snapshot begins with removing that.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::{Error, ReadableTable, Table, WriteTransaction};

use super::format::{CHUNKS, HEADS, LOG, place, seal};
use super::pace::Pace;
use super::picture::Picture;
use super::{Inner, StoreError, guarded, load, warm};

/// Keys removed by one commit.
const SLICE: usize = 512;

/// Writes a snapshot. Every record up to its epoch has been handed to the store before.
pub(super) fn save(
    inner: &Inner,
    environment: u32,
    picture: &Picture<'_>,
) -> Result<(), StoreError> {
    let _moving = inner.moving();
    let epoch = picture.head.epoch;
    let before = newest(inner, environment)?;
    if before.is_some_and(|before| before >= epoch) {
        return Ok(());
    }
    // What an interrupted snapshot has left.
    clear(inner, environment, before, &mut Pace::new(inner))?;
    let mut pace = Pace::new(inner);
    let mut waiting: Vec<(u32, Vec<u8>)> = Vec::new();
    let head = picture.chunks(|part, chunk| {
        waiting.push((part, chunk));
        if !pace.is_busy() && waiting.len() < TOGETHER {
            return Ok(());
        }
        let chunks = std::mem::take(&mut waiting);
        pace.work(|| put(inner, environment, epoch, chunks))
    })?;
    if !waiting.is_empty() {
        pace.work(|| put(inner, environment, epoch, waiting))?;
    }
    let bytes = head.to_bytes();
    inner.edit(Box::new(move |transaction| {
        let sealed = seal("heads", &place(environment, 0, 0), &bytes);
        transaction
            .open_table(HEADS)?
            .insert(environment, &*sealed)?;
        Ok(())
    }))?;
    clear(inner, environment, Some(epoch), &mut pace)?;
    if let Some(dir) = &inner.dir {
        // A cache: without it the next start takes longer, and that is all.
        _ = warm::write(dir, environment, &head, picture, || pace.rest());
    }
    Ok(())
}

/// Writes chunks of a snapshot, with one commit.
fn put(
    inner: &Inner,
    environment: u32,
    epoch: u64,
    chunks: Vec<(u32, Vec<u8>)>,
) -> Result<(), StoreError> {
    inner.edit(Box::new(move |transaction| {
        let mut table = transaction.open_table(CHUNKS)?;
        for (part, chunk) in chunks {
            let sealed = seal("chunks", &place(environment, epoch, part), &chunk);
            table.insert((environment, epoch, part), &*sealed)?;
        }
        Ok(())
    }))
}

/// Chunks of a commit while nobody writes.
const TOGETHER: usize = 32;

/// Removes everything of an environment that has no name any more.
pub(super) fn forget(inner: &Inner, environment: u32) -> Result<(), StoreError> {
    let pace = &mut Pace::new(inner);
    clear(inner, environment, None, pace)?;
    remove(inner, pace, move |transaction| {
        let mut log = transaction.open_table(LOG)?;
        slice(&mut log, (environment, 0)..=(environment, u64::MAX))
    })?;
    remove(inner, pace, move |transaction| {
        let mut policies = transaction.open_table(super::format::POLICIES)?;
        slice(&mut policies, (environment, 0)..=(environment, u64::MAX))
    })?;
    if let Some(dir) = &inner.dir {
        _ = std::fs::remove_file(warm::path(dir, environment));
    }
    Ok(())
}

/// Removes all chunks but those of the snapshot in use, and the log up to it.
fn clear(
    inner: &Inner,
    environment: u32,
    used: Option<u64>,
    pace: &mut Pace<'_>,
) -> Result<(), StoreError> {
    let chunks = |from: u64, to: u64, pace: &mut Pace<'_>| {
        remove(inner, pace, move |transaction| {
            let mut chunks = transaction.open_table(CHUNKS)?;
            let all = (environment, from, 0)..=(environment, to, u32::MAX);
            slice(&mut chunks, all)
        })
    };
    let Some(used) = used else {
        return chunks(0, u64::MAX, pace);
    };
    if let Some(before) = used.checked_sub(1) {
        chunks(0, before, pace)?;
    }
    if let Some(after) = used.checked_add(1) {
        chunks(after, u64::MAX, pace)?;
    }
    remove(inner, pace, move |transaction| {
        let mut log = transaction.open_table(LOG)?;
        slice(&mut log, (environment, 0)..=(environment, used))
    })
}

/// Repeats a slice of removing until there is nothing left.
fn remove(
    inner: &Inner,
    pace: &mut Pace<'_>,
    slice: impl Fn(&WriteTransaction) -> Result<u64, Error> + Send + Clone + 'static,
) -> Result<(), StoreError> {
    let removed = Arc::new(AtomicU64::new(0));
    loop {
        let (slice, tell) = (slice.clone(), Arc::clone(&removed));
        let edit = Box::new(move |transaction: &WriteTransaction| {
            tell.store(slice(transaction)?, Ordering::Relaxed);
            Ok(())
        });
        pace.work(|| inner.edit(edit))?;
        if removed.load(Ordering::Relaxed) < SLICE as u64 {
            return Ok(());
        }
    }
}

fn slice<K>(table: &mut Table<'_, K, &'static [u8]>, range: RangeInclusive<K>) -> Result<u64, Error>
where
    K: redb::Key + for<'k> redb::Value<SelfType<'k> = K> + Copy + 'static,
{
    let keys = table.range(range)?.take(SLICE);
    let keys = keys.map(|entry| entry.map(|(key, _)| key.value()));
    let keys = keys.collect::<Result<Vec<K>, _>>()?;
    for key in &keys {
        table.remove(*key)?;
    }
    Ok(keys.len() as u64)
}

/// The epoch of the newest complete snapshot.
fn newest(inner: &Inner, environment: u32) -> Result<Option<u64>, StoreError> {
    let head = guarded(|| {
        let transaction = inner.db.begin_read()?;
        let known = transaction.open_table(HEADS)?.get(environment)?.is_some();
        Ok(known.then(|| load::head(inner, &transaction, environment)))
    });
    let head = head.map_err(|why| inner.rejected(why))?;
    Ok(head.transpose()?.map(|head| head.epoch))
}
