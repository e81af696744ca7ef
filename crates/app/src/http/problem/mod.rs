//! The one shape of everything that is not a success: `application/problem+json` (RFC 9457).
//!
//! A [`ProblemType`] is a row of the public error table (`docs/errors.md`, served at `/problems`); a [`Problem`] is one
//! occurrence. Path and trace id are filled in by the outermost middleware, so no endpoint handles them.
//! Architecture invariant: a 5xx body carries nothing but type, title, status, error code, message and trace id.

mod from_catalog;
mod from_domain;
mod from_operations;
mod from_people;
mod from_review;
mod responses;
mod table;
mod types;

use std::error::Error;
use std::fmt::Display;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub(in crate::http) use from_domain::pointer;
pub(crate) use responses::responses_too_many;
pub(crate) use responses::{
    BareIdempotencyProblems, BodyProblems, Conflict, IdempotencyProblems, ListProblems, NoResult, NotFound,
    ServerProblems, SignedProblems, StateProblems, TokenProblems,
};
pub(crate) use table::render_table;
pub(crate) use types::ProblemType;
pub(crate) use types::kinds;

use crate::telemetry::chain;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One field of a request that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// JSON pointer (RFC 6901) into the body, or `/name` of a query parameter.
    pub(crate) pointer: String,
    /// What it has to be.
    pub(crate) detail: String,
}

impl FieldError {
    /// What is wrong where.
    pub(crate) fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
        }
    }
}

/// A refusal or failure on its way to the client.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    kind: &'static ProblemType,
    detail: Option<String>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after: Option<u32>,
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// URI reference that names the kind of problem; `/problems` lists them.
    #[serde(rename = "type")]
    #[schema(example = "/problems#other-attempt-in-progress")]
    kind: String,
    /// The kind of problem in words, the same for all of its occurrences.
    title: &'static str,
    /// HTTP status.
    #[schema(example = 409)]
    status: u16,
    /// What is wrong this time and what to do about it. Absent from 5xx.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Path of the request. Absent from 5xx.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// Stable code for programs: area and status.
    #[schema(example = "ASSESSMENT_409")]
    error_code: &'static str,
    /// Same as `detail`; always there.
    message: String,
    /// Fields that are not as they have to be (422).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// Names the request in the logs; the response header `x-request-id` has it as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    /// Further members of some kinds, for example `running_attempt_id`.
    #[serde(flatten)]
    #[schema(ignore)]
    members: Map<String, Value>,
}

impl Problem {
    /// A problem whose detail is the title of its kind.
    pub(crate) fn of(kind: &'static ProblemType) -> Self {
        Self {
            kind,
            detail: None,
            errors: Vec::new(),
            members: Map::new(),
            retry_after: None,
        }
    }

