//! Strings that lie in the body they came with, unless an escape forces a copy.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A JSON string. A batch has hundreds of thousands of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text<'a>, D::Error> {
        from.deserialize_str(Strings)
    }
}

struct Strings;

impl<'de> Visitor<'de> for Strings {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text)))
    }
}

/// Appends a text as a JSON string.
pub(crate) fn quote_text(to: &mut Vec<u8>, text: &str) {
    let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
    quote(to, |to| {
        to.extend_from_slice(text.as_bytes());
        text.as_bytes().iter().all(plain)
    });
}

/// Appends what `write` appends, which has to be UTF-8, as a JSON string. It tells whether
/// none of it has to be escaped.
pub(crate) fn quote(to: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> bool) {
    to.push(b'"');
    let begin = to.len();
    if !write(to) {
        let text = to.split_off(begin);
        for byte in text {
            match byte {
                b'"' => to.extend_from_slice(b"\\\""),
                b'\\' => to.extend_from_slice(b"\\\\"),
                0..0x20 => {
                    let digit = |d: u8| b"0123456789abcdef"[usize::from(d & 15)];
                    to.extend_from_slice(b"\\u00");
                    to.extend_from_slice(&[digit(byte >> 4), digit(byte)]);
                }
                byte => to.push(byte),
            }
        }
    }
    to.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::quote_text;

    #[test]
    fn quoted_text_reads_back() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        for text in ["", "plain", "é😀", "\"", "a\\b\n\u{0}\u{1f}\u{7f}", &all] {
            let mut json = b"[".to_vec();
            quote_text(&mut json, text);
            json.push(b']');
            let read: Vec<String> = serde_json::from_slice(&json).unwrap();
            assert_eq!(read, [text]);
        }
    }
}
