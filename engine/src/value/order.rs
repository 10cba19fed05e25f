//! The order of a type's ids by bytes, kept so that a list need not be sorted.
//!
//! An [`Order`] ranks the symbols that a type had when it was made, and has their ids in that
//! order as they are written. Symbols are never renumbered, so it stays true; those that came
//! later are few and are sorted by whoever asks, until there are enough of them for a new
//! order, which merges them in. That costs every symbol a constant number of moves, and
//! readers never wait for one another.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};

use arc_swap::ArcSwap;

use super::ranked::{Ids, Ranked};
use super::written::{Spelling, plain};
use super::{Ordinal, Sym, Symbols, TypeIx};

/// Fewer values than this are sorted by their texts: that needs no order.
const FEW: usize = 32;

/// Symbols without a rank that are worth a new order: this many, and a part of all.
const LATE: u32 = 512;
const PART: u32 = 32;

/// The orders of all types that have been listed.
#[derive(Default)]
pub(super) struct Orders {
    made: ArcSwap<Vec<(TypeIx, Arc<Order>)>>,
    /// Whoever makes one.
    making: Mutex<()>,
    spelling: OnceLock<Spelling>,
}

/// Ranks of the first symbols of a type.
#[derive(Default)]
pub(super) struct Order {
    /// By ordinal.
    ranks: Vec<u32>,
    /// By rank.
    pub(super) ids: Ids,
}

impl Symbols {
    /// The symbols at so many places inside a type, each once, ascending by the bytes of
    /// their ids.
    ///
    /// Takes time in proportion to them and to a 64th of the type; from time to time, when
    /// the type has grown by a part of itself, in proportion to the type.
    #[must_use]
    pub fn sorted(
        self: &Arc<Symbols>,
        ty: TypeIx,
        count: usize,
        ordinals: impl Iterator<Item = Ordinal>,
    ) -> Ranked {
        let order = if count < FEW {
            self.orders.find(ty).unwrap_or_default()
        } else {
            self.order(ty)
        };
        let (ranks, late) = order.ranked(count, ordinals);
        let late = late.into_iter().map(|ordinal| self.text_at(ty, ordinal));
        let mut late: Vec<_> = late.collect();
        by_text(&mut late);
        let places = self.merged(&order, ranks, &late);
        Ranked::new(
            self.clone(),
            order,
            Ids::of(late, self.orders.spelling()),
            places,
        )
    }

    /// How many symbols of a type wait for an order: what the next list of it may cost
    /// beside its own length.
    #[must_use]
    pub fn unsorted(&self, ty: TypeIx) -> u32 {
        let count = self.count(ty);
        let ranked = (self.orders).with(ty, |order| {
            order.map_or(0, |order| order.ids.symbols.len() as u32)
        });
        if is_due(ranked, count) { count } else { 0 }
    }

    /// The newest order of a type, made anew if enough symbols have none.
    fn order(&self, ty: TypeIx) -> Arc<Order> {
        let known = self.orders.find(ty).unwrap_or_default();
        if !is_due(known.ids.symbols.len() as u32, self.count(ty)) {
            return known;
        }
        let Some(_making) = self.orders.make() else {
            return known;
        };
        // Another may have been quicker.
        let known = self.orders.find(ty).unwrap_or_default();
        let (ranked, count) = (known.ids.symbols.len() as u32, self.count(ty));
        if !is_due(ranked, count) {
            return known;
        }
        let mut late: Vec<_> = (ranked..count).map(|i| self.text_at(ty, i)).collect();
        by_text(&mut late);
        let places = self.merged(&known, (0..ranked).collect(), &late);
        let ids = Ids::picked(
            [&known.ids, &Ids::of(late, self.orders.spelling())],
            &places,
        );
        let mut ranks = vec![0; ids.symbols.len()];
        for (rank, sym) in (0..).zip(&ids.symbols) {
            ranks[self.ordinal(*sym).0 as usize] = rank;
        }
        let order = Arc::new(Order { ranks, ids });
        self.orders.keep(ty, order.clone());
        order
    }

    fn text_at(&self, ty: TypeIx, ordinal: u32) -> (String, Sym) {
        let sym = self.at(ty, Ordinal(ordinal));
        let sym = sym.expect("an ordinal belongs to the environment that gave it out");
        (self.id(sym), sym)
    }

    /// Ranks and late symbols, both ascending by text, as one run: the places behind the last
    /// rank stand for what is late.
    fn merged(&self, order: &Order, early: Vec<u32>, late: &[(String, Sym)]) -> Vec<u32> {
        if late.is_empty() {
            return early;
        }
        let mut early = &early[..];
        let mut merged = Vec::with_capacity(early.len() + late.len());
        for (place, (text, _)) in (order.ids.symbols.len() as u32..).zip(late) {
            let is_before = |rank: &u32| {
                let sym = order.ids.symbols[*rank as usize];
                self.read(sym, |id| id < text.as_str())
            };
            let (before, behind) = early.split_at(early.partition_point(is_before));
            merged.extend_from_slice(before);
            merged.push(place);
            early = behind;
        }
        merged.extend_from_slice(early);
        merged
    }
}

