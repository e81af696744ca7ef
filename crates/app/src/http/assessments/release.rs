//! `POST /assessments/{id}/release`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::attempts::Release;
use domain::ids::AttemptId;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, Conflict, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Show the result, or hold it back.
#[derive(Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
#[garde(allow_unvalidated)]
pub(super) struct ReleaseBody {
    /// Takes the result back instead.
    #[serde(default)]
    hold: bool,
}

/// Whether the candidate sees the result.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReleasedBody {
    /// The attempt.
    assessment_id: Uuid,
    /// How taking ended.
    status: &'static str,
    /// Since when the candidate sees the result; none while it is held.
    released_at: Option<DateTime<Utc>>,
}

/// Release a result, or hold it
///
/// Once scoring has ended. Doing it again changes nothing.
#[utoipa::path(
    post,
    path = "/assessments/{id}/release",
    tag = "assessments",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body(content = Option<ReleaseBody>),
    responses(
        (status = 200, description = "Whether the candidate sees the result", body = ReleasedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        Conflict,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn release(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    body: Option<Json<ReleaseBody>>,
) -> Result<Response, Problem> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let release = Release {
        staff: caller.staff()?,
        attempt_id: id,
        hold: body.hold,
    };
    caller
        .once(&state, &key, &body, &release, |attempt| {
            let body = ReleasedBody {
                assessment_id: attempt.id.0,
                status: attempt.state.as_str(),
                released_at: attempt.released_at.map(Timestamp::to_datetime),
            };
            Ok((StatusCode::OK, body))
        })
        .await
}
