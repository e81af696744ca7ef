//! `GET /reviews/{id}`

use axum::Json;
use axum::extract::State;
use domain::attempts::Viewer;
use domain::ids::ScoreRecordId;

use super::body::ReviewBody;
use crate::http::extract::PathId;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Read what a marker needs
///
/// The question with key and rubric, the answer, and every verdict so far. Any score record of the item in the attempt names
/// the review, so that an id stays good when another record counts.
#[utoipa::path(
    get,
    path = "/reviews/{id}",
    tag = "reviews",
    params(("id" = uuid::Uuid, Path, description = "The review")),
    responses(
        (status = 200, description = "Everything about one score", body = ReviewBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    ByStaff { staff, .. }: ByStaff,
    PathId(id): PathId<ScoreRecordId>,
) -> Result<Json<ReviewBody>, Problem> {
    let found = state.store.review(id, Viewer::from(staff)).await?;
    let review = found.ok_or_else(|| Problem::of(&kinds::REVIEW))?;
    Ok(Json(ReviewBody::new(id, review)))
}
