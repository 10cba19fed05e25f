//! Tokens: what kinds there are, and where one lies.
//!
//! Owns the vocabulary shared by lexer and parser. Knows nothing of grammar: contextual
//! words (`actor`, `role`, `on`, ...) are plain identifiers here, because only the
//! position tells what they are.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier, contextual words included.
    Ident,
    /// `"..."`
    String,
    /// Digits, with a sign directly in front or none.
    Integer,
    /// `@word`
    At,
    /// `if`
    If,
    /// `and`
    And,
    /// `or`
    Or,
    /// `not`
    Not,
    /// `in`
    In,
    /// `matches`
    Matches,
    /// `matches!`
    MatchesExactly,
    /// `true`
    True,
    /// `false`
    False,
    /// A word reserved without a meaning: `forall`, `cut`, ...
    Legacy,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `:`
    Colon,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `?=`
    QueryEqual,
    /// A number with a fraction or an exponent.
    Fraction,
    /// Digits run together with letters: `3rd`, `1_000`, `0x10`.
    BadNumber,
    /// A string whose line ends before it does.
    OpenString,
    /// Text between quotes other than `"`.
    OtherQuotes,
    /// An identifier that ends in `::`.
    OpenPath,
    /// `// ...` or `/* ... */`
    ForeignComment,
    /// An operator of some other language.
    Operator,
    /// A character without any use.
    Unknown,
    /// The end of the text.
    End,
}

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// First byte.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
    /// What it is.
    pub(super) kind: Kind,
    /// Nothing but white space and comments stands before it on its line.
    pub(super) first_on_line: bool,
}

/// A comment: `#` to the end of the line, line feed excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// The `#`.
    pub(super) start: u32,
    /// One past the last byte.
    pub(super) end: u32,
}

/// The kind of an identifier-shaped word: reserved words have kinds of their own.
pub(super) fn word_kind(word: &str) -> Kind {
    match word {
        "if" => Kind::If,
        "and" => Kind::And,
        "or" => Kind::Or,
        "not" => Kind::Not,
        "in" => Kind::In,
        "matches" => Kind::Matches,
        "true" => Kind::True,
        "false" => Kind::False,
        "forall" | "cut" | "print" | "debug" | "new" | "isa" | "mod" | "rem" | "type" => {
            Kind::Legacy
        }
        _ => Kind::Ident,
    }
}
