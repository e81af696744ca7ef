//! `POST /jobs/{id}/retry`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::job::JobId;
use domain::operations::RetryJob;

use super::body::JobStandingBody;
use super::operator_of;
use crate::http::extract::PathId;
use crate::http::idempotency::IdempotencyKey;
use crate::http::permitted::ByStaff;
use crate::http::problem::{BareIdempotencyProblems, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Try a failed or cancelled job again
///
/// With all its tries before it. A job of the same cause that has not failed is in the way: 409 with its `live_job_id`. For
/// admins, and for advisors who asked for the job.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs",
    params(IdempotencyKey, ("id" = uuid::Uuid, Path, description = "The job")),
    responses((status = 200, description = "It is queued", body = JobStandingBody),
        TokenProblems, ServerProblems, NotFound, BareIdempotencyProblems))]
pub(super) async fn retry(
    State(state): State<AppState>,
    ByStaff { staff, caller }: ByStaff,
    key: IdempotencyKey,
    PathId(job_id): PathId<JobId>,
) -> Result<Response, Problem> {
    let operator = operator_of(&state, staff, job_id).await?;
    let retry = RetryJob { operator, job_id };
    let queued = JobStandingBody {
        job_id: job_id.0,
        status: "queued",
        was_running: false,
    };
    caller
        .once(&state, &key, &(), &retry, |()| {
            Ok((StatusCode::OK, queued.clone()))
        })
        .await
}
