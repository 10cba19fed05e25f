//! A copy of everything as of one moment, while changes go on.
//!
//! The moment is that of one short look at the small tables. What they speak of does not
//! change any more: records of the log up to the newest epoch, the chunks of a snapshot, the
//! versions of a policy. So the rest is read piece by piece, as long as no snapshot takes
//! another's place. One long look would do too, but redb keeps every page that was in use at
//! its beginning: the file would grow by all that is written meanwhile.

use std::ops::{Bound, RangeInclusive};
use std::path::Path;
use std::sync::PoisonError;

use redb::{Database, Durability, Error, Key, ReadTransaction, ReadableTable};
use redb::{TableDefinition, Value};

use super::format::{CHUNKS, ENVIRONMENTS, HEADS, LOG, META, NEWEST, POLICIES, SETTINGS, STARTS};
use super::pace::Pace;
use super::{Inner, StoreError, builder, files, guarded, load, rejected};

/// Bytes that are copied without a pause, if somebody writes meanwhile.
const SLICE: usize = 64 << 10;
/// Bytes behind which the copy is synced: a long sync would hold up the writers, who share
/// the disk.
const SYNC: usize = 1 << 20;

pub(super) fn backup(inner: &Inner, to: &Path) -> Result<(), StoreError> {
    let file = to.display().to_string();
    let io = |why: std::io::Error| StoreError::Io {
        file: file.clone(),
        why: why.to_string(),
    };
    // First: of two to the same file the second finds the first one's.
    let _unmoved = (inner.moving.write()).unwrap_or_else(PoisonError::into_inner);
    if to.try_exists().map_err(io)? {
        return Err(io(std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    drop(files::create(unfinished).map_err(io)?);
    let parts = guarded(|| {
        let from = inner.db.begin_read()?;
        let copy = builder().create(unfinished)?;
        let small = small_tables(&from, &copy)?;
        Ok(parts(inner, &from).map(|parts| (copy, small, parts)))
    });
    let (copy, meta, parts) = parts.map_err(|why| rejected(&file, why))??;
    let copied = guarded(|| {
        let mut copying = Copying {
            inner,
            copy: &copy,
            pace: Pace::new(inner),
            unsynced: 0,
        };
        for part in &parts {
            copying.part(part)?;
        }
        // Last, and with a sync: a copy without it is none of Floe's.
        let last = copy.begin_write()?;
        for (key, value) in &meta {
            last.open_table(META)?.insert(&**key, &**value)?;
        }
        last.commit()?;
        // While it is written to, the file is longer than it has to be.
        drop(copy);
        Ok(())
    });
    copied.map_err(|why| rejected(&file, why))?;
    files::settle(unfinished, to).map_err(io)
}

/// What there is of an environment in the large tables.
struct Part {
    environment: u32,
    /// The epoch of its snapshot.
    snapshot: u64,
    /// Its newest epoch.
    newest: u64,
    /// The newest version of its policy.
    policy: u64,
}

fn parts(inner: &Inner, from: &ReadTransaction) -> Result<Vec<Part>, StoreError> {
    let rejected = |why: Error| inner.rejected(why);
    let environments = || -> Result<Vec<u32>, Error> {
        let heads = from.open_table(HEADS)?;
        let numbers = heads.iter()?.map(|entry| Ok(entry?.0.value()));
        numbers.collect()
    };
    let last_policy = |environment| -> Result<u64, Error> {
        let policies = from.open_table(POLICIES)?;
        let mut all = policies.range((environment, 0)..=(environment, u64::MAX))?;
        let last = all.next_back().transpose()?;
        Ok(last.map_or(0, |(key, _)| key.value().1))
    };
    let part = |environment| {
        Ok(Part {
            environment,
            snapshot: load::head(inner, from, environment)?.epoch,
            newest: load::newest(inner, from, environment)?,
            policy: last_policy(environment).map_err(rejected)?,
        })
    };
    let environments = environments().map_err(rejected)?;
    environments.into_iter().map(part).collect()
}

/// Copies what is small, all but what makes the file one of Floe's: that is returned.
fn small_tables(from: &ReadTransaction, copy: &Database) -> Result<Vec<(String, Vec<u8>)>, Error> {
    whole(from, copy, ENVIRONMENTS)?;
    whole(from, copy, SETTINGS)?;
    whole(from, copy, NEWEST)?;
    whole(from, copy, HEADS)?;
    whole(from, copy, STARTS)?;
    // A store has all its tables.
    let transaction = copy.begin_write()?;
    transaction.open_table(POLICIES)?;
    transaction.open_table(CHUNKS)?;
    transaction.open_table(LOG)?;
    transaction.commit()?;
    let meta = from.open_table(META)?;
    let entries = meta.iter()?.map(|entry| {
        let (key, value) = entry?;
        Ok((key.value().to_owned(), value.value().to_vec()))
    });
    entries.collect()
}

fn whole<K: Key + 'static>(
    from: &ReadTransaction,
    copy: &Database,
    table: TableDefinition<'_, K, &'static [u8]>,
) -> Result<(), Error> {
    let mut transaction = copy.begin_write()?;
    for entry in from.open_table(table)?.iter()? {
        let (key, value) = entry?;
        let mut target = transaction.open_table(table)?;
        target.insert(key.value(), value.value())?;
    }
    // Also if there is nothing in it.
    transaction.open_table(table)?;
    transaction.set_durability(Durability::None)?;
    transaction.commit()?;
    Ok(())
}

struct Copying<'c> {
    inner: &'c Inner,
    copy: &'c Database,
    pace: Pace<'c>,
    unsynced: usize,
}

impl Copying<'_> {
    fn part(&mut self, part: &Part) -> Result<(), Error> {
        let &Part {
            environment,
            snapshot,
            newest,
            policy,
        } = part;
        self.range(POLICIES, (environment, 0)..=(environment, policy))?;
        let chunks = (environment, snapshot, 0)..=(environment, snapshot, u32::MAX);
        self.range(CHUNKS, chunks)?;
        // None at all if there is nothing behind the snapshot.
        self.range(LOG, (environment, snapshot + 1)..=(environment, newest))
    }

    fn range<K>(
        &mut self,
        table: TableDefinition<'_, K, &'static [u8]>,
        range: RangeInclusive<K>,
    ) -> Result<(), Error>
    where
        K: Key + for<'k> Value<SelfType<'k> = K> + Copy + PartialOrd + 'static,
    {
        if range.is_empty() {
            return Ok(());
        }
        let (mut from, to) = (Bound::Included(*range.start()), *range.end());
        loop {
            let mut transaction = self.copy.begin_write()?;
            let (mut bytes, mut last) = (0, None);
            {
                let source = self.inner.db.begin_read()?.open_table(table)?;
                let mut target = transaction.open_table(table)?;
                for entry in source.range((from, Bound::Included(to)))? {
                    let (key, value) = entry?;
                    bytes += value.value().len() + 32;
                    target.insert(key.value(), value.value())?;
                    last = Some(key.value());
                    if bytes >= SLICE {
                        break;
                    }
                }
            }
            self.unsynced += bytes;
            if self.unsynced < SYNC {
                transaction.set_durability(Durability::None)?;
                self.pace.work(|| Ok::<(), Error>(transaction.commit()?))?;
            } else {
                self.unsynced = 0;
                (self.pace).work_alone(|| Ok::<(), Error>(transaction.commit()?))?;
            }
            match last.filter(|_| bytes >= SLICE) {
                Some(last) => from = Bound::Excluded(last),
                None => return Ok(()),
            }
        }
    }
}
