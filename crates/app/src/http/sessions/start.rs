//! `POST /sessions/start`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::attempts::StartAttempt;
use domain::ids::AttemptId;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::alive;
use super::body::SessionBody;
use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// Names the session.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub(super) struct SessionStartBody {
    /// The session.
    #[garde(skip)]
    session_id: Uuid,
    /// Where the assessment asks for one; resuming needs none.
    #[garde(length(chars, max = 100))]
    access_code: Option<String>,
    /// Must be the caller, when given.
    #[garde(skip)]
    user_id: Option<Uuid>,
}

/// Start or resume a session
///
/// 409 while another assessment is in progress, or while the sitting is not open; 403 without the right access code; 410
/// when this one has expired.
#[utoipa::path(
    post,
    path = "/sessions/start",
    tag = "sessions",
    params(IdempotencyKey),
    request_body = SessionStartBody,
    responses(
        (status = 200, description = "The session with its current section", body = SessionBody),
        TokenProblems,
        ServerProblems,
        BodyProblems,
        StateProblems,
        IdempotencyProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn start(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    Json(body): Json<SessionStartBody>,
) -> Result<Response, Problem> {
    let candidate = caller.candidate(body.user_id)?;
    let attempt_id = AttemptId(body.session_id);
    let owned = state
        .content
        .owned_attempt(attempt_id, candidate.user_id())
        .await?;
    let owned = owned.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let version = state.content.version(owned.definition_version_id).await?;
    let now = caller.ctx.now();
    caller
        .once(
            &state,
            &key,
            &body,
            &StartAttempt {
                candidate,
                attempt_id,
                access_code: body.access_code.clone(),
            },
            |started| Ok((StatusCode::OK, SessionBody::new(alive(started)?, &version, now))),
        )
        .await
}
