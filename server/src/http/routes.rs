//! Which handler answers what. The table is data, so that tests can walk it.

use hyper::Method;

use super::reply::{Change, Reply};
use super::server::Call;
use crate::api;
use crate::environment::Meter;
use crate::keys::Scope;
use crate::wire::Failure;

/// Who may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Open,
    /// Whoever has a key of this scope.
    Key(Scope),
}

/// Where a handler runs and what it gives.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// Where the request arrives; needs no environment.
    Open(fn(&super::Server, Option<&str>) -> Result<Reply, Failure>),
    /// A question: where it arrives while it is cheap, else on the blocking pool.
    Question(fn(&Call, &Meter) -> Result<Reply, Failure>),
    /// A change of facts: read here, applied in order, answered when visible.
    Change(fn(&Call) -> Result<Change, Failure>),
    /// Something long: on the blocking pool.
    Long(fn(&Call) -> Result<Reply, Failure>),
}

/// An endpoint.
pub(crate) struct Route {
    /// `GET`, `POST` or `DELETE`.
    pub(crate) method: Method,
    /// Its path; a `*` at the end stands for one more piece.
    pub(crate) path: &'static str,
    /// Who may call it.
    pub(crate) access: Access,
    /// What answers it.
    pub(crate) handler: Handler,
}

const READ: Access = Access::Key(Scope::Read);
const WRITE: Access = Access::Key(Scope::Write);

const fn route(method: Method, path: &'static str, access: Access, handler: Handler) -> Route {
    Route {
        method,
        path,
        access,
        handler,
    }
}

/// Every endpoint.
pub(crate) const ROUTES: &[Route] = &[
    route(
        Method::POST,
        "/api/authorize",
        READ,
        Handler::Question(api::authorize),
    ),
    route(
        Method::POST,
        "/api/list",
        READ,
        Handler::Question(api::list),
    ),
    route(
        Method::POST,
        "/api/actions",
        READ,
        Handler::Question(api::actions),
    ),
    route(
        Method::POST,
        "/api/batch",
        WRITE,
        Handler::Change(api::batch),
    ),
    route(
        Method::POST,
        "/api/evaluate_query",
        READ,
        Handler::Question(api::evaluate_query),
    ),
    route(
        Method::POST,
        "/api/authorize_resources",
        READ,
        Handler::Question(api::authorize_resources),
    ),
    route(
        Method::POST,
        "/api/bulk_actions",
        READ,
        Handler::Question(api::bulk_actions),
    ),
    route(
        Method::POST,
        "/api/query",
        READ,
        Handler::Question(api::query),
    ),
    route(
        Method::GET,
        "/api/facts",
        READ,
        Handler::Long(api::get_facts),
    ),
    route(
        Method::POST,
        "/api/facts",
        WRITE,
        Handler::Change(api::tell),
    ),
    route(
        Method::DELETE,
        "/api/facts",
        WRITE,
        Handler::Change(api::delete),
    ),
    route(Method::POST, "/api/bulk", WRITE, Handler::Change(api::bulk)),
    route(
        Method::POST,
        "/api/bulk_load",
        WRITE,
        Handler::Change(api::bulk_load),
    ),
    route(
        Method::POST,
        "/api/bulk_delete",
        WRITE,
        Handler::Change(api::bulk_delete),
    ),
    route(
        Method::POST,
        "/api/clear_data",
        WRITE,
        Handler::Long(api::clear_data),
    ),
    route(
        Method::GET,
        "/api/policy",
        READ,
        Handler::Long(api::get_policy),
    ),
    route(
        Method::POST,
        "/api/policy",
        WRITE,
        Handler::Long(api::post_policy),
    ),
    route(
        Method::GET,
        "/api/policy_metadata",
        READ,
        Handler::Long(api::policy_metadata),
    ),
    route(Method::GET, "/api/stats", READ, Handler::Long(api::stats)),
    route(
        Method::POST,
        "/api/expect",
        READ,
        Handler::Question(api::expect),
    ),
    route(
        Method::POST,
        "/api/agents/event/*",
        READ,
        Handler::Question(api::agent_event),
    ),
    route(
        Method::POST,
        "/api/authorize_query",
        READ,
        Handler::Question(api::local),
    ),
    route(
        Method::POST,
        "/api/list_query",
        READ,
        Handler::Question(api::local),
    ),
    route(
        Method::POST,
        "/api/actions_query",
        READ,
        Handler::Question(api::local),
    ),
    route(
        Method::POST,
        "/api/evaluate_query_local",
        READ,
        Handler::Question(api::local),
    ),
    route(
        Method::GET,
        "/api/healthcheck",
        Access::Open,
        Handler::Open(api::healthcheck),
    ),
    route(
        Method::GET,
        "/healthz",
        Access::Open,
        Handler::Open(api::healthcheck),
    ),
    route(
        Method::GET,
        "/readyz",
        Access::Open,
        Handler::Open(api::readyz),
    ),
    route(
        Method::POST,
        "/test_environment",
        Access::Open,
        Handler::Open(api::test_environment),
    ),
    #[cfg(test)]
    route(
        Method::GET,
        "/api/panics",
        READ,
        Handler::Question(|_, _| panic!("as the test wants it")),
    ),
    #[cfg(test)]
    route(
        Method::GET,
        "/api/panics_elsewhere",
        READ,
        Handler::Long(|_| panic!("as the test wants it")),
    ),
];

