//! Characters of one line of a printed program.

use crate::source::Text;

use super::ReadError;

/// A place in a line, moved forward by what is read.
pub(super) struct Cursor<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str, line: usize) -> Cursor<'t> {
        Cursor { rest: text, line }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
        // A comment ends the line.
        if self.rest.starts_with("# ") {
            self.rest = "";
        }
    }

    pub(super) fn at_end(&mut self) -> bool {
        self.space();
        self.rest.is_empty()
    }

    /// Whether `token` comes next; taken if so. A word is not taken out of a longer one.
    pub(super) fn take(&mut self, token: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        let word = token.ends_with(|c: char| c.is_alphanumeric());
        if word && rest.starts_with(|c: char| is_name(c)) {
            return false;
        }
        self.rest = rest;
        true
    }

    pub(super) fn peek(&mut self) -> Option<char> {
        self.space();
        self.rest.chars().next()
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), ReadError> {
        if self.take(token) {
            Ok(())
        } else {
            Err(self.error(&format!("`{token}`")))
        }
    }

    pub(super) fn error(&self, expected: &str) -> ReadError {
        let found: String = self.rest.chars().take(20).collect();
        ReadError {
            line: self.line,
            message: format!("expected {expected}, found `{found}`"),
        }
    }

    /// An identifier, or anything between backticks.
    pub(super) fn name(&mut self) -> Result<Text, ReadError> {
        self.space();
        if let Some(quoted) = self.rest.strip_prefix('`') {
            let end = quoted
                .find('`')
                .ok_or_else(|| self.error("a closing backtick"))?;
            self.rest = &quoted[end + 1..];
            return Ok(quoted[..end].into());
        }
        let bytes = self.rest.as_bytes();
        let mut end = 0;
        for (i, c) in self.rest.char_indices() {
            let joins = c == ':'
                && (bytes.get(i + 1) == Some(&b':') && i > 0
                    || i > 0
                        && bytes[i - 1] == b':'
                        && bytes.get(i + 1).is_some_and(|b| *b != b' '));
            if !is_name(c) && !joins {
                break;
            }
            end = i + c.len_utf8();
        }
        if end == 0 {
            return Err(self.error("a name"));
        }
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(name.into())
    }

    /// The text of a type set: up to a delimiter.
    pub(super) fn set(&mut self) -> Result<&'t str, ReadError> {
        self.space();
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | ';'))
            .unwrap_or(self.rest.len());
        // The full stop that ends a rule is no part of a set.
        let end = if self.rest[..end].ends_with('.') {
            end - 1
        } else {
            end
        };
        if end == 0 {
            return Err(self.error("types"));
        }
        let (set, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(set)
    }

    pub(super) fn integer<N: std::str::FromStr>(&mut self) -> Result<N, ReadError> {
        self.space();
        let end = self
            .rest
            .char_indices()
            .find(|(i, c)| !(c.is_ascii_digit() || *i == 0 && *c == '-'))
            .map_or(self.rest.len(), |(i, _)| i);
        let number = self.rest[..end]
            .parse()
            .map_err(|_| self.error("a number"))?;
        self.rest = &self.rest[end..];
        Ok(number)
    }

    /// A string literal as [`super::super::quoted`] writes it.
    pub(super) fn string(&mut self) -> Result<Text, ReadError> {
        self.expect("\"")?;
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[i + 1..];
                    return Ok(out.into());
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, '0')) => out.push('\0'),
                    Some((_, other)) => out.push(other),
                    None => break,
                },
                _ => out.push(c),
            }
        }
        Err(self.error("a closing quote"))
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c == '?' || !(c.is_ascii_punctuation() || c.is_whitespace())
}
