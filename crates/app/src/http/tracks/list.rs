//! `GET /tracks`

use axum::Json;
use axum::extract::State;

use super::body::TrackBody;
use crate::http::caller::Caller;
use crate::http::extract::Query;
use crate::http::paging::{PageBody, PageQuery};
use crate::http::problem::{ListProblems, Problem, ServerProblems, SignedProblems};
use crate::runtime::AppState;

/// List tracks
///
/// By slug. For everybody who is signed in; settings for admins and advisors.
#[utoipa::path(
    get,
    path = "/tracks",
    tag = "tracks",
    params(PageQuery),
    responses(
        (status = 200, description = "A page of tracks", body = PageBody<TrackBody>),
        SignedProblems,
        ServerProblems,
        ListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn list(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<TrackBody>>, Problem> {
    let page = query.request()?;
    let all = state.store.list_tracks().await?;
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let passed_over = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let most = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let here = all.into_iter().skip(passed_over).take(most).collect();
    Ok(Json(PageBody::from_page(page.of(here, total), |view| {
        TrackBody::for_reader(&view, caller.principal)
    })))
}
