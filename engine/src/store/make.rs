//! A store that is not there yet, and whether what is there is one.

use std::path::Path;

use redb::Error;

use super::database::{Open, builder, guarded, opened, patiently, rejected};
use super::format::{
    CHUNKS, ENVIRONMENTS, HEADS, LOG, META, NEWEST, POLICIES, SETTINGS, STARTS, VERSION, seal,
    unseal,
};
use super::{Damage, StoreError, files, io};

/// Whether a data directory has its file. Where other files are left of a store it has to.
pub(super) fn is_there(dir: &Path) -> Result<bool, StoreError> {
    let path = files::store(dir);
    if path.try_exists().map_err(io(&path))? {
        return Ok(true);
    }
    match files::traces(dir).map_err(io(&path))? {
        None => Ok(false),
        Some(trace) => {
            let what = format!("the file is missing, but {} is there", trace.display());
            Err(Damage::new(&path.display().to_string(), what).into())
        }
    }
}

/// Makes a store without environments, unless somebody else has made one meanwhile.
pub(super) fn empty(dir: &Path) -> Result<(), StoreError> {
    let path = files::store(dir);
    let file = path.display().to_string();
    let _alone = patiently(|| {
        let alone = files::alone(dir).map_err(io(&path))?;
        alone.ok_or_else(|| StoreError::Locked { file: file.clone() })
    })?;
    if is_there(dir)? {
        return Ok(());
    }
    let unfinished = dir.join("floe.redb.new");
    drop(files::create(&unfinished).map_err(io(&path))?);
    let db = opened(&file, || Ok(builder().create(&unfinished)?))?;
    begin(&db).map_err(|why| rejected(&file, why))?;
    drop(db);
    files::settle(&unfinished, &path).map_err(io(&path))
}

/// The tables of a new file.
pub(super) fn begin(db: &Open) -> Result<(), Error> {
    guarded(|| {
        let transaction = db.begin_write()?;
        transaction.open_table(ENVIRONMENTS)?;
        transaction.open_table(LOG)?;
        transaction.open_table(NEWEST)?;
        transaction.open_table(POLICIES)?;
        transaction.open_table(HEADS)?;
        transaction.open_table(CHUNKS)?;
        transaction.open_table(SETTINGS)?;
        transaction.open_table(STARTS)?;
        let sealed = seal("meta", b"format", &VERSION.to_le_bytes());
        transaction.open_table(META)?.insert("format", &*sealed)?;
        transaction.commit()?;
        Ok(())
    })
}

pub(super) fn check_version(db: &Open, file: &str) -> Result<(), StoreError> {
    let damage = |what: &str| StoreError::from(Damage::new(file, what).in_table("meta"));
    let sealed = guarded(|| {
        let transaction = db.begin_read()?;
        match transaction.open_table(META) {
            Ok(table) => Ok(table.get("format")?.map(|v| v.value().to_vec())),
            Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
            Err(why) => Err(why.into()),
        }
    });
    let sealed = sealed.map_err(|why| rejected(file, why))?;
    let sealed = sealed.ok_or_else(|| damage("the file is a database, but not one of Floe's"))?;
    let bytes = unseal("meta", b"format", &sealed).map_err(damage)?;
    let bytes = bytes.try_into().map_err(|_| damage("it ends too early"))?;
    match u32::from_le_bytes(bytes) {
        found if found > VERSION => Err(StoreError::Version {
            file: file.to_owned(),
            found,
            known: VERSION,
        }),
        _ => Ok(()),
    }
}
