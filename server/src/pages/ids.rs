//! Sorted ids, and runs of them as JSON.

use std::sync::Arc;

use super::token::After;
use crate::environment::engine::{Ids as Found, Sorted, Sym, Symbols};
use crate::wire::{quote, quote_text};

/// Ids of a part.
const PART: usize = 4096;

/// Sorted ids, `*` left out.
pub(crate) struct Ids {
    /// Whether every value of the type is one.
    every: bool,
    held: Held,
}

/// Ids ascending by bytes, each once.
enum Held {
    /// Four bytes each; symbols never go away.
    Symbols(Arc<Symbols>, Vec<Sym>),
    Texts(Vec<String>),
}

/// A part of a list: `*` or not, then ids that follow each other.
pub(crate) struct Run<'i> {
    star: bool,
    ids: Slice<'i>,
}

enum Slice<'i> {
    Symbols(&'i Symbols, &'i [Sym]),
    Texts(&'i [String]),
}

impl Ids {
    /// Those that the engine has found.
    pub(crate) fn new(sorted: Sorted, symbols: &Arc<Symbols>) -> Ids {
        let held = match sorted.ids {
            Found::Symbols(ids) => Held::Symbols(symbols.clone(), ids),
            Found::Texts(ids) => Held::Texts(ids),
        };
        Ids {
            every: sorted.every,
            held,
        }
    }

    /// Everything, `*` first.
    pub(crate) fn all(&self) -> Run<'_> {
        Run {
            star: self.every,
            ids: self.held.slice(0, self.held.len()),
        }
    }

    /// How many there are, `*` included.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.every) + self.held.len()
    }

    /// Everything as the inside of a JSON array, part by part.
    pub(crate) fn parts(self) -> impl Iterator<Item = Vec<u8>> + Send + Sync + 'static {
        let (mut at, mut begun) = (0, false);
        std::iter::from_fn(move || {
            let end = (at + PART).min(self.held.len());
            let first = !std::mem::replace(&mut begun, true);
            let run = Run {
                star: first && self.every,
                ids: self.held.slice(at, end),
            };
            if run.len() == 0 {
                return None;
            }
            at = end;
            let mut part = Vec::new();
            run.write(&mut part);
            // Without its brackets; parts are joined by commas.
            part.pop();
            match first {
                true => drop(part.remove(0)),
                false => part[0] = b',',
            }
            Some(part)
        })
    }

    /// The page behind a place, and the place where it ends if there is more.
    pub(crate) fn page(&self, after: Option<&After>, size: usize) -> (Run<'_>, Option<After>) {
        let star = after.is_none() && self.every;
        let begin = match after {
            Some(After::Id(id)) => self.held.behind(id),
            _ => 0,
        };
        let count = size.max(1) - usize::from(star);
        let len = self.held.len();
        let end = begin.saturating_add(count).min(len);
        let last = match end > begin {
            true => After::Id(self.held.id(end - 1)),
            false => After::Star,
        };
        let ids = self.held.slice(begin, end);
        (Run { star, ids }, (end < len).then_some(last))
    }

    /// Memory it takes.
    pub(super) fn bytes(&self) -> usize {
        64 + match &self.held {
            Held::Symbols(_, ids) => ids.capacity() * size_of::<Sym>(),
            Held::Texts(ids) => ids.iter().map(|id| id.capacity() + 24).sum(),
        }
    }
}

impl Held {
    fn len(&self) -> usize {
        match self {
            Held::Symbols(_, ids) => ids.len(),
            Held::Texts(ids) => ids.len(),
        }
    }

    fn id(&self, at: usize) -> String {
        match self {
            Held::Symbols(symbols, ids) => symbols.id(ids[at]),
            Held::Texts(ids) => ids[at].clone(),
        }
    }

    /// The place of the first id behind this one.
    fn behind(&self, last: &str) -> usize {
        match self {
            Held::Symbols(symbols, ids) => {
                ids.partition_point(|sym| symbols.read(*sym, |id| id <= last))
            }
            Held::Texts(ids) => ids.partition_point(|id| id.as_str() <= last),
        }
    }

    fn slice(&self, begin: usize, end: usize) -> Slice<'_> {
        match self {
            Held::Symbols(symbols, ids) => Slice::Symbols(symbols, &ids[begin..end]),
            Held::Texts(ids) => Slice::Texts(&ids[begin..end]),
        }
    }
}

impl Run<'_> {
    /// How many there are, `*` included.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.star)
            + match &self.ids {
                Slice::Symbols(_, ids) => ids.len(),
                Slice::Texts(ids) => ids.len(),
            }
    }

    /// Appends them as a JSON array of strings.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        to.push(b'[');
        let begin = to.len();
        if self.star {
            to.extend_from_slice(b"\"*\",");
        }
        match &self.ids {
            Slice::Symbols(symbols, ids) => {
                for sym in *ids {
                    quote(to, |to| symbols.write(*sym, to));
                    to.push(b',');
                }
            }
            Slice::Texts(ids) => {
                for id in *ids {
                    quote_text(to, id);
                    to.push(b',');
                }
            }
        }
        if to.len() > begin {
            to.pop();
        }
        to.push(b']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Ids {
        /// Texts that are in order.
        pub(in crate::pages) fn of_texts(every: bool, ids: Vec<String>) -> Ids {
            Ids {
                every,
                held: Held::Texts(ids),
            }
        }
    }

    fn read(run: &Run<'_>) -> Vec<String> {
        let mut json = Vec::new();
        run.write(&mut json);
        let read: Vec<String> = serde_json::from_slice(&json).unwrap();
        assert_eq!(read.len(), run.len());
        read
    }

    #[test]
    fn pages_put_together_are_the_list() {
        for every in [false, true] {
            let ids = ["Z", "a", "ab", "b\"\\\u{1}", "é"].map(str::to_owned);
            let list = Ids::of_texts(every, ids.to_vec());
            let all = read(&list.all());
            assert_eq!(all[usize::from(every)..], ids);
            assert_eq!(list.len(), all.len());
            for size in 1..8 {
                let mut pages = Vec::new();
                let mut after = None;
                loop {
                    let (page, more) = list.page(after.as_ref(), size);
                    assert!(page.len() <= size);
                    pages.extend(read(&page));
                    after = more;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(pages, all, "{size}");
            }
        }
        for (every, count) in [
            (false, 0),
            (true, 0),
            (false, 3 * PART),
            (true, 2 * PART + 1),
        ] {
            let ids = (0..count).map(|i| format!("{i:06}")).collect();
            let list = Ids::of_texts(every, ids);
            let all = read(&list.all());
            let mut json = b"[".to_vec();
            json.extend(list.parts().flatten());
            json.push(b']');
            let parts: Vec<String> = serde_json::from_slice(&json).unwrap();
            assert!(parts == all, "{every} {count}");
        }
        let none = Ids::of_texts(false, Vec::new());
        let (page, more) = none.page(None, 3);
        assert_eq!((read(&page), more), (vec![], None));
    }
}
