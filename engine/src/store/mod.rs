//! What outlives the process: the one room that names redb, and `abomonation`.
//!
//! Owns: the log of changes, snapshots, versions of policies and settings in one file
//! ([`Store`]), the thread that commits them (`group`), recovery (`load`), and the
//! warm-start cache beside the file (`warm`, `flat`). Must not know: what a fact or a
//! policy means, what is derived, who asks.
//!
//! On entry of a record: it has an epoch one above that of the record before, and what it
//! says has been accepted. On exit: told *done*, a record is on disk and will be there
//! after a power failure; told *failed*, nobody can say, and nothing more is written. What
//! is read back is what was written, or an error that says where it is not.

mod backup;
mod bytes;
mod database;
mod error;
mod files;
mod fill;
mod flat;
mod format;
mod group;
mod journal;
mod load;
mod make;
mod pace;
mod picture;
pub mod record;
mod replace;
mod save;
mod verify;
mod warm;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use redb::{ReadableTable, WriteTransaction};

use crate::value::Limits;
use database::{Open, builder, guarded, opened, patiently, rejected};
use format::{ENVIRONMENTS, HEADS, META, NEWEST, POLICIES, SETTINGS, STARTS, place, seal, unseal};
use group::{Edit, Group, Job};

pub use error::{Damage, StoreError};
pub use group::Commits;
pub use journal::{Journal, Record, Unmoved};
pub use load::Loaded;
/// Where the bytes of a store lie: a file, or whatever a test puts in its place.
pub use redb::StorageBackend;
pub use replace::{Replaced, Staged, stage};

/// Everything that outlives the process, of all environments. Clones are the same store;
/// when the last one and all journals are gone, everything sent has been written and the
/// file is closed.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // Before the database: its thread ends first.
    group: Group,
    db: Arc<Open>,
    /// As messages name it.
    file: String,
    /// Where the cache may lie.
    dir: Option<PathBuf>,
    /// Environments with a journal.
    open: Mutex<HashSet<u32>>,
    /// Held by whoever replaces a snapshot by another or removes an environment; a backup has
    /// it to itself.
    moving: RwLock<()>,
}

impl Store {
    /// Opens the store of a data directory, or makes both. One that is open elsewhere is
    /// waited for, a few seconds: the threads of an engine end shortly after its last handle.
    ///
    /// # Errors
    /// See [`StoreError`]; whatever is there stays as it is.
    pub fn open(dir: &Path) -> Result<Store, StoreError> {
        let path = files::store(dir);
        files::make_dir(dir).map_err(io(&path))?;
        if !make::is_there(dir)? {
            make::empty(dir)?;
        }
        Store::open_file(dir)
    }

    /// The same for a store that has to be there: a directory misspelt does not become one.
    ///
    /// # Errors
    /// See [`StoreError`]; whatever is there stays as it is.
    pub fn open_existing(dir: &Path) -> Result<Store, StoreError> {
        let none = || io(&files::store(dir))(std::io::Error::other("there is no such store"));
        if !make::is_there(dir)? {
            return Err(none());
        }
        Store::open_file(dir)
    }

    fn open_file(dir: &Path) -> Result<Store, StoreError> {
        let path = files::store(dir);
        let file = path.display().to_string();
        // redb would take it for a new one.
        if std::fs::metadata(&path).map_err(io(&path))?.len() == 0 {
            return Err(Damage::new(&file, "the file is empty").into());
        }
        let db = patiently(|| opened(&file, || Ok(builder().open(&path)?)))?;
        Store::of(db, file, Some(dir.to_owned()))
    }