    /// The same with words for this occurrence.
    #[must_use]
    pub(crate) fn because(mut self, detail: impl Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// The same with an extension member.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// The same, naming the fields at fault.
    #[must_use]
    pub(crate) fn fields(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// The same, telling when to come back.
    #[must_use]
    pub(crate) const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 422 for one field.
    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError::new(pointer, detail)])
    }

    /// 422 for several fields.
    pub(crate) fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => only.detail.clone(),
            [only] => format!("{}: {}", only.pointer, only.detail),
            several => format!("{} fields are not as they have to be; see errors", several.len()),
        };
        Self {
            errors,
            ..Self::of(&kinds::VALIDATION).because(detail)
        }
    }

    /// 403: the request names somebody else than its token.
    pub(crate) fn foreign_user_id() -> Self {
        Self::of(&kinds::FOREIGN_USER)
    }

    /// 409: answers of several sections in one request.
    pub(crate) fn mixed_sections() -> Self {
        Self::of(&kinds::MIXED_SECTIONS)
    }

    /// 500; the cause goes to the log, with its sources, and not to the client.
    pub(crate) fn internal(cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = chain(cause), "a request failed");
        Self::of(&kinds::INTERNAL)
    }

    /// HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The response for a request on `path`, known in the logs as `trace_id`.
    pub(crate) fn response(self, path: Option<&str>, trace_id: Option<&str>) -> Response {
        let status = self.status();
        let retry_after = self.retry_after;
        let body = self.body(path, trace_id);
        let text = serde_json::to_string(&body).unwrap_or_else(|_| "{}".to_owned());
        let mut response = (status, [(CONTENT_TYPE, PROBLEM_JSON)], text).into_response();
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"touchstone\", error=\"invalid_token\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }

    fn body(self, path: Option<&str>, trace_id: Option<&str>) -> ProblemBody {
        let ours = self.status().is_server_error();
        let message = self
            .detail
            .filter(|_| !ours)
            .unwrap_or_else(|| self.kind.meaning.to_owned());
        ProblemBody {
            kind: self.kind.uri(),
            title: self.kind.title,
            status: self.kind.status,
            detail: (!ours).then(|| message.clone()),
            instance: path.filter(|_| !ours).map(str::to_owned),
            error_code: self.kind.code,
            message,
            errors: if ours { Vec::new() } else { self.errors },
            trace_id: trace_id.map(str::to_owned),
            members: if ours { Map::new() } else { self.members },
        }
    }
}

impl IntoResponse for Problem {
    /// Keeps the problem beside its response, for the middleware that knows path and trace id.
    fn into_response(self) -> Response {
        let mut response = self.clone().response(None, None);
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: Problem) -> Value {
        serde_json::to_value(problem.body(Some("/api/v1/x"), Some("t-1"))).unwrap()
    }

    #[test]
    fn a_refusal_says_everything_a_client_can_use() {
        let problem = Problem::of(&kinds::OTHER_IN_PROGRESS)
            .because("attempt 7 runs")
            .with("running_attempt_id", "7");
        insta::assert_json_snapshot!(json(problem), @r#"
        {
          "detail": "attempt 7 runs",
          "error_code": "ASSESSMENT_409",
          "instance": "/api/v1/x",
          "message": "attempt 7 runs",
          "running_attempt_id": "7",
          "status": 409,
          "title": "Another attempt is in progress",
          "trace_id": "t-1",
          "type": "/problems#other-attempt-in-progress"
        }
        "#);
    }

    #[test]
    fn a_failure_of_ours_says_nothing_of_its_cause() {
        let cause = std::io::Error::other("password of the database: x");
        let problem = Problem {
            errors: vec![FieldError::new("/a", "b")],
            ..Problem::internal(&cause)
        };
        let body = json(problem.because("secret").with("secret", "x"));
        let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["error_code", "message", "status", "title", "trace_id", "type"]
        );
        assert!(!body.to_string().contains("secret"), "{body}");
    }

    #[test]
    fn one_wrong_field_is_the_detail_and_several_are_listed() {
        let one = json(Problem::invalid("/email", "must be an address"));
        assert_eq!(one["detail"], "/email: must be an address");
        let two = Problem::invalid_fields(vec![FieldError::new("/a", "x"), FieldError::new("/b", "y")]);
        let two = json(two);
        assert_eq!(
            two["errors"][1],
            serde_json::json!({ "pointer": "/b", "detail": "y" })
        );
        assert_eq!(two["error_code"], "REQUEST_422");
    }

    #[test]
    fn headers_tell_when_to_come_back_and_how_to_sign_in() {
        let busy = Problem::of(&kinds::DATABASE_UNAVAILABLE)
            .retry_after(2)
            .into_response();
        assert_eq!(busy.headers()[RETRY_AFTER], "2");
        assert_eq!(busy.headers()[CONTENT_TYPE], "application/problem+json");
        let unsigned = Problem::of(&kinds::TOKEN).into_response();
        assert!(
            unsigned.headers()[WWW_AUTHENTICATE]
                .to_str()
                .unwrap()
                .starts_with("Bearer ")
        );
    }
}
