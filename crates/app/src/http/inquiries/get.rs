//! `GET /inquiries/{id}`

use axum::Json;
use axum::extract::State;
use domain::identity::Scope;
use domain::ids::InquiryId;

use super::body::InquiryThreadBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Read an inquiry
///
/// With everything that was said. Candidates read their own.
#[utoipa::path(
    get,
    path = "/inquiries/{id}",
    tag = "inquiries",
    params(("id" = uuid::Uuid, Path, description = "The inquiry")),
    responses(
        (status = 200, description = "The inquiry", body = InquiryThreadBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<InquiryId>,
) -> Result<Json<InquiryThreadBody>, Problem> {
    let viewer = caller.viewer(Scope::ReadResults)?;
    let found = state.store.inquiry(id, viewer).await?;
    let thread = found.ok_or_else(|| Problem::of(&kinds::INQUIRY))?;
    Ok(Json(InquiryThreadBody::new(thread, viewer)))
}