/// Every endpoint as its method, its path and the scope that its key needs, if it needs one:
/// for tests that must leave none out.
pub fn endpoints() -> impl Iterator<Item = (String, &'static str, Option<String>)> {
    ROUTES.iter().map(|route| {
        let scope = match route.access {
            Access::Open => None,
            Access::Key(scope) => Some(scope.to_string()),
        };
        (route.method.to_string(), route.path, scope)
    })
}

/// The labels of routes in metrics, by their place in the table.
pub(crate) fn labels() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|route| route.path)
}

/// What a path leads to.
pub(crate) enum Found<'p> {
    /// The route at a place of the table, and the piece of the path that it leaves open.
    Route(usize, &'p str),
    /// There are routes with this path, with other methods.
    WrongMethod,
    /// Nothing.
    Nothing,
}

/// Finds the route of a request. The path has no repeated slashes.
pub(crate) fn find<'p>(method: &Method, path: &'p str) -> Found<'p> {
    let mut found = Found::Nothing;
    for (place, route) in ROUTES.iter().enumerate() {
        let rest = match route.path.strip_suffix('*') {
            None if route.path == path => "",
            Some(start) => match path.strip_prefix(start) {
                Some(rest) if !rest.is_empty() && !rest.contains('/') => rest,
                _ => continue,
            },
            None => continue,
        };
        if route.method == *method {
            return Found::Route(place, rest);
        }
        found = Found::WrongMethod;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_and_only_with_its_method() {
        for route in ROUTES {
            let path = route.path.replace('*', "tool_call_error");
            assert!(
                matches!(find(&route.method, &path), Found::Route(place, _) if ROUTES[place].path == route.path)
            );
            assert!(matches!(find(&Method::PATCH, &path), Found::WrongMethod));
            assert!(matches!(
                find(&route.method, &(path + "/more")),
                Found::Nothing
            ));
        }
    }

    #[test]
    fn what_changes_facts_or_policies_needs_a_key_that_may_write() {
        for route in ROUTES {
            let changes = matches!(route.handler, Handler::Change(_));
            let writes = ["/api/clear_data", "/api/policy"].contains(&route.path)
                && route.method == Method::POST;
            if changes || writes {
                assert_eq!(route.access, WRITE, "{}", route.path);
            } else if route.path.starts_with("/api/") && route.path != "/api/healthcheck" {
                assert_eq!(route.access, READ, "{}", route.path);
            }
        }
    }
}
