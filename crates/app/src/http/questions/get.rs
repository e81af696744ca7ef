//! `GET /questions/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::ItemId;

use super::body::QuestionDetailBody;
use crate::http::extract::PathId;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Read a question
///
/// With its key and all its versions. For admins and advisors.
#[utoipa::path(
    get,
    path = "/questions/{id}",
    tag = "questions",
    params(("id" = uuid::Uuid, Path, description = "The question")),
    responses(
        (status = 200, description = "The question", body = QuestionDetailBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    _: ByStaff,
    PathId(id): PathId<ItemId>,
) -> Result<Json<QuestionDetailBody>, Problem> {
    let detail = state.store.question(id).await?;
    detail
        .map(|detail| Json(detail.into()))
        .ok_or_else(|| Problem::of(&kinds::QUESTION))
}
