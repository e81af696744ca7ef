//! `DELETE /assessments/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::attempts::Abandon;
use domain::ids::AttemptId;

use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, StateProblems, TokenProblems};
use crate::http::touched::alive;
use crate::runtime::AppState;

/// Give an attempt up
///
/// Before it is submitted. What was answered is kept; an attempt that was begun still counts as one.
#[utoipa::path(
    delete,
    path = "/assessments/{id}",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    responses(
        (status = 204, description = "It is voided"),
        TokenProblems,
        ServerProblems,
        NotFound,
        StateProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn abandon(
    State(state): State<AppState>,
    caller: Caller,
    PathId(attempt_id): PathId<AttemptId>,
) -> Result<StatusCode, Problem> {
    let candidate = caller.candidate(None)?;
    let abandoned = state
        .store
        .run(
            &Abandon {
                candidate,
                attempt_id,
            },
            &caller.ctx,
        )
        .await?;
    alive(&abandoned)?;
    Ok(StatusCode::NO_CONTENT)
}
