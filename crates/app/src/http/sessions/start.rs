//! `POST /sessions/start`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::attempts::StartAttempt;
use domain::ids::AttemptId;

use super::alive;
use super::body::{SessionBody, SessionRef};
use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::idempotency::IdempotencyKey;
use crate::http::problem::{
    BodyProblems, IdempotencyProblems, NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds,
};
use crate::runtime::AppState;

/// Start or resume a session
///
/// 409 while another assessment is in progress; 410 when this one has expired.
#[utoipa::path(
    post,
    path = "/sessions/start",
    tag = "sessions",
    params(IdempotencyKey),
    request_body = SessionRef,
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
    Json(body): Json<SessionRef>,
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
            },
            |started| Ok((StatusCode::OK, SessionBody::new(alive(started)?, &version, now))),
        )
        .await
}
