//! HOT PATH: ids of one type in the order of their bytes, ready to be written.

use std::ops::Range;
use std::sync::Arc;

use super::order::Order;
use super::written::{Spelling, Texts};
use super::{Sym, Symbols};

/// Ids of one type, ascending by bytes, each once. They stay what they are whatever becomes
/// of the type.
///
/// An id is four bytes here: its place among ids that are kept as they are written.
pub struct Ranked {
    symbols: Arc<Symbols>,
    order: Arc<Order>,
    /// What has no rank.
    late: Ids,
    /// Ranks, and behind the last one places in `late`.
    places: Vec<u32>,
}

/// Symbols with their ids as they are written.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) symbols: Vec<Sym>,
    pub(super) texts: Texts,
}

impl Ranked {
    pub(super) fn new(
        symbols: Arc<Symbols>,
        order: Arc<Order>,
        late: Ids,
        places: Vec<u32>,
    ) -> Ranked {
        Ranked {
            symbols,
            order,
            late,
            places,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Their symbols.
    pub fn symbols(&self) -> impl Iterator<Item = Sym> {
        self.places.iter().map(|place| self.symbol(*place))
    }

    /// One of them.
    ///
    /// # Panics
    /// There are not so many.
    #[must_use]
    pub fn id(&self, at: usize) -> String {
        self.symbols.id(self.symbol(self.places[at]))
    }

    /// How many of them are not behind this text.
    #[must_use]
    pub fn up_to(&self, text: &str) -> usize {
        let is_before = |place: &u32| self.symbols.read(self.symbol(*place), |id| id <= text);
        self.places.partition_point(is_before)
    }

    /// Appends some of them as they are spelled ([`Symbols::spell`]).
    ///
    /// # Panics
    /// There are not so many.
    pub fn write(&self, which: Range<usize>, to: &mut Vec<u8>) {
        let (early, late) = (&self.order.ids.texts, &self.late.texts);
        let ranked = self.order.ids.symbols.len();
        let mut at = to.len();
        to.resize(at + self.room(which.len()), 0);
        // Ids of one owner often begin alike, and then follow each other.
        for run in runs(&self.places[which], ranked) {
            at += match run.start.checked_sub(ranked) {
                None => early.copy(run, to, at),
                Some(first) => late.copy(first..first + run.len(), to, at),
            };
        }
        to.truncate(at);
    }

    /// What [`Ranked::write`] needs room for to append so many, as a guess.
    #[must_use]
    pub fn room(&self, count: usize) -> usize {
        let mean = self.order.ids.texts.mean().max(self.late.texts.mean());
        count * (mean + mean / 8) + 2 * Texts::STEP
    }

    /// Bytes it takes for itself.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.late.bytes() + 4 * self.places.capacity()
    }

    fn symbol(&self, place: u32) -> Sym {
        let early = &self.order.ids.symbols;
        let place = place as usize;
        match place.checked_sub(early.len()) {
            None => early[place],
            Some(late) => self.late.symbols[late],
        }
    }
}

impl Ids {
    /// Of ids that are ascending.
    pub(super) fn of(ids: Vec<(String, Sym)>, spelling: Spelling) -> Ids {
        let bytes = ids.iter().map(|(id, _)| id.len() + 3).sum();
        let mut texts = Texts::with_room(ids.len(), bytes);
        for (id, _) in &ids {
            texts.push(id, spelling);
        }
        let symbols = ids.into_iter().map(|(_, sym)| sym).collect();
        Ids { symbols, texts }
    }

    /// Those of both at these places: the second begin where the first end.
    pub(super) fn picked(both: [&Ids; 2], places: &[u32]) -> Ids {
        let end = both[0].symbols.len();
        let of = |run: Range<usize>| match run.start.checked_sub(end) {
            None => (both[0], run),
            Some(first) => (both[1], first..first + run.len()),
        };
        let bytes = |(ids, run): (&Ids, Range<usize>)| ids.texts.run(run).len();
        let bytes = runs(places, end).map(of).map(bytes).sum();
        let mut picked = Ids {
            symbols: Vec::with_capacity(places.len()),
            texts: Texts::with_room(places.len(), bytes),
        };
        for (ids, run) in runs(places, end).map(of) {
            picked.symbols.extend_from_slice(&ids.symbols[run.clone()]);
            picked.texts.append(&ids.texts, run);
        }
        picked
    }

    /// Bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        4 * self.symbols.capacity() + self.texts.bytes()
    }
}

/// Places as runs that follow each other, none of them across `end`.
fn runs(places: &[u32], end: usize) -> impl Iterator<Item = Range<usize>> {
    let follow = move |a: &u32, b: &u32| *a + 1 == *b && *b as usize != end;
    places.chunk_by(follow).map(|run| {
        let first = run[0] as usize;
        first..first + run.len()
    })
}
