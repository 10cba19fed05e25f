//! Changes of a store's file behind its back.

use std::cmp::Ordering;
use std::path::Path;

use redb::{Database, Key, ReadableDatabase, TableDefinition, TypeName, Value, WriteTransaction};
use twox_hash::XxHash3_64;

type Table<K> = TableDefinition<'static, K, &'static [u8]>;

pub(crate) const CHUNKS: Table<(u32, u64, u32)> = TableDefinition::new("chunks");
pub(crate) const ENVIRONMENTS: Table<&str> = TableDefinition::new("environments");
pub(crate) const LOG: Table<(u32, u64)> = TableDefinition::new("log");
pub(crate) const META: Table<&str> = TableDefinition::new("meta");
pub(crate) const NEWEST: Table<u32> = TableDefinition::new("newest");
pub(crate) const POLICIES: Table<(u32, u64)> = TableDefinition::new("policies");
pub(crate) const STARTS: Table<u32> = TableDefinition::new("starts");

/// Changes the file.
pub(crate) fn tamper(dir: &Path, change: impl FnOnce(&WriteTransaction)) {
    let db = Database::open(dir.join("floe.redb")).unwrap();
    let transaction = db.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

/// A value behind its seal.
pub(crate) fn get<'k, K: Key>(dir: &Path, table: Table<K>, key: K::SelfType<'k>) -> Vec<u8> {
    let db = Database::open(dir.join("floe.redb")).unwrap();
    let table = db.begin_read().unwrap().open_table(table).unwrap();
    table.get(key).unwrap().unwrap().value().to_vec()
}

/// Puts another value in place of one, under a seal that is right.
pub(crate) fn forge<'k, K: Key>(
    dir: &Path,
    table: Table<K>,
    key: K::SelfType<'k>,
    place: &[u8],
    value: &[u8],
) {
    let name = redb::TableHandle::name(&table).to_owned();
    let sealed = seal(&name, place, value);
    tamper(dir, |transaction| {
        let mut table = transaction.open_table(table).unwrap();
        table.insert(key, &*sealed).unwrap();
    });
}

/// A key as the seal sees it.
pub(crate) fn place(environment: u32, epoch: u64, part: u32) -> [u8; 16] {
    let key = [
        &environment.to_le_bytes()[..],
        &epoch.to_le_bytes(),
        &part.to_le_bytes(),
    ];
    key.concat().try_into().unwrap()
}

pub(crate) fn seal(table: &str, key: &[u8], value: &[u8]) -> Vec<u8> {
    let table = XxHash3_64::oneshot(table.as_bytes());
    let key = XxHash3_64::oneshot_with_seed(table, key);
    let sum = XxHash3_64::oneshot_with_seed(key, value);
    [&sum.to_le_bytes()[..], value].concat()
}

/// Names that are put down from the last to the first, in a table that says otherwise.
#[derive(Debug)]
pub(crate) struct Backwards;

impl Backwards {
    pub(crate) const ENVIRONMENTS: Table<Backwards> = TableDefinition::new("environments");
}

impl Value for Backwards {
    type SelfType<'a> = &'a str;
    type AsBytes<'a> = &'a str;

    fn fixed_width() -> Option<usize> {
        None
    }

    fn from_bytes<'a>(data: &'a [u8]) -> &'a str
    where
        Self: 'a,
    {
        str::from_utf8(data).unwrap()
    }

    fn as_bytes<'a, 'b: 'a>(value: &'a &'b str) -> &'a str
    where
        Self: 'b,
    {
        value
    }

    fn type_name() -> TypeName {
        <&str as Value>::type_name()
    }
}

impl Key for Backwards {
    fn compare(one: &[u8], other: &[u8]) -> Ordering {
        other.cmp(one)
    }
}
