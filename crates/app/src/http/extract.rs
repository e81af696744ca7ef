//! What endpoints take from a request; whatever is wrong with it becomes a [`Problem`].

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Path, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use domain::identity::Principal;
use domain::ids::UserId;
use garde::Validate;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Track;

use super::by_name::ByName;
use super::problem::{FieldError, Problem, kinds, pointer};
use crate::runtime::AppState;

/// A JSON body, read and validated: 400 malformed, 413 too large, 415 not JSON, 422 wrong fields. `Option<Json<T>>` takes
/// an empty body as none, and `null`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let bytes = body(request, state).await?;
        parse(&bytes).map(Self)
    }
}

impl<S, T> OptionalFromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let typed = require_json(request.headers());
        let bytes = body(request, state).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        typed?;
        if bytes.trim_ascii() == b"null" {
            return Ok(None);
        }
        parse(&bytes).map(Self).map(Some)
    }
}

/// Query parameters; unreadable ones are 400.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let axum::extract::Query(value) =
            query.map_err(|rejection| Problem::of(&kinds::MALFORMED).because(rejection.body_text()))?;
        Ok(Self(value))
    }
}

/// The one id in the path; one that cannot be read names nothing, so it is 404.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathId<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for PathId<T>
where
    S: Send + Sync,
    T: FromStr,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unknown = || Problem::of(&kinds::RESOURCE);
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown())?;
        text.parse().map(Self).map_err(|_| unknown())
    }
}

/// Ties log lines, audit rows and the reply of one request together; chosen or taken over by the outermost middleware.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CorrelationId(pub(crate) String);

impl FromRequestParts<AppState> for CorrelationId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let given = parts.extensions.get::<Self>().cloned();
        Ok(given.unwrap_or_else(|| Self(state.ids.new_uuid().to_string())))
    }
}

/// A `user_id` in a body or query has to be the caller's own.
pub(crate) trait MustBe {
    /// 403 when `user_id` is there and somebody else.
    fn must_be(&self, user_id: Option<UserId>) -> Result<(), Problem>;
}

impl MustBe for Principal {
    fn must_be(&self, user_id: Option<UserId>) -> Result<(), Problem> {
        match user_id {
            Some(named) if named != self.user_id => Err(Problem::foreign_user_id()),
            Some(_) | None => Ok(()),
        }
    }
}

/// Text of one line. Control characters have no place in names and titles, and PostgreSQL stores no NUL.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is the validator's"
)]
pub(crate) fn one_line(text: &str, (): &()) -> garde::Result {
    refuse(text, char::is_control)
}

/// Text of any number of lines.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is the validator's"
)]
pub(crate) fn some_lines(text: &str, (): &()) -> garde::Result {
    refuse(text, |character| {
        character.is_control() && !matches!(character, '\n' | '\r' | '\t')
    })
}

/// Text that is more than white space.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is the validator's"
)]
pub(crate) fn says_something(text: &str, (): &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("must not be blank"));
    }
    Ok(())
}

fn refuse(text: &str, unwanted: impl Fn(char) -> bool) -> garde::Result {
    if text.chars().any(unwanted) {
        return Err(garde::Error::new("must not have control characters"));
    }
    Ok(())
}

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if is_json {
        Ok(())
    } else {
        Err(Problem::of(&kinds::MEDIA_TYPE))
    }
}

pub(super) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
                Problem::of(&kinds::BODY_TOO_LARGE)
            }
            other => Problem::of(&kinds::MALFORMED).because(other.body_text()),
        })
}

