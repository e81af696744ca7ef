//! `POST /jobs/{id}/cancel`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::job::JobId;
use domain::operations::CancelJob;

use super::body::JobStandingBody;
use super::operator_of;
use crate::http::extract::PathId;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByStaff;
use crate::http::problem::{BareIdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Cancel a job
///
/// What it was to do stays undone, and a job that waits for it goes on. A worker that has it stops within seconds; what it does
/// until then has no effect. For admins, and for advisors who asked for the job.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The job")),
    responses((status = 200, description = "It is cancelled", body = JobStandingBody),
        TokenProblems, ServerProblems, NotFound, BareIdempotencyProblems))]
pub(super) async fn cancel(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathId(job_id): PathId<JobId>,
) -> Result<Response, Problem> {
    let operator = operator_of(&state, staff, job_id).await?;
    let cancel = CancelJob { operator, job_id };
    caller
        .once(&state, &key, &(), &cancel, |was_running| {
            let cancelled = JobStandingBody {
                job_id: job_id.0,
                status: "cancelled",
                was_running: *was_running,
            };
            Ok((StatusCode::OK, cancelled))
        })
        .await
}
