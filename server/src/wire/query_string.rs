//! Query strings.

use std::borrow::Cow;

use crate::environment::engine::{Arg, MAX_ARITY, Pattern, Value};

use super::Failure;

/// The parameters of a request target, decoded.
pub(crate) struct Parameters<'q>(&'q str);

impl<'q> Parameters<'q> {
    /// Of the text behind the `?`.
    pub(crate) fn new(query: Option<&'q str>) -> Parameters<'q> {
        Parameters(query.unwrap_or_default())
    }

    /// Those that have a value; without one a parameter counts as absent.
    fn given(&self) -> impl Iterator<Item = (Cow<'q, str>, Cow<'q, str>)> {
        let all = form_urlencoded::parse(self.0.as_bytes());
        all.filter(|(_, value)| !value.is_empty())
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'q, str>> {
        self.given()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
    }

    /// Whether a parameter says yes.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v == "true" || v == "1")
    }

    /// The value of a parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Failure::bad(format!(
                "query parameter `{name}`: {value:?} is not a version number"
            ))),
        }
    }
}

/// Which facts `GET /facts` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FactFilter<'q> {
    predicate: Option<Cow<'q, str>>,
    /// Type and id of each argument.
    args: Vec<[Option<Cow<'q, str>>; 2]>,
    /// Whether it asks for more arguments than any fact has.
    none: bool,
}

impl<'q> FactFilter<'q> {
    /// Reads `predicate`, `args.<n>.type` and `args.<n>.id`; anything else is ignored.
    pub(crate) fn new(parameters: &Parameters<'q>) -> FactFilter<'q> {
        let mut filter = FactFilter::default();
        for (name, value) in parameters.given() {
            if name == "predicate" {
                filter.predicate = Some(value);
                continue;
            }
            let Some((n, half)) = (name.strip_prefix("args.")).and_then(|n| n.split_once('.'))
            else {
                continue;
            };
            let (Ok(n), "type" | "id") = (n.parse::<usize>(), half) else {
                continue;
            };
            if n >= MAX_ARITY {
                filter.none = true;
                continue;
            }
            if filter.args.len() <= n {
                filter.args.resize(n + 1, [None, None]);
            }
            match half {
                "type" => filter.args[n][0] = Some(value),
                _ => filter.args[n][1] = Some(value),
            }
        }
        filter
    }

    /// As the engine takes it; `None` if nothing can agree. Trailing wildcards are not
    /// sent, so a fact may have more arguments than are mentioned.
    pub(crate) fn pattern(&self) -> Option<Pattern<'_>> {
        if self.none {
            return None;
        }
        let args = self.args.iter().map(|arg| match arg {
            [None, None] => Arg::Any,
            [Some(ty), None] => Arg::Type(ty),
            [None, Some(id)] => Arg::Id(id),
            [Some(ty), Some(id)] => Arg::Value(Value { ty, id }),
        });
        Some(Pattern {
            predicate: self.predicate.as_deref(),
            args: args.collect(),
            open: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_follow_the_clients() {
        let of = |query| FactFilter::new(&Parameters::new(query));
        assert_eq!(of(None).pattern().unwrap().args, []);
        assert_eq!(of(Some("")).pattern().unwrap().predicate, None);
        let odd = of(Some(
            "args.2.id&args.0.type=User&predicate=p&args.0.id=a+b%27&x=y",
        ));
        let pattern = odd.pattern().unwrap();
        assert_eq!(pattern.predicate, Some("p"));
        assert_eq!(pattern.args, [Arg::Value(("User", "a b'").into())]);
        assert!(pattern.open);
        let gap = of(Some("args.1.id=7&args.x.id=8&args.0.colour=red"));
        assert_eq!(gap.pattern().unwrap().args, [Arg::Any, Arg::Id("7")]);
        assert_eq!(of(Some("args.99999.id=7")).pattern(), None);
    }
}
