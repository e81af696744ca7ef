//! `DELETE /tracks/{slug}`

use axum::extract::State;
use axum::http::StatusCode;
use domain::authoring::DeleteTrack;

use crate::http::extract::PathId;
use crate::http::permitted::ByAdmin;
use crate::http::problem::{NotFound, Problem, ServerProblems, TokenProblems};
use crate::http::slug::Slug;
use crate::runtime::AppState;

/// Take a track out of use
///
/// Nobody can start it any more; attempts and results stay, and attempts under way go on. The slug is free again.
#[utoipa::path(
    delete,
    path = "/tracks/{slug}",
    tag = "tracks",
    params(("slug" = String, Path, description = "The track")),
    responses(
        (status = 204, description = "It is out of use"),
        TokenProblems,
        ServerProblems,
        NotFound
    ),
    security(("bearer" = []))
)]
pub(super) async fn delete(
    State(state): State<AppState>,
    ByAdmin { admin, caller }: ByAdmin,
    PathId(Slug(slug)): PathId<Slug>,
) -> Result<StatusCode, Problem> {
    state.store.run(&DeleteTrack { admin, slug }, &caller.ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}
