//! Sorted ids, and runs of them as JSON.

use std::ops::Range;

use super::token::After;
use crate::environment::engine::{Ids as Found, Sorted};
use crate::wire::listed;

/// Ids of a part.
const PART: usize = 4096;

/// Sorted ids, `*` left out.
pub(crate) struct Ids {
    /// Whether every value of the type is one.
    every: bool,
    held: Found,
}

/// A part of a list: `*` or not, then ids that follow each other.
pub(crate) struct Run<'i> {
    star: bool,
    held: &'i Found,
    which: Range<usize>,
}

impl From<Sorted> for Ids {
    fn from(sorted: Sorted) -> Ids {
        Ids {
            every: sorted.every,
            held: sorted.ids,
        }
    }
}

impl Ids {
    /// Everything, `*` first.
    pub(crate) fn all(&self) -> Run<'_> {
        self.run(self.every, 0..self.listed())
    }

    /// How many there are, `*` included.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.every) + self.listed()
    }

    /// Everything as the inside of a JSON array, part by part.
    pub(crate) fn parts(self) -> impl Iterator<Item = Vec<u8>> + Send + Sync + 'static {
        let (mut at, mut begun) = (0, false);
        std::iter::from_fn(move || {
            let end = (at + PART).min(self.listed());
            let first = !std::mem::replace(&mut begun, true);
            let run = self.run(first && self.every, at..end);
            if run.len() == 0 {
                return None;
            }
            at = end;
            let mut part = Vec::with_capacity(run.bytes());
            if !first {
                part.push(b',');
            }
            run.write_items(&mut part);
            Some(part)
        })
    }

    /// The page behind a place, and the place where it ends if there is more.
    pub(crate) fn page(&self, after: Option<&After>, size: usize) -> (Run<'_>, Option<After>) {
        let star = after.is_none() && self.every;
        let begin = match after {
            Some(After::Id(id)) => self.up_to(id),
            _ => 0,
        };
        let count = size.max(1) - usize::from(star);
        let len = self.listed();
        let end = begin.saturating_add(count).min(len);
        let last = match end > begin {
            true => After::Id(self.id(end - 1)),
            false => After::Star,
        };
        (self.run(star, begin..end), (end < len).then_some(last))
    }

    /// Memory it takes.
    pub(super) fn bytes(&self) -> usize {
        64 + match &self.held {
            Found::Ranked(ids) => ids.bytes(),
            Found::Texts(ids) => ids.iter().map(|id| id.capacity() + 24).sum(),
        }
    }

    /// How many there are beside `*`.
    fn listed(&self) -> usize {
        match &self.held {
            Found::Ranked(ids) => ids.len(),
            Found::Texts(ids) => ids.len(),
        }
    }

    fn run(&self, star: bool, which: Range<usize>) -> Run<'_> {
        Run {
            star,
            held: &self.held,
            which,
        }
    }

    fn id(&self, at: usize) -> String {
        match &self.held {
            Found::Ranked(ids) => ids.id(at),
            Found::Texts(ids) => ids[at].clone(),
        }
    }

    /// The place behind this id.
    fn up_to(&self, last: &str) -> usize {
        match &self.held {
            Found::Ranked(ids) => ids.up_to(last),
            Found::Texts(ids) => ids.partition_point(|id| id.as_str() <= last),
        }
    }
}

impl Run<'_> {
    /// How many there are, `*` included.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.star) + self.which.len()
    }

    /// Appends them as a JSON array of strings.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        to.push(b'[');
        self.write_items(to);
        to.push(b']');
    }

    /// Bytes of the array, about.
    pub(crate) fn bytes(&self) -> usize {
        8 + match self.held {
            Found::Ranked(ids) => ids.room(self.which.len()),
            Found::Texts(ids) => ids[self.which.clone()].iter().map(|id| id.len() + 3).sum(),
        }
    }

    /// Appends them as JSON strings with commas between.
    fn write_items(&self, to: &mut Vec<u8>) {
        if self.star {
            to.extend_from_slice(b"\"*\",");
        }
        match self.held {
            Found::Ranked(ids) => ids.write(self.which.clone(), to),
            Found::Texts(ids) => {
                for id in &ids[self.which.clone()] {
                    listed(id, to);
                }
            }
        }
        if self.len() > 0 {
            to.pop();
        }
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
                held: Found::Texts(ids),
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
