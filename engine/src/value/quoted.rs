//! Ids as JSON strings: what lists of them are made of. The only place of the engine that
//! knows how text is asked for.

use std::ops::Range;

/// JSON strings with a comma behind each, one after the other.
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
    /// as many as there are is a call.
    pub(super) const STEP: usize = 32;

    /// None yet.
    pub(super) fn with_room(count: usize, bytes: usize) -> Texts {
        let mut begins = Vec::with_capacity(count + 1);
        begins.push(0);
        let bytes = Vec::with_capacity(bytes);
        Texts { bytes, begins }
    }

    /// One more.
    pub(super) fn push(&mut self, text: &str) {
        quote(text, &mut self.bytes);
        self.bytes.push(b',');
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

    /// Writes one of them to a place, making more room there if there is too little, and says
    /// how long it is. What comes behind it is overwritten.
    pub(super) fn copy(&self, which: usize, to: &mut Vec<u8>, at: usize) -> usize {
        let (begin, end) = (self.begins[which] as usize, self.begins[which + 1] as usize);
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

/// Appends a text as a JSON string.
pub fn quote(text: &str, to: &mut Vec<u8>) {
    to.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = first_escaped(rest) {
        to.extend_from_slice(&rest[..at]);
        match rest[at] {
            byte @ (b'"' | b'\\') => to.extend_from_slice(&[b'\\', byte]),
            byte => {
                let digit = |d: u8| b"0123456789abcdef"[usize::from(d & 15)];
                to.extend_from_slice(b"\\u00");
                to.extend_from_slice(&[digit(byte >> 4), digit(byte)]);
            }
        }
        rest = &rest[at + 1..];
    }
    to.extend_from_slice(rest);
    to.push(b'"');
}

/// The first control character, quote or backslash; eight bytes at a time while there is none.
fn first_escaped(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 255;
    let below = |word: u64, least: u64| word.wrapping_sub(EACH * least) & !word & (EACH << 7);
    let is_plain = |chunk: &[u8; 8]| {
        let word = u64::from_ne_bytes(*chunk);
        let quotes = below(word ^ (EACH * u64::from(b'"')), 1);
        let slashes = below(word ^ (EACH * u64::from(b'\\')), 1);
        below(word, 0x20) | quotes | slashes == 0
    };
    let (chunks, _) = bytes.as_chunks();
    let plain = 8 * chunks.iter().take_while(|chunk| is_plain(chunk)).count();
    let escaped = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    let found = bytes[plain..].iter().position(escaped)?;
    Some(plain + found)
}

#[cfg(test)]
mod tests {
    use super::{Texts, quote};

    /// A JSON string, read by the rules of RFC 8259 as far as they are needed here.
    fn read(json: &str) -> String {
        let mut rest = json.chars();
        assert_eq!((rest.next(), rest.next_back()), (Some('"'), Some('"')));
        let mut text = String::new();
        while let Some(c) = rest.next() {
            text.push(match c {
                '\\' => match rest.next() {
                    Some('u') => {
                        let digits: String = rest.by_ref().take(4).collect();
                        let code = u32::from_str_radix(&digits, 16).unwrap();
                        char::from_u32(code).unwrap()
                    }
                    Some(c @ ('"' | '\\')) => c,
                    other => panic!("{other:?}"),
                },
                c => {
                    assert!(c >= ' ' && c != '"', "{c:?}");
                    c
                }
            });
        }
        text
    }

    fn quoted(text: &str) -> String {
        let mut json = Vec::new();
        quote(text, &mut json);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn quoted_text_reads_back() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        for text in [
            "",
            "plain",
            "é😀",
            "\"",
            "a\\b\n\0\u{1f}\u{7f}",
            "\"\"",
            &all,
        ] {
            assert_eq!(read(&quoted(text)), text);
        }
        assert_eq!(quoted("a\"b\\c\nd"), r#""a\"b\\c\u000ad""#);
    }

    #[test]
    fn what_has_to_be_escaped_is_found_wherever_it_stands() {
        let marks = [
            '"', '\\', '\0', '\u{1f}', ' ', '!', '#', '[', ']', '\u{7f}', 'é', '😀',
        ];
        for before in 0..20 {
            for after in 0..20 {
                for mark in marks {
                    let id = format!("{}{mark}{}", "a".repeat(before), "\u{ff}".repeat(after));
                    let json = quoted(&id);
                    assert_eq!(read(&json), id);
                    let is_escaped = matches!(mark, '"' | '\\' | '\0' | '\u{1f}');
                    assert_eq!(json.contains('\\'), is_escaped, "{id:?}");
                }
            }
        }
    }

    #[test]
    fn texts_are_what_they_were_made_of() {
        let text = |i: usize| format!("{}\"{i}", "x".repeat(i * 7 % 90));
        let mut texts = Texts::default();
        (0..200).for_each(|i| texts.push(&text(i)));
        let mut copied = Texts::default();
        copied.push("first");
        copied.append(&texts, 5..200);
        copied.append(&texts, 0..5);
        copied.append(&texts, 7..7);
        let expected = |run: std::ops::Range<usize>| -> String {
            run.map(|i| quoted(&text(i)) + ",").collect()
        };
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
                at += texts.copy(i, &mut written, at);
            }
            written.truncate(at);
            assert_eq!(written[1..], *texts.run(0..count));
        }
    }
}
