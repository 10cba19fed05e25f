//! Who asks, and under which id.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use subtle::ConstantTimeEq;

use super::routes::{Access, Route};
use super::server::Server;
use crate::environment::Environment;
use crate::keys::Scope;
use crate::wire::Failure;

/// The header that carries the id of a request, there and back.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ids of requests are replaced.
const ID_BYTES: usize = 256;

/// The other end of a connection.
///
/// All requests of a connection share it and no others do, so that cores do not quarrel over
/// a count of references with every request.
pub(crate) struct Caller {
    /// Whom it called.
    pub(super) server: Arc<Server>,
    /// Who has asked before: nearly always the same key comes again, and need not be looked
    /// for among all.
    known: Mutex<Option<Known>>,
    /// Epoch and policy of the answer before: between changes they are the same again.
    stamp: Mutex<Option<Stamp>>,
}

/// What an answer is true of, as headers say it.
#[derive(Clone)]
pub(super) struct Stamp {
    at: (u64, u64),
    pub(super) epoch: HeaderValue,
    pub(super) policy: HeaderValue,
}

/// A key that was valid.
struct Known {
    header: HeaderValue,
    scope: Scope,
    environment: Weak<Environment>,
    /// [`Ring::changes`](crate::keys::Ring::changes) then; it is valid as long as that stays.
    as_of: u64,
}

impl Caller {
    /// Nobody has asked yet.
    pub(super) fn of(server: Arc<Server>) -> Caller {
        Caller {
            server,
            known: Mutex::default(),
            stamp: Mutex::default(),
        }
    }

    /// The headers for an epoch and a policy.
    pub(super) fn stamp(&self, at: (u64, u64)) -> Stamp {
        let mut stamp = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        match &*stamp {
            Some(same) if same.at == at => same.clone(),
            _ => stamp
                .insert(Stamp {
                    at,
                    epoch: at.0.into(),
                    policy: at.1.into(),
                })
                .clone(),
        }
    }

    /// What the header opens, if it is the one that came before and no key has changed since.
    fn again(&self, header: &HeaderValue, changes: u64) -> Option<(Scope, Arc<Environment>)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|known| known.as_of == changes)?;
        // A proxy may have others on the same connection.
        let same: bool = known.header.as_bytes().ct_eq(header.as_bytes()).into();
        if !same {
            return None;
        }
        Some((known.scope, known.environment.upgrade()?))
    }

    fn remember(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

/// The environment that the request's key opens; none where no key is needed.
pub(super) fn admit(
    caller: &Caller,
    route: &Route,
    headers: &HeaderMap,
) -> Result<Option<Arc<Environment>>, Failure> {
    let Access::Key(needed) = route.access else {
        return Ok(None);
    };
    let server = &caller.server;
    let unauthorized = |why: &'static str| Failure::new(StatusCode::UNAUTHORIZED, why);
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (all.next(), all.next()) else {
        let why = "one header `Authorization: Bearer <key>` is needed";
        return Err(unauthorized(why));
    };
    let as_of = server.keys.changes();
    let (scope, environment) = match caller.again(header, as_of) {
        Some(known) => known,
        None => {
            let key = (header.to_str().ok())
                .and_then(|text| text.split_once(' '))
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
                .map(|(_, key)| key.trim());
            let Some(key) = key else {
                let why = "the header Authorization is not `Bearer <key>`";
                return Err(unauthorized(why));
            };
            let opened = server.keys.open(key).and_then(|grant| {
                let environment = server.environments.get(grant.environment)?;
                Some((grant.scope, environment))
            });
            let Some((scope, environment)) = opened else {
                return Err(unauthorized("the key is not valid"));
            };
            caller.remember(Known {
                header: header.clone(),
                scope,
                environment: Arc::downgrade(&environment),
                as_of,
            });
            (scope, environment)
        }
    };
    if scope < needed {
        return Err(too_weak(scope, needed));
    }
    Ok(Some(environment))
}

fn too_weak(scope: Scope, needed: Scope) -> Failure {
    let may = match needed {
        Scope::Read => "do this",
        Scope::Write => "change anything",
        Scope::Admin => "change what concerns the whole server",
    };
    let why = format!("the key has scope `{scope}` and may not {may}: that needs scope `{needed}`");
    Failure::new(StatusCode::FORBIDDEN, why)
}

/// The client's own id, or a new one.
pub(super) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(&REQUEST_ID);
    let fits = |value: &&HeaderValue| !value.is_empty() && value.len() <= ID_BYTES;
    given.filter(fits).cloned().unwrap_or_else(|| {
        let mut buffer = uuid::Uuid::encode_buffer();
        let text = uuid::Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("-"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_key_is_told_which_scope_is_needed() {
        let refused = too_weak(Scope::Write, Scope::Admin);
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(
            refused.message(),
            "the key has scope `write` and may not change what concerns the whole server: that \
             needs scope `admin`"
        );
    }

    #[test]
    fn ids_are_kept_if_they_are_reasonable() {
        let mut headers = HeaderMap::new();
        let fresh = request_id(&headers);
        assert_eq!(fresh.len(), 36);
        headers.insert(REQUEST_ID, HeaderValue::from_static("mine"));
        assert_eq!(request_id(&headers), "mine");
        headers.insert(
            REQUEST_ID,
            HeaderValue::from_str(&"x".repeat(1000)).unwrap(),
        );
        assert_eq!(request_id(&headers).len(), 36);
    }
}