    /// Opens a store on bytes that lie anywhere, or makes one if there are none. `file` is
    /// what messages call it. There is no warm-start cache.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn with_backend(file: &str, backend: impl StorageBackend) -> Result<Store, StoreError> {
        let new = backend.len().map_err(|why| StoreError::Io {
            file: file.to_owned(),
            why: why.to_string(),
        })? == 0;
        let db = opened(file, || Ok(builder().create_with_backend(backend)?))?;
        if new {
            make::begin(&db).map_err(|why| rejected(file, why))?;
        }
        Store::of(db, file.to_owned(), None)
    }

    /// Makes a data directory of what [`Store::backup`] has written.
    ///
    /// # Errors
    /// There is data already, or the backup is none.
    pub fn restore(from: &Path, dir: &Path) -> Result<Store, StoreError> {
        let path = files::store(dir);
        files::make_dir(dir).map_err(io(&path))?;
        // Until it is in place nobody else makes a store there.
        let alone = replace::alone(dir)?;
        let there = path.try_exists().map_err(io(&path))?;
        if there || files::traces(dir).map_err(io(&path))?.is_some() {
            return Err(io(&path)(std::io::ErrorKind::AlreadyExists.into()));
        }
        let put = replace::staged(from, dir, alone)?.put()?;
        drop(put);
        Store::open_existing(dir)
    }

    fn of(db: Open, file: String, dir: Option<PathBuf>) -> Result<Store, StoreError> {
        make::check_version(&db, &file)?;
        let db = Arc::new(db);
        let group = Group::start(Arc::clone(&db), file.clone()).map_err(|why| StoreError::Io {
            file: file.clone(),
            why: why.to_string(),
        })?;
        Ok(Store {
            inner: Arc::new(Inner {
                group,
                db,
                file,
                dir,
                open: Mutex::default(),
                moving: RwLock::default(),
            }),
        })
    }

    /// The names of all environments, in alphabetical order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn environments(&self) -> Result<Vec<String>, StoreError> {
        let entries = self.inner.read(|transaction| {
            let table = transaction.open_table(ENVIRONMENTS)?;
            let mut entries = Vec::new();
            for entry in table.iter()? {
                let (name, sealed) = entry?;
                let found = table.get(name.value())?.is_some();
                entries.push((name.value().to_owned(), sealed.value().to_vec(), found));
            }
            let meta = transaction.open_table(META)?.get("environments")?;
            Ok((entries, meta.map(|v| v.value().to_vec())))
        })?;
        let (entries, meta) = entries;
        let damage = |what: &str| Damage::new(&self.inner.file, what).in_table("environments");
        let (_, count) = numbers(meta.as_deref()).map_err(damage)?;
        if entries.len() != count as usize {
            return Err(damage("some of them are missing").into());
        }
        let names = entries.into_iter().map(|(name, sealed, found)| {
            unseal("environments", name.as_bytes(), &sealed).map_err(damage)?;
            found
                .then_some(name)
                .ok_or_else(|| damage("its order is wrong").into())
        });
        names.collect()
    }

    /// Makes an environment without facts. Its policy, version 1, is compiled from
    /// `policy`, which means nothing to the store.
    ///
    /// # Errors
    /// [`StoreError::Exists`], and whatever keeps it from the disk.
    pub fn create(&self, name: &str, policy: &[u8]) -> Result<(), StoreError> {
        let (name, policy) = (name.to_owned(), policy.to_owned());
        let wanted = name.clone();
        let exists = Arc::new(Mutex::new(false));
        let tell = Arc::clone(&exists);
        self.inner.edit(Box::new(move |transaction| {
            let mut names = transaction.open_table(ENVIRONMENTS)?;
            if names.get(&*name)?.is_some() {
                *tell.lock().unwrap_or_else(PoisonError::into_inner) = true;
                return Ok(());
            }
            let number = count(transaction, true)?;
            let sealed = seal("environments", name.as_bytes(), &number.to_le_bytes());
            names.insert(&*name, &*sealed)?;
            let head = picture::Head {
                policy: 1,
                ..picture::Head::default()
            };
            let key = place(number, 0, 0);
            let sealed = seal("heads", &key, &head.to_bytes());
            transaction.open_table(HEADS)?.insert(number, &*sealed)?;
            let sealed = seal("newest", &key, &0_u64.to_le_bytes());
            transaction.open_table(NEWEST)?.insert(number, &*sealed)?;
            let sealed = seal("policies", &place(number, 1, 0), &policy);
            transaction
                .open_table(POLICIES)?
                .insert((number, 1), &*sealed)?;
            Ok(())
        }))?;
        let exists = *exists.lock().unwrap_or_else(PoisonError::into_inner);
        (!exists).then_some(()).ok_or(StoreError::Exists(wanted))
    }

    /// Removes an environment that nobody has open, with everything it holds.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::InUse`], or it cannot be written.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let number = self.inner.number(name)?;
        let claimed = journal::Claim::new(&self.inner, name, number)?;
        let _moving = self.inner.moving();
        let gone = name.to_owned();
        self.inner.edit(Box::new(move |transaction| {
            transaction.open_table(ENVIRONMENTS)?.remove(&*gone)?;
            count(transaction, false)?;
            transaction.open_table(HEADS)?.remove(number)?;
            transaction.open_table(NEWEST)?.remove(number)?;
            transaction.open_table(STARTS)?.remove(number)?;
            Ok(())
        }))?;
        save::forget(&self.inner, number)?;
        drop(claimed);
        Ok(())
    }

    /// Loads an environment and opens its journal; at most one is open at a time.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing has been changed.
    pub fn load(&self, name: &str, limits: &Limits) -> Result<(Journal, Loaded), StoreError> {
        self.load_from(name, limits, true)
    }

    /// The same, from the snapshot even if there is a warm-start cache.
    ///
    /// # Errors
    /// As [`Store::load`].
    pub fn load_cold(&self, name: &str, limits: &Limits) -> Result<(Journal, Loaded), StoreError> {
        self.load_from(name, limits, false)
    }

    fn load_from(
        &self,
        name: &str,
        limits: &Limits,
        cache: bool,
    ) -> Result<(Journal, Loaded), StoreError> {
        let number = self.inner.number(name)?;
        let claim = journal::Claim::new(&self.inner, name, number)?;
        let loaded = load::load(&self.inner, number, limits, cache, &mut |_, _, _| {});
        let loaded = loaded.map_err(|why| match why {
            StoreError::NoRoom {
                file, table, limit, ..
            } => StoreError::NoRoom {
                file,
                table,
                environment: name.to_owned(),
                limit,
            },
            other => other,
        })?;
        Ok((Journal::new(claim, loaded.epoch), loaded))
    }

    /// What a version of an environment's policy is compiled from, if it is known.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or the file cannot be read.
    pub fn policy(&self, environment: &str, version: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let number = self.inner.number(environment)?;
        let inner = &self.inner;
        inner.read(|transaction| Ok(load::policy(inner, transaction, number, version)))?
    }

    /// A setting, whatever it means.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = self.inner.read(|transaction| {
            let found = transaction.open_table(SETTINGS)?.get(name)?;
            Ok(found.map(|v| v.value().to_vec()))
        })?;
        let value = sealed.map(|sealed| self.inner.setting(name, &sealed));
        value.transpose()
    }

    /// All settings whose names begin so, by name.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn settings(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let all = self.inner.read(|transaction| {
            let mut found = Vec::new();
            for entry in transaction.open_table(SETTINGS)?.range(prefix..)? {
                let (name, value) = entry?;
                if !name.value().starts_with(prefix) {
                    break;
                }
                found.push((name.value().to_owned(), value.value().to_vec()));
            }
            Ok(found)
        })?;
        let unsealed = all.into_iter().map(|(name, sealed)| {
            let value = self.inner.setting(&name, &sealed)?;
            Ok((name, value))
        });
        unsealed.collect()
    }

    /// Puts a setting on disk, or removes it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn set(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let name = name.to_owned();
        let sealed = value.map(|value| seal("settings", name.as_bytes(), value));
        self.inner.edit(Box::new(move |transaction| {
            let mut settings = transaction.open_table(SETTINGS)?;
            match sealed {
                Some(sealed) => _ = settings.insert(&*name, &*sealed)?,
                None => _ = settings.remove(&*name)?,
            }
            Ok(())
        }))
    }

    /// A setting that has been read and means nothing to whoever put it there.
    #[must_use]
    pub fn meaningless(&self, name: &str, what: &str) -> StoreError {
        let damage = Damage::new(&self.inner.file, format!("`{name}`: {what}"));
        damage.in_table("settings").into()
    }

    /// As messages name the file.
    pub(crate) fn file(&self) -> &str {
        &self.inner.file
    }

    /// Writes nothing any more and closes the file, once the commit under way has ended:
    /// another store is about to take its place. Whoever still has this one finds that
    /// changes are accepted no longer, for this reason.
    pub fn retire(&self, why: &str) {
        self.inner.group.retire(&format!("{}: {why}", self.file()));
        self.inner.db.close();
    }

    /// Whether changes are still written.
    ///
    /// # Errors
    /// The sentence about the failure.
    pub fn health(&self) -> Result<(), Arc<str>> {
        self.inner.group.broken().map_or(Ok(()), Err)
    }

    /// What has been committed since the store was opened.
    #[must_use]
    pub fn commits(&self) -> Commits {
        self.inner.group.commits()
    }

    /// Writes everything as of one moment to a new file, which [`Store::open`] takes as it
    /// is once it is called `floe.redb`. Changes go on meanwhile.
    ///
    /// # Errors
    /// The file is there already, or one of both fails.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        backup::backup(&self.inner, to)
    }
}

