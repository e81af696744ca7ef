//! `GET /cohorts`

use axum::Json;
use axum::extract::State;
use domain::attempts::Viewer;

use super::body::CohortDetailBody;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByStaff;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// List cohorts
///
/// By name. Admins see all, advisors those they are in.
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
    ByStaff { staff, .. }: ByStaff,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<CohortDetailBody>>, Problem> {
    let page = state
        .store
        .list_cohorts(Viewer::from(staff), query.request()?)
        .await?;
    Ok(Json(PageBody::from_page(page, CohortDetailBody::from)))
}
