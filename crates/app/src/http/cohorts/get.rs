//! `GET /cohorts/{id}`

use axum::Json;
use axum::extract::State;
use domain::attempts::Viewer;
use domain::ids::CohortId;

use super::body::CohortDetailBody;
use crate::http::extract::PathId;
use crate::http::permitted::ByStaff;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Read a cohort
///
/// For admins and for advisors who are in it.
#[utoipa::path(
    get,
    path = "/cohorts/{id}",
    tag = "cohorts",
    params(("id" = uuid::Uuid, Path, description = "The cohort")),
    responses(
        (status = 200, description = "The cohort", body = CohortDetailBody),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    ByStaff { staff, .. }: ByStaff,
    PathId(id): PathId<CohortId>,
) -> Result<Json<CohortDetailBody>, Problem> {
    let found = state.store.find_cohort(Viewer::from(staff), id).await?;
    found
        .map(|view| Json(view.into()))
        .ok_or_else(|| Problem::of(&kinds::COHORT))
}
