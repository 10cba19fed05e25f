//! What to say about tokens that people bring along from other languages, from the legacy
//! dialect, or from a word processor.
//!
//! Owns the advice tied to a single token, whatever was expected in its place. Advice
//! tied to a place in the grammar is given there.

use super::Parser;
use super::names::unquoted;
use super::report::{label, quote};
use crate::diag::{Code, Diagnostic, suggest};
use crate::syntax::lexer::{is_curly_quote, is_invisible};
use crate::syntax::token::{Kind, Token};

impl Parser<'_> {
    /// A diagnostic for a token that deserves one of its own.
    pub(super) fn hint(&self, index: usize, token: Token, expected: &str) -> Option<Diagnostic> {
        let span = self.span(token);
        let lexeme = self.lexeme(token);
        let plain = || {
            Diagnostic::new(
                Code::E001,
                span,
                format!("unexpected {}, expected {expected}", quote(lexeme)),
            )
        };
        Some(match token.kind {
            Kind::Legacy => self.legacy(index, token),
            Kind::Operator => return self.foreign_operator(index, token, expected),
            Kind::Fraction => fraction(span, lexeme),
            Kind::Integer if lexeme.starts_with(['+', '-']) && self.ends_operand(index) => {
                let sign = &lexeme[..1];
                arithmetic(span, sign)
            }
            Kind::BadNumber => plain()
                .label("neither a number nor a name")
                .help(if lexeme.contains('_') {
                    "write whole numbers as digits only"
                } else {
                    "names do not start with a digit, and text is written in quotes"
                }),
            Kind::OpenString => Diagnostic::new(
                Code::E001,
                span,
                format!("string {} is not closed before the end of the line", quote(lexeme)),
            )
            .label("closing `\"` is missing")
            .help("close it with `\"`; for a line break inside a string write `\\n`"),
            Kind::OtherQuotes => plain().label("strings are written in double quotes").help(
                format!("write {}", quote(&format!("\"{}\"", unquoted(lexeme)))),
            ),
            Kind::OpenPath => plain()
                .label("ends in `::`")
                .help("write a name after `::`, or remove the `::`; a type annotation is `x: T` with one colon"),
            Kind::Unknown => unknown(span, lexeme, expected),
            Kind::At if lexeme == "@current_unix_time" => plain()
                .label(label(expected))
                .help("`@current_unix_time` is a value and stands where values stand"),
            Kind::In | Kind::Matches | Kind::True | Kind::False
                if matches!(self.kind_at(index + 1), Kind::LeftParen | Kind::Colon) =>
            {
                plain()
                    .label("a reserved word")
                    .help("reserved words cannot be names; spell it differently")
            }
            Kind::At => plain()
                .label("no such constant")
                .help("the only constant is `@current_unix_time`; flags stand in front of a rule"),
            Kind::QueryEqual => Diagnostic::new(
                Code::E010,
                span,
                "`?=` belongs to the legacy dialect and is not supported",
            )
            .label("inline query")
            .help("write a test: `test \"...\" { assert p(...); }`"),
            Kind::Ident | Kind::String if self.touches_string(index) => plain()
                .label("right behind a string")
                .help("check the quotes on this line: one seems to be missing"),
            Kind::Ident => {
                let advice = foreign_word(lexeme)?;
                plain().label(label(expected)).help(advice)
            }
            _ => return None,
        })
    }

    /// Whether the token before this one may end an operand.
    fn ends_operand(&self, index: usize) -> bool {
        index > 0
            && matches!(
                self.kind_at(index - 1),
                Kind::Ident | Kind::Integer | Kind::String | Kind::RightParen | Kind::RightBrace
            )
    }

    /// Whether a string ends where this token starts.
    fn touches_string(&self, index: usize) -> bool {
        index > 0
            && self.tokens[index - 1].kind == Kind::String
            && self.tokens[index - 1].end == self.tokens[index].start
    }

    /// A word that is reserved without a meaning.
    fn legacy(&self, index: usize, token: Token) -> Diagnostic {
        let word = self.lexeme(token);
        let d = Diagnostic::new(
            Code::E010,
            self.span(token),
            format!("`{word}` belongs to the legacy dialect and is not supported"),
        )
        .label("reserved, without a meaning");
        if self.legacy_word_as_name(index, word) {
            return d.help(format!(
                "reserved words cannot be names; spell it differently, for example `{word}_`"
            ));
        }
        d.help(match word {
            "forall" => {
                "`forall(a, b)` is written as a double negation: `not (a and not b)`"
            }
            "cut" => "remove it: the order of rules has no meaning",
            "print" | "debug" => "remove it, and look at the policy through tests and `assert`",
            "new" => "values are written as objects: `T{\"id\"}`",
            "isa" => "write `x matches T`",
            "mod" | "rem" => "there is no arithmetic: store the result as a fact",
            _ => "remove it: rules need no declaration; `declare p(T);` lets facts in that no rule reads yet",
        })
    }

    /// Called, applied or in front of an operand a reserved word is the construct;
    /// otherwise somebody wants a name.
    fn legacy_word_as_name(&self, index: usize, word: &str) -> bool {
        let before = if index > 0 {
            self.word_at(index - 1)
        } else {
            ""
        };
        if matches!(before, "actor" | "resource" | "extends" | "declare") {
            return true;
        }
        match self.kind_at(index + 1) {
            // `print(x: User) if ...` is a head.
            Kind::LeftParen => {
                self.kind_at(index + 2) == Kind::Ident && self.kind_at(index + 3) == Kind::Colon
            }
            Kind::Comma | Kind::RightParen | Kind::Colon | Kind::Equal | Kind::NotEqual => {
                !matches!(word, "cut" | "isa" | "mod" | "rem")
            }
            // `new T(...)` is a construct.
            _ => word == "new" && self.word_at(index + 1).is_empty(),
        }
    }

    /// An operator of another language; nothing if it has no advice of its own.
    fn foreign_operator(&self, index: usize, token: Token, expected: &str) -> Option<Diagnostic> {
        let span = self.span(token);
        let operator = self.lexeme(token);
        let next = self.tokens.get(index + 1).copied();
        let next_word = self.word_at(index + 1);
        if matches!(operator, "+" | "-")
            && matches!(next_word, "inf" | "nan")
            && next.is_some_and(|n| n.start == token.end)
        {
            let whole = span.to(next.map_or(span, |n| self.span(n)));
            return Some(fraction(whole, &format!("{operator}{next_word}")));
        }
        let no_such = |help: &str| {
            Diagnostic::new(Code::E005, span, format!("no such operator: `{operator}`"))
                .label("no such operator")
                .help(help)
        };
        let stray = |help: &str| {
            Diagnostic::new(
                Code::E001,
                span,
                format!("unexpected `{operator}`, expected {expected}"),
            )
            .label("no such operator")
            .help(help)
        };
        Some(match operator {
            "==" | "===" => no_such("use `=`"),
            "!==" => no_such("use `!=`"),
            ":=" => no_such("there is no assignment: use `=`, which holds or binds"),
            "*" if self.kind_at(index + 1) == Kind::Ident && !self.ends_operand(index) => stray(
                "there are no rest variables: write every parameter, or one rule per number of parameters",
            ),
            "+" | "-" | "*" | "/" | "%" | "**" | "^" => arithmetic(span, operator),
            "." => {
                let owner = if index > 0 {
                    self.word_at(index - 1)
                } else {
                    ""
                };
                let is_name = |i: usize| self.kind_at(i) == Kind::Ident;
                let help = if index > 0 && is_name(index - 1) && is_name(index + 1) {
                    format!(
                        "there is no field access: store the value as a fact and write `{next_word}({owner}, value)`"
                    )
                } else {
                    "there is no field access: store the value as a fact".to_owned()
                };
                no_such(&help)
            }
            "..." => stray("there are no ranges and no rest variables"),
            "&&" | "&" => stray("use `and`"),
            "||" | "|" => stray("use `or`"),
            "!" => stray("use `not`"),
            "<>" => stray("use `!=`"),
            "=<" => stray("use `<=`"),
            "=>" | ":-" | "<-" | "->" => stray("a rule is written `head if condition;`"),
            "::" => stray("`::` joins the segments of one name; a type annotation is `x: T`"),
            _ => return None,
        })
    }
}

