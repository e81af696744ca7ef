//! `DELETE /cohorts/{id}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::identity::DeleteCohort;
use domain::ids::CohortId;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{Conflict, NotFound, Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// Delete a cohort
///
/// Its people and assessments stay. `everyone` cannot be deleted.
#[utoipa::path(
    delete,
    path = "/cohorts/{id}",
    tag = "cohorts",
    params(("id" = uuid::Uuid, Path, description = "The cohort")),
    responses(
        (status = 204, description = "It is gone"),
        TokenProblems,
        ServerProblems,
        NotFound,
        Conflict
    ),
    security(("bearer" = []))
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(cohort_id): PathId<CohortId>,
) -> Result<StatusCode, Problem> {
    let delete = DeleteCohort { admin, cohort_id };
    state.store.run(&delete, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
