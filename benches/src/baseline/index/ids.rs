//! A set of ids: a short sorted list, or a compressed bitmap.

use roaring::RoaringBitmap;

/// Up to this many ids a sorted list is smaller and faster than a bitmap.
const FEW: usize = 32;

/// A set of ids that is cheap when small and compressed when large.
#[derive(Clone, Debug)]
pub enum Ids {
    /// Ascending.
    Few(Vec<u32>),
    /// More than a few dozen, at least at one time.
    Many(RoaringBitmap),
}

impl Default for Ids {
    fn default() -> Ids {
        Ids::Few(Vec::new())
    }
}

impl Ids {
    /// Adds an id; false if it was there.
    pub fn insert(&mut self, id: u32) -> bool {
        match self {
            Ids::Few(ids) => {
                let Err(at) = ids.binary_search(&id) else {
                    return false;
                };
                if ids.len() < FEW {
                    ids.insert(at, id);
                } else {
                    let mut many: RoaringBitmap = ids.iter().copied().collect();
                    many.insert(id);
                    *self = Ids::Many(many);
                }
                true
            }
            Ids::Many(ids) => ids.insert(id),
        }
    }

    /// Takes an id away; false if it was not there.
    pub fn remove(&mut self, id: u32) -> bool {
        match self {
            Ids::Few(ids) => match ids.binary_search(&id) {
                Ok(at) => {
                    ids.remove(at);
                    true
                }
                Err(_) => false,
            },
            Ids::Many(ids) => {
                let there = ids.remove(id);
                // Half of the bound above, so that a set at the border does not go to and fro.
                if there && ids.len() <= FEW as u64 / 2 {
                    *self = Ids::Few(ids.iter().collect());
                }
                there
            }
        }
    }

    /// Is the id there?
    #[must_use]
    pub fn contains(&self, id: u32) -> bool {
        match self {
            Ids::Few(ids) => ids.binary_search(&id).is_ok(),
            Ids::Many(ids) => ids.contains(id),
        }
    }

    /// How many ids there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Ids::Few(ids) => ids.len() as u64,
            Ids::Many(ids) => ids.len(),
        }
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids, ascending.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u32> {
        match self {
            Ids::Few(ids) => ids.clone(),
            Ids::Many(ids) => ids.iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::workload::SplitMix;

    #[test]
    fn ids_behave_like_a_set_across_the_border() {
        let mut random = SplitMix::new(3);
        let mut ids = Ids::default();
        let mut model = BTreeSet::new();
        for step in 0..20_000u32 {
            let id = random.below(90) * 1_000;
            // Long stretches that mostly add, then mostly remove.
            let add = random.below(10) < if step / 500 % 2 == 0 { 8 } else { 2 };
            if add {
                assert_eq!(ids.insert(id), model.insert(id));
            } else {
                assert_eq!(ids.remove(id), model.remove(&id));
            }
            assert_eq!(ids.contains(id), model.contains(&id));
            assert_eq!(ids.len(), model.len() as u64);
        }
        assert!(ids.to_vec().into_iter().eq(model));
    }
}
