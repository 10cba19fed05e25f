//! Everything that is stored, held against its checksums.

use std::ops::Bound;
use std::sync::PoisonError;

use redb::ReadableTable;

use super::format::{POLICIES, STARTS, place, unseal};
use super::{Damage, Inner, Store, StoreError, load};
use crate::value::Limits;

/// Bytes read with one look at the file: a long one would make it grow while others write.
const LOOK: usize = 1 << 20;

impl Store {
    /// Reads everything there is, as if every environment were to start, and holds it
    /// against its checksums.
    ///
    /// # Errors
    /// The first damage.
    pub fn verify(&self) -> Result<(), StoreError> {
        self.verify_beside_facts()?;
        for name in self.environments()? {
            let number = self.inner.number(&name)?;
            let moving = &self.inner.moving;
            let _unmoved = moving.write().unwrap_or_else(PoisonError::into_inner);
            let limits = Limits::default();
            load::load(&self.inner, number, &limits, false, &mut |_, _, _| {})?;
        }
        Ok(())
    }

    /// The same for what no start of an environment reads: settings, names, policies that
    /// are in force no longer, starts that have not been completed.
    ///
    /// # Errors
    /// The first damage.
    pub fn verify_beside_facts(&self) -> Result<(), StoreError> {
        self.settings("")?;
        self.environments()?;
        starts(&self.inner)?;
        policies(&self.inner)
    }
}

fn starts(inner: &Inner) -> Result<(), StoreError> {
    let damaged = inner.read(|transaction| {
        for entry in transaction.open_table(STARTS)?.iter()? {
            let (environment, sealed) = entry?;
            let environment = environment.value();
            let key = place(environment, 0, 0);
            if let Err(what) = unseal("starts", &key, sealed.value()) {
                return Ok(Some((environment, what)));
            }
        }
        Ok(None)
    })?;
    damaged.map_or(Ok(()), |(environment, what)| {
        let damage = Damage::new(&inner.file, what).in_table("starts");
        Err(damage.at(environment, 0).into())
    })
}

fn policies(inner: &Inner) -> Result<(), StoreError> {
    let mut from = Bound::Unbounded;
    loop {
        let (last, damaged) = inner.read(|transaction| {
            let table = transaction.open_table(POLICIES)?;
            let mut bytes = 0;
            for entry in table.range::<(u32, u64)>((from, Bound::Unbounded))? {
                let (key, sealed) = entry?;
                let (environment, version) = key.value();
                let place = place(environment, version, 0);
                if let Err(what) = unseal("policies", &place, sealed.value()) {
                    return Ok((None, Some((environment, version, what))));
                }
                bytes += sealed.value().len();
                if bytes >= LOOK {
                    return Ok((Some(key.value()), None));
                }
            }
            Ok((None, None))
        })?;
        if let Some((environment, version, what)) = damaged {
            return Err(load::damaged_policy(inner, environment, version, what));
        }
        match last {
            Some(last) => from = Bound::Excluded(last),
            None => return Ok(()),
        }
    }
}
