//! Recovery: the newest snapshot, then the log behind it, as one batch.
//!
//! Every value read is held against its checksum, epochs have to follow each other without
//! a gap up to the newest that was noted, and each record has to fit what lies before it.
//! Whatever does not is refused with its place; nothing is written here.

use redb::ReadTransaction;

use super::error::Damage;
use super::fill::Filling;
use super::format::{CHUNKS, HEADS, LOG, NEWEST, POLICIES, place, unseal};
use super::picture::{self, Head};
use super::record::{self, Replayed, Unplayable};
use super::{Inner, StoreError, guarded, warm};
use crate::catalog::FactSet;
use crate::value::{Interner, Limits};

/// An environment as it was when its newest change became durable.
pub struct Loaded {
    /// Its symbols.
    pub interner: Interner,
    /// Its facts.
    pub facts: FactSet,
    /// The epoch of its newest record.
    pub epoch: u64,
    /// The version of the policy in force.
    pub policy_version: u64,
    /// What that policy is compiled from.
    pub policy: Vec<u8>,
    /// Rows that came or went in the log behind the snapshot.
    pub replayed: u64,
    /// Whether the warm-start cache has served in place of the snapshot's chunks.
    pub warm: bool,
}

/// Where something is being read.
struct At<'i> {
    inner: &'i Inner,
    table: &'static str,
    environment: u32,
    epoch: u64,
}

impl At<'_> {
    fn damage(&self, what: impl Into<String>) -> StoreError {
        let damage = Damage::new(&self.inner.file, what).in_table(self.table);
        damage.at(self.environment, self.epoch).into()
    }

    fn unplayable(&self, why: Unplayable) -> StoreError {
        match why {
            Unplayable::Malformed(what) => self.damage(what),
            Unplayable::OutOfSymbols(out) => StoreError::NoRoom {
                file: self.inner.file.clone(),
                table: self.table,
                environment: self.environment.to_string(),
                limit: out.limit,
            },
        }
    }
}

/// Hears of what has been loaded as of each epoch from that of the snapshot on, and of its
/// policy's version.
pub(super) type Look<'l> = &'l mut dyn FnMut(u64, u64, &FactSet);

/// Loads an environment; with `cache` from the warm-start cache, if that can serve.
pub(super) fn load(
    inner: &Inner,
    environment: u32,
    limits: &Limits,
    cache: bool,
    look: Look<'_>,
) -> Result<Loaded, StoreError> {
    let loaded = guarded(|| Ok(read(inner, environment, limits, cache, look)));
    loaded.map_err(|why| inner.rejected(why))?
}

/// The head of the newest snapshot.
pub(super) fn head(
    inner: &Inner,
    transaction: &ReadTransaction,
    environment: u32,
) -> Result<Head, StoreError> {
    let at = At {
        inner,
        table: "heads",
        environment,
        epoch: 0,
    };
    let rejected = |why: redb::Error| inner.rejected(why);
    let table = transaction
        .open_table(HEADS)
        .map_err(|e| rejected(e.into()))?;
    let sealed = table.get(environment).map_err(|e| rejected(e.into()))?;
    let sealed = sealed.ok_or_else(|| at.damage("the environment has no snapshot"))?;
    let bytes = unseal("heads", &place(environment, 0, 0), sealed.value());
    bytes
        .and_then(Head::from_bytes)
        .map_err(|what| at.damage(what))
}

/// Pieces and records that are read with one look at the file. redb keeps the pages that were
/// in use when a look began, so where others write (and no snapshot takes another's place)
/// a long one would make the file grow.
const LOOK: usize = 512;

fn begin(inner: &Inner) -> Result<ReadTransaction, StoreError> {
    inner.db.begin_read().map_err(|why| inner.rejected(why))
}

fn read(
    inner: &Inner,
    environment: u32,
    limits: &Limits,
    cache: bool,
    look: Look<'_>,
) -> Result<Loaded, StoreError> {
    let head = head(inner, &begin(inner)?, environment)?;
    let dir = inner.dir.as_deref().filter(|_| cache);
    let cached = dir.and_then(|dir| warm::read(dir, environment, &head, limits));
    let warm = cached.is_some();
    let (interner, facts) = if let Some(both) = cached {
        both
    } else {
        let filling = chunks(inner, environment, &head, limits)?;
        (filling.interner, filling.facts)
    };
    let mut loaded = Loaded {
        interner,
        facts,
        epoch: head.epoch,
        policy_version: head.policy,
        policy: Vec::new(),
        replayed: 0,
        warm,
    };
    look(loaded.epoch, loaded.policy_version, &loaded.facts);
    let transaction = loop {
        let transaction = begin(inner)?;
        if log(inner, &transaction, environment, &mut loaded, look)? {
            break transaction;
        }
    };
    let version = loaded.policy_version;
    let policy = policy(inner, &transaction, environment, version)?;
    loaded.policy = policy.ok_or_else(|| {
        let at = At {
            inner,
            table: "policies",
            environment,
            epoch: loaded.epoch,
        };
        at.damage(format!("version {version} of the policy is missing"))
    })?;
    Ok(loaded)
}