fn is_due(ranked: u32, count: u32) -> bool {
    count.saturating_sub(ranked) >= LATE.max(ranked / PART)
}

impl Orders {
    pub(super) fn spell(&self, spelling: Spelling) {
        _ = self.spelling.set(spelling);
    }

    fn spelling(&self) -> Spelling {
        *self.spelling.get_or_init(|| plain)
    }

    fn find(&self, ty: TypeIx) -> Option<Arc<Order>> {
        self.with(ty, |order| order.map(Arc::clone))
    }

    fn with<R>(&self, ty: TypeIx, look: impl FnOnce(Option<&Arc<Order>>) -> R) -> R {
        let made = self.made.load();
        look(
            made.iter()
                .find(|(of, _)| *of == ty)
                .map(|(_, order)| order),
        )
    }

    /// Only whoever makes orders keeps one.
    fn keep(&self, ty: TypeIx, order: Arc<Order>) {
        let mut made = Vec::clone(&self.made.load());
        made.retain(|(of, _)| *of != ty);
        made.push((ty, order));
        self.made.store(Arc::new(made));
    }

    /// The only maker of an order; `None` if there is one already.
    fn make(&self) -> Option<MutexGuard<'_, ()>> {
        match self.making.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Bytes of all orders.
    pub(super) fn bytes(&self) -> u64 {
        let made = self.made.load();
        let bytes = |order: &Order| 4 * order.ranks.capacity() + order.ids.bytes();
        made.iter().map(|(_, order)| bytes(order) as u64).sum()
    }
}

impl Order {
    /// Ranks, ascending, and the ordinals that have none. Ranks are sorted through one bit
    /// each if they are not too few for it.
    fn ranked(
        &self,
        count: usize,
        ordinals: impl Iterator<Item = Ordinal>,
    ) -> (Vec<u32>, Vec<u32>) {
        let words = self.ranks.len() / 64 + 1;
        let (mut ranks, mut late) = (Vec::with_capacity(count), Vec::new());
        if words > 4 * count {
            ordinals.for_each(|ordinal| match self.ranks.get(ordinal.0 as usize) {
                Some(rank) => ranks.push(*rank),
                None => late.push(ordinal.0),
            });
            ranks.sort_unstable();
            return (ranks, late);
        }
        let mut bits = vec![0_u64; words];
        ordinals.for_each(|ordinal| match self.ranks.get(ordinal.0 as usize) {
            Some(rank) => bits[*rank as usize >> 6] |= 1 << (rank & 63),
            None => late.push(ordinal.0),
        });
        for (at, mut word) in (0..).step_by(64).zip(bits) {
            while word != 0 {
                ranks.push(at | word.trailing_zeros());
                word &= word - 1;
            }
        }
        (ranks, late)
    }
}

/// Sorts by text.
///
/// Ids of one type look alike: `doc-000017`, `doc-000018`. What all have in common is looked
/// at once, and the eight bytes behind it are compared as one number, so that few
/// comparisons have to look at the texts.
fn by_text(ids: &mut Vec<(String, Sym)>) {
    if ids.len() < FEW {
        ids.sort_unstable();
        return;
    }
    let common = common_prefix(ids);
    let keys = ids.iter().map(|(id, _)| key(&id.as_bytes()[common..]));
    let mut order: Vec<(u64, usize)> = keys.zip(0..).collect();
    order.sort_unstable_by(|(a, i), (b, j)| a.cmp(b).then_with(|| ids[*i].0.cmp(&ids[*j].0)));
    let mut taken = std::mem::take(ids);
    let taken = order
        .into_iter()
        .map(|(_, i)| std::mem::replace(&mut taken[i], (String::new(), Sym(0))));
    *ids = taken.collect();
}

/// Bytes that all ids begin with.
fn common_prefix(ids: &[(String, Sym)]) -> usize {
    let Some(((first, _), others)) = ids.split_first() else {
        return 0;
    };
    others.iter().fold(first.len(), |common, (id, _)| {
        let pairs = first.bytes().zip(id.bytes()).take(common);
        pairs.take_while(|(a, b)| a == b).count()
    })
}

/// The first bytes as a number that sorts like them. Where a text ends it is filled up with
/// zeros, which may make two keys equal but never turns their order round.
fn key(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let length = bytes.len().min(8);
    first[..length].copy_from_slice(&bytes[..length]);
    u64::from_be_bytes(first)
}
