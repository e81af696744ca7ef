//! `GET /assessments/definitions/{id}`

use axum::Json;
use axum::extract::State;
use domain::ids::DefinitionId;

use super::body::DefinitionDetailBody;
use crate::http::caller::Caller;
use crate::http::extract::PathId;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Read an assessment for review
///
/// Every item beside its source span, with its key. For admins and advisors.
#[utoipa::path(
    get,
    path = "/assessments/definitions/{id}",
    tag = "definitions",
    params(("id" = uuid::Uuid, Path, description = "The assessment")),
    responses(
        (status = 200, description = "The assessment", body = DefinitionDetailBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId<DefinitionId>,
) -> Result<Json<DefinitionDetailBody>, Problem> {
    caller.staff()?;
    let detail = state.store.definition_detail(id).await?;
    detail
        .map(|detail| Json(detail.into()))
        .ok_or_else(|| Problem::of(&kinds::DEFINITION))
}