/// A number that is not whole.
pub(super) fn fraction(span: crate::source::Span, lexeme: &str) -> Diagnostic {
    Diagnostic::new(
        Code::E004,
        span,
        format!("only whole numbers are supported, found {}", quote(lexeme)),
    )
    .label("not a whole number")
    .help("store a multiple as an Integer, such as cents or milliseconds")
}

fn arithmetic(span: crate::source::Span, operator: &str) -> Diagnostic {
    Diagnostic::new(Code::E005, span, format!("no such operator: `{operator}`"))
        .label("there is no arithmetic")
        .help("there is no arithmetic: store the value as a fact")
}

/// A character that no token contains.
fn unknown(span: crate::source::Span, lexeme: &str, expected: &str) -> Diagnostic {
    let c = lexeme.chars().next().unwrap_or(' ');
    let visible = !(c.is_whitespace() || c.is_control() || is_invisible(c));
    let name = if visible {
        quote(lexeme)
    } else {
        format!("character U+{:04X}", c as u32)
    };
    let d = Diagnostic::new(
        Code::E001,
        span,
        format!("unexpected {name}, expected {expected}"),
    );
    if c.is_whitespace() {
        d.label("a special space")
            .help("replace it by an ordinary space")
    } else if !visible {
        d.label("an invisible character").help("delete it")
    } else if matches!(c, '\'' | '`') || is_curly_quote(c) {
        d.label("no such quote")
            .help("strings are written in double quotes: `\"text\"`")
    } else if c == '@' {
        d.label("a word is missing")
            .help("`@` belongs directly in front of a word: `@current_unix_time`")
    } else {
        d.label(label(expected))
    }
}

/// Advice about an identifier that is a keyword elsewhere.
fn foreign_word(word: &str) -> Option<String> {
    let advice = match word {
        "else" | "elif" | "elsif" => "there is no `else`: write a second rule with the same head",
        "then" => "there is no `then`: the head stands before `if`, the conditions after it",
        "iff" => "`iff` belongs into assertions of tests; in a rule write `if`",
        "when" | "where" | "unless" | "given" => {
            "conditions follow `if`, negative ones as `not ...`"
        }
        "is" => "use `=` to compare values, `matches` to test a type",
        "instanceof" => "write `x matches T` to test a type",
        word if suggest::means_no_value(word) => suggest::NO_SUCH_VALUE,
        "True" | "TRUE" => "write `true`",
        "False" | "FALSE" => "write `false`",
        "xor" => "write `(a and not b) or (b and not a)`",
        _ => {
            let keyword = ["if", "and", "or", "not", "in", "matches"]
                .into_iter()
                .find(|k| k.eq_ignore_ascii_case(word))?;
            return Some(format!("keywords are lower case: write `{keyword}`"));
        }
    };
    Some(advice.to_owned())
}
