//! `GET /questions/{id}/versions/{from}/diff/{to}`

use axum::Json;
use axum::extract::State;
use domain::authoring::QuestionVersion;
use domain::authoring::difference::item_changes;
use domain::ids::ItemId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::change_body::{ChangeBody, bodies};
use crate::http::path_of::PathOf;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// What is different between two versions of a question.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuestionDifferenceBody {
    /// Which.
    question_id: Uuid,
    /// The number of one version.
    from: i32,
    /// The number of the other.
    to: i32,
    /// By path; none when they are the same.
    changes: Vec<ChangeBody>,
}

/// Compare two versions of a question
///
/// Member by member, from one to the other. For admins and advisors.
#[utoipa::path(
    get,
    path = "/questions/{id}/versions/{from}/diff/{to}",
    tag = "questions",
    params(
        ("id" = Uuid, Path, description = "The question"),
        ("from" = i32, Path, description = "The number of one version"),
        ("to" = i32, Path, description = "The number of the other")
    ),
    responses(
        (status = 200, description = "The difference", body = QuestionDifferenceBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn difference(
    State(state): State<AppState>,
    _: ByStaff,
    PathOf((id, from, to)): PathOf<(ItemId, i32, i32)>,
) -> Result<Json<QuestionDifferenceBody>, Problem> {
    let versions = state.store.item_versions(id).await?;
    if versions.is_empty() {
        return Err(Problem::of(&kinds::QUESTION));
    }
    let numbered = |number| -> Result<&QuestionVersion, Problem> {
        let found = versions.iter().find(|version| version.version == number);
        found.ok_or_else(|| Problem::of(&kinds::QUESTION_VERSION))
    };
    let changes = item_changes(&numbered(from)?.content, &numbered(to)?.content);
    Ok(Json(QuestionDifferenceBody {
        question_id: id.0,
        from,
        to,
        changes: bodies(changes),
    }))
}
