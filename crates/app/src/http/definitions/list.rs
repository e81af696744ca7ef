//! `GET /assessments/definitions`

use axum::Json;
use domain::authoring::DefinitionStatus;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::DefinitionBody;
use crate::http::caller::Caller;
use crate::http::extract::Query;
use crate::http::lists::Lists;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};

/// Query of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[garde(allow_unvalidated)]
#[into_params(parameter_in = Query)]
pub(super) struct DefinitionQuery {
    /// From 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Entries on a page.
    #[param(minimum = 10, maximum = 100, default = 25)]
    page_size: Option<u32>,
    /// Only `draft`, `published` or `archived` ones.
    status: Option<String>,
}

/// List assessments
///
/// Newest first. For admins and advisors.
#[utoipa::path(
    get,
    path = "/assessments/definitions",
    tag = "definitions",
    params(DefinitionQuery),
    responses(
        (status = 200, description = "A page of assessments", body = PageBody<DefinitionBody>),
        TokenProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    lists: Lists,
    caller: Caller,
    Query(query): Query<DefinitionQuery>,
) -> Result<Json<PageBody<DefinitionBody>>, Problem> {
    caller.staff()?;
    let status = query.status.as_deref().map(|name| {
        DefinitionStatus::parse(name)
            .ok_or_else(|| Problem::invalid("/status", "draft, published or archived"))
    });
    let page = PageQuery {
        page: query.page,
        page_size: query.page_size,
    }
    .request()?;
    let status = status.transpose()?;
    let page = lists
        .read(|store| async move { store.list_definitions(status, page).await })
        .await?;
    Ok(Json(PageBody::from_page(page, DefinitionBody::from)))
}
