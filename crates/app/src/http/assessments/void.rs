//! `POST /assessments/{id}/void`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::attempts::{AttemptState, Void};
use domain::ids::AttemptId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::{Json, PathId, some_lines};
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, Conflict, IdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems,
};
use crate::runtime::AppState;

/// Why it does not count.
#[derive(Debug, Default, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct VoidBody {
    /// For staff; kept beside the audit row and erased with the candidate.
    #[garde(length(chars, max = 2000), inner(custom(some_lines)))]
    reason: Option<String>,
}

/// The attempt does not count any more.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VoidedBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `voided`.
    status: &'static str,
}

/// Take an attempt out of the count
///
/// At any time. What was saved and scored is kept, and the candidate may try again.
#[utoipa::path(
    post,
    path = "/assessments/{id}/void",
    tag = "assessments",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The attempt")),
    request_body(content = Option<VoidBody>),
    responses(
        (status = 200, description = "It does not count any more", body = VoidedBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        BodyProblems,
        Conflict,
        IdempotencyProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn void(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    PathId(id): PathId<AttemptId>,
    body: Option<Json<VoidBody>>,
) -> Result<Response, Problem> {
    let body = body.map(|Json(body)| body).unwrap_or_default();
    let void = Void {
        staff: caller.staff()?,
        attempt_id: id,
        reason: body.reason.clone(),
    };
    caller
        .once(&state, &key, &body, &void, |()| {
            let body = VoidedBody {
                assessment_id: id.0,
                status: AttemptState::Voided.as_str(),
            };
            Ok((StatusCode::OK, body))
        })
        .await
}
