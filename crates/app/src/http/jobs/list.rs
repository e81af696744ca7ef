//! `GET /jobs`

use axum::Json;
use axum::extract::State;
use domain::job::{JobStatus, Queue};
use garde::Validate;
use jobs::views::JobFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::body::{JobStatusParameter, ListedJobBody, QueueParameter, stable_name};
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Query of the jobs.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct JobsQuery {
    /// From 1.
    #[garde(skip)]
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[garde(skip)]
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only with this status.
    #[garde(skip)]
    #[param(inline)]
    status: Option<JobStatusParameter>,
    /// Only of this queue.
    #[garde(skip)]
    #[param(inline)]
    queue: Option<QueueParameter>,
    /// Only of this kind, as `score_text`.
    #[garde(inner(custom(stable_name)))]
    #[param(min_length = 1, max_length = 100, pattern = "^[a-z0-9_]+$")]
    job_type: Option<String>,
    /// Only for this: an attempt, an assessment.
    #[garde(skip)]
    subject_id: Option<Uuid>,
}

/// List background jobs
///
/// Newest first; `total` counts to 100,000. For admins.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobsQuery), responses(
    (status = 200, description = "A page of jobs", body = PageBody<ListedJobBody>),
    TokenProblems, ServerProblems, ListProblems))]
pub(super) async fn list(
    State(state): State<AppState>,
    _: ByAdmin,
    Query(query): Query<JobsQuery>,
) -> Result<Json<PageBody<ListedJobBody>>, Problem> {
    query.validate()?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let filter = JobFilter {
        status: query.status.map(JobStatus::from),
        queue: query.queue.map(Queue::from),
        kind: query.job_type,
        subject: query.subject_id,
    };
    let page = state.store.list_jobs(&filter, page.request()?).await?;
    Ok(Json(PageBody::from_page(page, ListedJobBody::from)))
}
