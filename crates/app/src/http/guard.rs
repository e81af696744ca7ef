//! The middleware that enforces the policies: who calls, how often, with which role. Handlers behind it find the caller in
//! the request.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::identity::{Forbidden, Role};

use super::edge::ClientAddress;
use super::endpoints::Policies;
use super::policy::{Audience, Policy};
use super::problem::{Problem, kinds};
use crate::rate_limits::{Bucket, Class, Decision};
use crate::runtime::AppState;
use crate::security::TokenError;
use crate::sign_ins::Known;

const API_KEY: &str = "x-api-key";

/// What the middleware needs.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) state: AppState,
    pub(super) policies: Arc<Policies>,
}

/// See the module. A method that a path does not have is let through: nothing but 405 is behind it, because every operation
/// was declared.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let Some(policy) = guard.policies.of(request.method(), path) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let Ok(address) = ClientAddress::from_request_parts(&mut parts, &guard.state).await;
    let known = match known(&guard.state, policy.audience, &parts.headers).await {
        Ok(known) => known,
        Err(problem) => return refused(&guard.state, problem, address).await,
    };
    let decision = counted(&guard.state, policy, known.as_ref(), address).await;
    let refused = match (&decision, &known) {
        (Some(decision), _) if !decision.allowed => Some(too_many(decision)),
        (_, Some(known)) => must_be_in(policy.audience, known).err(),
        _ => None,
    };
    let mut response = if let Some(problem) = refused {
        problem.into_response()
    } else {
        let writer = known.filter(|_| !parts.method.is_safe());
        if let Some(known) = known {
            parts.extensions.insert(known);
        }
        let response = next.run(Request::from_parts(parts, body)).await;
        if let Some(writer) = writer {
            let (state, user) = (&guard.state, writer.principal.user_id);
            state.lists.wrote(user, state.now()).await;
        }
        response
    };
    if let Some(decision) = decision {
        decision.write_headers(response.headers_mut());
    }
    response
}

/// Credentials that are none are counted by address, so that nobody tries them without end.
async fn refused(state: &AppState, problem: Problem, address: ClientAddress) -> Response {
    let bucket = Bucket::address(&address.bucket());
    let decision = state.rate_limits.take(Class::Reads, &bucket, state.now()).await;
    if decision.allowed {
        problem
    } else {
        too_many(&decision)
    }
    .into_response()
}

/// Whoever calls; none for operations that need no sign-in.
async fn known(state: &AppState, audience: Audience, headers: &HeaderMap) -> Result<Option<Known>, Problem> {
    if audience.is_public() {
        return Ok(None);
    }
    let now = state.now();
    let known = match (only(headers, AUTHORIZATION.as_str()), only(headers, API_KEY)) {
        (Some(value), None) => {
            let token = bearer(value).ok_or(TokenError)?;
            state.sign_ins.of_token(token, now).await?
        }
        (None, Some(key)) => state.sign_ins.of_api_key(key, now).await?,
        // Two identities at once are none.
        (Some(_), Some(_)) | (None, None) => return Err(TokenError.into()),
    };
    Ok(Some(known))
}

/// Takes the call from the caller's allowance: an account's, a key's own, or the address's.
async fn counted(
    state: &AppState,
    policy: Policy,
    known: Option<&Known>,
    address: ClientAddress,
) -> Option<Decision> {
    let class = policy.class?;
    let now = state.now();
    let bucket = match known {
        Some(known) => Bucket::principal(known.principal.user_id),
        None => Bucket::address(&address.bucket()),
    };
    let own = known.and_then(|known| known.requests_per_minute);
    Some(match own {
        Some(requests) => state.rate_limits.take_with(requests, class, &bucket, now).await,
        None => state.rate_limits.take(class, &bucket, now).await,
    })
}

/// 429 with the time to wait.
pub(super) fn too_many(decision: &Decision) -> Problem {
    Problem::of(&kinds::RATE_LIMITED).retry_after(decision.retry_after_seconds())
}

/// 403 for whoever the operation is not for.
fn must_be_in(audience: Audience, known: &Known) -> Result<(), Problem> {
    let role = known.principal.role;
    let by_scope =
        role == Role::Service && audience.scope().is_some_and(|scope| known.scopes.contains(scope));
    if audience.roles().contains(&role) || by_scope {
        return Ok(());
    }
    if role == Role::Service {
        let refused = match audience.scope() {
            Some(scope) => format!("the API key lacks the scope {}", scope.as_str()),
            None => "API keys may not do this".to_owned(),
        };
        return Err(Problem::of(&kinds::ROLE).because(refused));
    }
    Err(Forbidden {
        needed: needed(audience),
        has: role,
    }
    .into())
}

/// In words, for the refusal.
fn needed(audience: Audience) -> &'static str {
    match audience.roles() {
        [Role::Admin] => "admin",
        [Role::Student] => "student",
        [Role::Advisor, Role::Admin] => "advisor or admin",
        _ => "student, advisor or admin",
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (value, more) = (values.next()?, values.next());
    // Two of them are present, but no text that could be a token.
    let text = if more.is_none() { value.to_str().ok() } else { None };
    Some(text.unwrap_or_default())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let pairs = values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap()));
        pairs.collect::<HeaderMap>()
    }

    #[test]
    fn only_one_bearer_token_is_a_token() {
        let token = |values: &[&str]| {
            let headers = headers(values);
            only(&headers, AUTHORIZATION.as_str()).map(|value| bearer(value).map(str::to_owned))
        };
        assert_eq!(token(&["Bearer abc"]), Some(Some("abc".to_owned())));
        assert_eq!(token(&["bearer abc"]), Some(Some("abc".to_owned())));
        assert_eq!(token(&["Basic abc"]), Some(None));
        assert_eq!(token(&["Bearer a", "Bearer b"]), Some(None));
        assert_eq!(token(&[]), None);
        assert_eq!(
            only(&headers(&["Bearer a"]), HeaderName::from_static(API_KEY).as_str()),
            None
        );
    }
}
