//! `GET /jobs/{id}`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::identity::Role;
use domain::job::JobId;

use super::body::JobDetailBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::polling::Polled;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Follow a job
///
/// For admins, and for whoever asked for it. Pending answers carry `ETag` and `Retry-After`.
#[utoipa::path(
    get,
    path = "/jobs/{id}",
    tag = "jobs",
    params(("id" = uuid::Uuid, Path, description = "The job")),
    responses(
        (status = 200, description = "The job", body = JobDetailBody), (status = 304, description = "As before"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<JobId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = state.store.job_view(id).await?;
    let sees_all = caller.principal.role == Role::Admin;
    let view = view.filter(|view| sees_all || view.requested_by == Some(caller.principal.user_id.0));
    let mut view = view.ok_or_else(|| Problem::of(&kinds::JOB))?;
    if caller.principal.role == Role::Student {
        view.hide_errors();
    }
    let pending_since = view.finished_at.is_none().then_some(view.created_at);
    let polled = Polled {
        body: JobDetailBody::from(view),
        pending_since,
    };
    polled.respond(&headers, caller.ctx.now())
}
