//! `GET /admin/syllabi/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::SyllabusId;

use super::body::SyllabusDetailBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Read a syllabus
///
/// With its text, page by page. For admins and advisors.
#[utoipa::path(
    get,
    path = "/admin/syllabi/{id}",
    tag = "syllabi",
    params(("id" = uuid::Uuid, Path, description = "The syllabus")),
    responses(
        (status = 200, description = "The syllabus", body = SyllabusDetailBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<SyllabusId>,
) -> Result<Json<SyllabusDetailBody>, Problem> {
    caller.staff()?;
    let syllabus = state.store.find_syllabus(id).await?;
    syllabus
        .map(|syllabus| Json(syllabus.into()))
        .ok_or_else(|| Problem::of(&kinds::SYLLABUS))
}
