//! A set of ordinals, small whatever its size: in place, a list, a window, or a bitmap.
//!
//! Owns: the four forms and when one becomes another. Knows nothing of keys or epochs.
//!
//! Ordinals are given in order of arrival, so things of one container lie together; then
//! a *window*, one bit for each ordinal between the first and the last, beats everything
//! (100 neighbours: 16 bytes). Scattered ones are a sorted list, up to the size at which
//! inserting into one begins to cost; Roaring is for what is large.

mod edit;
mod read;

use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::value::Ordinal;

pub use read::Ordinals;

/// Ids held in place.
const FEW: usize = 4;
/// The longest window: 4 KiB.
const WINDOW_WORDS: usize = 512;
/// The longest list, unless a bitmap would be larger still.
const LIST: usize = 256;
/// The longest list of all.
const LONGEST_LIST: usize = 4096;

/// A set of ordinals.
#[derive(Clone)]
pub struct Set(Form);

#[derive(Clone)]
enum Form {
    /// Ascending.
    Few { len: u8, ids: [u32; FEW] },
    /// Ascending; what lies beyond `len` is room.
    List { len: u32, ids: Box<[u32]> },
    /// Bit `i` of word `w` is the id `64 * (first + w) + i`. The count is at most 2^15.
    Window {
        count: u16,
        first: u32,
        words: Box<[u64]>,
    },
    /// Shared with those who read it; whoever changes it then copies it first.
    Bitmap {
        count: u32,
        bits: Arc<RoaringBitmap>,
    },
}

impl Default for Set {
    fn default() -> Set {
        Set(Form::Few {
            len: 0,
            ids: [0; FEW],
        })
    }
}

impl Form {
    /// The form for these ids, ascending: the smallest, as long as it is quick to change.
    fn of(ids: &[u32]) -> Form {
        let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else {
            return Set::default().0;
        };
        if ids.len() <= FEW {
            let mut few = [0; FEW];
            few[..ids.len()].copy_from_slice(ids);
            return Form::Few {
                len: ids.len() as u8,
                ids: few,
            };
        }
        if fits_window(ids.len(), first, last) {
            return window(ids.iter().copied(), first, last);
        }
        if fits_list(ids.len(), first, last) {
            return Form::List {
                len: ids.len() as u32,
                ids: ids.into(),
            };
        }
        let bits = RoaringBitmap::from_sorted_iter(ids.iter().copied());
        Form::Bitmap {
            count: ids.len() as u32,
            bits: Arc::new(bits.expect("the ids ascend")),
        }
    }
}

/// Whether a window is no larger than a list.
fn fits_window(len: usize, first: u32, last: u32) -> bool {
    let words = (last >> 6) as usize - (first >> 6) as usize + 1;
    words <= WINDOW_WORDS && words * 2 <= len
}

/// Whether a list should do: it is short, or a bitmap would have a container, of some 50
/// bytes, for every few ids.
fn fits_list(len: usize, first: u32, last: u32) -> bool {
    let containers = (last >> 16) as usize - (first >> 16) as usize + 1;
    len <= LIST || (len <= LONGEST_LIST && len < containers * 16)
}

/// A window with these ids, between `first` and `last`.
fn window(ids: impl Iterator<Item = u32>, first: u32, last: u32) -> Form {
    let first = first >> 6;
    let mut words = vec![0_u64; ((last >> 6) - first + 1) as usize];
    let mut count = 0;
    for id in ids {
        words[((id >> 6) - first) as usize] |= 1 << (id & 63);
        count += 1;
    }
    Form::Window {
        count,
        first,
        words: words.into(),
    }
}

