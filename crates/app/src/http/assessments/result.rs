//! `GET /assessments/{id}/result`

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::attempts::{Attempt, AttemptState, ScoringState, Viewer};
use domain::authoring::DefinitionKind;
use domain::identity::Scope;
use domain::ids::AttemptId;
use domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::result_body::ResultBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::polling::Polled;
use crate::http::problem::{NoResult, NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// There is no result yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PendingBody {
    /// The attempt.
    assessment_id: Uuid,
    /// Where it stands, or `held` when it is scored and waits for a person to release it.
    status: &'static str,
}

/// Read the result
///
/// 202 while there is none yet, and to its candidate while it is held back; 410 when there never will be one (expired
/// without scoring, or voided). An attempt whose scoring failed has what exists.
#[utoipa::path(
    get,
    path = "/assessments/{id}/result",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    responses(
        (status = 200, description = "The result", body = ResultBody),
        (status = 202, description = "Not yet", body = PendingBody),
        (status = 304, description = "As before"),
        TokenProblems,
        ServerProblems,
        NotFound,
        NoResult
    ),
    security(("bearer" = []))
)]
pub(super) async fn result(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller.viewer(Scope::ReadResults)?;
    let found = state.store.attempt_result(id, viewer).await?;
    let result = found.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let now = caller.ctx.now();
    match Standing::of(&result.attempt, viewer) {
        Standing::Never => Err(Problem::of(&kinds::NO_RESULT)),
        Standing::There => {
            let recommendation = match result.attempt.kind {
                DefinitionKind::Track => state.store.recommendation(id).await?,
                DefinitionKind::Generated => None,
            };
            Polled {
                body: ResultBody::at(now, &result, recommendation.as_ref()),
                pending_since: None,
            }
            .respond(&headers, now)
        }
        Standing::Pending { status, since } => {
            let body = PendingBody {
                assessment_id: id.0,
                status,
            };
            Polled {
                body,
                pending_since: Some(since),
            }
            .respond_with(StatusCode::ACCEPTED, &headers, now)
        }
    }
}

/// What there is for somebody to read.
enum Standing {
    /// There never will be a result.
    Never,
    /// There is none for them yet.
    Pending { status: &'static str, since: Timestamp },
    /// Here it is.
    There,
}

impl Standing {
    fn of(attempt: &Attempt, viewer: Viewer) -> Self {
        let held = attempt.released_at.is_none() && viewer.awaits_release();
        match (attempt.state, attempt.scoring) {
            (AttemptState::Voided, _) | (AttemptState::Expired, ScoringState::None) => Self::Never,
            (_, ScoringState::Done | ScoringState::Failed) if held => Self::Pending {
                status: "held",
                since: attempt.scored_at.unwrap_or(attempt.updated_at),
            },
            (_, ScoringState::Done | ScoringState::Failed) => Self::There,
            (state, ScoringState::None | ScoringState::Running) => Self::Pending {
                status: state.as_str(),
                since: attempt.ended_at.unwrap_or(attempt.opted_in_at),
            },
        }
    }
}
