//! From bytes to a request, or to a sentence about what is wrong with them.

use serde::Deserialize;

use super::Failure;

/// Reads a body.
///
/// A body that is wrong is read twice: only the second reading keeps track of the path, so
/// that those that are right do not pay for it.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    if body.is_empty() {
        return Err(Failure::bad("the body is empty; it must be JSON"));
    }
    serde_json::from_slice(body).map_err(|first| {
        let mut json = serde_json::Deserializer::from_slice(body);
        match serde_path_to_error::deserialize::<_, T>(&mut json) {
            Err(found) if found.path().iter().next().is_some() => {
                Failure::bad(format!("{}: {}", found.path(), found.inner()))
            }
            _ => Failure::bad(format!("the body is not what it must be: {first}")),
        }
    })
}
