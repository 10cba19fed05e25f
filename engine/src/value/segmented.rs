//! An array that grows at its end and never moves.
//!
//! Elements live in leaves that are made when first needed and published once, so a
//! reader may hold a reference while the array grows, without a lock. Elements are
//! themselves atomic (or a `OnceLock`): whoever writes one decides when it is seen.

use std::sync::OnceLock;

/// Leaves of 64, 64, 128, ... 8,192 elements, then of 16,384 each: a small array is
/// small, a large one wastes little.
const FIRST_BITS: u32 = 6;
const LEAF_BITS: u32 = 14;
const HEAD: usize = (LEAF_BITS - FIRST_BITS + 1) as usize;
/// Large leaves are found through two directories; together they cover 2^32 elements.
const DIRECTORY_BITS: u32 = 9;

type Lazy<T> = OnceLock<Box<[T]>>;

pub(super) struct Segmented<T> {
    head: [Lazy<T>; HEAD],
    rest: Lazy<Lazy<Lazy<T>>>,
}

impl<T: Default> Segmented<T> {
    pub(super) fn new() -> Segmented<T> {
        Segmented {
            head: std::array::from_fn(|_| OnceLock::new()),
            rest: OnceLock::new(),
        }
    }

    /// The element, if its leaf exists.
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        self.run(index).first()
    }

    /// The elements from `index` to the end of its leaf; none if the leaf does not exist.
    pub(super) fn run(&self, index: u32) -> &[T] {
        let leaf = if index >> LEAF_BITS == 0 {
            self.head[head_of(index)].get()
        } else {
            let (high, low) = directories(index);
            self.rest
                .get()
                .and_then(|d| d[high].get())
                .and_then(|d| d[low].get())
        };
        leaf.map_or(&[], |leaf| &leaf[offset(index)..])
    }

    /// The element, making its leaf if need be.
    pub(super) fn slot(&self, index: u32) -> &T {
        let leaf = if index >> LEAF_BITS == 0 {
            let head = head_of(index);
            let length = 1 << (FIRST_BITS as usize + head.saturating_sub(1));
            self.head[head].get_or_init(|| fresh(length))
        } else {
            let (high, low) = directories(index);
            let width = 1 << DIRECTORY_BITS;
            let outer = self.rest.get_or_init(|| fresh(width));
            let inner = outer[high].get_or_init(|| fresh(width));
            inner[low].get_or_init(|| fresh(1 << LEAF_BITS))
        };
        &leaf[offset(index)]
    }

    /// Looks at the first elements in order; their leaves exist.
    pub(super) fn each(&self, count: u32, mut look: impl FnMut(&T)) {
        let mut at = 0;
        while at < count {
            let run = self.run(at);
            let taken = run.len().min((count - at) as usize);
            if taken == 0 {
                return;
            }
            run[..taken].iter().for_each(&mut look);
            at += taken as u32;
        }
    }

    /// The same, making their leaves if need be.
    pub(super) fn fill(&self, count: u32, mut put: impl FnMut(&T)) {
        let mut at = 0;
        while at < count {
            self.slot(at);
            let run = self.run(at);
            let taken = run.len().min((count - at) as usize);
            run[..taken].iter().for_each(&mut put);
            at += taken as u32;
        }
    }

    /// Bytes of a large array with this many elements.
    pub(super) fn bytes(elements: u64) -> u64 {
        let whole = if elements == 0 {
            0
        } else if elements >> LEAF_BITS == 0 {
            elements.next_power_of_two().max(1 << FIRST_BITS)
        } else {
            elements.next_multiple_of(1 << LEAF_BITS)
        };
        whole * size_of::<T>() as u64
    }
}

fn fresh<T: Default>(length: usize) -> Box<[T]> {
    (0..length).map(|_| T::default()).collect()
}

fn head_of(index: u32) -> usize {
    let bits = (u32::BITS - index.leading_zeros()).max(FIRST_BITS);
    (bits - FIRST_BITS) as usize
}

fn offset(index: u32) -> usize {
    let within = if index >> FIRST_BITS == 0 {
        index
    } else if index >> LEAF_BITS == 0 {
        index - (1 << index.ilog2())
    } else {
        index & ((1 << LEAF_BITS) - 1)
    };
    within as usize
}

fn directories(index: u32) -> (usize, usize) {
    let leaf = index >> LEAF_BITS;
    let low = leaf & ((1 << DIRECTORY_BITS) - 1);
    ((leaf >> DIRECTORY_BITS) as usize, low as usize)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Segmented;

    #[test]
    fn every_element_has_a_place_of_its_own() {
        let array: Segmented<AtomicU32> = Segmented::new();
        let last = 100_000;
        assert!(array.get(0).is_none());
        for i in 0..last {
            assert_eq!(array.slot(i).swap(i + 1, Ordering::Relaxed), 0);
        }
        for i in 0..last {
            assert_eq!(array.get(i).map(|e| e.load(Ordering::Relaxed)), Some(i + 1));
        }
        let mut seen = 0;
        while seen < last {
            let run = array.run(seen);
            assert!(!run.is_empty());
            for e in run.iter().take((last - seen) as usize) {
                seen += 1;
                assert_eq!(e.load(Ordering::Relaxed), seen);
            }
        }
        array.slot(u32::MAX).store(7, Ordering::Relaxed);
        assert_eq!(
            array.get(u32::MAX).map(|e| e.load(Ordering::Relaxed)),
            Some(7)
        );
    }
}
