//! `GET /api-keys`

use axum::Json;
use axum::extract::State;

use super::body::ApiKeyBody;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// List API keys
///
/// Newest first, ended ones included. No secret is kept, so none is shown.
#[utoipa::path(get, path = "/api-keys", tag = "api_keys", params(PageQuery), responses(
    (status = 200, description = "A page of keys", body = PageBody<ApiKeyBody>),
    TokenProblems, ServerProblems, ListProblems))]
pub(super) async fn list(
    State(state): State<AppState>,
    _: ByAdmin,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<ApiKeyBody>>, Problem> {
    let page = state.store.list_api_keys(query.request()?).await?;
    Ok(Json(PageBody::from_page(page, |key| ApiKeyBody::from(&key))))
}
