//! Derivations beyond the first, for the ids of one entry that have any.
//!
//! Counts are kept by binary digit: a set of the ids whose count has a 1 there, then the
//! next digit. A second derivation of many ids costs what their set costs, and a count of
//! 2^50 is fifty steps, not fifty bytes for its neighbours.

use super::set::Set;

/// One binary digit of every id's count, and the digits above it.
#[derive(Default)]
pub(super) struct Counts {
    digit: Set,
    above: Option<Box<Counts>>,
}

impl Counts {
    /// The count of an id.
    pub(super) fn get(&self, id: u32) -> i64 {
        let mut count = 0;
        let mut place = 0;
        let mut digits = Some(self);
        while let Some(here) = digits {
            count |= i64::from(here.digit.has(id)) << place;
            place += 1;
            digits = here.above.as_deref();
        }
        count
    }

    /// Replaces a count, which was `old`; neither is negative.
    pub(super) fn set(&mut self, id: u32, old: i64, new: i64) {
        let (mut differ, mut new) = (old ^ new, new);
        let mut here = self;
        loop {
            if differ & 1 != 0 {
                if new & 1 != 0 {
                    here.digit.insert(id);
                } else {
                    here.digit.remove(id);
                }
            }
            differ >>= 1;
            new >>= 1;
            if differ == 0 {
                return;
            }
            here = here.above.get_or_insert_default();
        }
    }

    /// Gives back digits that no count has any more.
    pub(super) fn trim(&mut self) {
        if let Some(above) = &mut self.above {
            above.trim();
            if above.is_empty() {
                self.above = None;
            }
        }
    }

    /// Whether no id has a count.
    pub(super) fn is_empty(&self) -> bool {
        self.above.is_none() && self.digit.is_empty()
    }

    /// How many ids have a count.
    pub(super) fn rows(&self) -> u64 {
        let mut all = self.digit.clone();
        let mut above = self.above.as_deref();
        while let Some(counts) = above {
            all.unite(&counts.digit);
            above = counts.above.as_deref();
        }
        all.len()
    }

    /// Bytes in use.
    pub(super) fn bytes(&self) -> u64 {
        let above = self.above.as_ref().map_or(0, |above| above.bytes());
        size_of::<Counts>() as u64 + self.digit.bytes() + above
    }

    /// Chooses the smallest form.
    pub(super) fn compact(&mut self) {
        self.digit.compact();
        if let Some(above) = &mut self.above {
            above.compact();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_any_size() {
        let mut counts = Counts::default();
        counts.set(7, 0, 1);
        counts.set(9, 0, 1 << 50);
        counts.set(7, 1, 6);
        assert_eq!(
            (counts.get(7), counts.get(9), counts.get(8)),
            (6, 1 << 50, 0)
        );
        assert_eq!(counts.rows(), 2);
        counts.set(9, 1 << 50, 0);
        counts.set(7, 6, 0);
        counts.trim();
        assert!(counts.is_empty());
    }
}
