//! Facts and questions as text, as test cases write them.
//!
//! ```text
//! has_role(User{"ann"}, "owner", Doc{"d"})
//! allow(User{"ann"}, action: String, Doc{"d"}) and is_public(Doc{"d"})
//! size("large", 12)
//! ```
//!
//! A variable is a name, with a type or without; each `_` is another one.

use crate::question::{Argument, Call};
use crate::value::{Fact, Value};

/// Reads one line, left to right. Errors say what was expected and what stands there.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a str,
    anonymous: usize,
}

impl<'a> Reader<'a> {
    /// A reader at the start of the text.
    #[must_use]
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader {
            rest: text.trim_start(),
            anonymous: 0,
        }
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    /// Reads this word or sign if it comes next.
    pub fn take(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else {
            return false;
        };
        let cut = word.ends_with(is_name) && rest.starts_with(is_name);
        if !cut {
            self.rest = rest.trim_start();
        }
        !cut
    }

    /// Reads this word or sign.
    pub fn expect(&mut self, word: &str) -> Result<(), String> {
        match self.take(word) {
            true => Ok(()),
            false => Err(self.expected(&format!("`{word}`"))),
        }
    }

    fn expected(&self, what: &str) -> String {
        match self.rest {
            "" => format!("expected {what} at the end"),
            rest => format!("expected {what} at `{rest}`"),
        }
    }

    /// Reads a name; `::` may join its parts.
    pub fn name(&mut self) -> Result<&'a str, String> {
        let mut end = 0;
        loop {
            let tail = &self.rest[end..];
            let word = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
            end += word;
            match word > 0 && self.rest[end..].starts_with("::") {
                true => end += 2,
                false => break,
            }
        }
        end += usize::from(end > 0 && self.rest[end..].starts_with('?'));
        let name = &self.rest[..end];
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.expected("a name"));
        }
        self.rest = self.rest[end..].trim_start();
        Ok(name)
    }

    /// Reads a string literal.
    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = self.rest[i + 1..].trim_start();
                    return Ok(text);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 'r')) => text.push('\r'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, '0')) => text.push('\0'),
                    Some((_, other)) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(self.expected("a string with an end"))
    }

    /// Reads a value or a variable.
    pub fn argument(&mut self) -> Result<Argument, String> {
        if self.rest.starts_with('"') {
            return Ok(Argument::Value(Value::string(self.string()?)));
        }
        if self
            .rest
            .starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+')
        {
            let end = self.rest[1..].find(|c: char| !c.is_ascii_digit());
            let (digits, rest) = self
                .rest
                .split_at(end.map_or(self.rest.len(), |end| end + 1));
            let number = digits.parse().map_err(|_| self.expected("an integer"))?;
            self.rest = rest.trim_start();
            return Ok(Argument::Value(Value::integer(number)));
        }
        let name = self.name()?;
        if self.take("{") {
            let id = match self.argument()? {
                Argument::Value(value) => value.id,
                Argument::Variable(_) => return Err(self.expected("an id")),
            };
            self.expect("}")?;
            return Ok(Argument::Value(Value::new(name, id)));
        }
        if name == "true" || name == "false" {
            return Ok(Argument::Value(Value::new("Boolean", name)));
        }
        let ty = match self.take(":") {
            true => Some(self.name()?),
            false => None,
        };
        if name == "_" {
            self.anonymous += 1;
            return Ok(Argument::variable(&format!("_{}", self.anonymous), ty));
        }
        Ok(Argument::variable(name, ty))
    }

    /// Reads a predicate with arguments.
    pub fn call(&mut self) -> Result<Call, String> {
        let predicate = self.name()?;
        self.expect("(")?;
        let mut args = Vec::new();
        while !self.take(")") {
            if !args.is_empty() {
                self.expect(",")?;
            }
            args.push(self.argument()?);
        }
        Ok(Call::new(predicate, args))
    }

    /// Reads a predicate with values.
    pub fn fact(&mut self) -> Result<Fact, String> {
        let call = self.call()?;
        let value = |argument| match argument {
            Argument::Value(value) => Ok(value),
            Argument::Variable(variable) => {
                Err(format!("a fact has values only, not `{}`", variable.name))
            }
        };
        let args: Result<Vec<Value>, String> = call.args.into_iter().map(value).collect();
        Ok(Fact::new(call.predicate, args?))
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_shown_as_they_are_read() {
        for text in [
            r#"p("a\"b\\\n", -12, true, User{"x y"}, billing::Invoice{"1"})"#,
            "allowed?()",
            "größe(0)",
        ] {
            assert_eq!(Reader::new(text).fact().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_fact_is_refused() {
        for text in [
            "p",
            "p(",
            "p(x)",
            "p(1",
            "p(1 2)",
            r#"p("a)"#,
            "p(User{x})",
            "1(2)",
        ] {
            assert!(Reader::new(text).fact().is_err(), "{text}");
        }
    }

    #[test]
    fn words_are_whole() {
        let mut reader = Reader::new("andy and");
        assert!(!reader.take("and"));
        assert_eq!(reader.name(), Ok("andy"));
        assert!(reader.take("and"));
        assert_eq!(reader.rest(), "");
    }
}
