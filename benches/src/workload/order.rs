//! In which order facts arrive, and with it how ordinals lie together.

use super::SplitMix;

/// The order in which the facts of a world arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Container by container: the things of one container get neighbouring ordinals.
    Grouped,
    /// Mixed: facts of all kinds interleave, the things of one container get far-off ordinals.
    Shuffled,
}

/// A fixed permutation of `0..size` that costs no memory: multiply, add, reduce.
///
/// It is no match for a random shuffle, but neighbours end up far apart, which is what matters
/// to a bitmap and to a cache.
#[derive(Clone, Copy, Debug)]
pub struct Scatter {
    factor: u64,
    offset: u64,
    size: u64,
}

impl Scatter {
    /// A permutation of `0..size` chosen by `seed`.
    #[must_use]
    pub fn new(size: u32, seed: u64) -> Scatter {
        let size = u64::from(size.max(1));
        let mut random = SplitMix::new(seed);
        let offset = random.word() % size;
        // Near the golden section of the size neighbours are spread most evenly.
        let mut factor = size * 618 / 1000 + random.word() % (size / 16 + 1);
        while greatest_common_divisor(factor, size) != 1 {
            factor += 1;
        }
        Scatter {
            factor,
            offset,
            size,
        }
    }

    /// The identity on `0..size`.
    #[must_use]
    pub fn identity(size: u32) -> Scatter {
        Scatter {
            factor: 1,
            offset: 0,
            size: u64::from(size.max(1)),
        }
    }

    /// The permutation an [`Order`] asks for.
    #[must_use]
    pub fn of(order: Order, size: u32, seed: u64) -> Scatter {
        match order {
            Order::Grouped => Scatter::identity(size),
            Order::Shuffled => Scatter::new(size, seed),
        }
    }

    /// Where `index` goes.
    #[must_use]
    pub fn at(&self, index: u32) -> u32 {
        let to = (u64::from(index) * self.factor + self.offset) % self.size;
        u32::try_from(to).expect("below a size that fits 32 bits")
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scatter_is_a_permutation_of_any_size() {
        for size in [1, 2, 3, 10, 97, 1_000, 4_096] {
            for seed in 0..5 {
                let scatter = Scatter::new(size, seed);
                let mut hit = vec![false; size as usize];
                for index in 0..size {
                    hit[scatter.at(index) as usize] = true;
                }
                assert!(hit.iter().all(|&h| h), "size {size}, seed {seed}");
            }
        }
    }
}
