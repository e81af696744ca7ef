//! `GET /regrades/{id}`

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::ids::RegradeId;
use domain::regrades::RegradeState;

use super::body::RegradeSummaryBody;
use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::polling::Polled;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems, kinds};
use crate::runtime::AppState;

/// Follow a regrade
///
/// What it comes to, in numbers; `…/changes` has the answers. While it is being previewed or applied, `Retry-After` says when to
/// ask again.
#[utoipa::path(
    get,
    path = "/regrades/{id}",
    tag = "regrades",
    params(("id" = uuid::Uuid, Path, description = "The regrade")),
    responses(
        (status = 200, description = "The regrade", body = RegradeSummaryBody),
        (status = 304, description = "As before"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn get(
    State(state): State<AppState>,
    ByAdmin { caller, .. }: ByAdmin,
    PathId(id): PathId<RegradeId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = state.store.regrade(id).await?;
    let summary = found.ok_or_else(|| Problem::of(&kinds::REGRADE))?;
    let (regrade_state, since) = (summary.regrade.state, summary.regrade.updated_at);
    let is_under_way = matches!(regrade_state, RegradeState::Previewing | RegradeState::Applying);
    let polled = Polled {
        body: RegradeSummaryBody::from(summary),
        pending_since: is_under_way.then_some(since),
    };
    polled.respond(&headers, caller.ctx.now())
}
