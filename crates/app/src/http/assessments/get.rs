//! `GET /assessments/{id}`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::identity::Scope;
use domain::ids::AttemptId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Where an attempt stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AssessmentBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `opted_in`, `in_progress`, `awaiting_async`, `completed`, `expired`, `failed` or `voided`.
    status: &'static str,
    /// How much is answered.
    progress: AnsweredBody,
    /// Whether the result lacks something.
    degraded: bool,
    /// Latest change.
    last_updated_at: DateTime<Utc>,
}

/// How much is answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnsweredBody {
    /// Questions with an answer.
    answered: u32,
    /// All questions.
    total: u32,
}

/// Where does an attempt stand?
///
/// Candidates see their own, advisors those of their cohorts, admins all.
#[utoipa::path(
    get,
    path = "/assessments/{id}",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    responses(
        (status = 200, description = "Where it stands", body = AssessmentBody),
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
) -> Result<Json<AssessmentBody>, Problem> {
    let status = state
        .store
        .attempt_status(id, caller.viewer(Scope::ReadAssessments)?)
        .await?;
    let status = status.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    Ok(Json(AssessmentBody {
        assessment_id: status.attempt.id.0,
        status: status.attempt.state.as_str(),
        progress: AnsweredBody {
            answered: status.answered,
            total: status.total,
        },
        degraded: !status.attempt.degraded_reasons.is_empty(),
        last_updated_at: status.attempt.updated_at.to_datetime(),
    }))
}