impl FromIterator<Ordinal> for Set {
    fn from_iter<I: IntoIterator<Item = Ordinal>>(ordinals: I) -> Set {
        let mut ids: Vec<u32> = ordinals.into_iter().map(|o| o.0).collect();
        ids.sort_unstable();
        ids.dedup();
        Set(Form::of(&ids))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A few random numbers, always the same.
    fn random(state: &mut u64, below: u32) -> u32 {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        ((*state >> 33) % u64::from(below)) as u32
    }

    #[test]
    fn it_is_a_set_through_every_change_of_form() {
        let mut seen = BTreeSet::new();
        // Dense, with outliers, scattered, across containers; near and far from zero.
        for (spread, step, base) in [
            (300, 1, 0),
            (300, 1, 70_000),
            (3_000, 1, 64),
            (3_000, 40, 1_000),
            (900, 70_000, 5),
            (40_000, 1, u32::MAX - 40_000),
        ] {
            let mut state = u64::from(spread) + step;
            let mut set = Set::default();
            let mut model = BTreeSet::new();
            for turn in 0..30_000 {
                let mut id = base + random(&mut state, spread) * step as u32;
                if random(&mut state, 2_000) == 0 {
                    id = random(&mut state, 3_000_000);
                }
                let adds = if turn / 5_000 % 2 == 0 { 9 } else { 1 };
                if random(&mut state, 10) < adds {
                    assert_eq!(set.insert(id), model.insert(id));
                } else {
                    assert_eq!(set.remove(id), model.remove(&id));
                }
                assert_eq!(set.len(), model.len() as u64);
                assert_eq!(set.has(id), model.contains(&id));
                seen.insert(match &set.0 {
                    Form::Few { .. } => "few",
                    Form::List { .. } => "list",
                    Form::Window { .. } => "window",
                    Form::Bitmap { .. } => "bitmap",
                });
                if turn % 100 == 0 {
                    assert!(set.iter().map(|o| o.0).eq(model.iter().copied()));
                    // The same as a whole, from the beginning and from further on.
                    let (mut rest, mut ids) = (Vec::new(), set.iter());
                    let taken = turn / 100 % 3;
                    assert!(ids.by_ref().take(taken).count() <= taken);
                    ids.for_each(|o| rest.push(o.0));
                    assert!(rest.iter().eq(model.iter().skip(taken)));
                }
                if turn % 1_000 == 0 {
                    set.compact();
                }
            }
            let again: Set = set.iter().collect();
            assert!(again.iter().eq(set.iter()));
            for &id in &model {
                assert!(set.remove(id));
            }
            assert!(set.is_empty() && matches!(set.0, Form::Few { .. }));
        }
        assert_eq!(seen.len(), 4);
    }

    #[test]
    fn many_changes_at_once_are_as_one_after_the_other() {
        for (spread, step, base) in [
            (30, 1, 0),
            (300, 1, 70_000),
            (3_000, 40, 1_000),
            (900, 70_000, 5),
            (40_000, 1, u32::MAX - 40_000),
        ] {
            let mut state = u64::from(spread);
            let (mut set, mut model) = (Set::default(), BTreeSet::new());
            for turn in 0..400 {
                let many = 1 + random(&mut state, if turn % 3 == 0 { 5 } else { 500 });
                let adds = if turn / 20 % 2 == 0 { 9 } else { 1 };
                let changes: std::collections::BTreeMap<u32, bool> = (0..many)
                    .map(|_| {
                        let id = base + random(&mut state, spread) * step;
                        (id, random(&mut state, 10) < adds)
                    })
                    .collect();
                set.edit(changes.iter().map(|(&id, &on)| (id, on)));
                for (&id, &on) in &changes {
                    if on {
                        model.insert(id);
                    } else {
                        model.remove(&id);
                    }
                }
                assert_eq!(set.len(), model.len() as u64);
                assert!(set.iter().map(|o| o.0).eq(model.iter().copied()));
            }
        }
    }

    #[test]
    fn a_set_takes_three_words() {
        assert_eq!(size_of::<Set>(), 24);
    }

    #[test]
    fn neighbours_take_a_bit_each_and_scattered_ids_a_word() {
        let near: Set = (1_000..1_100).map(Ordinal).collect();
        let far: Set = (0..100).map(|i| Ordinal(i * 1_000)).collect();
        assert!(near.bytes() <= 24);
        assert_eq!(far.bytes(), 400);
    }
}
