//! HOT PATH: every question registers here.
//!
//! The published epoch, and who still reads which.
//!
//! A reader takes the published epoch, writes it into a slot, and looks again: if a newer
//! one has been published meanwhile it takes that. The writer takes the published epoch
//! first and the slots after. All four are in one order for all threads (`SeqCst`), so
//! either the writer finds the slot taken, or the reader finds the newer epoch: no epoch
//! older than [`Epochs::oldest`] is ever read again.

use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crossbeam_utils::CachePadded;

/// A slot that nobody uses. As an epoch it would be the newest of all.
const FREE: u64 = u64::MAX;
const SLOTS: usize = 32;

/// The published epoch of an environment and its readers; every index of the environment
/// shares it, so that one follows another without a reader in between.
pub struct Epochs {
    published: CachePadded<AtomicU64>,
    slots: Block,
}

/// Slots, and more of them should so many readings be alive at once.
struct Block {
    slots: [CachePadded<AtomicU64>; SLOTS],
    next: OnceLock<Box<Block>>,
}

/// A registered reader: what its epoch reads is kept until it is dropped.
pub struct Pin<E: Deref<Target = Epochs>> {
    epochs: E,
    slot: usize,
    epoch: u64,
}

impl Default for Epochs {
    fn default() -> Epochs {
        Epochs::new()
    }
}

impl Epochs {
    /// Nothing is published: epoch 0.
    #[must_use]
    pub fn new() -> Epochs {
        Epochs {
            published: CachePadded::new(AtomicU64::new(0)),
            slots: Block::new(),
        }
    }

    /// The newest published epoch.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::SeqCst)
    }

    /// Makes everything up to this epoch visible.
    pub fn publish(&self, epoch: u64) {
        self.published.store(epoch, Ordering::SeqCst);
    }

    /// The oldest epoch that anyone reads or will read.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        let mut oldest = self.published();
        let mut block = Some(&self.slots);
        while let Some(here) = block {
            for slot in &here.slots {
                oldest = oldest.min(slot.load(Ordering::SeqCst));
            }
            block = here.next.get().map(|next| &**next);
        }
        oldest
    }

    fn slot(&self, at: usize) -> &AtomicU64 {
        let mut block = &self.slots;
        for _ in 0..at / SLOTS {
            block = block.next.get().expect("a slot in use has a block");
        }
        &block.slots[at % SLOTS]
    }
}

impl<E: Deref<Target = Epochs>> Pin<E> {
    /// Registers a reader of the newest published epoch.
    #[must_use]
    pub fn new(epochs: E) -> Pin<E> {
        let mut epoch = epochs.published();
        let slot = epochs.slots.claim(epoch);
        loop {
            let newest = epochs.published();
            if newest == epoch {
                return Pin {
                    epochs,
                    slot,
                    epoch,
                };
            }
            epoch = newest;
            epochs.slot(slot).store(epoch, Ordering::SeqCst);
        }
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Where it is registered.
    pub(crate) fn source(&self) -> &E {
        &self.epochs
    }
}

impl<E: Deref<Target = Epochs>> Drop for Pin<E> {
    fn drop(&mut self) {
        self.epochs.slot(self.slot).store(FREE, Ordering::Release);
    }
}

impl Block {
    fn new() -> Block {
        Block {
            slots: std::array::from_fn(|_| CachePadded::new(AtomicU64::new(FREE))),
            next: OnceLock::new(),
        }
    }

    /// Takes a free slot: the thread's own if no other reading has it. Its number.
    fn claim(&self, epoch: u64) -> usize {
        let own = OWN.with(|own| *own) as usize;
        let mut block = self;
        let mut before = 0;
        loop {
            for at in 0..SLOTS {
                let at = (own + at) % SLOTS;
                let claimed = block.slots[at].compare_exchange(
                    FREE,
                    epoch,
                    Ordering::SeqCst,
                    Ordering::Relaxed,
                );
                if claimed.is_ok() {
                    return before + at;
                }
            }
            before += SLOTS;
            block = block.next.get_or_init(|| Box::new(Block::new()));
        }
    }
}

static THREADS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Where this thread looks for a free slot first.
    static OWN: u32 = THREADS.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_epoch_is_the_oldest_one_read() {
        let epochs = Epochs::new();
        epochs.publish(4);
        let four = Pin::new(&epochs);
        epochs.publish(7);
        let seven = Pin::new(&epochs);
        epochs.publish(9);
        assert_eq!((four.epoch(), seven.epoch(), epochs.oldest()), (4, 7, 4));
        drop(four);
        assert_eq!(epochs.oldest(), 7);
        drop(seven);
        assert_eq!(epochs.oldest(), 9);
    }

    #[test]
    fn any_number_may_read_at_once() {
        let epochs = Epochs::new();
        let pins: Vec<Pin<&Epochs>> = (1..=100)
            .map(|epoch| {
                epochs.publish(epoch);
                Pin::new(&epochs)
            })
            .collect();
        assert_eq!(epochs.oldest(), 1);
        drop(pins);
        assert_eq!(epochs.oldest(), 100);
    }
}
