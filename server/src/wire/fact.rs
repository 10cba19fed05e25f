//! Values, facts and patterns as clients write them.

use std::fmt;

use crate::environment::engine::{Arg, BadValue, ChangeSet, Datum, TypeIx, Value};
use serde::Deserialize;

use super::object::objects;
use super::{Failure, Text};

objects!(ValueIn, Fact, PatternArg, Pattern);

/// A concrete value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct ValueIn<'a> {
    /// The name of its type.
    #[serde(borrow, rename = "type")]
    pub(crate) ty: Text<'a>,
    /// Its id.
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// A concrete fact.
#[derive(Clone, Debug, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Fact<'a> {
    /// Its predicate.
    #[serde(borrow)]
    pub(crate) predicate: Text<'a>,
    /// Its arguments.
    #[serde(borrow)]
    pub(crate) args: Vec<ValueIn<'a>>,
}

/// An argument of a pattern: a missing key and `null` say "any".
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct PatternArg<'a> {
    /// The name of a type.
    #[serde(borrow, default, rename = "type")]
    pub(crate) ty: Option<Text<'a>>,
    /// An id.
    #[serde(borrow, default)]
    pub(crate) id: Option<Text<'a>>,
}

/// A fact some of whose arguments are open.
#[derive(Clone, Debug, Deserialize)]
#[serde(remote = "Self")]
pub(crate) struct Pattern<'a> {
    /// The predicate.
    #[serde(borrow)]
    pub(crate) predicate: Text<'a>,
    /// The arguments.
    #[serde(borrow)]
    pub(crate) args: Vec<PatternArg<'a>>,
}

impl ValueIn<'_> {
    /// As the engine takes it.
    pub(crate) fn value(&self) -> Value<'_> {
        Value {
            ty: &self.ty,
            id: &self.id,
        }
    }

    /// Its id in canonical form: `007` and `+7` are the integer `7`.
    ///
    /// # Errors
    /// The id is none of the type's.
    pub(crate) fn canonical(&self) -> Result<String, BadValue> {
        canonical(&self.ty, &self.id)
    }
}

/// An id in the canonical form of its type.
///
/// # Errors
/// The id is none of the type's.
pub(crate) fn canonical(ty: &str, id: &str) -> Result<String, BadValue> {
    let datum = match ty {
        "Integer" => Datum::new(TypeIx::INTEGER, id)?,
        "Boolean" => Datum::new(TypeIx::BOOLEAN, id)?,
        _ => Datum::Text(id),
    };
    Ok(match datum {
        Datum::Integer(number) => number.to_string(),
        Datum::Text(text) => text.to_owned(),
    })
}

/// A value of a question, said by this field of the request.
///
/// # Errors
/// The id is none of the type's.
pub(crate) fn value<'v>(
    field: impl fmt::Display,
    ty: &'v str,
    id: &'v str,
) -> Result<Value<'v>, Failure> {
    let checked = match ty {
        "Integer" => Datum::new(TypeIx::INTEGER, id).map(drop),
        "Boolean" => Datum::new(TypeIx::BOOLEAN, id).map(drop),
        _ => Ok(()),
    };
    checked.map_err(|why| Failure::bad(format!("{field}: {why}")))?;
    Ok(Value { ty, id })
}

impl<'a> PatternArg<'a> {
    /// As the engine takes it.
    pub(crate) fn arg(&self) -> Arg<'_> {
        match (&self.ty, &self.id) {
            (None, None) => Arg::Any,
            (Some(ty), None) => Arg::Type(ty),
            (None, Some(id)) => Arg::Id(id),
            (Some(ty), Some(id)) => Arg::Value(Value { ty, id }),
        }
    }
}

impl Fact<'_> {
    /// Adds its insertion to a change set.
    pub(crate) fn insert_into(&self, set: &mut ChangeSet) {
        set.insert(&self.predicate, self.args.iter().map(ValueIn::value));
    }
}

impl Pattern<'_> {
    /// Adds the deletion of everything that agrees with it to a change set.
    pub(crate) fn delete_from(&self, set: &mut ChangeSet) {
        set.delete(&self.predicate, self.args.iter().map(PatternArg::arg));
    }
}

/// What is wrong with a fact of a request's context.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadContext {
    fact: usize,
    argument: usize,
    why: BadValue,
}

impl fmt::Display for BadContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let BadContext {
            fact,
            argument,
            why,
        } = self;
        write!(f, "context_facts[{fact}].args[{argument}]: {why}")
    }
}

/// Checks the values of context facts as those of stored facts are. Whether the policy has
/// a use for them is not asked: those that it cannot use have no effect.
///
/// # Errors
/// The first value that no fact may carry.
pub(crate) fn check_context(facts: &[Fact<'_>], id_bytes: usize) -> Result<(), BadContext> {
    for (i, fact) in facts.iter().enumerate() {
        for (argument, value) in fact.args.iter().enumerate() {
            let checked = value.value().check(id_bytes);
            let checked = checked.and_then(|()| value.canonical().map(drop));
            checked.map_err(|why| BadContext {
                fact: i,
                argument,
                why,
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(json: &str) -> Fact<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn context_values_are_checked() {
        let wrong = [
            (
                r#"{"predicate":"p","args":[{"type":"User","id":"*"}]}"#,
                "reserved",
            ),
            (
                r#"{"predicate":"p","args":[{"type":"User","id":""}]}"#,
                "its id is empty",
            ),
            (
                r#"{"predicate":"p","args":[{"type":"","id":"a"}]}"#,
                "its type is empty",
            ),
            (
                r#"{"predicate":"p","args":[{"type":"Actor","id":"a"}]}"#,
                "abstract",
            ),
            (
                r#"{"predicate":"p","args":[{"type":"Integer","id":"seven"}]}"#,
                "64-bit",
            ),
            (
                r#"{"predicate":"p","args":[{"type":"Boolean","id":"yes"}]}"#,
                "Boolean",
            ),
            (
                r#"{"predicate":"p","args":[{"type":"User","id":"123456789"}]}"#,
                "9 bytes",
            ),
        ];
        for (json, why) in wrong {
            let found = check_context(&[fact(json)], 8).unwrap_err().to_string();
            assert!(found.starts_with("context_facts[0].args[0]: "), "{found}");
            assert!(found.contains(why), "{found}");
        }
        let fine = r#"{"predicate":"p","args":[{"type":"Integer","id":"+007"}]}"#;
        assert_eq!(check_context(&[fact(fine)], 8), Ok(()));
    }

    #[test]
    fn what_is_wrong_with_a_value_is_said_behind_it() {
        let digits = "7".repeat(3_000);
        let wrong = value("actor_id", "Integer", &digits).unwrap_err();
        let quoted = &digits[..100];
        assert_eq!(
            wrong.message(),
            format!("actor_id: \"{quoted}\"... is not a signed 64-bit integer")
        );
        assert!(value("actor_id", "Boolean", "yes").is_err());
        assert!(value("actor_id", "User", &digits).is_ok());
    }

    #[test]
    fn integers_have_one_form() {
        for id in ["007", "+7", "7"] {
            assert_eq!(canonical("Integer", id).unwrap(), "7");
            assert_eq!(canonical("String", id).unwrap(), id);
        }
    }
}