fn parse<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let value = T::deserialize(ByName(tracked)).map_err(|inner| {
        let path = pointer(&track.path().to_string());
        // Reading ends at the first wrong field; what follows may not even be JSON. The error does not tell by itself: a null
        // where a word is expected counts as a fault of syntax.
        match serde_json::from_slice::<IgnoredAny>(bytes) {
            // Skipping has no limit of depth, reading has.
            Ok(_) if inner.to_string().starts_with("recursion limit") => not_json(&inner),
            Ok(_) => Problem::invalid_fields(vec![FieldError::new(path, without_place(&inner))]),
            Err(error) => not_json(&error),
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    value.validate()?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::of(&kinds::MALFORMED).because(format!("the body is not JSON: {error}"))
}

/// The pointer says where; line and column of a body that a program wrote say nothing.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(message, _)| message.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::StatusCode;
    use serde::Deserialize;
    use uuid::Uuid;

    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    struct Answer {
        #[garde(length(min = 2, max = 5))]
        text: String,
        #[garde(dive)]
        parts: Vec<Part>,
    }

    #[derive(Debug, Deserialize, Validate)]
    struct Part {
        #[garde(range(max = 9))]
        number: u8,
        #[garde(skip)]
        #[serde(default)]
        mood: Mood,
    }

    #[derive(Debug, Default, Deserialize)]
    enum Mood {
        #[default]
        Fine,
    }

    fn request(content_type: &str, text: &str) -> Request {
        Request::builder()
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(text.to_owned()))
            .unwrap()
    }

    async fn refused(content_type: &str, text: &str) -> (u16, String) {
        let result = <Json<Answer> as FromRequest<()>>::from_request(request(content_type, text), &()).await;
        let response = result.unwrap_err().response(None, None);
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn good_json_passes_under_any_json_media_type() {
        let text = r#"{"text":"abc","parts":[{"number":1}],"unknown":true}"#;
        for media_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.x+json",
        ] {
            let Json(answer) =
                <Json<Answer> as FromRequest<()>>::from_request(request(media_type, text), &())
                    .await
                    .unwrap();
            assert_eq!((answer.text.as_str(), answer.parts[0].number), ("abc", 1));
            assert!(matches!(answer.parts[0].mood, Mood::Fine));
        }
    }

    #[tokio::test]
    async fn malformed_bodies_and_media_types_are_told_apart() {
        assert_eq!(refused("application/json", "{").await.0, 400);
        assert_eq!(refused("application/json", "").await.0, 400);
        assert_eq!(
            refused("application/json", r#"{"text":"abc","parts":[]} x"#)
                .await
                .0,
            400
        );
        let nested = format!(r#"{{"text":"abc","parts":{}"#, "[".repeat(10_000));
        assert!(matches!(refused("application/json", &nested).await.0, 400 | 422));
        assert_eq!(refused("text/plain", r#"{"text":"abc","parts":[]}"#).await.0, 415);
        assert_eq!(refused("", r#"{"text":"abc","parts":[]}"#).await.0, 415);
    }

    #[tokio::test]
    async fn wrong_types_and_values_are_named_by_pointer() {
        let (status, body) = refused("application/json", r#"{"text":"abc","parts":[{"number":"x"}]}"#).await;
        assert_eq!(status, 422);
        assert!(
            body.contains(r#""pointer":"/parts/0/number""#) && !body.contains("at line"),
            "{body}"
        );
        let (status, body) = refused("application/json", r#"{"text":"a","parts":[{"number":10}]}"#).await;
        assert_eq!(status, 422);
        assert!(
            body.contains(r#""pointer":"/text""#) && body.contains(r#""pointer":"/parts/0/number""#),
            "{body}"
        );
        let nothing = r#"{"text":"abc","parts":[{"number":1,"mood":null}]}"#;
        let (status, body) = refused("application/json", nothing).await;
        assert_eq!(status, 422);
        assert!(body.contains(r#""pointer":"/parts/0/mood""#), "{body}");
        let (status, body) = refused("application/json", r#"{"parts":[]}"#).await;
        assert_eq!(status, 422);
        assert!(body.contains("missing field `text`"), "{body}");
    }

    #[tokio::test]
    async fn an_empty_optional_body_is_none() {
        let empty = Request::builder().body(Body::empty()).unwrap();
        let none = <Json<Answer> as OptionalFromRequest<()>>::from_request(empty, &())
            .await
            .unwrap();
        assert!(none.is_none());
        let null = request("application/json", " null\n");
        let none = <Json<Answer> as OptionalFromRequest<()>>::from_request(null, &()).await;
        assert!(none.unwrap().is_none());
        let wrong = request("application/json", "{");
        assert!(
            <Json<Answer> as OptionalFromRequest<()>>::from_request(wrong, &())
                .await
                .is_err()
        );
    }

    #[test]
    fn a_foreign_user_id_is_forbidden() {
        let own = UserId(Uuid::from_u128(1));
        let principal = Principal {
            user_id: own,
            role: domain::identity::Role::Student,
        };
        assert!(principal.must_be(None).is_ok() && principal.must_be(Some(own)).is_ok());
        let refused = principal.must_be(Some(UserId(Uuid::from_u128(2)))).unwrap_err();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
}