impl Inner {
    /// Does something to the tables and waits until it is on disk.
    fn edit(&self, edit: Edit) -> Result<(), StoreError> {
        let (told, hears) = crossbeam_channel::bounded(1);
        let done = Box::new(move |outcome| _ = told.send(outcome));
        self.group.send(Job::Edit { edit, done });
        let outcome = hears.recv();
        outcome
            .unwrap_or_else(|_| Err("the store has been closed".into()))
            .map_err(StoreError::Broken)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let done = guarded(|| read(&self.db.begin_read()?));
        done.map_err(|why| self.rejected(why))
    }

    fn number(&self, name: &str) -> Result<u32, StoreError> {
        let sealed = self.read(|transaction| {
            let found = transaction.open_table(ENVIRONMENTS)?.get(name)?;
            Ok(found.map(|v| v.value().to_vec()))
        })?;
        let sealed = sealed.ok_or_else(|| StoreError::Missing(name.to_owned()))?;
        let number = unseal("environments", name.as_bytes(), &sealed);
        let number = number.and_then(|n| n.try_into().map_err(|_| "it ends too early"));
        let damage = |what| Damage::new(&self.file, what).in_table("environments");
        Ok(u32::from_le_bytes(number.map_err(damage)?))
    }

    fn setting(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let value = unseal("settings", name.as_bytes(), sealed);
        let value = value.map_err(|what| {
            Damage::new(&self.file, format!("`{name}`: {what}")).in_table("settings")
        })?;
        Ok(value.to_vec())
    }

