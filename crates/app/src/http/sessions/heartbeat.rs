//! `POST /sessions/{id}/heartbeat`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::attempts::{Attempt, AttemptError, Heartbeat, Touched};
use domain::ids::AttemptId;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, StateProblems, TokenProblems};
use crate::runtime::AppState;

/// How much time is left.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeartbeatBody {
    /// The server's time.
    server_time: DateTime<Utc>,
    /// When the session expires as things stand.
    expires_at: Option<DateTime<Utc>>,
}

/// Say that the candidate is still there
///
/// Keeps the session from expiring for inactivity.
#[utoipa::path(
    post,
    path = "/sessions/{id}/heartbeat",
    tag = "sessions",
    params(("id" = uuid::Uuid, Path, description = "The session")),
    responses(
        (status = 200, description = "How much time is left", body = HeartbeatBody),
        TokenProblems,
        ServerProblems,
        NotFound,
        StateProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn heartbeat(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
) -> Result<Json<HeartbeatBody>, Problem> {
    let candidate = caller.candidate(None)?;
    let now = caller.ctx.now();
    // Whoever writes answers is there; a heartbeat between two of them costs one read.
    let seen = state.store.own_attempt(id, candidate.user_id()).await?;
    if let Some(attempt) = seen.filter(|attempt| Heartbeat::is_needless(attempt, now)) {
        return Ok(Json(HeartbeatBody::of(&attempt, now)));
    }
    let heartbeat = Heartbeat {
        candidate,
        attempt_id: id,
    };
    match state.store.run(&heartbeat, &caller.ctx).await? {
        Touched::Alive(attempt) => Ok(Json(HeartbeatBody::of(&attempt, now))),
        Touched::Expired(expiry) => Err(AttemptError::Expired { by: Some(expiry) }.into()),
    }
}

impl HeartbeatBody {
    fn of(attempt: &Attempt, now: Timestamp) -> Self {
        Self {
            server_time: now.to_datetime(),
            expires_at: attempt.closes_at().map(Timestamp::to_datetime),
        }
    }
}
