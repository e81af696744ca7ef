//! `GET /regrades`

use axum::Json;

use super::body::RegradeSummaryBody;
use crate::http::extract::Query;
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// List regrades
///
/// Latest first.
#[utoipa::path(
    get,
    path = "/regrades",
    tag = "regrades",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of regrades", body = PageBody<RegradeSummaryBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    lists: Lists,
    _: ByAdmin,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<RegradeSummaryBody>>, Problem> {
    let page = query.request()?;
    let found = lists
        .read(|store| async move { store.list_regrades(page).await })
        .await?;
    Ok(Json(PageBody::from_page(found, RegradeSummaryBody::from)))
}
