//! `Idempotency-Key`: a POST that is sent again has its effect once and is answered the same.
//!
//! The key is claimed and the 2xx reply stored in the use case's own transaction; refusals are not stored. Scope: principal,
//! method, path and key; the body is compared by hash.

use axum::extract::FromRequestParts;
use axum::extract::OriginalUri;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::store::{Ctx, UseCase};
use serde::Serialize;
use storage::{IdempotencySlot, Idempotent, Store, StoredReply};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::problem::{Problem, kinds};
use crate::failpoint;
use crate::security::sha256_hex;

const KEY_HEADER: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY_LENGTH: usize = 255;
/// The first request usually ends within this.
const IN_FLIGHT_RETRY_SECONDS: u32 = 1;

/// The request's `Idempotency-Key`, if it has one: 1 to 255 visible ASCII characters, else 400.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey {
    /// As sent.
    pub(crate) key: Option<String>,
    /// Method and path.
    route: String,
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(KEY_HEADER).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(visible(value).ok_or_else(malformed)?),
            (Some(_), Some(_)) => return Err(malformed()),
        };
        // Inside a nested router the plain URI has lost its prefix.
        let path = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(parts.uri.path(), |uri| uri.0.path());
        Ok(Self {
            key,
            route: format!("{} {path}", parts.method),
        })
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX_KEY_LENGTH))
            .pattern(Some("^[!-~]+$"));
        let parameter = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "A repetition with the same key and body is answered the same and has no further effect.",
            ))
            .schema(Some(text));
        vec![parameter.build()]
    }
}

impl IdempotencyKey {
    /// The slot of a request with this body; `None` without a key. The caller is the actor of `ctx`.
    pub(crate) fn slot(&self, ctx: &Ctx, body: &impl Serialize) -> Result<Option<IdempotencySlot>, Problem> {
        let bytes = serde_json::to_vec(body).map_err(|error| Problem::internal(&error))?;
        Ok(self.slot_of_bytes(ctx, &bytes))
    }

    /// The same for a body that is not JSON.
    pub(crate) fn slot_of_bytes(&self, ctx: &Ctx, body: &[u8]) -> Option<IdempotencySlot> {
        let key = self.key.clone()?;
        let principal = ctx
            .actor
            .user_id()
            .map_or_else(|| ctx.actor.role().to_owned(), |id| id.to_string());
        Some(IdempotencySlot {
            principal,
            route: self.route.clone(),
            key,
            request_hash: sha256_hex(body),
        })
    }
}

/// Runs a use case, at most once per slot, and answers. `reply` maps the outcome to status and body; an outcome it maps to
/// a problem (a refusal that had to persist, such as an expiry) is committed but not stored.
pub(crate) async fn run_idempotent<U, B>(
    store: &Store,
    ctx: &Ctx,
    slot: Option<IdempotencySlot>,
    use_case: &U,
    reply: impl Fn(&U::Out) -> Result<(StatusCode, B), Problem> + Send + Sync,
) -> Result<Response, Problem>
where
    U: UseCase,
    Problem: From<U::Err>,
    B: Serialize,
{
    let to_store = |out: &U::Out| reply(out).ok().and_then(|reply| stored(&reply).ok());
    match run_once(store, ctx, slot, use_case, to_store).await? {
        Once::Now(out) => Ok(respond(stored(&reply(&out)?)?)),
        Once::Before(response) => Ok(response),
    }
}

/// What came of a request that may have come before.
pub(crate) enum Once<T> {
    /// It ran now.
    Now(T),
    /// It had run; this was the reply.
    Before(Response),
}

/// Runs a use case, at most once per slot. `to_store` is what a repetition is answered; without it the key is forgotten.
pub(crate) async fn run_once<U>(
    store: &Store,
    ctx: &Ctx,
    slot: Option<IdempotencySlot>,
    use_case: &U,
    to_store: impl Fn(&U::Out) -> Option<StoredReply> + Send + Sync,
) -> Result<Once<U::Out>, Problem>
where
    U: UseCase,
    Problem: From<U::Err>,
{
    let Some(slot) = slot else {
        return Ok(Once::Now(store.run(use_case, ctx).await?));
    };
    let before_commit = |out: &U::Out| {
        let reply = to_store(out);
        failpoint::reach_blocking("idempotency.before_commit");
        reply
    };
    match store.run_idempotent(use_case, ctx, &slot, before_commit).await? {
        Idempotent::Done(out) => {
            failpoint::reach("idempotency.before_reply").await;
            Ok(Once::Now(out))
        }
        Idempotent::Replayed(earlier) => {
            let mut response = respond(earlier);
            response
                .headers_mut()
                .insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(Once::Before(response))
        }
        Idempotent::Mismatch => Err(Problem::of(&kinds::IDEMPOTENCY_REUSED)),
        Idempotent::InFlight => {
            Err(Problem::of(&kinds::IDEMPOTENCY_IN_FLIGHT).retry_after(IN_FLIGHT_RETRY_SECONDS))
        }
    }
}

/// A reply as it is stored, or as it goes out.
pub(crate) fn stored<B: Serialize>((status, body): &(StatusCode, B)) -> Result<StoredReply, Problem> {
    let body = serde_json::to_string(body).map_err(|error| Problem::internal(&error))?;
    Ok(StoredReply {
        status: status.as_u16(),
        body,
    })
}

pub(crate) fn respond(reply: StoredReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    (
        status,
        [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        reply.body,
    )
        .into_response()
}

fn visible(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let fits = (1..=MAX_KEY_LENGTH).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

fn malformed() -> Problem {
    Problem::of(&kinds::MALFORMED).because(format!(
        "Idempotency-Key must be one value of 1 to {MAX_KEY_LENGTH} visible ASCII characters"
    ))
}

#[cfg(test)]
mod tests {
    use axum::extract::Request;

    use super::*;

    async fn key(values: &[&[u8]]) -> Result<IdempotencyKey, u16> {
        let mut request = Request::builder()
            .method("POST")
            .uri("/x/1?y=2")
            .body(())
            .unwrap();
        for value in values {
            request
                .headers_mut()
                .append(KEY_HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        let (mut parts, ()) = request.into_parts();
        IdempotencyKey::from_request_parts(&mut parts, &())
            .await
            .map_err(|problem| problem.status().as_u16())
    }

    #[tokio::test]
    async fn a_key_is_one_value_of_visible_ascii() {
        let good = key(&[b"018f-a:b"]).await.unwrap();
        assert_eq!(
            (good.key.as_deref(), good.route.as_str()),
            (Some("018f-a:b"), "POST /x/1")
        );
        assert_eq!(key(&[]).await.unwrap().key, None);
        assert!(key(&[&[b'a'; 255]]).await.is_ok());
        for bad in [
            vec![&b""[..]],
            vec![b"a b"],
            vec![b"\xc3\xa9"],
            vec![&[b'a'; 256]],
            vec![b"a", b"a"],
        ] {
            assert_eq!(key(&bad).await, Err(400), "{bad:?}");
        }
    }
}
