//! `GET /invitations`

use axum::Json;
use axum::extract::State;

use super::body::InvitationBody;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::permitted::ByAdmin;
use crate::http::problem::{ListProblems, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// List invitations
///
/// Newest first, ended ones included. No code is kept, so none is shown.
#[utoipa::path(get, path = "/invitations", tag = "invitations", params(PageQuery), responses(
    (status = 200, description = "A page of invitations", body = PageBody<InvitationBody>),
    TokenProblems, ServerProblems, ListProblems))]
pub(super) async fn list(
    State(state): State<AppState>,
    _: ByAdmin,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<InvitationBody>>, Problem> {
    let page = state.store.list_invitations(query.request()?).await?;
    Ok(Json(PageBody::from_page(page, |found| {
        InvitationBody::from(&found)
    })))
}
