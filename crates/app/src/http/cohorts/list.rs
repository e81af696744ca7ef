//! `GET /cohorts`

use axum::Json;
use axum::extract::State;

use super::body::CohortDetailBody;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// List cohorts
///
/// By name. For admins and advisors.
#[utoipa::path(
    get,
    path = "/cohorts",
    tag = "cohorts",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of cohorts", body = PageBody<CohortDetailBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    _: ByStaff,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<CohortDetailBody>>, Problem> {
    let page = state.store.list_cohorts(query.request()?).await?;
    Ok(Json(PageBody::from_page(page, CohortDetailBody::from)))
}
