//! `GET /admin/syllabi`

use axum::Json;

use super::body::SyllabusBody;
use crate::http::caller::Caller;
use crate::http::extract::Query;
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// List syllabi
///
/// Newest first. For admins and advisors.
#[utoipa::path(
    get,
    path = "/admin/syllabi",
    tag = "syllabi",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of syllabi", body = PageBody<SyllabusBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    lists: Lists,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<SyllabusBody>>, Problem> {
    caller.staff()?;
    let page = query.request()?;
    let page = lists
        .read(|store| async move { store.list_syllabi(page).await })
        .await?;
    Ok(Json(PageBody::from_page(page, SyllabusBody::from)))
}
