//! Ids as JSON strings: what lists of them are made of. The only place of the engine that
//! knows how text is asked for.

use std::ops::Range;

/// A beginning is told from that of its block, in half as many bytes.
const BLOCK: usize = 64;

/// JSON strings with a comma behind each, one after the other.
#[derive(Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where the first of each block begins.
    blocks: Vec<usize>,
    /// Where each begins inside its block.
    begins: Vec<u32>,
}

impl Texts {
    /// None yet.
    pub(super) fn with_room(bytes: usize) -> Texts {
        Texts {
            bytes: Vec::with_capacity(bytes),
            ..Texts::default()
        }
    }

    /// One more.
    pub(super) fn push(&mut self, text: &str) {
        self.begin(self.bytes.len());
        quote(text, &mut self.bytes);
        self.bytes.push(b',');
    }

    /// Some of others.
    pub(super) fn append(&mut self, from: &Texts, which: Range<usize>) {
        let (here, there) = (self.bytes.len(), from.start(which.start));
        for at in which.clone() {
            self.begin(here + (from.start(at) - there));
        }
        self.bytes.extend_from_slice(from.run(which));
    }

    fn begin(&mut self, byte: usize) {
        if self.begins.len().is_multiple_of(BLOCK) {
            self.blocks.push(byte);
        }
        let block = self.blocks.last().copied().unwrap_or_default();
        let within = u32::try_from(byte - block);
        self.begins
            .push(within.expect("ids have less than 10 MiB, six times as much when escaped"));
    }

    /// Where one begins.
    fn start(&self, at: usize) -> usize {
        self.blocks[at / BLOCK] + self.begins[at] as usize
    }

    /// Some of them, as they are written.
    pub(super) fn run(&self, which: Range<usize>) -> &[u8] {
        let end = match self.begins.len() {
            len if which.end < len => self.start(which.end),
            _ => self.bytes.len(),
        };
        &self.bytes[self.start(which.start)..end]
    }

    /// Memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity() + 4 * self.begins.capacity() + 8 * self.blocks.capacity()
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
    use super::{BLOCK, Texts, quote};

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
    fn runs_are_the_texts_they_were_made_of() {
        let text = |i: usize| format!("{}\"{i}", "x".repeat(i % 7));
        let mut texts = Texts::default();
        (0..3 * BLOCK).for_each(|i| texts.push(&text(i)));
        let mut copied = Texts::default();
        copied.push("first");
        copied.append(&texts, 5..3 * BLOCK);
        copied.append(&texts, 0..5);
        let expected = |run: std::ops::Range<usize>| -> String {
            run.map(|i| quoted(&text(i)) + ",").collect()
        };
        for (begin, end) in [(0, 1), (63, 65), (17, 150), (3 * BLOCK - 1, 3 * BLOCK)] {
            let run = String::from_utf8(texts.run(begin..end).to_vec()).unwrap();
            assert!(run == expected(begin..end), "{begin} {end}");
        }
        for (begin, end) in [(5, 6), (60, 130), (3 * BLOCK - 1, 3 * BLOCK)] {
            let run = copied.run(begin - 4..end - 4).to_vec();
            assert!(run == expected(begin..end).as_bytes(), "{begin} {end}");
        }
        let last = copied.run(3 * BLOCK - 4..3 * BLOCK + 1).to_vec();
        assert!(last == expected(0..5).as_bytes());
    }
}
