//! The tables of the file, and the seal on every value.
//!
//! The format as a whole is described in ARCHITECTURE.md, "The data directory"; a change
//! there or here is a new [`VERSION`].

use redb::TableDefinition;
use twox_hash::XxHash3_64;

/// Of the format written here.
pub(super) const VERSION: u32 = 1;

type Bytes = &'static [u8];

/// What the file is: `format` -> version.
pub(super) const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
/// Name -> number.
pub(super) const ENVIRONMENTS: TableDefinition<'_, &str, Bytes> =
    TableDefinition::new("environments");
/// (environment, epoch) -> record.
pub(super) const LOG: TableDefinition<'_, (u32, u64), Bytes> = TableDefinition::new("log");
/// Environment -> epoch of its newest record, so that a lost end is noticed.
pub(super) const NEWEST: TableDefinition<'_, u32, Bytes> = TableDefinition::new("newest");
/// (environment, version) -> whatever the policy is compiled from.
pub(super) const POLICIES: TableDefinition<'_, (u32, u64), Bytes> =
    TableDefinition::new("policies");
/// Environment -> its newest complete snapshot.
pub(super) const HEADS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("heads");
/// (environment, epoch, place) -> part of a snapshot.
pub(super) const CHUNKS: TableDefinition<'_, (u32, u64, u32), Bytes> =
    TableDefinition::new("chunks");
/// Name -> whatever the server keeps there.
pub(super) const SETTINGS: TableDefinition<'_, &str, Bytes> = TableDefinition::new("settings");
/// Environment -> starts begun and not completed.
pub(super) const STARTS: TableDefinition<'_, u32, Bytes> = TableDefinition::new("starts");

/// The key of a value as the seal sees it.
pub(super) fn place(environment: u32, epoch: u64, part: u32) -> [u8; 16] {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&environment.to_le_bytes());
    key[4..12].copy_from_slice(&epoch.to_le_bytes());
    key[12..].copy_from_slice(&part.to_le_bytes());
    key
}

/// A value behind its checksum, which covers table and key too: a value that has come to
/// lie elsewhere is as wrong as a changed one.
pub(super) fn seal(table: &str, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(8 + value.len());
    sealed.extend_from_slice(&checksum(table, key, value).to_le_bytes());
    sealed.extend_from_slice(value);
    sealed
}

/// The value, if its checksum is right.
pub(super) fn unseal<'v>(
    table: &str,
    key: &[u8],
    sealed: &'v [u8],
) -> Result<&'v [u8], &'static str> {
    let (sum, value) = sealed.split_first_chunk().ok_or("it ends too early")?;
    let right = u64::from_le_bytes(*sum) == checksum(table, key, value);
    right.then_some(value).ok_or("its checksum is wrong")
}

fn checksum(table: &str, key: &[u8], value: &[u8]) -> u64 {
    let table = XxHash3_64::oneshot(table.as_bytes());
    let key = XxHash3_64::oneshot_with_seed(table, key);
    XxHash3_64::oneshot_with_seed(key, value)
}
