//! `GET /assessments/{id}/result`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::attempts::{AttemptState, ScoringState};
use domain::ids::AttemptId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::result_body::ResultBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::polling::Polled;
use crate::http::problem::{NotFound, Problem, ServerProblems, StateProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// There is no result yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PendingBody {
    /// The attempt.
    assessment_id: Uuid,
    /// Where it stands.
    status: &'static str,
}

/// Read the result
///
/// 202 while there is none yet; 410 when there never will be one (expired without scoring, or voided).
#[utoipa::path(
    get,
    path = "/assessments/{id}/result",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    responses(
        (status = 200, description = "The result", body = ResultBody),
        (status = 202, description = "Not yet", body = PendingBody),
        (status = 304, description = "As before"),
        (status = 410, description = "There never will be one"),
        TokenProblems,
        ServerProblems,
        NotFound,
        StateProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn result(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = state.store.attempt_result(id, caller.viewer()?).await?;
    let result = found.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let now = caller.ctx.now();
    match (result.attempt.state, result.attempt.scoring) {
        (AttemptState::Voided, _) | (AttemptState::Expired, ScoringState::None) => {
            Err(Problem::of(&kinds::NO_RESULT))
        }
        (_, ScoringState::Done | ScoringState::Failed) => Polled {
            body: ResultBody::from(result),
            pending_since: None,
        }
        .respond(&headers, now),
        (state, ScoringState::None | ScoringState::Running) => {
            let body = PendingBody {
                assessment_id: id.0,
                status: state.as_str(),
            };
            let since = result.attempt.ended_at.unwrap_or(result.attempt.opted_in_at);
            Polled {
                body,
                pending_since: Some(since),
            }
            .respond_with(StatusCode::ACCEPTED, &headers, now)
        }
    }
}
