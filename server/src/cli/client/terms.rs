//! Values and facts as they are written on the command line.

use serde_json::{Value, json};

use super::super::Misuse;

/// The grammar, for the help of every command that has it.
pub(super) const GRAMMAR: &str = "\
Values:
  Type:id     this value             User:ann  Integer:7  Boolean:true
  text        the string             reader    \"with blanks\"
  String:a:b  a string with a colon  the type ends at the first one
Where a pattern may stand, too:
  _           anything
  Type:_      any value of the type  Repository:_";

/// Whether an argument may be open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Openness {
    /// A value only.
    Closed,
    /// A pattern.
    Open,
}

/// A value or pattern, as the API has it.
pub(super) fn term(text: &str, openness: Openness) -> Result<Value, Misuse> {
    let (ty, id) = match text.split_once(':') {
        Some((ty, id)) => (ty, id),
        None if text == "_" && openness == Openness::Open => {
            return Ok(json!({"type": null, "id": null}));
        }
        None => ("String", text),
    };
    if ty.is_empty() || id.is_empty() {
        return Err(Misuse(format!(
            "{text:?} is no value: write Type:id, or text"
        )));
    }
    match (ty, id, openness) {
        (_, "_", Openness::Closed) => Err(Misuse(format!(
            "{text:?}: a pattern cannot stand here, only a value"
        ))),
        ("_", id, Openness::Open) => Ok(json!({"type": null, "id": id})),
        (ty, "_", Openness::Open) => Ok(json!({"type": ty, "id": null})),
        (ty, id, _) => Ok(json!({"type": ty, "id": id})),
    }
}

/// A predicate and its arguments.
pub(super) fn fact(words: &[String], openness: Openness) -> Result<Value, Misuse> {
    let (predicate, args) = words
        .split_first()
        .ok_or_else(|| Misuse("a fact begins with its predicate".to_owned()))?;
    let args = args.iter().map(|arg| term(arg, openness));
    let args = args.collect::<Result<Vec<Value>, Misuse>>()?;
    Ok(json!({"predicate": predicate, "args": args}))
}

/// A concrete object: a type and an id.
pub(super) fn object(text: &str) -> Result<(String, String), Misuse> {
    match text.split_once(':') {
        Some((ty, id)) if !ty.is_empty() && !id.is_empty() => Ok((ty.to_owned(), id.to_owned())),
        _ => Err(Misuse(format!("{text:?}: write Type:id, such as User:ann"))),
    }
}

/// Facts of a context, each in one argument: `has_role User:ann reader Doc:plan`. What has
/// blanks stands in double quotes, as [`line`] writes it.
pub(super) fn context(facts: &[String]) -> Result<Value, Misuse> {
    let one = |text: &String| fact(&words(text)?, Openness::Closed);
    facts
        .iter()
        .map(one)
        .collect::<Result<Vec<Value>, Misuse>>()
        .map(Value::Array)
}

/// The words of a line: what is between double quotes belongs to one, and there a backslash
/// stands before a quote or another backslash that is meant.
fn words(text: &str) -> Result<Vec<String>, Misuse> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => {
                let meant = chars.next().filter(|c| "\"\\".contains(*c));
                let meant = meant.ok_or_else(|| {
                    let why = "inside quotes a backslash stands before a quote or a backslash";
                    Misuse(format!("{text:?}: {why}"))
                })?;
                word.get_or_insert_default().push(meant);
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    if quoted {
        return Err(Misuse(format!("{text:?}: a quote is not closed")));
    }
    words.extend(word);
    Ok(words)
}

/// A fact or a solution as a line for people.
pub(super) fn line(fact: &Value) -> String {
    let term = |term: &Value| match (term["type"].as_str(), term["id"].as_str()) {
        (None, None) => "_".to_owned(),
        (None, Some(id)) => format!("_:{id}"),
        (Some(ty), None) => format!("{ty}:_"),
        (Some("String"), Some(id)) if is_plain(id) => id.to_owned(),
        (Some("String"), Some(id)) => format!("{id:?}"),
        (Some(ty), Some(id)) if is_plain(id) => format!("{ty}:{id}"),
        (Some(ty), Some(id)) => format!("{ty}:{id:?}"),
    };
    let args = fact["args"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut line = fact["predicate"].as_str().unwrap_or_default().to_owned();
    for arg in args {
        line += " ";
        line += &term(arg);
    }
    line
}

/// Whether the text reads back as one word, and is safe on a terminal.
fn is_plain(id: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\"':\\".contains(c);
    !id.is_empty() && id != "_" && !id.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_the_fact_it_was_made_of() {
        for id in ["plain", "a b", "a \"b\"", "back\\slash", "a:b", "'"] {
            let value = |ty: &str| json!({"type": ty, "id": id});
            let fact = json!({"predicate": "p", "args": [value("Doc"), value("Doc")]});
            let read = context(&[line(&fact)]).unwrap();
            assert_eq!(read, json!([fact]), "{}", line(&fact));
        }
        let blanks = "has_role  User:ann \"a role\" Doc:\"a b\" ".to_owned();
        let arg = |ty: &str, id: &str| json!({"type": ty, "id": id});
        let args = [
            arg("User", "ann"),
            arg("String", "a role"),
            arg("Doc", "a b"),
        ];
        let fact = json!([{"predicate": "has_role", "args": args}]);
        assert_eq!(context(&[blanks]).unwrap(), fact);
        for wrong in ["p Doc:\"a", "p \"a\\n\"", ""] {
            assert!(context(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn terms_are_values_or_patterns() {
        let open = |text| term(text, Openness::Open).unwrap();
        assert_eq!(open("User:ann"), json!({"type": "User", "id": "ann"}));
        assert_eq!(open("String:a:b"), json!({"type": "String", "id": "a:b"}));
        assert_eq!(open("reader"), json!({"type": "String", "id": "reader"}));
        assert_eq!(open("_"), json!({"type": null, "id": null}));
        assert_eq!(open("User:_"), json!({"type": "User", "id": null}));
        assert_eq!(open("_:ann"), json!({"type": null, "id": "ann"}));
        assert!(term("User:_", Openness::Closed).is_err());
        assert!(term("User:", Openness::Open).is_err());
        let fact = json!({"predicate": "p", "args": [open("User:ann"), open("_"), open("a b")]});
        assert_eq!(line(&fact), "p User:ann _ \"a b\"");
    }
}
