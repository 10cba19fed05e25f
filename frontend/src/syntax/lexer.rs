//! Text to tokens.
//!
//! Owns the lexical rules (spec section 1). The lexer is total: it reports nothing, and
//! whatever is wrong becomes a token of a kind that no rule of the grammar accepts. The
//! parser reports such a token when it meets one, so that text skipped in recovery stays
//! silent.
//!
//! On entry the text is shorter than 4 GiB. On exit the tokens lie in order, do not
//! overlap, and the last one is [`Kind::End`]; every step is linear in the text.

use super::token::{Comment, Kind, Token, word_kind};

/// All tokens and all comments of a text, each in order.
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
}

/// Splits a text into tokens and comments.
pub(super) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        first_on_line: true,
        // Policies average four to five bytes per token.
        tokens: Vec::with_capacity(text.len() / 4 + 16),
        comments: Vec::new(),
    };
    // Some editors write a byte order mark; it is no character of the policy.
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    while lexer.at < lexer.bytes.len() {
        lexer.step();
    }
    lexer.push(Kind::End, lexer.at);
    Lexed {
        tokens: lexer.tokens,
        comments: lexer.comments,
    }
}

/// Whether a character beyond ASCII may stand in an identifier. White space, quotation
/// marks and characters that cannot be seen may not: two names that look alike must be
/// alike.
fn is_foreign_letter(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !is_curly_quote(c) && !is_invisible(c)
}

/// Typographic quotation marks, as word processors put them in place of `"` and `'`.
pub(super) fn is_curly_quote(c: char) -> bool {
    ('\u{2018}'..='\u{201f}').contains(&c)
}

/// Zero-width and direction-changing characters.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Operators that other languages have and this one has not, longest first.
const FOREIGN_OPERATORS: &[&[u8]] = &[
    b"===", b"!==", b"...", b"==", b":=", b":-", b"=>", b"=<", b"->", b"<-", b"<>", b"&&", b"||",
    b"**", b"::",
];

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    first_on_line: bool,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

