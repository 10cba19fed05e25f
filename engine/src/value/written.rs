//! Ids as they are written for whoever asks for lists of them.

use std::ops::Range;

/// How an id stands in a list: appends it with whatever goes before and behind it.
pub type Spelling = fn(&str, &mut Vec<u8>);

/// Ids as they are, with a line feed behind each.
pub(crate) fn plain(id: &str, to: &mut Vec<u8>) {
    to.extend_from_slice(id.as_bytes());
    to.push(b'\n');
}

/// Texts as they are written, one after the other.
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each begins, and where the last ends.
    begins: Vec<u64>,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts::with_room(0, 0)
    }
}

impl Texts {
    /// What is copied at once. Most ids are shorter: to copy so many bytes is one step, to copy
    /// as many as there are is a call, which pays where several follow each other.
    pub(super) const STEP: usize = 32;

    /// None yet.
    pub(super) fn with_room(count: usize, bytes: usize) -> Texts {
        let mut begins = Vec::with_capacity(count + 1);
        begins.push(0);
        let bytes = Vec::with_capacity(bytes);
        Texts { bytes, begins }
    }

    /// One more.
    pub(super) fn push(&mut self, text: &str, spelling: Spelling) {
        spelling(text, &mut self.bytes);
        self.begins.push(self.bytes.len() as u64);
    }

    /// Some of others.
    pub(super) fn append(&mut self, from: &Texts, which: Range<usize>) {
        let (here, there) = (self.bytes.len() as u64, from.begins[which.start]);
        let ends = &from.begins[which.start + 1..=which.end];
        self.begins
            .extend(ends.iter().map(|end| here + (end - there)));
        self.bytes.extend_from_slice(from.run(which));
    }

    /// Some of them, as they are written.
    pub(super) fn run(&self, which: Range<usize>) -> &[u8] {
        &self.bytes[self.begins[which.start] as usize..self.begins[which.end] as usize]
    }

    /// Writes some of them to a place, making more room there if there is too little, and says
    /// how long they are. What comes behind them is overwritten.
    pub(super) fn copy(&self, which: Range<usize>, to: &mut Vec<u8>, at: usize) -> usize {
        let (begin, end) = (
            self.begins[which.start] as usize,
            self.begins[which.end] as usize,
        );
        let length = end - begin;
        let needed = at + length.max(Texts::STEP);
        if needed > to.len() {
            to.resize(needed + needed / 4, 0);
        }
        match self.bytes.get(begin..begin + Texts::STEP) {
            Some(step) if length <= Texts::STEP => {
                to[at..at + Texts::STEP].copy_from_slice(step);
            }
            _ => to[at..at + length].copy_from_slice(&self.bytes[begin..end]),
        }
        length
    }

    /// Bytes of one of them, on average.
    pub(super) fn mean(&self) -> usize {
        self.bytes.len().div_ceil((self.begins.len() - 1).max(1))
    }

    /// Memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity() + 8 * self.begins.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::{Texts, plain};

    #[test]
    fn texts_are_what_they_were_made_of() {
        let text = |i: usize| format!("{}\"{i}", "x".repeat(i * 7 % 90));
        let mut texts = Texts::default();
        (0..200).for_each(|i| texts.push(&text(i), plain));
        let mut copied = Texts::default();
        copied.push("first", plain);
        copied.append(&texts, 5..200);
        copied.append(&texts, 0..5);
        copied.append(&texts, 7..7);
        let expected =
            |run: std::ops::Range<usize>| -> String { run.map(|i| text(i) + "\n").collect() };
        for (begin, end) in [(0, 1), (63, 65), (17, 150), (199, 200), (0, 200), (9, 9)] {
            let run = String::from_utf8(texts.run(begin..end).to_vec()).unwrap();
            assert_eq!(run, expected(begin..end));
        }
        assert_eq!(copied.run(1..196), expected(5..200).as_bytes());
        assert_eq!(copied.run(196..201), expected(0..5).as_bytes());
        for texts in [&texts, &copied] {
            let (mut written, mut at) = (b"[".to_vec(), 1);
            let count = texts.begins.len() - 1;
            for i in 0..count {
                at += texts.copy(i..i + 1, &mut written, at);
            }
            at += texts.copy(3..9, &mut written, at);
            written.truncate(at);
            assert_eq!(
                written[1..],
                [texts.run(0..count), texts.run(3..9)].concat()
            );
        }
    }
}
