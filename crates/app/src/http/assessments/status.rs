//! `GET /assessments/{id}/status`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::attempts::{Attempt, Progress, ScoringState, Stage};
use domain::identity::Scope;
use domain::ids::AttemptId;
use domain::time::Timestamp;
use serde::Serialize;
use storage::{WatchedAttempt, WatchedJob};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::jobs::JobBody;
use crate::http::polling::Polled;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Progress of scoring.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusBody {
    /// The attempt.
    assessment_id: Uuid,
    /// `opted_in`, `in_progress`, `awaiting_async`, `completed`, `expired`, `failed` or `voided`.
    status: &'static str,
    /// When it was submitted.
    submitted_at: Option<DateTime<Utc>>,
    /// When everything was scored.
    completed_at: Option<DateTime<Utc>>,
    /// Whether the result lacks something.
    degraded: bool,
    /// What: `unanswered`, `llm_unavailable`, `budget`, `retrieval_failed`, `expired`.
    degraded_reasons: Vec<&'static str>,
    /// 0–100.
    overall_progress: u32,
    /// `rule_score`, `gpt`, `rag`, `fusion`, in this order.
    stages: Vec<StageBody>,
    /// What is done in the background.
    jobs: Vec<JobBody>,
}

/// One stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StageBody {
    /// `rule_score`, `gpt`, `rag` or `fusion`.
    name: &'static str,
    /// `pending`, `in_progress`, `completed`, `degraded`, `skipped` or `failed`.
    status: &'static str,
    /// 0–100.
    percentage: u32,
    /// Finished pieces.
    done: u32,
    /// All pieces.
    total: u32,
}

/// Follow the scoring of an attempt
///
/// Computed from rows. Carries `ETag`, and `Retry-After` while scoring goes on.
#[utoipa::path(
    get,
    path = "/assessments/{id}/status",
    tag = "assessments",
    params(("id" = uuid::Uuid, Path, description = "The attempt")),
    responses(
        (status = 200, description = "Progress", body = StatusBody), (status = 304, description = "As before"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn status(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<AttemptId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let status = state
        .store
        .attempt_status(id, caller.viewer(Scope::ReadAssessments)?)
        .await?;
    let status = status.ok_or_else(|| Problem::of(&kinds::ATTEMPT))?;
    let jobs = state.store.jobs_for_subject(id.0).await?;
    let scoring = status.attempt.scoring == ScoringState::Running;
    let pending_since = if scoring { status.attempt.ended_at } else { None };
    Polled {
        body: StatusBody::new(&status.attempt, status.progress(), jobs.iter().map(JobBody::from)),
        pending_since,
    }
    .respond(&headers, caller.ctx.now())
}

impl StatusBody {
    fn new(attempt: &Attempt, progress: Progress, jobs: impl Iterator<Item = JobBody>) -> Self {
        Self {
            assessment_id: attempt.id.0,
            status: attempt.state.as_str(),
            submitted_at: attempt.submitted_at.map(Timestamp::to_datetime),
            completed_at: attempt.scored_at.map(Timestamp::to_datetime),
            degraded: !attempt.degraded_reasons.is_empty(),
            degraded_reasons: attempt
                .degraded_reasons
                .iter()
                .map(|reason| reason.as_str())
                .collect(),
            overall_progress: progress.overall,
            stages: progress.stages.into_iter().map(StageBody::from).collect(),
            jobs: jobs.collect(),
        }
    }
}

impl From<&WatchedAttempt> for StatusBody {
    fn from(watched: &WatchedAttempt) -> Self {
        let jobs = watched.jobs.iter().map(JobBody::from);
        Self::new(&watched.attempt, watched.progress(), jobs)
    }
}

impl From<&WatchedJob> for JobBody {
    fn from(job: &WatchedJob) -> Self {
        Self {
            job_id: job.id.0,
            job_type: job.kind.clone(),
            status: job.status.as_str(),
            attempts: job.attempt,
            max_attempts: job.max_attempts,
            started_at: job.started_at.map(Timestamp::to_datetime),
            completed_at: job.finished_at.map(Timestamp::to_datetime),
            error_code: job.error_code.clone(),
        }
    }
}

impl From<Stage> for StageBody {
    fn from(stage: Stage) -> Self {
        Self {
            name: stage.name,
            status: stage.status.as_str(),
            percentage: stage.percentage,
            done: stage.done,
            total: stage.total,
        }
    }
}
