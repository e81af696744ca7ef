//! `POST /sessions/{id}/complete`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::attempts::Submit;
use domain::ids::AttemptId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::alive;
use super::body::UserRef;
use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Scoring has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CompletedBody {
    /// Always true.
    ok: bool,
    /// The job that ends when everything is scored.
    evaluation_job_id: Uuid,
    /// Whether the result will lack something.
    degraded: bool,
    /// What.
    degraded_reasons: Vec<&'static str>,
}

/// Complete a session
///
/// Every section must be submitted. Scoring goes on in the background; follow it at `/assessments/{id}/status`.
#[utoipa::path(
    post,
    path = "/sessions/{id}/complete",
    tag = "sessions",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The session")),
    request_body(content = Option<UserRef>),
    responses(
        (status = 202, description = "Scoring has begun", body = CompletedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn complete(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    body: Option<Json<UserRef>>,
) -> Result<Response, Problem> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let submit = Submit {
        candidate: caller.candidate(body.user_id)?,
        attempt_id: id,
        answers: Vec::new(),
    };
    caller
        .once(&state, &key, &body, &submit, |submitted| {
            let submitted = alive(submitted)?;
            let body = CompletedBody {
                ok: true,
                evaluation_job_id: submitted.evaluation_job_id.0,
                degraded: !submitted.degraded_reasons.is_empty(),
                degraded_reasons: submitted
                    .degraded_reasons
                    .iter()
                    .map(|reason| reason.as_str())
                    .collect(),
            };
            Ok((StatusCode::ACCEPTED, body))
        })
        .await
}
