//! What is drawn: by where it is needed, not by what has been drawn before.

use super::SplitMix;

/// The numbers that belong to one slot in one round: the same whenever they are asked for, so
/// that a world needs no memory of what it has said.
#[must_use]
pub fn draw(seed: u64, family: usize, index: u32, round: u32) -> SplitMix {
    let place = (family as u64) << 56 ^ u64::from(index) << 24 ^ u64::from(round);
    // One step apart, so that neighbouring places begin far apart.
    let mut mixed = SplitMix::new(seed ^ place.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    SplitMix::new(mixed.word())
}

impl SplitMix {
    /// A number below `bound`, small ones more often: sizes fall with the square root of the
    /// rank, a power law that is the same on every machine since it needs no fractions.
    pub fn skewed(&mut self, bound: u32) -> u32 {
        let uniform = u64::from(u32::MAX) & self.word();
        let squared = uniform * uniform;
        let wide = u128::from(squared) * u128::from(bound);
        u32::try_from(wide >> 64).expect("a product shifted by 64 is below the bound")
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        let count = u32::try_from(among.len()).expect("a choice is small");
        among[self.below(count) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_falls_with_the_square_root_of_the_rank() {
        let mut random = SplitMix::new(3);
        let mut sizes = [0_u32; 100];
        for _ in 0..100_000 {
            sizes[random.skewed(100) as usize] += 1;
        }
        // The first holds a tenth; the first quarter holds half.
        assert!((9_000..11_000).contains(&sizes[0]), "{}", sizes[0]);
        let quarter: u32 = sizes[..25].iter().sum();
        assert!((48_000..52_000).contains(&quarter), "{quarter}");
        assert!(sizes.iter().all(|&size| size > 0));
    }

    #[test]
    fn draws_depend_on_every_part_of_the_place() {
        let word = |family, index, round| draw(1, family, index, round).word();
        let words = [word(0, 0, 0), word(1, 0, 0), word(0, 1, 0), word(0, 0, 1)];
        for (nth, one) in words.iter().enumerate() {
            assert!(!words[..nth].contains(one));
        }
        assert_eq!(word(3, 4, 5), word(3, 4, 5));
    }
}
