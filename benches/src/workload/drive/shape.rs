//! Which folders make a drive, by their number alone.

use std::ops::Range;

use crate::workload::SplitMix;

/// Folders on each level of the drives of a cycle, and levels below the root.
const DRIVES: [(u32, u32); 8] = [
    (2, 8),
    (4, 9),
    (2, 12),
    (8, 8),
    (2, 10),
    (4, 12),
    (2, 11),
    (16, 10),
];

/// Folders of a cycle.
const CYCLE: u32 = {
    let (mut sum, mut nth) = (0, 0);
    while nth < DRIVES.len() {
        sum += 1 + DRIVES[nth].0 * DRIVES[nth].1;
        nth += 1;
    }
    sum
};

/// Where a folder is in its drive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The number of the root.
    root: u32,
    /// How many folders lie on a level.
    wide: u32,
    /// The level; the root is on level 0.
    pub(super) level: u32,
}

/// Where this folder is.
pub(super) fn place(folder: u32) -> Place {
    let mut within = folder % CYCLE;
    for (wide, deep) in DRIVES {
        let folders = 1 + wide * deep;
        if within < folders {
            return Place {
                root: folder - within,
                wide,
                level: within.div_ceil(wide),
            };
        }
        within -= folders;
    }
    unreachable!("a cycle is its drives")
}

/// The folders of the cycle of this one, of all that there are.
pub(super) fn near(folder: u32, folders: u32) -> Range<u32> {
    let first = folder - folder % CYCLE;
    first..folders.min(first + CYCLE)
}

impl Place {
    /// A folder of the level above, which always has a smaller number.
    pub(super) fn parent(self, random: &mut SplitMix) -> Option<u32> {
        match self.level {
            0 => None,
            1 => Some(self.root),
            level => Some(self.root + 1 + (level - 2) * self.wide + random.below(self.wide)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_one_level_up_in_the_same_drive() {
        let mut random = SplitMix::new(1);
        let mut deepest = 0;
        for folder in 0..3 * CYCLE {
            let here = place(folder);
            deepest = deepest.max(here.level);
            let Some(parent) = here.parent(&mut random) else {
                assert_eq!(here.root, folder);
                continue;
            };
            let above = place(parent);
            assert_eq!((above.root, above.level), (here.root, here.level - 1));
        }
        assert_eq!(deepest, 12);
        assert!(DRIVES.iter().all(|(_, deep)| (8..=12).contains(deep)));
    }
}
