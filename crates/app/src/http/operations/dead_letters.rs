//! `GET /ops/dead-letters`

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::job::Queue;
use domain::operations::DeadLetterFilter;
use domain::time::Timestamp;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::DeadLetterBody;
use crate::http::extract::Query;
use crate::http::jobs::{QueueParameter, stable_name};
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Query of the dead letters.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeadLettersQuery {
    /// From 1.
    #[garde(skip)]
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[garde(skip)]
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only of this queue.
    #[garde(skip)]
    #[param(inline)]
    queue: Option<QueueParameter>,
    /// Only of this kind, as `score_text`.
    #[garde(inner(custom(stable_name)))]
    #[param(min_length = 1, max_length = 100, pattern = "^[a-z0-9_]+$")]
    job_type: Option<String>,
    /// Only those that died of this, as `deadline_exceeded`.
    #[garde(inner(custom(stable_name)))]
    #[param(min_length = 1, max_length = 100, pattern = "^[a-z0-9_]+$")]
    error_code: Option<String>,
    /// Only those that failed before this instant.
    #[garde(skip)]
    failed_before: Option<DateTime<Utc>>,
}

/// List dead letters
///
/// Jobs that have failed and that nobody has put back, latest first. `GET /jobs/{id}` tells every try. For admins.
#[utoipa::path(get, path = "/ops/dead-letters", tag = "operations", params(DeadLettersQuery), responses(
    (status = 200, description = "A page of dead letters", body = PageBody<DeadLetterBody>),
    TokenProblems, ServerProblems, ListProblems))]
pub(super) async fn dead_letters(
    State(state): State<AppState>,
    _: ByAdmin,
    Query(query): Query<DeadLettersQuery>,
) -> Result<Json<PageBody<DeadLetterBody>>, Problem> {
    query.validate()?;
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    };
    let filter = DeadLetterFilter {
        queue: query.queue.map(Queue::from),
        kind: query.job_type,
        error_code: query.error_code,
        failed_before: query.failed_before.map(Timestamp::from),
    };
    let page = state.store.list_dead_letters(&filter, page.request()?).await?;
    Ok(Json(PageBody::from_page(page, DeadLetterBody::from)))
}