    fn moving(&self) -> RwLockReadGuard<'_, ()> {
        self.moving.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn rejected(&self, why: redb::Error) -> StoreError {
        match (why, self.group.broken()) {
            // Retired, and that has a reason.
            (redb::Error::DatabaseClosed, Some(sentence)) => StoreError::Broken(sentence),
            (other, _) => rejected(&self.file, other),
        }
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    |why| StoreError::Io {
        file: path.display().to_string(),
        why: why.to_string(),
    }
}

/// The last number given to an environment, and how many there are.
fn numbers(sealed: Option<&[u8]>) -> Result<(u32, u32), &'static str> {
    let Some(sealed) = sealed else {
        return Ok((0, 0));
    };
    let bytes: &[u8; 8] = unseal("meta", b"environments", sealed)?
        .try_into()
        .map_err(|_| "it ends too early")?;
    let both = u64::from_le_bytes(*bytes);
    Ok((both as u32, (both >> 32) as u32))
}

/// Counts an environment that comes, and gives it a number that none has had; or one that
/// goes.
fn count(transaction: &WriteTransaction, comes: bool) -> Result<u32, redb::Error> {
    let mut meta = transaction.open_table(META)?;
    let before = meta.get("environments")?.map(|v| v.value().to_vec());
    let corrupted = |what: &str| redb::Error::Corrupted(format!("table `meta`: {what}"));
    let (last, count) = numbers(before.as_deref()).map_err(corrupted)?;
    let now = if comes {
        last.checked_add(1).zip(count.checked_add(1))
    } else {
        Some(last).zip(count.checked_sub(1))
    };
    let (last, count) = now.ok_or_else(|| corrupted("the count of environments is wrong"))?;
    let both = u64::from(count) << 32 | u64::from(last);
    let sealed = seal("meta", b"environments", &both.to_le_bytes());
    meta.insert("environments", &*sealed)?;
    Ok(last)
}

#[cfg(test)]
impl Store {
    /// Puts other bytes in the place of a head, and returns those before.
    pub(crate) fn swap_head(&self, environment: u32, head: &[u8]) -> Vec<u8> {
        let head = head.to_vec();
        let (tell, before) = std::sync::mpsc::channel();
        let swapped = self.inner.edit(Box::new(move |transaction| {
            let mut heads = transaction.open_table(HEADS)?;
            let replaced = heads.insert(environment, &*head)?;
            tell.send(replaced.map(|v| v.value().to_vec())).unwrap();
            Ok(())
        }));
        swapped.unwrap();
        before.recv().unwrap().unwrap()
    }
}
