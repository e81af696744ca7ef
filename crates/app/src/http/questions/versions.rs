//! `GET /questions/{id}/versions`

use axum::Json;
use axum::extract::State;
use domain::ids::ItemId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::QuestionVersionBody;
use crate::http::extract::PathId;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// All versions of a question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuestionVersionsBody {
    /// Which.
    question_id: Uuid,
    /// Latest first; none of them ever changes.
    items: Vec<QuestionVersionBody>,
}

/// List the versions of a question
///
/// Who made each, when and why, with its content and key. Of a bank's question or of an item of any draft (`item_id`); for
/// admins and advisors.
#[utoipa::path(
    get,
    path = "/questions/{id}/versions",
    tag = "questions",
    params(("id" = Uuid, Path, description = "The question")),
    responses(
        (status = 200, description = "The versions", body = QuestionVersionsBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn versions(
    State(state): State<AppState>,
    _: ByStaff,
    PathId(id): PathId<ItemId>,
) -> Result<Json<QuestionVersionsBody>, Problem> {
    let versions = state.store.item_versions(id).await?;
    if versions.is_empty() {
        return Err(Problem::of(&kinds::QUESTION));
    }
    Ok(Json(QuestionVersionsBody {
        question_id: id.0,
        items: versions.into_iter().map(Into::into).collect(),
    }))
}
