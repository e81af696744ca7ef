//! `GET /sessions/{id}`

use axum::Json;
use axum::extract::State;
use domain::attempts::Viewer;
use domain::ids::AttemptId;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::body::SessionBody;
use crate::http::caller::Caller;
use crate::http::extract::{PathId, Query};
use crate::http::problem::{NotFound, Problem, ProblemBody, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Query of a session.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[garde(allow_unvalidated)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionQuery {
    /// Must be the caller, when given.
    user_id: Option<Uuid>,
}

/// Read a session
///
/// With the current section while it is in progress. Only for its owner.
#[utoipa::path(
    get,
    path = "/sessions/{id}",
    tag = "sessions",
    params(("id" = uuid::Uuid, Path, description = "The session"), SessionQuery),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        (status = 400, description = "A parameter cannot be read.", body = ProblemBody,
            content_type = "application/problem+json"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
    Query(query): Query<SessionQuery>,
) -> Result<Json<SessionBody>, Problem> {
    let candidate = caller.candidate(query.user_id)?;
    let status = state
        .store
        .attempt_status(id, Viewer::Owner(candidate.user_id()))
        .await?;
    let attempt = status.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?.attempt;
    let version = state.content.version(attempt.definition_version_id).await?;
    Ok(Json(SessionBody::new(&attempt, &version, caller.ctx.now())))
}