fn chunks(
    inner: &Inner,
    environment: u32,
    head: &Head,
    limits: &Limits,
) -> Result<Filling, StoreError> {
    let epoch = head.epoch;
    let at = At {
        inner,
        table: "chunks",
        environment,
        epoch,
    };
    let rejected = |why: redb::Error| inner.rejected(why);
    let mut table = None;
    let mut filling = Filling::new(head, limits).map_err(|why| at.unplayable(why))?;
    let mut sum = 0;
    for part in 0..head.chunks {
        if (part as usize).is_multiple_of(LOOK) {
            table = None;
        }
        let table = match &mut table {
            Some(table) => table,
            none => {
                let begun = begin(inner)?.open_table(CHUNKS);
                none.insert(begun.map_err(|e| rejected(e.into()))?)
            }
        };
        let sealed = table.get((environment, epoch, part));
        let sealed = sealed.map_err(|e| rejected(e.into()))?;
        let sealed = sealed.ok_or_else(|| at.damage(format!("chunk {part} is missing")))?;
        let chunk = unseal("chunks", &place(environment, epoch, part), sealed.value())
            .map_err(|what| at.damage(format!("chunk {part}: {what}")))?;
        sum = picture::add(sum, chunk);
        picture::read(chunk, &mut filling).map_err(|why| at.unplayable(why))?;
    }
    filling.check(head).map_err(|what| at.damage(what))?;
    if sum != head.sum {
        return Err(at.damage("the chunks are not those of this snapshot"));
    }
    Ok(filling)
}

/// Does the next records again; true if those were all there are.
fn log(
    inner: &Inner,
    transaction: &ReadTransaction,
    environment: u32,
    loaded: &mut Loaded,
    look: Look<'_>,
) -> Result<bool, StoreError> {
    let mut at = At {
        inner,
        table: "log",
        environment,
        epoch: loaded.epoch,
    };
    let rejected = |why: redb::Error| inner.rejected(why);
    let table = transaction
        .open_table(LOG)
        .map_err(|e| rejected(e.into()))?;
    let behind = (environment, loaded.epoch + 1)..=(environment, u64::MAX);
    let entries = table.range(behind).map_err(|e| rejected(e.into()))?;
    for (count, entry) in entries.enumerate() {
        if count == LOOK {
            return Ok(false);
        }
        let (key, sealed) = entry.map_err(|e| rejected(e.into()))?;
        let (_, epoch) = key.value();
        at.epoch = epoch;
        let expected = loaded.epoch + 1;
        if epoch != expected {
            return Err(at.damage(format!(
                "the record before it is missing: epoch {expected} was expected"
            )));
        }
        let record = unseal("log", &place(environment, epoch, 0), sealed.value());
        let record = record.map_err(|what| at.damage(what))?;
        match record::replay(record, &mut loaded.interner, &mut loaded.facts) {
            Ok(Replayed::Facts(rows)) => loaded.replayed += rows as u64,
            Ok(Replayed::Policy(version)) => loaded.policy_version = version,
            Err(why) => return Err(at.unplayable(why)),
        }
        loaded.epoch = epoch;
        look(epoch, loaded.policy_version, &loaded.facts);
    }

    let newest = newest(inner, transaction, environment)?;
    if newest != loaded.epoch {
        let found = loaded.epoch;
        return Err(at.damage(format!("it ends at epoch {found}, not at {newest}")));
    }
    Ok(true)
}

/// The newest epoch that was noted.
pub(super) fn newest(
    inner: &Inner,
    transaction: &ReadTransaction,
    environment: u32,
) -> Result<u64, StoreError> {
    let rejected = |why: redb::Error| inner.rejected(why);
    let table = transaction
        .open_table(NEWEST)
        .map_err(|e| rejected(e.into()))?;
    let sealed = table.get(environment).map_err(|e| rejected(e.into()))?;
    let newest = sealed.map_or(Err("the newest epoch is not noted"), |sealed| {
        let bytes = unseal("newest", &place(environment, 0, 0), sealed.value())?;
        let bytes = bytes.try_into().map_err(|_| "it ends too early")?;
        Ok(u64::from_le_bytes(bytes))
    });
    let at = At {
        inner,
        table: "newest",
        environment,
        epoch: 0,
    };
    newest.map_err(|what| at.damage(what))
}

/// A version of the policy, if it is there.
pub(super) fn policy(
    inner: &Inner,
    transaction: &ReadTransaction,
    environment: u32,
    version: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let rejected = |why: redb::Error| inner.rejected(why);
    let table = transaction
        .open_table(POLICIES)
        .map_err(|e| rejected(e.into()))?;
    let sealed = table.get((environment, version));
    let Some(sealed) = sealed.map_err(|e| rejected(e.into()))? else {
        return Ok(None);
    };
    let source = unseal("policies", &place(environment, version, 0), sealed.value());
    let source = source.map_err(|what| damaged_policy(inner, environment, version, what))?;
    Ok(Some(source.to_vec()))
}

pub(super) fn damaged_policy(
    inner: &Inner,
    environment: u32,
    version: u64,
    what: &str,
) -> StoreError {
    let what = format!("version {version} of the policy: {what}");
    let damage = Damage::new(&inner.file, what).in_table("policies");
    damage.at(environment, 0).into()
}
