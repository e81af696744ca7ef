//! `GET /ops/overview`

use std::time::Duration;

use axum::Json;
use axum::extract::State;

use super::OverviewBody;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{Problem, ServerProblems, TokenProblems};
use crate::runtime::AppState;

/// What is stuck, and who works on it
///
/// For admins.
#[utoipa::path(get, path = "/ops/overview", tag = "operations", responses(
    (status = 200, description = "Queues, dead letters, processes, schedules and leaders", body = OverviewBody),
    TokenProblems, ServerProblems))]
pub(super) async fn overview(
    State(state): State<AppState>,
    _: ByAdmin,
) -> Result<Json<OverviewBody>, Problem> {
    let overview = state.store.operations_overview(state.now()).await?;
    let lease = Duration::from_secs(state.config.jobs.lease_seconds);
    Ok(Json(OverviewBody::new(overview, lease)))
}
