//! `POST /assessments/{id}/extend`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::attempts::Extend;
use domain::ids::AttemptId;
use domain::time::Timestamp;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems,
};
use crate::http::touched::alive;
use crate::runtime::AppState;

/// How much time is given.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct ExtendBody {
    /// Added to the deadline.
    #[garde(range(min = 1, max = 1440))]
    #[schema(minimum = 1, maximum = 1440)]
    minutes: u32,
    /// Why; for the audit log.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    reason: Option<String>,
}

/// The attempt with its new deadline.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ExtendedBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `opted_in` or `in_progress`.
    status: &'static str,
    /// When time is up; none before the start.
    deadline_at: Option<DateTime<Utc>>,
    /// When it expires as things stand: deadline or inactivity, whichever is first.
    expires_at: Option<DateTime<Utc>>,
    /// All extensions so far.
    extra_minutes: u64,
}

/// Give an attempt more time
///
/// Before or while it is taken. 409 when it has no deadline, or has ended; 410 when it has expired.
#[utoipa::path(
    post,
    path = "/assessments/{id}/extend",
    tag = "assessments",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body = ExtendBody,
    responses(
        (status = 200, description = "The new deadline", body = ExtendedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        StateProblems,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn extend(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    Json(body): Json<ExtendBody>,
) -> Result<Response, Problem> {
    let extend = Extend {
        staff: caller.staff()?,
        attempt_id: id,
        minutes: body.minutes,
        reason: body.reason.clone(),
    };
    caller
        .once(&state, &key, &body, &extend, |extended| {
            let attempt = alive(extended)?;
            let body = ExtendedBody {
                assessment_id: attempt.id.0,
                status: attempt.state.as_str(),
                deadline_at: attempt.deadline_at.map(Timestamp::to_datetime),
                expires_at: attempt.closes_at().map(Timestamp::to_datetime),
                extra_minutes: attempt.extra_time.as_secs() / 60,
            };
            Ok((StatusCode::OK, body))
        })
        .await
}