impl Lexer<'_> {
    /// The byte `n` places ahead; 0, which no rule below looks for, past the end.
    fn ahead(&self, n: usize) -> u8 {
        self.bytes.get(self.at + n).copied().unwrap_or(0)
    }

    /// Ends the current token at `end`.
    fn push(&mut self, kind: Kind, end: usize) {
        self.tokens.push(Token {
            start: self.at as u32,
            end: end as u32,
            kind,
            first_on_line: self.first_on_line,
        });
        self.first_on_line = false;
        self.at = end;
    }

    /// One token, comment or white space character.
    fn step(&mut self) {
        match self.bytes[self.at] {
            b'\n' => {
                self.first_on_line = true;
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'#' => {
                let end = self.line_end(self.at);
                self.comments.push(Comment {
                    start: self.at as u32,
                    end: end as u32,
                });
                self.at = end;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(0),
            b'+' | b'-' if self.ahead(1).is_ascii_digit() => self.number(1),
            b'.' if self.ahead(1).is_ascii_digit() => self.number(0),
            b'"' => self.string(),
            b'\'' | b'`' => self.other_quotes(),
            b'@' => self.at_word(),
            b'/' if matches!(self.ahead(1), b'/' | b'*') => self.foreign_comment(),
            128.. => self.beyond_ascii(),
            _ => self.symbol(),
        }
    }

    /// Where the line that `from` lies on ends, line feed excluded.
    fn line_end(&self, from: usize) -> usize {
        let rest = &self.bytes[from..];
        from + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
    }

    /// Where the run of identifier characters that starts at `from` ends.
    fn letters_end(&self, mut from: usize) -> usize {
        loop {
            match self.bytes.get(from) {
                Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9') => from += 1,
                Some(128..) => match self.text[from..].chars().next() {
                    Some(c) if is_foreign_letter(c) => from += c.len_utf8(),
                    _ => return from,
                },
                _ => return from,
            }
        }
    }

    /// Whether an identifier may start at `from`.
    fn letter_at(&self, from: usize) -> bool {
        match self.bytes.get(from) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => true,
            Some(128..) => self.text[from..]
                .chars()
                .next()
                .is_some_and(is_foreign_letter),
            _ => false,
        }
    }

    /// Where the identifier that starts at `from` ends, and whether it ends in `::`.
    fn identifier_end(&self, from: usize) -> (usize, bool) {
        let mut end = self.letters_end(from);
        while self.bytes[end..].starts_with(b"::") {
            if !self.letter_at(end + 2) {
                return (end + 2, true);
            }
            end = self.letters_end(end + 2);
        }
        if self.bytes.get(end) == Some(&b'?') {
            end += 1;
        }
        (end, false)
    }

    fn word(&mut self) {
        let (end, open) = self.identifier_end(self.at);
        let kind = if open {
            Kind::OpenPath
        } else {
            word_kind(&self.text[self.at..end])
        };
        if kind == Kind::Matches && self.bytes.get(end) == Some(&b'!') {
            self.push(Kind::MatchesExactly, end + 1);
        } else {
            self.push(kind, end);
        }
    }

    /// A number whose digits, or decimal point, start `sign` bytes ahead.
    fn number(&mut self, sign: usize) {
        let mut end = self.at + sign;
        while self.bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        let point = |at: usize| {
            self.bytes.get(at) == Some(&b'.')
                && self.bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        };
        if point(end) {
            // All of `1.5e-3` and of `1.2.3` is one mistake.
            while point(end) {
                end = self.letters_end(end + 1);
            }
            return self.push(Kind::Fraction, self.exponent_end(end));
        }
        let letters = self.letters_end(end);
        if letters == end {
            return self.push(Kind::Integer, end);
        }
        let word = &self.bytes[end..letters];
        let kind = match word {
            [b'e' | b'E', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => {
                let whole = self.exponent_end(letters);
                if !digits.is_empty() || whole > letters {
                    return self.push(Kind::Fraction, whole);
                }
                Kind::BadNumber
            }
            _ => Kind::BadNumber,
        };
        self.push(kind, letters);
    }

    /// Where `1e` goes on to if a signed exponent follows.
    fn exponent_end(&self, end: usize) -> usize {
        let signed = matches!(self.bytes.get(end), Some(b'+' | b'-'))
            && matches!(self.bytes[end - 1], b'e' | b'E')
            && self.bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if signed {
            self.letters_end(end + 1)
        } else {
            end
        }
    }

    fn string(&mut self) {
        let mut end = self.at + 1;
        loop {
            match self.bytes.get(end) {
                Some(b'"') => return self.push(Kind::String, end + 1),
                Some(b'\\') if !matches!(self.bytes.get(end + 1), None | Some(b'\n')) => end += 2,
                None | Some(b'\n') => break,
                Some(_) => end += 1,
            }
        }
        // The closing quote is missing. Brackets and `;` at the end of the line most
        // likely were meant to stand outside.
        let line = &self.text[self.at + 1..end];
        let kept = line.trim_end_matches([' ', '\t', '\r', ';', ',', '(', ')', '[', ']', '{', '}']);
        self.push(Kind::OpenString, self.at + 1 + kept.len());
    }

    /// Quotes other than `"`: to the next one of the kind on the same line, if any.
    fn other_quotes(&mut self) {
        let open = self.text[self.at..].chars().next().unwrap_or('\'');
        let after = self.at + open.len_utf8();
        for (i, c) in self.text[after..].char_indices() {
            if c == '\n' {
                break;
            }
            if c == open || (is_curly_quote(open) && is_curly_quote(c)) {
                return self.push(Kind::OtherQuotes, after + i + c.len_utf8());
            }
        }
        self.push(Kind::Unknown, after);
    }

    fn at_word(&mut self) {
        if self.letter_at(self.at + 1) {
            let (end, open) = self.identifier_end(self.at + 1);
            self.push(if open { Kind::OpenPath } else { Kind::At }, end);
        } else {
            self.push(Kind::Unknown, self.at + 1);
        }
    }

    fn foreign_comment(&mut self) {
        let block = self.ahead(1) == b'*';
        let mut end = self.at + 2;
        while end < self.bytes.len() && self.bytes[end] != b'\n' {
            if block && self.bytes[end..].starts_with(b"*/") {
                end += 2;
                break;
            }
            end += 1;
        }
        self.push(Kind::ForeignComment, end);
    }

    fn beyond_ascii(&mut self) {
        let Some(c) = self.text[self.at..].chars().next() else {
            return;
        };
        if is_foreign_letter(c) {
            self.word();
        } else if is_curly_quote(c) {
            self.other_quotes();
        } else {
            self.push(Kind::Unknown, self.at + c.len_utf8());
        }
    }

    fn symbol(&mut self) {
        let rest = &self.bytes[self.at..];
        if let Some(operator) = FOREIGN_OPERATORS.iter().find(|o| rest.starts_with(o)) {
            // `x<-3` is a comparison with a negative number.
            let negative = *operator == b"<-" && self.ahead(2).is_ascii_digit();
            if !negative {
                return self.push(Kind::Operator, self.at + operator.len());
            }
        }
        let (kind, length) = match (rest[0], self.ahead(1)) {
            (b'(', _) => (Kind::LeftParen, 1),
            (b')', _) => (Kind::RightParen, 1),
            (b'[', _) => (Kind::LeftBracket, 1),
            (b']', _) => (Kind::RightBracket, 1),
            (b'{', _) => (Kind::LeftBrace, 1),
            (b'}', _) => (Kind::RightBrace, 1),
            (b',', _) => (Kind::Comma, 1),
            (b';', _) => (Kind::Semicolon, 1),
            (b':', _) => (Kind::Colon, 1),
            (b'=', _) => (Kind::Equal, 1),
            (b'!', b'=') => (Kind::NotEqual, 2),
            (b'<', b'=') => (Kind::LessEqual, 2),
            (b'<', _) => (Kind::Less, 1),
            (b'>', b'=') => (Kind::GreaterEqual, 2),
            (b'>', _) => (Kind::Greater, 1),
            (b'?', b'=') => (Kind::QueryEqual, 2),
            (
                b'+' | b'-' | b'*' | b'/' | b'.' | b'!' | b'&' | b'|' | b'%' | b'^' | b'~' | b'?',
                _,
            ) => (Kind::Operator, 1),
            _ => (Kind::Unknown, 1),
        };
        self.push(kind, self.at + length);
    }
}
